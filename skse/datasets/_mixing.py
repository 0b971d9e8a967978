"""Speech levels, and mixing speech with noise at a given SNR."""

from numbers import Real
from typing import Any

import numpy as np
from scipy.signal import lfilter
from sklearn.utils import check_random_state

from skse.utils import check_choice, check_number, check_sampling_rate, check_waveforms
from skse.utils.typing import RandomState, Waveform

_TIME_CONSTANT = 0.03  # s, of each of the two smoothers: P.56, clause 5.1
_HANGOVER = 0.2  # s
_MARGIN_DB = 15.9
_N_THRESHOLDS = 15
_TOLERANCE_DB = 0.01


def active_speech_level(x: Waveform, sampling_rate: float, *, return_activity: bool = False) -> Any:
    r"""Level of the speech in a recording, pauses left out (ITU-T P.56, method B).

    Parameters
    ----------
    x : array-like of shape (n_times,)
        Mono waveform, full scale ±1.
    sampling_rate : int or float
        Sampling rate in Hz.
    return_activity : bool, default=False
        Whether to return the activity factor too.

    Returns
    -------
    level_db : float
        Active speech level in dB relative to an RMS of 1 (a full-scale sine has
        −3.01 dB). −inf for digital silence.
    activity : float
        Share of the time in which speech is active, from 0 to 1. Only where
        `return_activity` is true.

    Raises
    ------
    ValueError
        Where `x` is not a finite mono waveform or `sampling_rate` not positive.

    Notes
    -----
    The rectified signal passes two first-order smoothers of time constant 0.03 s,
    which gives the envelope :math:`q`. For a threshold :math:`c` the signal is
    active where :math:`q \ge c`, and for 0.2 s after. With :math:`a(c)` active
    samples, the level above that threshold is
    :math:`A(c) = 10 \log_{10} (\sum_t x_t^2 / a(c))`. The active level is
    :math:`A` at the threshold where :math:`A(c) - 20 \log_{10} c` is the margin of
    15.9 dB, interpolated between thresholds a factor of two apart. Thresholds are
    counted down from the largest value of the envelope and not from full scale, so
    that scaling the signal shifts the level exactly.

    References
    ----------
    ITU-T Recommendation P.56 (12/2011), "Objective measurement of active speech
    level", clause 5 (method B).

    Examples
    --------
    A tone that is on for half of the time keeps its level; its RMS loses 3 dB.

    >>> import numpy as np
    >>> from skse.datasets import active_speech_level
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(80000) / 8000)
    >>> tone[40000:] = 0
    >>> level_db, activity = active_speech_level(tone, 8000, return_activity=True)
    >>> print(f"{level_db:.1f} dB, active {activity:.2f}")
    -3.2 dB, active 0.53
    """
    check_sampling_rate("active_speech_level", sampling_rate)
    x = check_waveforms([x], "x")[0].astype(np.float64)
    level_db, activity = _measure_active_level(x, sampling_rate)
    return (level_db, activity) if return_activity else level_db


def mix_at_snr(
    clean: Waveform,
    noise: Waveform,
    snr_db: float,
    *,
    level: str = "rms",
    sampling_rate: float | None = None,
    random_state: RandomState = None,
) -> np.ndarray:
    """Add noise to speech at a given signal-to-noise ratio.

    Parameters
    ----------
    clean : array-like of shape (n_times,)
        Mono speech, full scale ±1.
    noise : array-like of shape (n_noise_times,)
        Mono noise of any level. From a longer noise a piece is cut at a random
        place; a shorter one is repeated, from a random place on.
    snr_db : float
        Ratio of speech level to noise level in dB.
    level : {"rms", "active"}, default="rms"
        How the level of the speech is measured: over the whole recording, or by
        :func:`active_speech_level`, which leaves pauses out. NOIZEUS was mixed with
        the second. The noise is measured by its RMS in both.
    sampling_rate : int or float, default=None
        Sampling rate in Hz; needed for ``level="active"``.
    random_state : int, RandomState instance or None, default=None
        Draws the place where the noise is cut. Pass an int for the same mixture
        every time.

    Returns
    -------
    noisy : ndarray of shape (n_times,)
        float32 mixture. The speech in it is `clean` unchanged, so that
        ``noisy - clean`` is the scaled noise. Nothing is clipped: the mixture of a
        loud recording may exceed ±1, and scaling `noisy` and `clean` by the same
        factor keeps their SNR.

    Raises
    ------
    ValueError
        Where speech or noise is silent, where the SNR measured after mixing is not
        within 0.01 dB of `snr_db`, or for an argument that cannot be used.

    References
    ----------
    The ratio of active speech level to noise RMS follows ITU-T P.56 (12/2011).

    Examples
    --------
    >>> import numpy as np
    >>> from skse.datasets import mix_at_snr
    >>> rng = np.random.default_rng(0)
    >>> clean, noise = rng.normal(size=8000), rng.normal(size=20000)
    >>> noisy = mix_at_snr(0.1 * clean, noise, 5, random_state=0)
    >>> rest = noisy - 0.1 * clean
    >>> print(f"{10 * np.log10(np.sum((0.1 * clean) ** 2) / np.sum(rest**2)):.2f} dB")
    5.00 dB
    """
    caller = "mix_at_snr"
    check_choice(caller, "level", level, ("rms", "active"))
    check_number(caller, "snr_db", snr_db, Real)
    if not np.isfinite(snr_db):
        raise ValueError(f"{caller}: snr_db={snr_db!r} must be a finite number of dB.")
    if level == "active":
        check_sampling_rate(caller, sampling_rate)
    clean = check_waveforms([clean], "clean")[0]
    noise = check_waveforms([noise], "noise", any_level=True)[0]
    noise = fit_length(noise, len(clean), check_random_state(random_state)).astype(np.float64)

    speech_db = _speech_level(clean, level, sampling_rate)
    noise_db = _rms_db(noise)
    if speech_db == -np.inf:
        raise ValueError("clean is silent; no SNR can be set. Drop it, or check how it was read.")
    if noise_db == -np.inf:
        raise ValueError(
            "noise is silent where it was cut; no SNR can be set. Remove silent stretches from it."
        )
    gain = 10 ** ((speech_db - noise_db - snr_db) / 20)
    noisy = (clean + gain * noise).astype(np.float32)
    measured_db = speech_db - _rms_db(noisy.astype(np.float64) - clean)
    if not abs(measured_db - snr_db) <= _TOLERANCE_DB:
        raise ValueError(
            f"{caller}: snr_db={snr_db!r} cannot be reached in float32; the mixture measures "
            f"{measured_db:.2f} dB. Choose a ratio nearer to 0 dB."
        )
    return noisy


def fit_length(noise, n_times, rng):
    """Cut `noise` to `n_times` at a random place, or repeat it from one on."""
    if len(noise) == n_times:
        return noise
    if len(noise) > n_times:
        start = rng.randint(len(noise) - n_times + 1)
        return noise[start : start + n_times]
    return np.resize(np.roll(noise, -rng.randint(len(noise))), n_times)


def _speech_level(clean, level, sampling_rate):
    clean = clean.astype(np.float64)
    return _rms_db(clean) if level == "rms" else _measure_active_level(clean, sampling_rate)[0]


def _rms_db(x):
    with np.errstate(divide="ignore"):
        return 10 * float(np.log10(np.mean(x**2)))


def _measure_active_level(x, sampling_rate):
    """Level in dB and activity factor of a float64 waveform."""
    energy = float(np.sum(x**2))
    if energy == 0:
        return -np.inf, 0.0
    decay = np.exp(-1 / (sampling_rate * _TIME_CONSTANT))
    smoother = [1 - decay], [1, -decay]
    envelope = lfilter(*smoother, lfilter(*smoother, np.abs(x)))
    hangover = int(np.ceil(_HANGOVER * sampling_rate))
    thresholds = envelope.max() * 2.0 ** -np.arange(_N_THRESHOLDS + 1)
    n_active = np.array([_count_active(envelope, c, hangover) for c in thresholds])
    levels = 10 * np.log10(energy / n_active)
    excess = levels - 20 * np.log10(thresholds) - _MARGIN_DB
    below = np.flatnonzero(excess <= 0)  # empty only for a lone click
    last = below[-1] if len(below) else 0
    level_db = float(np.interp(0.0, excess[last : last + 2], levels[last : last + 2]))
    return level_db, energy / len(x) / 10 ** (level_db / 10)


def _count_active(envelope, threshold, hangover):
    """Count the samples at or above `threshold`, or within `hangover` samples after one."""
    above = np.flatnonzero(envelope >= threshold)
    pauses = np.diff(above, append=len(envelope)) - 1
    return len(above) + int(np.minimum(pauses, hangover).sum())
