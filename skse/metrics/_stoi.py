"""STOI and ESTOI of one pair, as pystoi defines them, with the clean side kept.

pystoi goes through a pair frame by frame, and through the clean recording again for every
candidate. Here frames are arrays, and what hangs on the clean recording alone is looked up by
its content: which of its frames are loud, and its third-octave bands.
"""

import math
from functools import lru_cache

import numpy as np

from skse.utils import ArrayStore, digest

# Both references (of stoi_score, of estoi_score): 10 kHz; frames of 256 samples, half
# overlapping; frames 40 dB below the loudest are left out; 15 bands from 150 Hz up; segments of 30
# frames; a signal-to-distortion ratio of no less than -15 dB.
_RATE = 10000
_HOP = 128
_N_FFT = 512
_DYNAMIC_RANGE_DB = 40
_N_BANDS, _LOWEST_HZ = 15, 150
_SEGMENT = 30
_CLIP = 1 + 10 ** (15 / 20)
_EPS = np.finfo(float).eps
_WINDOW = np.hanning(2 * _HOP + 2)[1:-1]
_FALL, _RISE = _WINDOW[_HOP:], _WINDOW[:_HOP]
# Frames or segments that are computed together: few enough for the cache of a processor.
_BLOCK = 128
# About 10 kB a second of speech: a store holds an hour.
_STORE_BYTES = 2**25
CLEAN = ArrayStore()


def stoi(clean, enhanced, *, sampling_rate, extended):
    """Compute STOI or ESTOI of one pair.

    Parameters
    ----------
    clean, enhanced : ndarray of shape (n_times,)
        float64.
    sampling_rate : int
        Hz.
    extended : bool
        Whether to compute ESTOI.

    Returns
    -------
    score : float
        NaN where a waveform is silent or fewer than 30 frames are left.
    """
    too_short = math.ceil(len(clean) * _RATE / sampling_rate) <= (_SEGMENT + 2) * _HOP
    if too_short or not (clean.any() and enhanced.any()):
        return np.nan
    loud, S = CLEAN.get(
        (digest([clean]), sampling_rate), lambda: _analyse(clean, sampling_rate), _STORE_BYTES
    )
    n_segments = len(S) - _SEGMENT + 1
    if n_segments < 1:
        return np.nan
    X = _bands(_join(_halves(_resample(enhanced, sampling_rate)), loud))
    score_segments = _Extended() if extended else _correlate
    total = 0.0
    for begin in range(0, n_segments, _BLOCK):
        size = min(_BLOCK, n_segments - begin)
        parts = (
            np.stack([bands[begin + i : begin + i + size] for i in range(_SEGMENT)])
            for bands in (S, X)
        )
        total += score_segments(*parts)
    return total / n_segments


def _analyse(clean, sampling_rate):
    """Return which frames of the clean waveform are loud, and the bands of these."""
    halves = _halves(_resample(clean, sampling_rate))
    energy = _energy(halves[:-1] * _RISE) + _energy(halves[1:] * _FALL)
    level = 20 * np.log10(np.sqrt(energy) + _EPS)
    loud = level.max() - _DYNAMIC_RANGE_DB - level < 0
    return loud, _bands(_join(halves, loud))


def _resample(x, sampling_rate):
    if sampling_rate == _RATE:
        return x
    from scipy.signal import resample_poly

    up, down, window = _resampler(sampling_rate)
    return resample_poly(x, up, down, window=window)


@lru_cache(maxsize=16)
def _resampler(sampling_rate):
    """Return the factors and the filter of Octave's ``resample``.

    Its stop band is 60 dB down, its transition a tenth of its cut-off; the length is Kaiser's.
    """
    from scipy.signal import firwin, kaiser_beta

    divisor = math.gcd(_RATE, sampling_rate)
    up, down = _RATE // divisor, sampling_rate // divisor
    longest = max(up, down)
    half = math.ceil((60 - 8) / (28.714 * (1 / (2 * longest)) / 10))
    window = firwin(2 * half + 1, 1 / longest, window=("kaiser", kaiser_beta(60)))
    return up, down, window


def _halves(x):
    """Cut a waveform into halves of frames; as pystoi, leave out a frame that ends with it."""
    n_frames = len(range(0, len(x) - 2 * _HOP, _HOP))
    return x[: (n_frames + 1) * _HOP].reshape(-1, _HOP)


def _join(halves, loud):
    """Overlap and add the windowed frames that are loud; return halves of frames again."""
    joined = np.zeros((np.count_nonzero(loud) + 1, _HOP))
    joined[:-1] = halves[:-1][loud] * _RISE
    joined[1:] += halves[1:][loud] * _FALL
    return joined


def _bands(halves):
    """Magnitude of every frame but the last in third octaves, shape (n_frames, n_bands)."""
    bands = np.empty((max(len(halves) - 2, 0), _N_BANDS))
    for begin in range(0, len(bands), _BLOCK):
        own = halves[begin : begin + _BLOCK + 1][: len(bands) + 1 - begin]
        spectrum = np.fft.rfft(np.concatenate([own[:-1], own[1:]], axis=1) * _WINDOW, _N_FFT)
        power = spectrum.real**2 + spectrum.imag**2
        # No matrix product: threads of a linear algebra library wait for each other.
        sums = np.add.reduceat(power, _edges(), axis=1)[:, :-1]
        bands[begin : begin + _BLOCK] = np.sqrt(sums)
    return bands


@lru_cache(maxsize=1)
def _edges():
    """First bins of the bands, which adjoin, and of what is above them."""
    from pystoi.utils import thirdoct

    inside, _ = thirdoct(_RATE, _N_FFT, _N_BANDS, _LOWEST_HZ)
    return [*inside.argmax(axis=1), int(np.flatnonzero(inside[-1])[-1]) + 1]


def _energy(x):
    return np.einsum("...i,...i", x, x)


def _norm(x, axis=0):
    return np.sqrt(np.sum(np.square(x), axis=axis))


def _correlate(S, X):
    """Sum the correlations of segments of shape (n_frames, n_segments, n_bands), mean of bands."""
    X *= _norm(S) / (_norm(X) + _EPS)
    np.minimum(X, S * _CLIP, out=X)
    S -= S.mean(axis=0)
    X -= X.mean(axis=0)
    products = np.einsum("ijk,ijk->jk", S, X)
    return np.sum(products / ((_norm(S) + _EPS) * (_norm(X) + _EPS))) / S.shape[2]


class _Extended:
    """The sum of the correlations of spectra, bands and frames made alike before.

    A band or a frame without any signal would be 0/0, for which pystoi adds random numbers of
    2e-16 from the global generator. These are from one that is the same for every pair.
    """

    def __init__(self):
        self._random = np.random.default_rng(0)

    def __call__(self, S, X):
        return np.sum(self._normalised(S) * self._normalised(X)) / len(S)

    def _normalised(self, x):
        for axis in (0, 2):
            x += _EPS * self._random.standard_normal(x.shape)
            x -= x.mean(axis=axis, keepdims=True)
            x /= np.expand_dims(_norm(x, axis), axis)
        return x
