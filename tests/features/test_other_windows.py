"""The STFT with another window: against windowing the waveform itself, and piece by piece."""

import numpy as np
import pytest
from scipy.signal import get_window

from skse import STFTFeaturizer
from skse.features._other_windows import make_view

HOP = 32


def stft_of(x, window, n_first):
    """STFT by hand: the middle of the first window, or up to its end."""
    n_fft, n_frames = len(window), 1 + len(x) // HOP
    late = max(-(-n_fft // 2) - -(-n_first // 2), 0)
    padded = np.concatenate([np.zeros(n_fft // 2 + late), x, np.zeros(n_fft)])
    frames = [padded[t * HOP : t * HOP + n_fft] * window for t in range(n_frames)]
    return np.fft.rfft(frames).T


@pytest.fixture
def waveforms(rng):
    return rng.uniform(-1, 1, (2, 40 * HOP)).astype(np.float32)


@pytest.mark.parametrize("kind", ["hann", "hamming", "bartlett", "boxcar"])
@pytest.mark.parametrize("n_first", [64, 96, 65, 127])
@pytest.mark.parametrize("n_fft", [8, 33, 64, 65, 96, 127, 130, 512, 3000])
def test_equals_windowing_the_waveform(waveforms, kind, n_first, n_fft):
    first, window = get_window(kind, n_first), get_window(kind, n_fft)
    S = STFTFeaturizer(n_first, HOP, window=kind).stft(waveforms)
    got = make_view("mel", window, first, HOP).push(S)
    for x, found in zip(waveforms, got, strict=True):
        expected = stft_of(x, window, n_first)[:, : S.shape[2]]
        np.testing.assert_allclose(found, expected, atol=3e-6 * np.abs(expected).max())
    assert got.dtype == S.dtype


@pytest.mark.parametrize("n_fft", [48, 64, 200])
def test_other_kinds_of_window(waveforms, n_fft):
    first, window = get_window("hamming", 64), get_window("hann", n_fft)
    S = STFTFeaturizer(64, HOP, window="hamming").stft(waveforms)
    got = make_view("mel", window, first, HOP).push(S)
    np.testing.assert_allclose(got[0], stft_of(waveforms[0], window, 64), atol=1e-4)


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("n_fft", [32, 64, 100, 1000])
def test_pieces_change_nothing(waveforms, n_fft, size):
    first, window = get_window("hann", 64), get_window("hann", n_fft)
    S = STFTFeaturizer(64, HOP).stft(waveforms)
    whole = make_view("mel", window, first, HOP).push(S)
    view = make_view("mel", window, first, HOP)
    pieces = [view.push(S[..., i : i + size]) for i in range(0, S.shape[2], size)]
    pieces.append(view.push(S[..., :0]))
    np.testing.assert_allclose(np.concatenate(pieces, axis=2), whole, atol=1e-5)


@pytest.mark.parametrize("n_fft", [64, 100, 1000])
def test_no_frame_depends_on_a_later_one(waveforms, n_fft):
    first, window = get_window("hann", 64), get_window("hann", n_fft)
    S = STFTFeaturizer(64, HOP).stft(waveforms)
    changed = S.copy()
    changed[..., 20:] *= 3
    views = [make_view("mel", window, first, HOP).push(X)[..., :20] for X in (S, changed)]
    np.testing.assert_array_equal(*views)


def test_missing_frequencies_are_silent(waveforms):
    first = get_window("hann", 64)
    S = STFTFeaturizer(64, HOP, drop_nyquist=True).stft(waveforms)
    whole = make_view("mel", first, first, HOP).push(S)
    assert whole.shape[1] == 33
    assert not whole[:, 32].any()
    np.testing.assert_array_equal(whole[:, :32], S)


@pytest.mark.parametrize(("kind", "n_fft"), [("hamming", 64), ("hamming", 200), ("boxcar", 60)])
def test_what_has_faded_out_is_refused(kind, n_fft):
    message = f"mel has a window of {n_fft} samples that reaches where .* of 64, has faded out"
    with pytest.raises(ValueError, match=message):
        make_view("mel", get_window(kind, n_fft), get_window("hann", 64), HOP)
    make_view("mel", get_window(kind, 16), get_window("hann", 64), HOP)
