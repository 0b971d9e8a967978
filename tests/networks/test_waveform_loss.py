"""The inverse STFT inside a loss, against the featurizer's, librosa's and SciPy's."""

import librosa
import numpy as np
import pytest
from scipy import signal

from skse import STFTFeaturizer

WINDOWS = ["hann", "hamming", "boxcar", ("kaiser", 8.0)]


def channels(S):
    return np.stack([S.real, S.imag], axis=-1).astype(np.float32)


def inconsistent_stft(rng, n_fft, n_frames):
    """An STFT that belongs to no waveform."""
    parts = rng.standard_normal((2, 3, 1 + n_fft // 2, n_frames))
    return (parts[0] + 1j * parts[1]).astype(np.complex64)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("n_fft", [16, 63, 64, 256, 400])
def test_istft_is_the_featurizers(n_fft, window, rng):
    from skse.networks._waveform_loss import istft

    for hop_length in {n_fft // 2, n_fft // 4, n_fft // 3, max(1, n_fft // 11)}:
        S = inconsistent_stft(rng, n_fft, 9)
        values = signal.get_window(window, n_fft)
        out = np.asarray(istft(channels(S), values, hop_length))
        n_times = 8 * hop_length + n_fft % 2
        expected = STFTFeaturizer(n_fft, hop_length, window).istft(S, n_times)
        assert out.shape == (3, n_times)
        np.testing.assert_allclose(out, expected, atol=1e-5)
        if n_fft % 2 == 0 and window != ("kaiser", 8.0):
            theirs = librosa.istft(S, hop_length=hop_length, n_fft=n_fft, window=window)
            np.testing.assert_allclose(out, theirs[:, :n_times], atol=1e-5)


@pytest.mark.parametrize("hop_length", [32, 128])
def test_istft_undoes_scipys_stft(hop_length, rng):
    from skse.networks._waveform_loss import istft

    x = rng.uniform(-1, 1, 20 * hop_length)
    window = signal.get_window("hann", 256)
    stft = signal.ShortTimeFFT(window, hop_length, fs=1, phase_shift=None)
    S = stft.stft(x, p0=0, p1=21)
    # Frames of SciPy begin at their first sample, in time and in phase alike.
    out = np.asarray(istft(channels(S[None]), window, hop_length))[0]
    np.testing.assert_allclose(out, x, atol=1e-5)


@pytest.mark.parametrize("name", ["mse", "mae", "si_sdr", "snr"])
def test_loss_is_that_of_the_waveforms(name, rng):
    import keras

    from skse.networks._losses import named_loss
    from skse.networks._waveform_loss import WaveformLoss

    featurizer = STFTFeaturizer(n_fft=64, hop_length=16)
    clean, enhanced = (inconsistent_stft(rng, 64, 7) for _ in range(2))
    waveforms = [featurizer.istft(S, 6 * 16).astype("f4") for S in (clean, enhanced)]
    expected = np.mean(keras.losses.get(named_loss(name))(*waveforms))
    loss = WaveformLoss(name, n_fft=64, hop_length=16, window="hann")
    given = loss(channels(clean), channels(enhanced))
    np.testing.assert_allclose(given, expected, rtol=1e-4)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    np.testing.assert_array_equal(again(channels(clean), channels(enhanced)), given)


def test_loss_objects_and_windows_of_all_kinds(rng):
    import keras

    from skse.networks._waveform_loss import WaveformLoss

    clean, enhanced = (channels(inconsistent_stft(rng, 16, 5)) for _ in range(2))
    values = signal.get_window(("kaiser", 3.0), 16)
    losses = [
        WaveformLoss(keras.losses.LogCosh(), 16, 4, window)
        for window in (("kaiser", 3.0), values, values.tolist())
    ]
    config = keras.saving.serialize_keras_object(losses[0])
    losses.append(keras.saving.deserialize_keras_object(config))
    given = [float(loss(clean, enhanced)) for loss in losses]
    assert given == pytest.approx([given[0]] * 4)
    assert given[0] != pytest.approx(float(WaveformLoss("mse", 16, 4, values)(clean, enhanced)))
