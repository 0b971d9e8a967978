import numpy as np
import pytest
from scipy.signal import check_NOLA, get_window

from skse.features._framing import (
    WINDOWS,
    analyse,
    count_frames,
    largest_hop,
    make_window,
    synthesise,
)

LENGTHS = (1, 2, 100, 127, 128, 129, 255, 256, 257, 511, 1023, 4095, 8000, 8127)


def full_scale_signals(n_times):
    rng = np.random.default_rng(n_times)
    signals = [
        *rng.uniform(-1, 1, (4, n_times)),
        *rng.choice([-1.0, 1.0], (4, n_times)),
        np.ones(n_times),
        np.zeros(n_times),
    ]
    return np.array(signals, dtype=np.float32)


@pytest.mark.parametrize(
    ("n_fft", "hop_length", "window"),
    [
        (256, 128, "hann"),
        (256, 64, "hamming"),
        (256, 100, "hann"),
        (255, 128, "blackman"),
        (255, 60, "hann"),
        (400, 160, ("kaiser", 8.0)),
        (1024, 512, "cosine"),
        (16, 8, "boxcar"),
        (3, 2, "hann"),
        (2, 1, "hann"),
    ],
)
def test_inverse_of_the_stft_is_the_waveform(n_fft, hop_length, window):
    window = get_window(window, n_fft)
    for n_times in (*LENGTHS, 4 * n_fft + hop_length - 1):
        X = full_scale_signals(n_times)
        S = analyse(X, window, hop_length)
        assert S.shape == (len(X), count_frames(n_times, n_fft, hop_length), 1 + n_fft // 2)
        back = synthesise(S, window, hop_length, n_times)
        assert back.dtype == np.float32
        np.testing.assert_allclose(back, X, rtol=0, atol=1e-6, err_msg=f"n_times={n_times}")


def test_every_remainder_of_the_hop_inverts():
    # The last sample of 1151 lies under a window weight of 6e-4: complex64 would be 1e-5 off.
    window = get_window("hann", 256)
    dtypes = []
    for n_times in range(1024, 1152):
        X = full_scale_signals(n_times)
        S = analyse(X, window, 128)
        np.testing.assert_allclose(synthesise(S, window, 128, n_times), X, rtol=0, atol=1e-6)
        dtypes.append(S.dtype)
    assert set(dtypes[:97]) == {np.dtype(np.complex64)}
    assert dtypes[-1] == np.complex128


def test_single_precision_goes_no_further_than_it_can():
    # The weights at which the last frame moves to double precision and to complex128.
    window = get_window("hann", 1024)
    X = np.random.default_rng(0).choice([-1.0, 1.0], (60, 1536)).astype(np.float32)
    for n_times in range(1024 + 300, 1024 + 460, 2):
        back = synthesise(analyse(X[:, :n_times], window, 512), window, 512, n_times)
        np.testing.assert_allclose(back, X[:, :n_times], rtol=0, atol=1e-6)


def test_blocks_leave_no_trace(rng):
    # A single long waveform is cut into blocks of frames, many short ones share a block.
    window = get_window("hann", 64)
    long = rng.uniform(-1, 1, (1, 100_001)).astype(np.float32)
    S = analyse(long, window, 32)
    for t in (0, 1, 1023, 1024, 1025, 2047, 2048, 3000, 3125):
        frame = np.pad(long[0], 64)[32 * t + 32 : 32 * t + 96]
        np.testing.assert_allclose(S[0, t], np.fft.rfft(frame * window), rtol=0, atol=2e-5)
    short = rng.uniform(-1, 1, (3000, 70)).astype(np.float32)
    together = analyse(short, window, 32)
    for i in (0, 1, 340, 341, 342, 2999):
        np.testing.assert_array_equal(together[i], analyse(short[i : i + 1], window, 32)[0])
    np.testing.assert_allclose(synthesise(together, window, 32, 70), short, rtol=0, atol=1e-6)


@pytest.mark.parametrize("n_fft", [2, 3, 16, 255, 256])
@pytest.mark.parametrize("window", WINDOWS)
def test_largest_hop_covers_every_sample(n_fft, window):
    window = get_window(window, n_fft)
    hop_length = largest_hop(window)
    assert hop_length <= n_fft - n_fft // 2
    if hop_length > 0:
        assert check_NOLA(window, n_fft, n_fft - hop_length, tol=1e-18)


def test_largest_hop_stops_before_an_empty_tail():
    window = np.r_[np.ones(12), np.zeros(4)]
    assert largest_hop(window) == 4
    assert largest_hop(np.zeros(16)) == 0


@pytest.mark.parametrize("window", [*WINDOWS, ("kaiser", 8.0)])
def test_listed_windows_are_those_of_scipy(window):
    np.testing.assert_array_equal(make_window("", window, 64), get_window(window, 64))


@pytest.mark.parametrize("window", ["hanning_", "kaiser", ("kaiser",), np.ones(63), np.nan, None])
def test_unknown_window_lists_the_allowed(window):
    with pytest.raises(ValueError, match=r"window=[\s\S]*'hamming', 'hann'.*shape \(n_fft,\)"):
        make_window("", window, 64)
