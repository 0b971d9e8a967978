"""Losses of generator and discriminator against NumPy."""

import numpy as np
import pytest
from scipy.signal import get_window

RATE = 8000


@pytest.fixture(scope="module")
def module():
    from skse.networks import load_tensorflow

    load_tensorflow()
    from skse.networks import _adversary

    return _adversary


def numpy_log_power(x):
    """Frames of 20 ms, 10 ms apart, under a periodic Hann window; 256 frequencies."""
    n_frames = -(-x.shape[1] // 80)
    padded = np.pad(x, [(0, 0), (0, 160)])
    frames = np.stack([padded[:, 80 * t : 80 * t + 160] for t in range(n_frames)], axis=1)
    power = np.abs(np.fft.rfft(frames * get_window("hann", 160), 256)) ** 2
    return 10 * np.log10(power + 1e-6)


def test_least_squares(module, rng):
    scores = rng.standard_normal((5, 1)).astype(np.float32)
    expected = np.mean((scores - 0.3) ** 2) / 2
    assert float(module.least_squares(scores, 0.3)) == pytest.approx(expected, rel=1e-5)


def test_log_power(module, rng):
    x = 0.1 * rng.standard_normal((3, 1000)).astype(np.float32)
    np.testing.assert_allclose(module.log_power(x, RATE), numpy_log_power(x), atol=1e-2)
    silence = np.asarray(module.log_power(np.zeros((1, 300), np.float32), RATE))
    np.testing.assert_allclose(silence, -60, atol=1e-4)


def test_discriminator_loss(module, rng):
    real, fake, other = rng.standard_normal((3, 6, 1)).astype(np.float32)
    expected = (np.mean((real - 1) ** 2) + np.mean((fake + 1) ** 2)) / 4
    of_others = np.mean((other + 1) ** 2) / 4
    loss = module.discriminator_loss(real, fake, other)
    assert float(loss) == pytest.approx(expected + of_others, rel=1e-5)
    one_row = module.discriminator_loss(real[:1], fake[:1], other[:1])
    expected = ((real[0, 0] - 1) ** 2 + (fake[0, 0] + 1) ** 2) / 4
    assert float(one_row) == pytest.approx(expected, rel=1e-5)


def test_frames_become_waveforms(module, rng):
    x = rng.standard_normal((2, 12)).astype(np.float32)
    frames = x.reshape(2, 4, 3).swapaxes(1, 2)
    np.testing.assert_array_equal(module.to_waveforms(frames), x)
    np.testing.assert_array_equal(module.to_waveforms(x), x)


class Judge:
    """A discriminator whose score is the mean of the signal, beside that of the condition."""

    input_shape = (None, 40, 2)
    trainable_variables = ()

    def __call__(self, pairs, training):
        from keras import ops

        self.pairs = np.asarray(pairs)
        return [ops.mean(pairs[..., 0], axis=1, keepdims=True), pairs[:, ::20, :1]]


def test_terms_of_the_generator(module, rng):
    import keras

    judge = Judge()
    adversary = module.Adversary(
        judge,
        keras.optimizers.SGD(),
        1.0,
        sizes={},
        weights={"l1": 1.0, "power": 2.0, "acoustic": 3.0, "adversarial": 4.0},
        scales=(1.0, 1.0),
        n_times=38,
        acoustics=(2, 1),
        statistics=None,
        sampling_rate=RATE,
    )
    made, distorted, clean = 0.1 * rng.standard_normal((3, 4, 38)).astype(np.float32)
    features = rng.standard_normal((4, 2, 1)).astype(np.float32)
    losses = adversary.losses_of(made, distorted, clean, features)
    assert judge.pairs.shape == (4, 40, 2)
    np.testing.assert_array_equal(judge.pairs[:, :38, 0], made)
    np.testing.assert_array_equal(judge.pairs[:, :38, 1], distorted)
    assert not judge.pairs[:, 38:].any()
    expected = {
        "l1": np.mean(np.abs(made - clean)),
        "power": np.mean(np.abs(numpy_log_power(made) - numpy_log_power(clean))),
        "adversarial": np.mean((made.sum(axis=1) / 40) ** 2) / 2,
        "acoustic": np.mean((made[:, [0, 20]] - features[..., 0]) ** 2) / 2,
    }
    assert losses.keys() == expected.keys()
    for name, value in expected.items():
        assert float(losses[name]) == pytest.approx(value, rel=1e-3), name
    adversary.acoustic_on.assign(0.0)
    assert float(adversary.losses_of(made, distorted, clean, features)["acoustic"]) == 0
