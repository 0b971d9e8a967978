"""What acts on a training, on a stand-in for a Keras model."""

import math
from types import SimpleNamespace

import numpy as np
import pytest


class Model:
    """Its only weight is the number of the epoch that has ended."""

    def __init__(self, start_loss):
        self.weight, self.start_loss, self.stop_training = -1, start_loss, False

    def evaluate(self, X, y, batch_size, verbose):
        assert (X, y, batch_size, verbose) == ("X", "y", 5, 0)
        return self.start_loss

    def get_weights(self):
        return [self.weight]

    def set_weights(self, weights):
        (self.weight,) = weights


@pytest.mark.parametrize(
    ("losses", "start_loss", "n_epochs", "best"),
    [
        ([3, 2, 1], None, 3, 2),
        ([3, 1, 2, 2, 2], None, 4, 1),
        ([3, 4, 4], None, 3, 0),
        ([1, 2, 0.5, 2], None, 4, 2),
        ([3, 1, 2], 1.5, 3, 1),
        ([3, 2, 1], 0.5, 2, -1),  # nothing was better than what it began with
        ([math.nan, math.nan], 0.5, 2, -1),
        ([math.nan, 2], None, 2, 0),
    ],
)
def test_keep_best(losses, start_loss, n_epochs, best):
    from skse.networks._callbacks import KeepBest

    model = Model(start_loss)
    callback = KeepBest(2, None if start_loss is None else ("X", "y"), batch_size=5)
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        model.weight = epoch
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    assert (epoch + 1, model.weight) == (n_epochs, best)


def test_cosine_decay():
    from skse.networks._callbacks import CosineDecay

    half = 0.1 / math.sqrt(2)
    expected = {7: [0.2, 0.1 + half], 8: [0.1, 0.1 - half]}
    for epochs in ((7, 8), (8,)):  # the second is resumed
        callback = CosineDecay(0.2, n_epochs=2, steps_per_epoch=2, first_epoch=7)
        callback.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=None)))
        for epoch in epochs:
            callback.on_epoch_begin(epoch)
            rates = []
            for step in range(2):
                callback.on_train_batch_begin(step)
                rates.append(callback.model.optimizer.learning_rate)
            np.testing.assert_allclose(rates, expected[epoch])


def test_keep_epoch():
    """It keeps the last weights, or the best where another callback watches; and all losses."""
    from skse.networks._callbacks import KeepBest, KeepEpoch

    best = KeepBest(patience=5)
    keeps = [KeepEpoch(None), KeepEpoch(best)]
    assert [keep.weights for keep in keeps] == [None, None]
    model = Model(start_loss=None)
    for callback in (best, *keeps):
        callback.set_model(model)
    best.on_train_begin()
    for epoch, loss in enumerate([3, 1, 2]):
        model.weight = epoch
        for callback in (best, *keeps):
            callback.on_epoch_end(epoch, {"loss": -loss, "val_loss": loss})
    assert [keep.weights for keep in keeps] == [[2], [1]]
    assert keeps[0].history == {"loss": [-3, -1, -2], "val_loss": [3, 1, 2]}
