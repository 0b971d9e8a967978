"""Losses against their formulas in NumPy; silence; saving."""

import numpy as np
import pytest

SHAPE = (4, 6, 5, 2)


def bce(t, p):
    return -(t * np.log(p) + (1 - t) * np.log(1 - p)).reshape(len(t), -1).mean(axis=1)


def dice(t, p):
    t, p = t.reshape(len(t), -1), p.reshape(len(p), -1)
    return 1 - (2 * (t * p).sum(axis=1) + 1) / (t.sum(axis=1) + p.sum(axis=1) + 1)


def compressed_spectrum(t, p):
    S, P = t[..., 0] + 1j * t[..., 1], p[..., 0] + 1j * p[..., 1]
    c_S, c_P = (abs(x) ** 0.3 * np.exp(1j * np.angle(x)) for x in (S, P))
    error = 0.3 * abs(c_S - c_P) ** 2 + 0.7 * (abs(S) ** 0.3 - abs(P) ** 0.3) ** 2
    return error.mean(axis=(1, 2))


def si_sdr(t, p):
    losses = []
    for s, x in zip(t.reshape(len(t), -1), p.reshape(len(p), -1), strict=True):
        scaled = np.dot(s, x) / np.dot(s, s) * s
        losses.append(-10 * np.log10(np.sum(scaled**2) / np.sum((scaled - x) ** 2)))
    return np.array(losses)


def snr(t, p):
    t, p = t.reshape(len(t), -1), p.reshape(len(p), -1)
    return -10 * np.log10(np.sum(t**2, axis=1) / np.sum((t - p) ** 2, axis=1))


FORMULAS = {
    "dice": dice,
    "bce_dice": lambda t, p: bce(t, p) + dice(t, p),
    "compressed_spectrum": compressed_spectrum,
    "si_sdr": si_sdr,
    "snr": snr,
}
PROBABILITIES = ("dice", "bce_dice")


def loss_of(name):
    from skse.networks._losses import named_loss

    return named_loss(name)


@pytest.fixture
def values(rng):
    """Name of a loss -> true and predicted values in its range."""

    def make(name):
        if name in PROBABILITIES:
            return rng.integers(0, 2, SHAPE).astype("f4"), rng.uniform(0.01, 0.99, SHAPE)
        return rng.standard_normal((2, *SHAPE))

    return make


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("ndim", [2, 4])
def test_closed_form(name, ndim, values):
    y_true, y_pred = values(name)
    if ndim == 2:
        rows = (-1, 2) if name == "compressed_spectrum" else (len(y_true), -1)
        y_true, y_pred = y_true.reshape(rows), y_pred.reshape(rows)
    if name == "compressed_spectrum" and ndim == 2:
        expected = FORMULAS[name](y_true[:, None, None], y_pred[:, None, None])
    else:
        expected = FORMULAS[name](y_true, y_pred)
    loss = np.asarray(loss_of(name)(y_true.astype("f4"), y_pred.astype("f4")))
    np.testing.assert_allclose(loss, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", FORMULAS)
def test_right_is_better_than_wrong(name, values):
    y_true, y_pred = (y.astype("f4") for y in values(name))
    right, wrong = (np.asarray(loss_of(name)(y_true, y)) for y in (y_true, y_pred))
    assert (right < wrong).all()
    if name == "si_sdr":
        np.testing.assert_allclose(loss_of(name)(y_true, 3 * y_pred), wrong, rtol=1e-3)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("level", [0.0, 1e-20, 1e-4, 1.0])
def test_gradient_is_finite_in_silence(name, level, values):
    import tensorflow as tf

    y_true, y_pred = values(name)
    for factors in ((0, level), (level, 0), (level, level)):
        a, b = (
            tf.constant((f * y).astype("f4"))
            for f, y in zip(factors, (y_true, y_pred), strict=True)
        )
        with tf.GradientTape() as tape:
            tape.watch(b)
            loss = loss_of(name)(a, b)
        assert np.isfinite(loss).all()
        assert np.isfinite(tape.gradient(loss, b)).all()


def test_silence_is_learned_as_silence():
    silence, faint, loud = (np.full((1, 50), level, "f4") for level in (0, 1e-3, 1))
    for name in ("si_sdr", "snr", "dice"):
        losses = [np.asarray(loss_of(name)(silence, y))[0] for y in (silence, faint, loud)]
        assert losses == sorted(losses)
        assert losses[0] == pytest.approx(0, abs=1e-6)


def test_network_learns_a_mask_by_its_overlap(make_network, rng):
    X = rng.standard_normal((8, 9, 6)).astype(np.float32)
    network = make_network(loss="bce_dice", epochs=6, learning_rate=0.01, batch_size=4)
    network.fit(X, (X > 0).astype(np.float32))
    assert network.history_["loss"][-1] < network.history_["loss"][0]
    prediction = network.predict(100 * X)
    assert prediction.min() >= 0
    assert prediction.max() <= 1


def test_keras_gives_the_loss_back():
    import keras

    for name in FORMULAS:
        loss = loss_of(name)
        config = keras.saving.serialize_keras_object(loss)
        assert keras.saving.deserialize_keras_object(config) is loss


@pytest.mark.parametrize(
    ("loss", "y_shape", "message"),
    [
        ("dice", (3, 5, 4), r"loss='dice' needs targets within \[0, 1\], but y runs from -"),
        ("compressed_spectrum", (3, 5, 4), r"needs y of shape .*real and imaginary part.*3, 5, 4"),
        ("compressed_spectrum", (3, 5, 4, 3), "compares complex spectra"),
    ],
)
def test_targets_that_a_loss_cannot_compare(loss, y_shape, message, make_network, rng):
    with pytest.raises(ValueError, match=message):
        make_network(loss=loss).fit(np.zeros((3, 5, 4)), rng.standard_normal(y_shape))
