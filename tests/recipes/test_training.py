import numpy as np
import pytest

from skse.recipes._training import TrainingLog, read_history


class Model:
    """Predicts twice what it sees; its loss is the mean absolute error."""

    def predict_on_batch(self, rows):
        return 2 * rows

    def compute_loss(self, y, y_pred):
        return np.mean(np.abs(y - y_pred))


def test_every_epoch_is_a_line(tmp_path, capsys):
    rows = np.arange(5.0).reshape(5, 1, 1)
    log = TrainingLog(rows, np.zeros_like(rows), 2, tmp_path / "history.csv", True)
    assert read_history(log.path) == []
    log.set_model(Model())
    log.set_params({"epochs": 2, "steps": 3})
    log.on_train_begin()
    for epoch, loss in ((0, 4.0), (1, 3.0), (1, 2.0)):  # the last one anew, as after a backup
        log.on_epoch_begin(epoch)
        log.on_train_batch_end(0)
        log.on_epoch_end(epoch, {"loss": loss})
    log.close()
    history = read_history(log.path)
    assert [(row["epoch"], row["loss"]) for row in history] == [(1, 4.0), (2, 2.0)]
    # Two batches of two rows and one of one: every row counts the same.
    assert history[0]["held_out_loss"] == pytest.approx(np.mean(2 * rows))
    norms = [np.sqrt(4.0) / 2, np.sqrt(16.0 + 36.0) / 2, 8.0]
    assert history[0]["held_out_seed_rmse"] == pytest.approx(np.mean(norms))
    assert history[0]["seconds"] >= 0
    assert "epoch 2/2, loss 2, held out 4" in capsys.readouterr().err
