"""Metrics on the samples of the waveforms."""

from numbers import Real

import numpy as np

from skse.metrics._base import energy, product, ratio_db, score_utterances
from skse.utils import check_number, check_sampling_rate
from skse.utils.typing import OneOrMany, Scores

CLEAN_SILENT = "the clean waveform is silent"
EITHER_SILENT = "the clean or the compared waveform is silent"


def rmse_error(clean: OneOrMany, enhanced: OneOrMany) -> Scores:
    r"""Root mean square error of the samples.

    .. math:: \sqrt{\frac{1}{T} \sum_t (\hat s_t - s_t)^2}

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms :math:`s`, full scale ±1.
    enhanced : array-like
        Enhanced waveforms :math:`\hat s`, as many and as long as `clean`.

    Returns
    -------
    error : ndarray of shape (n_samples,) or float
        In units of full scale; 0 is perfect. Defined for silence too. A float
        where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where the waveforms are not finite, not mono or do not match.

    Examples
    --------
    >>> from skse.metrics import rmse_error
    >>> rmse_error([0.5, -0.5, 0.5, -0.5], [0.5, -0.5, 0.5, 0.5])
    0.5
    """
    return score_utterances(
        "rmse_error",
        lambda s, x: np.sqrt(np.mean((x - s) ** 2)),
        "nothing",
        clean,
        enhanced=enhanced,
    )


def snr_score(clean: OneOrMany, enhanced: OneOrMany) -> Scores:
    r"""Signal-to-noise ratio of the whole utterance, in dB.

    .. math:: 10 \log_{10} \frac{\sum_t s_t^2}{\sum_t (\hat s_t - s_t)^2}

    Nothing is rescaled: a wrong level counts as noise.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms :math:`s`.
    enhanced : array-like
        Waveforms :math:`\hat s` to score, as many and as long as `clean`.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        dB, limited to ±100 so that a perfect match stays finite. NaN, with one
        warning that counts them, where the clean waveform is silent. A float
        where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where the waveforms are not finite, not mono or do not match.

    Examples
    --------
    >>> from skse.metrics import snr_score
    >>> round(snr_score([1.0, -1.0], [0.9, -0.9]), 3)
    20.0
    """
    return score_utterances("snr_score", _snr, CLEAN_SILENT, clean, enhanced=enhanced)


def snr_gain_score(clean: OneOrMany, enhanced: OneOrMany, noisy: OneOrMany) -> Scores:
    """How many dB of SNR the enhancement gained.

    ``snr_score(clean, enhanced) - snr_score(clean, noisy)``, whole utterance,
    time domain, nothing rescaled.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced, noisy : array-like
        Enhanced and noisy waveforms, as many and as long as `clean`.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        dB; 0 where nothing was done. NaN, with one warning that counts them,
        where the clean waveform is silent. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where the waveforms are not finite, not mono or do not match.

    Examples
    --------
    >>> from skse.metrics import snr_gain_score
    >>> round(snr_gain_score([1.0, -1.0], [0.99, -0.99], [0.9, -0.9]), 3)
    20.0
    """
    return score_utterances(
        "snr_gain_score",
        lambda s, x, y: _snr(s, x) - _snr(s, y),
        CLEAN_SILENT,
        clean,
        enhanced=enhanced,
        noisy=noisy,
    )


def si_sdr_score(clean: OneOrMany, enhanced: OneOrMany) -> Scores:
    r"""Scale-invariant signal-to-distortion ratio, in dB.

    .. math::

        10 \log_{10} \frac{\|\alpha s\|^2}{\|\alpha s - \hat s\|^2},
        \quad \alpha = \frac{\hat s^T s}{\|s\|^2}

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms :math:`s`.
    enhanced : array-like
        Waveforms :math:`\hat s` to score, as many and as long as `clean`.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        dB, limited to ±100. NaN, with one warning that counts them, where one
        of the two waveforms is silent. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where the waveforms are not finite, not mono or do not match.

    References
    ----------
    J. Le Roux, S. Wisdom, H. Erdogan and J. R. Hershey, "SDR – half-baked or well
    done?", ICASSP 2019, equations 3 and 5. The mean is not removed.

    Examples
    --------
    >>> from skse.metrics import si_sdr_score
    >>> round(si_sdr_score([1.0, -1.0, 0.0, 0.0], [0.5, -0.5, 0.05, 0.05]), 3)
    20.0
    """
    return score_utterances("si_sdr_score", _si_sdr, EITHER_SILENT, clean, enhanced=enhanced)


def si_sdr_gain_score(clean: OneOrMany, enhanced: OneOrMany, noisy: OneOrMany) -> Scores:
    """How many dB of SI-SDR the enhancement gained.

    ``si_sdr_score(clean, enhanced) - si_sdr_score(clean, noisy)``.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced, noisy : array-like
        Enhanced and noisy waveforms, as many and as long as `clean`.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        dB; 0 where nothing was done. NaN, with one warning that counts them,
        where one of the waveforms is silent. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where the waveforms are not finite, not mono or do not match.

    Examples
    --------
    >>> from skse.metrics import si_sdr_gain_score
    >>> clean, noise = [1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.1, 0.1]
    >>> noisy = [s + n for s, n in zip(clean, noise)]
    >>> round(si_sdr_gain_score(clean, [2 * x for x in noisy], noisy), 3)
    0.0
    """
    return score_utterances(
        "si_sdr_gain_score",
        lambda s, x, y: _si_sdr(s, x) - _si_sdr(s, y),
        EITHER_SILENT,
        clean,
        enhanced=enhanced,
        noisy=noisy,
    )


def segmental_snr_score(
    clean: OneOrMany,
    enhanced: OneOrMany,
    *,
    sampling_rate: float,
    frame_ms: float = 30.0,
    hop_ms: float = 7.5,
    min_db: float = -10.0,
    max_db: float = 35.0,
) -> Scores:
    """Mean of the SNR of short frames, in dB.

    Each frame is Hann-windowed; its SNR (see :func:`snr_score`) is limited to
    `min_db` … `max_db` before the mean is taken, so that pauses and perfect
    frames do not outweigh the rest. Frames in which both the clean waveform and
    the error are zero are left out.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz.
    frame_ms : float, default=30.0
        Length of a frame in milliseconds.
    hop_ms : float, default=7.5
        Step from frame to frame in milliseconds.
    min_db, max_db : float, default=-10.0, 35.0
        Limits of a frame's SNR in dB.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        dB. NaN, with one warning that counts them, where the clean waveform is
        silent or shorter than a frame. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where a parameter is out of bounds, or the waveforms are not finite, not
        mono or do not match.

    References
    ----------
    J. H. L. Hansen and B. L. Pellom, "An effective quality evaluation protocol
    for speech enhancement algorithms", ICSLP 1998: limits of −10 and 35 dB.
    P. C. Loizou, "Speech Enhancement: Theory and Practice", 2nd edition, 2013,
    chapter 11: frames of 30 ms, overlapping by 75 %.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import segmental_snr_score
    >>> clean = np.sin(np.arange(8000))
    >>> round(segmental_snr_score(clean, 0.9 * clean, sampling_rate=8000), 3)
    20.0
    """
    caller = "segmental_snr_score"
    check_sampling_rate(caller, sampling_rate)
    check_number(caller, "frame_ms", frame_ms, Real, min_val=0, include_boundaries="neither")
    check_number(caller, "hop_ms", hop_ms, Real, min_val=0, include_boundaries="neither")
    check_number(caller, "max_db", max_db, Real, min_val=min_db)
    frame = max(1, round(frame_ms * sampling_rate / 1000))
    hop = max(1, round(hop_ms * sampling_rate / 1000))
    window = np.hanning(frame + 2)[1:-1]

    def score_one(s, x):
        if len(s) < frame or not s.any():
            return np.nan
        signal, error = (
            np.square(np.lib.stride_tricks.sliding_window_view(z, frame)[::hop] * window).sum(1)
            for z in (s, x - s)
        )
        snr = ratio_db(signal, error)
        snr = snr[~np.isnan(snr)]
        return np.clip(snr, min_db, max_db).mean() if len(snr) else np.nan

    return score_utterances(
        caller,
        score_one,
        f"the clean waveform is silent or shorter than a frame ({frame} samples)",
        clean,
        enhanced=enhanced,
    )


def _snr(s, x):
    return ratio_db(energy(s), energy(x - s)) if s.any() else np.nan


def _si_sdr(s, x):
    if not s.any():
        return np.nan
    target = product(x, s) / energy(s) * s
    return ratio_db(energy(target), energy(target - x))
