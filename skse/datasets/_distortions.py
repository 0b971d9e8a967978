"""Distortions that take parts of speech away: band, peaks, pieces."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.signal import decimate, firwin, oaconvolve
from sklearn.utils import check_random_state

from skse.datasets._mixing import active_speech_level
from skse.utils import check_choice, check_number, check_sampling_rate, check_waveforms
from skse.utils.typing import RandomState, Waveform

_MOST_FACTOR = 13  # beyond which the recursive filter of one decimation is not stable
_LEAST_TIMES = 28  # what that filter needs to run both ways
_TAPS = 64  # on either side, for each factor, of the filter that is band-limited
_FRAME = 0.01  # s, in which speech is found
_MARGIN_DB = 15.9  # of P.56: what is less than so much below the active level is speech
_LEAST_FRAMES = 5  # of a stretch of speech


def clip_peaks(x: Waveform, threshold: float = 0.3) -> np.ndarray:
    r"""Cut the peaks of a waveform off.

    .. math:: y_t = \min(\max(x_t, \; \theta \min_s x_s), \; \theta \max_s x_s)

    Parameters
    ----------
    x : array-like of shape (n_times,)
        Mono waveform, full scale ±1.
    threshold : float, default=0.3
        :math:`\theta`, between 0 and 1: where it is cut, as a part of the largest positive and
        of the largest negative value. 0.3, 0.4 and 0.5 in [1]_.

    Returns
    -------
    clipped : ndarray of shape (n_times,)
        float32, not scaled up again.

    Raises
    ------
    ValueError
        For a threshold of 0, which leaves nothing, or of 1 or more, which leaves all.

    See Also
    --------
    distort : Several distortions, drawn at random.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.

    Examples
    --------
    >>> from skse.datasets import clip_peaks
    >>> clip_peaks([0.1, 1.0, -0.2, -0.8], threshold=0.5)
    array([ 0.1,  0.5, -0.2, -0.4], dtype=float32)
    """
    name = "clip_peaks"
    within = {"min_val": 0, "max_val": 1, "include_boundaries": "neither"}
    check_number(name, "threshold", threshold, Real, **within)
    x = check_waveforms([x], "x")[0]
    low, high = (np.float32(threshold) * end for end in (min(x.min(), 0), max(x.max(), 0)))
    return np.clip(x, low, high)


def reduce_bandwidth(x: Waveform, factor: int = 2, *, interpolation: str = "linear") -> np.ndarray:
    r"""Take the upper band of a waveform away, and keep its sampling rate.

    Parameters
    ----------
    x : array-like of shape (n_times,)
        Mono waveform, full scale ±1, of at least 28 samples.
    factor : int, default=2
        The lowest one in so many parts of the band is kept: of 8 kHz, 4 kHz for a factor of 2.
        From 2 to 13; 2, 4 and 8 in [1]_.
    interpolation : {"linear", "bandlimited"}, default="linear"
        How the samples between those that are kept come back. "linear", as in [1]_, draws
        lines, so that the upper band holds a faint mirror image of the lower one.
        "bandlimited" leaves it empty.

    Returns
    -------
    narrow : ndarray of shape (n_times,)
        float32, aligned to the sample.

    Raises
    ------
    ValueError
        For a factor out of its range, or a waveform that is too short.

    See Also
    --------
    distort : Several distortions, drawn at random.

    Notes
    -----
    Decimation is SciPy's, with its default filter (Chebyshev, type 1, order 8) forwards and
    backwards. Lines between samples :math:`q` apart weight what is, or is mirrored, at frequency
    :math:`f` by :math:`\bigl( \sin(\pi q f / f_s) / (q \sin(\pi f / f_s)) \bigr)^2`.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.datasets import reduce_bandwidth
    >>> noise = 0.1 * np.random.default_rng(0).standard_normal(8000)
    >>> narrow = reduce_bandwidth(noise, 4, interpolation="bandlimited")
    >>> energy = np.abs(np.fft.rfft(narrow)) ** 2
    >>> bool(energy[1100:].sum() < 1e-3 * energy.sum())
    True
    """
    name = "reduce_bandwidth"
    check_number(name, "factor", factor, Integral, min_val=2, max_val=_MOST_FACTOR)
    check_choice(name, "interpolation", interpolation, ("linear", "bandlimited"))
    x = check_waveforms([x], "x")[0].astype(np.float64)
    if len(x) < _LEAST_TIMES:
        raise ValueError(
            f"{name}: x has {len(x)} samples; expected at least {_LEAST_TIMES}, which the filter "
            "needs. Pass longer waveforms, or pad them with zeros."
        )
    times, kept = np.arange(len(x)), decimate(x, int(factor))
    if interpolation == "linear":
        return np.interp(times, times[::factor], kept).astype(np.float32)
    spread = np.zeros(len(x))
    spread[::factor] = kept
    n_side = _TAPS * int(factor)
    taps = factor * firwin(2 * n_side + 1, 1 / factor, window=("kaiser", 8.0))
    return oaconvolve(spread, taps)[n_side : n_side + len(x)].astype(np.float32)


def drop_chunks(
    x: Waveform,
    sampling_rate: float,
    *,
    n_chunks: int = 5,
    mean_ms: float | Sequence[float] = (50, 100),
    random_state: RandomState = None,
    return_chunks: bool = False,
) -> Any:
    """Set pieces of speech to 0.

    Parameters
    ----------
    x : array-like of shape (n_times,)
        Mono speech, full scale ±1.
    sampling_rate : int or float
        Hz.
    n_chunks : int, default=5
        Most pieces; their number is drawn, from 1 on. One at most goes out of a stretch of
        speech.
    mean_ms : float or sequence of float, default=(50, 100)
        Mean length of a piece in ms; of several one is drawn for each piece. The length is
        drawn from a normal distribution whose deviation is half its mean.
    random_state : int, RandomState instance or None, default=None
        Draws stretches and lengths. Pass an int for the same every time.
    return_chunks : bool, default=False
        Whether to return where the pieces were.

    Returns
    -------
    dropped : ndarray of shape (n_times,)
        float32.
    chunks : ndarray of int, shape (n_pieces, 2)
        First sample of each piece, and the first behind it, in order. Only where
        `return_chunks` is true.

    Raises
    ------
    ValueError
        Where no speech is found, and for an argument that cannot be used.

    See Also
    --------
    distort : Several distortions, drawn at random.

    Notes
    -----
    From [1]_: up to 5 pieces, each in the middle of a stretch of speech, and their lengths in
    ms: N(50, 25) or N(100, 50). There WebRTC's detector finds speech; here a frame of 10 ms is
    speech where its level is less than 15.9 dB (the margin of ITU-T P.56) below the active level of
    the waveform, and a stretch has 5 of them or more. No piece is shorter than 1 ms, or longer
    than half of its stretch, so that there is something to go by. Both are ours.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.

    Examples
    --------
    >>> from skse.datasets import drop_chunks, load_harvard
    >>> speech = load_harvard(noises="white", snr_db=5).clean[0]
    >>> dropped, chunks = drop_chunks(speech, 8000, random_state=0, return_chunks=True)
    >>> all((dropped[begin:end] == 0).all() for begin, end in chunks)
    True
    """
    name = "drop_chunks"
    check_sampling_rate(name, sampling_rate)
    check_number(name, "n_chunks", n_chunks, Integral, min_val=1)
    means = np.atleast_1d(np.asarray(mean_ms, dtype=object)).tolist()
    if not means:
        raise ValueError(f"{name}: mean_ms={mean_ms!r} is empty; expected a number of ms or more.")
    for mean in means:
        check_number(name, "mean_ms", mean, Real, min_val=0, include_boundaries="neither")
    x = check_waveforms([x], "x")[0]
    stretches = speech_stretches(x, sampling_rate)
    if not len(stretches):
        raise ValueError(
            f"{name}: x, of {len(x)} samples, has no stretch of speech of "
            f"{1000 * _FRAME * _LEAST_FRAMES:g} ms to take a piece of. Drop it, or check how it "
            "was read."
        )
    rng = check_random_state(random_state)
    n = min(int(rng.randint(1, n_chunks + 1)), len(stretches))
    chosen = np.sort(rng.choice(len(stretches), n, replace=False))
    chunks, dropped = [], x.copy()
    for begin, end in stretches[chosen]:
        mean = means[rng.randint(len(means))]
        length = max(rng.normal(mean, mean / 2), 1.0) * sampling_rate / 1000
        length = int(np.clip(round(length), 1, (end - begin) // 2))
        first = (begin + end - length) // 2
        chunks.append((first, first + length))
        dropped[first : first + length] = 0
    return (dropped, np.array(chunks)) if return_chunks else dropped


def speech_stretches(x, sampling_rate):
    """Find stretches of speech, by level alone.

    Parameters
    ----------
    x : ndarray of shape (n_times,)
        Checked.
    sampling_rate : float
        Hz.

    Returns
    -------
    stretches : ndarray of int, shape (n_stretches, 2)
        First sample of each, and the first behind it.
    """
    length = max(1, round(_FRAME * sampling_rate))
    n_frames = len(x) // length
    level_db = active_speech_level(x, sampling_rate)
    frames = x[: n_frames * length].reshape(n_frames, length).astype(np.float64)
    power = np.mean(frames**2, axis=1)
    speaks = np.concatenate([[False], power > 10 ** ((level_db - _MARGIN_DB) / 10), [False]])
    ends = np.flatnonzero(np.diff(speaks)).reshape(-1, 2)
    return length * ends[np.diff(ends)[:, 0] >= _LEAST_FRAMES]
