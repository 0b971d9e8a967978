"""Whether what differs between noisy and clean speech is noise, or made from the speech."""

import numpy as np
from scipy import fft
from scipy.linalg import solve_toeplitz

# What follows from at most so many samples of the speech: 128 ms at 8 kHz, 64 ms at 16 kHz.
_TAPS = 1024
# Share of white noise in the speech that the filter is fitted on: it must not be learnt by heart.
_WHITE = 0.1
# Share of the difference from which on it follows: of noise it is below 0, as the filter is tried
# on another half than it was fitted on; of simulated rooms, 0.2 to 0.9.
_FOLLOWS = 0.1
_MOST_PAIRS, _MOST_TIMES = 40, 2**18
_SHARE_OF_PAIRS = 0.1


def follow_from_speech(noisy, clean):
    """Tell whether the differences of noisy and clean waveforms are the work of filters.

    Echo of a room is, and so are a delay and an equaliser: what is left when the clean
    waveform is subtracted belongs to that speech and to no other.

    Parameters
    ----------
    noisy, clean : sequence of ndarray of shape (n_times,)
        Pairs, of which 40 are looked at.

    Returns
    -------
    follow : bool
        Whether those of a tenth of the pairs do, or more.
    """
    tried = np.unique(np.linspace(0, len(clean) - 1, _MOST_PAIRS).astype(int))
    found = sum(
        explained_share(clean[i][:_MOST_TIMES], (noisy[i] - clean[i])[:_MOST_TIMES]) > _FOLLOWS
        for i in tried
    )
    return bool(found >= _SHARE_OF_PAIRS * len(tried))


def explained_share(speech, rest):
    """Share of the energy of `rest` that a filter makes from `speech`.

    The filter is fitted by least squares on one half and tried on the other, and the other way
    round. 0 where there is nothing to explain.

    Parameters
    ----------
    speech, rest : ndarray of shape (n_times,)
        Waveforms.

    Returns
    -------
    share : float
        At most 1; below 0 where the filter only adds to it.
    """
    speech, rest = (np.asarray(x, dtype=np.float64) for x in (speech, rest))
    middle = len(speech) // 2
    first, second = slice(0, middle), slice(middle, None)
    left = 0.0
    for fitted, tried in ((first, second), (second, first)):
        if not speech[fitted].any():
            left += _energy(rest[tried])
            continue
        lags = _correlation(speech[fitted], speech[fitted])
        lags[0] *= 1 + _WHITE
        taps = solve_toeplitz(lags, _correlation(speech[fitted], rest[fitted]))
        left += _energy(rest[tried] - _filter(taps, speech)[tried])
    total = _energy(rest)
    return 1 - left / total if total > 0 else 0.0


def _correlation(x, y):
    """Sum over t of ``x[t] * y[t + lag]``, for lags from 0 on."""
    n = fft.next_fast_len(len(x) + _TAPS, real=True)
    return fft.irfft(np.conj(fft.rfft(x, n)) * fft.rfft(y, n), n)[:_TAPS]


def _filter(taps, x):
    n = fft.next_fast_len(len(x) + _TAPS, real=True)
    return fft.irfft(fft.rfft(taps, n) * fft.rfft(x, n), n)[: len(x)]


def _energy(x):
    return float(np.sum(x**2))
