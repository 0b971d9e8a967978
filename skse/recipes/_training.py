"""What goes along with a training: a bar, a log, a backup. Importing this loads Keras."""

import csv
import math
import time

import numpy as np
from keras import Model
from keras.callbacks import BackupAndRestore, Callback

from skse.recipes._measure import seed_rmse
from skse.utils import progress_bar, replacing

COLUMNS = ("epoch", "loss", "held_out_loss", "held_out_seed_rmse", "seconds")


class TrainingLog(Callback):
    """Show every epoch's loss on a bar and keep it in a file, with that on held-out rows.

    Parameters
    ----------
    rows, targets : ndarray
        Held-out features and targets. They are watched and change nothing.
    batch_size : int
        Rows in a batch.
    path : Path
        CSV file with the `COLUMNS`; the epochs that are in it stay.
    progress : bool
        Whether to show the bar.
    """

    def __init__(self, rows, targets, batch_size, path, progress):
        super().__init__()
        self.rows, self.targets, self.batch_size = rows, targets, batch_size
        self.path, self.progress = path, progress

    def __deepcopy__(self, memo):
        """Return itself: the copies of a network that scikit-learn makes share the log."""
        return self

    def on_train_begin(self, logs=None):
        """Draw the bar."""
        self.bar = progress_bar(
            total=self.params["epochs"] * self.params["steps"],
            desc="training",
            unit="step",
            show=self.progress,
        )

    def on_epoch_begin(self, epoch, logs=None):
        """Move the bar to where a resumed training begins."""
        self.bar.n = epoch * self.params["steps"]
        self.bar.refresh()
        self.begin = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Move the bar."""
        self.bar.update()

    def on_epoch_end(self, epoch, logs=None):
        """Score the held-out rows and write a line."""
        seconds = time.perf_counter() - self.begin
        predicted, loss = np.empty_like(self.targets), 0.0
        for start in range(0, len(self.rows), self.batch_size):
            batch = slice(start, start + self.batch_size)
            output = self.model.predict_on_batch(self.rows[batch])
            predicted[batch] = output
            loss += len(output) * self._held_out_loss(self.targets[batch], output)
        kept = [row for row in read_history(self.path) if row["epoch"] <= epoch]
        rmse = seed_rmse(self.targets, predicted, self.batch_size)
        row = (epoch + 1, float(logs["loss"]), loss / len(self.rows), rmse, seconds)
        kept.append(dict(zip(COLUMNS, row, strict=True)))
        with replacing(self.path) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(kept)
        self.bar.set_postfix_str(
            f"epoch {epoch + 1}/{self.params['epochs']}, loss {row[1]:.4g}, held out {row[2]:.4g}"
        )

    def _held_out_loss(self, targets, output):
        """Return the loss of a batch; NaN where an adversary judges, which sees training rows."""
        if getattr(type(self.model), "train_step", Model.train_step) is not Model.train_step:
            return math.nan
        return float(self.model.compute_loss(y=targets, y_pred=output))

    def close(self):
        """Leave the bar as it is."""
        if hasattr(self, "bar"):
            self.bar.close()


def read_history(path):
    """Read the lines of a :class:`TrainingLog`, numbers as such; none where there is no file."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {"epoch": int(row.pop("epoch")), **{name: float(value) for name, value in row.items()}}
            for row in csv.DictReader(file)
        ]


def train(enhancer, pairs, log, backup):
    """Fit an enhancer, or go on with the training that a backup holds.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        With a network; is fitted in place.
    pairs : Bunch
        Training data.
    log : TrainingLog
        Watches.
    backup : Path
        Folder that keeps network and optimizer as they are after the last whole epoch. It
        stays there.
    """
    saved = BackupAndRestore(str(backup), double_checkpoint=True, delete_checkpoint=False)
    own = enhancer.regressor.callbacks
    enhancer.set_params(regressor__callbacks=[*(own or []), log, saved])
    try:
        enhancer.fit(pairs.noisy, pairs.clean)
    finally:
        log.close()
        enhancer.set_params(regressor__callbacks=own)
    network = enhancer.regressor_.set_params(callbacks=own)
    history = read_history(log.path)
    network.history_ = {
        "loss": [row["loss"] for row in history],
        "val_loss": [row["held_out_loss"] for row in history],
    }
    network.n_iter_ = len(history)
