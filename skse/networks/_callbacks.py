"""What acts on a training from step to step. Importing this loads Keras."""

import math

import keras

from skse.networks._batches import ordered_batches
from skse.utils import FileArray


class CosineDecay(keras.callbacks.Callback):
    """Lower the learning rate from `initial` to 0 along half a cosine, step by step.

    Parameters
    ----------
    initial : float
        Learning rate of the first step.
    n_epochs : int
        Epochs until it reaches 0.
    steps_per_epoch : int
        Steps in each.
    first_epoch : int, default=0
        Number of the epoch with which it begins.
    """

    def __init__(self, initial, n_epochs, steps_per_epoch, first_epoch=0):
        super().__init__()
        self.initial = initial
        self.n_steps = n_epochs * steps_per_epoch
        self.steps_per_epoch, self.first_epoch = steps_per_epoch, first_epoch

    def on_epoch_begin(self, epoch, logs=None):
        """Find the place of this epoch, which is not the next one where a training is resumed."""
        self.step = (epoch - self.first_epoch) * self.steps_per_epoch

    def on_train_batch_begin(self, batch, logs=None):
        """Set the learning rate of this step."""
        phase = math.pi * self.step / self.n_steps
        self.model.optimizer.learning_rate = self.initial * 0.5 * (1 + math.cos(phase))
        self.step += 1


class KeepBest(keras.callbacks.Callback):
    """Stop when the validation loss no longer improves, and end with the best weights.

    Parameters
    ----------
    patience : int
        Epochs without improvement before training stops.
    start : tuple of (X, y) or None, default=None
        Validation rows by which the weights that training starts from are judged as well, so
        that it never ends with worse ones. None judges those of the epochs alone.
    batch_size : int, default=16
        Rows at a time.
    """

    def __init__(self, patience, start=None, batch_size=16):
        super().__init__()
        self.patience, self.start, self.batch_size = patience, start, batch_size

    def on_train_begin(self, logs=None):
        """Judge the weights there are."""
        self.best, self.weights, self.wait = math.inf, None, 0
        if self.start is not None:
            X, y = self.start
            if isinstance(X, FileArray):
                batches = ordered_batches(X, y, self.batch_size)
                self.best = self.model.evaluate(batches, verbose=0)
            else:
                self.best = self.model.evaluate(X, y, batch_size=self.batch_size, verbose=0)
            self.weights = self.model.get_weights()

    def on_epoch_end(self, epoch, logs=None):
        """Keep the weights where they are the best so far."""
        self.wait += 1
        if logs["val_loss"] < self.best or self.weights is None:
            self.best, self.weights, self.wait = logs["val_loss"], self.model.get_weights(), 0
        elif self.wait >= self.patience:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """Set the best weights."""
        self.model.set_weights(self.weights)


class KeepEpoch(keras.callbacks.Callback):
    """Keep the weights and the losses of the epochs that are finished, for a training that fails.

    Parameters
    ----------
    best : KeepBest or None
        Whose weights are kept where it watches; None keeps those of the last epoch.
    """

    def __init__(self, best):
        super().__init__()
        self.best, self.weights, self.history = best, None, {}

    def on_epoch_end(self, epoch, logs=None):
        """Keep them; after `best`."""
        for name, value in logs.items():
            self.history.setdefault(name, []).append(value)
        self.weights = self.model.get_weights() if self.best is None else self.best.weights
