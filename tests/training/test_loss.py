import librosa
import numpy as np
import pytest


@pytest.fixture
def loss():
    from loss import SnrAndSpectrum

    return SnrAndSpectrum(64)


@pytest.fixture
def waveforms(rng):
    """Three rows of speech, the last one silent, and of what an enhancer makes of them."""
    clean = rng.standard_normal((3, 640)).astype(np.float32)
    clean[2] = 0
    return clean, (0.7 * clean + 0.2 * rng.standard_normal((3, 640))).astype(np.float32)


def test_it_is_the_sum_of_both(loss, waveforms):
    clean, enhanced = waveforms
    noise, signal = (np.mean(x.astype(float) ** 2, axis=1) for x in (clean - enhanced, clean))
    expected = 10 * np.log10((noise + 1e-8) / (signal + 1e-8))
    error = np.asarray(loss.spectral_error(clean, enhanced))
    np.testing.assert_allclose(loss.call(clean, enhanced), expected + 100 * error, rtol=1e-4)


def test_the_error_is_that_of_compressed_spectra(loss, waveforms):
    clean, enhanced = (
        librosa.stft(x.astype(float), n_fft=64, hop_length=16, pad_mode="reflect") / 24**0.5
        for x in waveforms
    )
    s, x = ((np.abs(y) ** 2 + 1e-6) ** 0.15 * np.exp(1j * np.angle(y)) for y in (clean, enhanced))
    # Beside the floor, which moves the phase of no unit, a unit has its own magnitude.
    s, x = (z * np.abs(y) / np.sqrt(np.abs(y) ** 2 + 1e-6) for z, y in ((s, clean), (x, enhanced)))
    magnitudes = [(np.abs(y) ** 2 + 1e-6) ** 0.15 for y in (clean, enhanced)]
    error = 0.3 * np.abs(s - x) ** 2 + 0.7 * (magnitudes[0] - magnitudes[1]) ** 2
    got = loss.spectral_error(*waveforms)
    np.testing.assert_allclose(got, error.mean(axis=(1, 2)), rtol=1e-4)


def test_nothing_is_lost_where_nothing_differs(loss, waveforms):
    clean, _ = waveforms
    np.testing.assert_array_equal(loss.spectral_error(clean, clean), 0)
    np.testing.assert_allclose(loss.call(clean, clean), [-80, -80, 0], atol=0.5)


def test_its_gradient_is_finite_in_silence(loss):
    import tensorflow as tf

    silence = tf.zeros((1, 640))
    with tf.GradientTape() as tape:
        tape.watch(silence)
        value = loss.call(tf.zeros((1, 640)), silence)
    assert np.all(np.isfinite(tape.gradient(value, silence)))


def test_it_is_made_again_from_its_configuration(loss, waveforms):
    import keras

    twin = keras.losses.deserialize(keras.losses.serialize(loss))
    np.testing.assert_array_equal(twin.call(*waveforms), loss.call(*waveforms))
