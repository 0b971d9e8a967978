"""Short-time Fourier transform and its inverse as pure functions on arrays.

Time and frames stand last but one inside this module, ``(n_samples, n_frames, ...)``,
because a frame that is contiguous in memory is what an FFT wants.
"""

from functools import lru_cache

import numpy as np
from scipy import fft
from scipy.signal import get_window

# Numbers in one block of windowed frames: with its spectra it fits a core's L2 cache.
_BLOCK_SIZE = 2**16
# Inverting divides by the sum of the squared windows over a sample. Where it is below the first
# figure, relative to the window's largest square, frames are computed in double precision; below
# the second they are kept in it too. With full-scale noise the largest errors of the inverse were
# 6e-7 above the first and 6e-7 between the two (n_fft 64 to 2048, four windows).
_SINGLE_PRECISION_WEIGHT = 0.125
_COMPLEX64_WEIGHT = 0.02
# Below this window weight no precision gives a sample back.
_FAINTEST_WINDOW = 1e-8

WINDOWS = (
    "barthann",
    "bartlett",
    "blackman",
    "blackmanharris",
    "bohman",
    "boxcar",
    "cosine",
    "flattop",
    "hamming",
    "hann",
    "lanczos",
    "nuttall",
    "parzen",
    "triang",
)


def make_window(owner, window, n_fft):
    """Return the window as float64 array of shape (n_fft,), or say what is allowed."""
    try:
        if isinstance(window, (str, tuple)):
            values = _named_window(window, n_fft)
        else:
            values = np.asarray(window, dtype=np.float64)
            if values.shape != (n_fft,) or not np.isfinite(values).all():
                raise ValueError(f"an array must hold n_fft={n_fft} finite numbers")
    except (ValueError, TypeError) as error:
        listed = ", ".join(map(repr, WINDOWS))
        raise ValueError(
            f"{type(owner).__name__}: window={window!r:.60} is not allowed ({error}); choose from "
            f"{listed}, a tuple that scipy.signal.get_window takes, such as ('kaiser', 8.0), or "
            f"an array of shape (n_fft,)."
        ) from None
    return values


@lru_cache(maxsize=64)
def _named_window(window, n_fft):
    values = get_window(window, n_fft, fftbins=True)
    values.flags.writeable = False
    return values


def largest_hop(window):
    """Return the largest hop length with which every length of signal can be inverted.

    Frame t is centred at sample t * hop_length, and a signal may end just before the
    next centre. Its last samples then lie under the second half of one window only,
    whose first hop_length weights must differ from 0.
    """
    return _largest_hop(window.tobytes())


@lru_cache(maxsize=64)
def _largest_hop(window):
    window = np.frombuffer(window)  # float64
    second_half = np.abs(window[len(window) // 2 :])
    usable = second_half > _FAINTEST_WINDOW * np.abs(window).max(initial=1e-300)
    return int(np.argmin(usable)) if not usable.all() else len(usable)


def count_frames(n_times, n_fft, hop_length):
    """Return the number of frames, as librosa with ``center=True`` has it."""
    return 1 + (n_times + 2 * (n_fft // 2) - n_fft) // hop_length


def analyse(waveforms, window, hop_length):
    """STFT of equally long waveforms.

    Parameters
    ----------
    waveforms : sequence of n_samples float32 ndarrays of shape (n_times,)
        A list or a 2-D array.
    window : ndarray of shape (n_fft,)
        float64.
    hop_length : int
        In samples.

    Returns
    -------
    spectra : ndarray of shape (n_samples, n_frames, 1 + n_fft // 2)
        complex64, or complex128 where single precision could not be inverted to 1e-6.
    """
    n_times, n_fft, edge = len(waveforms[0]), len(window), len(window) // 2
    n_frames, n_single, dtype = _plan(n_times, window.tobytes(), hop_length)
    spectra = np.empty((len(waveforms), n_frames, 1 + edge), dtype)
    single_window = window.astype(np.float32)

    # Short utterances share a block of frames, a long one is cut into several. Both buffers
    # are reused: touching fresh memory would cost more than the arithmetic.
    n_block = max(1, _BLOCK_SIZE // n_fft)
    n_rows, n_columns = min(len(waveforms), max(1, n_block // n_frames)), min(n_block, n_frames)
    padded = np.zeros((n_rows, n_times + 2 * edge), np.float32)
    windowed = np.empty((n_rows, n_columns, n_fft), np.float32)
    frames = _frames_of(padded, n_fft, hop_length)
    for first in range(0, len(waveforms), n_rows):
        batch = waveforms[first : first + n_rows]
        rows = slice(first, first + len(batch))
        for row, waveform in zip(padded, batch, strict=False):
            row[edge : edge + n_times] = waveform
        for t in range(0, n_single, n_columns):
            block = windowed[: len(batch), : min(n_columns, n_single - t)]
            columns = slice(t, t + block.shape[1])
            np.multiply(frames[: len(batch), columns], single_window, out=block)
            spectra[rows, columns] = fft.rfft(block)
    if n_single < n_frames:
        # What the last frames see of the waveforms, with the zeros beyond their ends.
        first = n_single * hop_length - edge
        before, n_seen = max(0, -first), (n_frames - 1 - n_single) * hop_length + n_fft
        ends = np.zeros((len(waveforms), n_seen))
        for row, waveform in zip(ends, waveforms, strict=True):
            seen = waveform[max(0, first) :]
            row[before : before + len(seen)] = seen[: n_seen - before]
        frames = _frames_of(ends, n_fft, hop_length)
        spectra[:, n_single:] = fft.rfft(frames * window)
    return spectra


def _frames_of(rows, n_fft, hop_length):
    """View of the frames of every row; a stream asks too often for sliding_window_view's checks."""
    n_frames = 1 + (rows.shape[1] - n_fft) // hop_length
    strides = rows.strides[0], hop_length * rows.itemsize, rows.itemsize
    return np.ndarray((len(rows), n_frames, n_fft), rows.dtype, rows, strides=strides)


def synthesise(spectra, window, hop_length, n_times):
    """Overlap-add with the least-squares normalisation of Griffin and Lim.

    Parameters
    ----------
    spectra : ndarray of shape (n_samples, n_frames, 1 + n_fft // 2)
        Complex.
    window : ndarray of shape (n_fft,)
        float64.
    hop_length : int
        In samples.
    n_times : int
        Length of the waveforms.

    Returns
    -------
    waveforms : ndarray of shape (n_samples, n_times)
        float32.

    References
    ----------
    D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier
    transform", IEEE Trans. ASSP 32(2), 1984, equation 6.
    """
    n_samples, n_frames, _ = spectra.shape
    n_fft, edge = len(window), len(window) // 2
    n_phases = -(-n_fft // hop_length)
    # A hop is one row: phase p of all frames lands p rows below the frames' own rows.
    hops = np.zeros((n_samples, n_frames + n_phases - 1, hop_length), np.float32)
    n_columns = max(1, _BLOCK_SIZE // n_fft)
    n_rows = max(1, n_columns // n_frames)
    for first in range(0, n_samples, n_rows):
        rows = slice(first, first + n_rows)
        for t in range(0, n_frames, n_columns):
            block = spectra[rows, t : t + n_columns].astype(np.complex128, copy=False)
            frames = fft.irfft(block, n_fft)
            frames *= window
            for p in range(n_phases):
                phase = frames[..., p * hop_length : (p + 1) * hop_length]
                landing = slice(t + p, t + p + frames.shape[1])
                hops[rows, landing, : phase.shape[-1]] += phase
    waveforms = hops.reshape(n_samples, -1)[:, edge : edge + n_times]
    return waveforms / _normaliser(n_times, n_frames, window.astype(np.float32), hop_length)


@lru_cache(maxsize=1024)
def _plan(n_times, window, hop_length):
    """Return the number of frames, of those for single precision, and the complex dtype.

    Where n_times ends just before the next frame's centre, the last samples lie under
    the faint end of one window only, and the inverse divides by its weight: single
    precision is too coarse for the last frames, and complex64 for the faintest.
    """
    window = np.frombuffer(window)
    n_frames = count_frames(n_times, len(window), hop_length)
    weight = _normaliser(n_times, n_frames, window.astype(np.float32), hop_length)
    weight /= np.max(window**2)
    dtype = np.complex128 if weight.min() < _COMPLEX64_WEIGHT else np.complex64
    faint = weight < _SINGLE_PRECISION_WEIGHT
    if not faint.any():
        return n_frames, n_frames, dtype
    first_sample = int(faint.argmax()) + len(window) // 2
    return n_frames, max(0, (first_sample - len(window)) // hop_length + 1), dtype


def _normaliser(n_times, n_frames, window, hop_length):
    """Sum of the squared windows over every sample, shape (n_times,)."""
    squared, edge = window**2, len(window) // 2
    n_phases = -(-len(window) // hop_length)
    hops = np.zeros((n_frames + n_phases - 1, hop_length), window.dtype)
    for p in range(n_phases):
        phase = squared[p * hop_length : (p + 1) * hop_length]
        hops[p : p + n_frames, : len(phase)] += phase
    return hops.reshape(-1)[edge : edge + n_times]
