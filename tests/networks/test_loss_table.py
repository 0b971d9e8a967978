"""What a loss compares is said by the loss, never guessed from its name."""

import subprocess
import sys

import numpy as np
import pytest

from skse import UNetRegressor
from skse.networks import LOSSES, SavedKerasObject, compares, register_loss


def test_every_loss_has_a_label_and_says_what_it_compares():
    of = {kind: {n for n, loss in LOSSES.items() if loss.compares == kind} for kind in KINDS}
    assert of["probabilities"] == {
        "bce_dice",
        "binary_crossentropy",
        "binary_focal_crossentropy",
        "dice",
    }
    assert of["spectra"] == {"compressed_spectrum"}
    assert of["waveforms"] == {"si_sdr", "snr"}
    assert sum(map(len, of.values())) == len(LOSSES) == 13
    assert all(name == loss.name and loss.label for name, loss in LOSSES.items())
    assert all(compares(name) == loss.compares for name, loss in LOSSES.items())


KINDS = ("anything", "probabilities", "spectra", "waveforms")


def test_every_name_is_a_loss():
    import keras

    from skse.networks._losses import named_loss

    for name in LOSSES:
        assert callable(keras.losses.get(named_loss(name)))


def test_objects_of_keras_and_of_skse():
    import keras

    from skse.networks._losses import named_loss

    losses = keras.losses
    for loss in (losses.BinaryCrossentropy(), losses.Dice(name="mse"), losses.binary_crossentropy):
        assert compares(loss) == "probabilities"
    for loss in (losses.Huber(), losses.mean_squared_error, losses.MeanSquaredError(name="dice")):
        assert compares(loss) == "anything"
    assert compares(named_loss("snr")) == "waveforms"
    assert compares(SavedKerasObject("losses", "Dice", {})) == "probabilities"


def test_a_name_says_nothing():
    def my_snr_free_dice(y_true, y_pred):
        return y_true

    assert compares(my_snr_free_dice) == "anything"
    assert compares("no loss at all") == "anything"


@pytest.mark.parametrize("kind", KINDS)
def test_own_losses_say_it_and_are_found_again(kind):
    import keras

    @register_loss(compares=kind)
    def own_function(y_true, y_pred):
        return keras.ops.mean(y_true - y_pred, axis=-1)

    @register_loss(compares=kind)
    class OwnLoss(keras.losses.Loss):
        def call(self, y_true, y_pred):
            return y_true

    assert compares(own_function) == compares(OwnLoss()) == kind
    for loss in (own_function, OwnLoss()):
        config = keras.saving.serialize_keras_object(loss)
        again = keras.saving.deserialize_keras_object(config)
        assert compares(again) == kind
    assert compares(register_loss()(lambda y_true, y_pred: y_true)) == "anything"


def test_own_loss_on_probabilities_brings_a_sigmoid(make_network, smooth_problem):
    @register_loss(compares="probabilities")
    def brier(y_true, y_pred):
        from keras import ops

        return ops.mean((y_true - y_pred) ** 2, axis=-1)

    X, y = smooth_problem
    network = make_network(loss=brier)
    with pytest.raises(ValueError, match=r"brier.*needs targets within \[0, 1\]"):
        network.fit(X, y)
    prediction = network.fit(X, (y > 5).astype(np.float32)).predict(1000 * X)
    assert 0 <= prediction.min() <= prediction.max() <= 1


def test_own_loss_on_spectra_needs_two_channels(make_network, smooth_problem):
    @register_loss(compares="spectra")
    def distance(y_true, y_pred):
        return y_true

    with pytest.raises(ValueError, match="compares complex spectra and needs y of"):
        make_network(loss=distance).fit(*smooth_problem)


def test_another_word_is_refused():
    with pytest.raises(ValueError, match="compares='masks' is not allowed; choose from 'anything'"):
        register_loss(compares="masks")


def test_the_table_loads_no_keras():
    code = "import sys; from skse.networks import LOSSES, compares; compares('snr'); "
    code += "print('keras' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
    assert UNetRegressor(loss="snr").loss == "snr"
