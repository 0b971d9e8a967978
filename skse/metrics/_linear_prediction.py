"""Metrics on the spectral envelope, as linear prediction finds it."""

from numbers import Integral

import numpy as np
from scipy import fft

from skse.metrics._base import score_utterances
from skse.metrics._frames import check_frames, compare_frames, mean_of_lowest
from skse.utils import check_number
from skse.utils.typing import OneOrMany, Scores

# Hu and Loizou: limits of a frame, and the share of the frames that the mean is taken over.
_HIGHEST_CEPSTRAL_DISTANCE = 10.0
_HIGHEST_LOG_LIKELIHOOD_RATIO = 2.0
_KEPT = 0.95
# Share of white noise that is added to each frame: it bounds how well a pure tone is predicted.
_WHITE = 1e-9


def cepstral_distance_error(
    clean: OneOrMany,
    enhanced: OneOrMany,
    *,
    sampling_rate: float,
    order: int | None = None,
    frame_ms: float = 30.0,
    hop_ms: float = 7.5,
) -> Scores:
    r"""Distance of the cepstra of linear prediction, in dB.

    .. math:: \frac{10}{\ln 10} \sqrt{2 \sum_{k=1}^{P} (c_k - \hat c_k)^2}

    of each Hann-windowed frame, with the cepstra :math:`c` of the all-pole spectra of order
    :math:`P`; limited to 0 … 10 dB, and the mean taken of the lowest 95 % of the frames. The
    level of neither waveform counts. Frames in which the clean one is silent are left out;
    where the enhanced one is, its spectrum is taken to be flat.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz.
    order : int or None, default=None
        Order of the prediction :math:`P`. None takes 10 below 10 kHz and 16 from there on.
    frame_ms : float, default=30.0
        Length of a frame in milliseconds.
    hop_ms : float, default=7.5
        Step from frame to frame in milliseconds.

    Returns
    -------
    error : ndarray of shape (n_samples,) or float
        dB; 0 is perfect. NaN, with one warning that counts them, where the clean waveform is
        silent or shorter than a frame. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where a parameter is out of bounds, or the waveforms are not finite, not mono or do
        not match.

    See Also
    --------
    log_likelihood_ratio_error : Of the same spectra; it weights what is strong in the clean one.

    Notes
    -----
    The REVERB challenge takes cepstra of the spectrum itself, of frames of 25 ms with their
    mean removed: its figures do not compare with these.

    References
    ----------
    N. Kitawaki, H. Nagabuchi and K. Itoh, "Objective quality evaluation for low-bit-rate
    speech coding systems", IEEE Journal on Selected Areas in Communications 6(2), 1988.
    Y. Hu and P. C. Loizou, "Evaluation of objective quality measures for speech
    enhancement", IEEE Transactions on Audio, Speech, and Language Processing 16(1), 2008:
    limits and mean.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import cepstral_distance_error
    >>> clean = np.random.default_rng(0).standard_normal(8000)
    >>> cepstral_distance_error(clean, 0.5 * clean, sampling_rate=8000)
    0.0
    """
    return _score(
        "cepstral_distance_error",
        _cepstral_distance,
        clean,
        enhanced,
        (sampling_rate, frame_ms, hop_ms),
        order,
    )


def log_likelihood_ratio_error(
    clean: OneOrMany,
    enhanced: OneOrMany,
    *,
    sampling_rate: float,
    order: int | None = None,
    frame_ms: float = 30.0,
    hop_ms: float = 7.5,
) -> Scores:
    r"""How much worse the predictor of the enhanced speech predicts the clean one (LLR).

    .. math:: \ln \frac{\hat a^T R \hat a}{a^T R a}

    of each Hann-windowed frame, with the coefficients :math:`a` and :math:`\hat a` of linear
    prediction of clean and enhanced speech and the autocorrelation matrix :math:`R` of the
    clean one: the energies that the two leave of it. Limited to 0 … 2, and the mean taken of
    the lowest 95 % of the frames. The level of neither waveform counts. Frames in which the
    clean one is silent are left out; where the enhanced one is, its spectrum is taken to be
    flat.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz.
    order : int or None, default=None
        Order of the prediction. None takes 10 below 10 kHz and 16 from there on.
    frame_ms : float, default=30.0
        Length of a frame in milliseconds.
    hop_ms : float, default=7.5
        Step from frame to frame in milliseconds.

    Returns
    -------
    error : ndarray of shape (n_samples,) or float
        0 is perfect. NaN, with one warning that counts them, where the clean waveform is
        silent or shorter than a frame. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where a parameter is out of bounds, or the waveforms are not finite, not mono or do
        not match.

    See Also
    --------
    cepstral_distance_error : Of the same spectra; symmetric.

    Notes
    -----
    The REVERB challenge takes order 12, frames of 25 ms and the median of the frames: its
    figures do not compare with these.

    References
    ----------
    S. R. Quackenbush, T. P. Barnwell and M. A. Clements, "Objective Measures of Speech
    Quality", 1988. Y. Hu and P. C. Loizou, "Evaluation of objective quality measures for
    speech enhancement", IEEE Transactions on Audio, Speech, and Language Processing 16(1),
    2008: limits and mean.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import log_likelihood_ratio_error
    >>> clean = np.random.default_rng(0).standard_normal(8000)
    >>> log_likelihood_ratio_error(clean, 0.5 * clean, sampling_rate=8000)
    0.0
    """
    return _score(
        "log_likelihood_ratio_error",
        _log_likelihood_ratio,
        clean,
        enhanced,
        (sampling_rate, frame_ms, hop_ms),
        order,
    )


def _score(caller, compare, clean, enhanced, frames, order):
    frame, hop = check_frames(caller, *frames)
    if order is None:
        order = 10 if frames[0] < 10000 else 16
    check_number(caller, "order", order, Integral, min_val=1)

    def compare_windowed(s, x):
        lags, other_lags = _autocorrelation(s, order), _autocorrelation(x, order)
        values = compare(lags, _predictor(lags), _predictor(other_lags))
        return np.where(s.any(axis=1), values, np.nan)

    def score_one(s, x):
        if len(s) < frame:
            return np.nan
        return mean_of_lowest(compare_frames(compare_windowed, s, x, frame, hop), _KEPT)

    return score_utterances(
        caller,
        score_one,
        f"the clean waveform is silent or shorter than a frame ({frame} samples)",
        clean,
        enhanced=enhanced,
    )


def _cepstral_distance(lags, a, other):
    difference = _cepstrum(a) - _cepstrum(other)
    distance = 10 / np.log(10) * np.sqrt(2 * np.sum(difference**2, axis=1))
    return np.minimum(distance, _HIGHEST_CEPSTRAL_DISTANCE)


def _log_likelihood_ratio(lags, a, other):
    ratio = _residual(other, lags) / _residual(a, lags)
    return np.clip(np.log(ratio), 0, _HIGHEST_LOG_LIKELIHOOD_RATIO)


def _autocorrelation(frames, order):
    """Lags 0 to `order` of each row; those of white noise where a row is silent."""
    n_fft = fft.next_fast_len(frames.shape[1] + order, real=True)
    lags = fft.irfft(np.abs(fft.rfft(frames, n_fft)) ** 2, n_fft)[:, : order + 1]
    lags[:, 0] *= 1 + _WHITE
    lags[lags[:, 0] == 0, 0] = 1
    return lags


def _predictor(lags):
    """Coefficients of the prediction error filter, 1 first: the recursion of Levinson and Durbin.

    J. Makhoul, "Linear prediction: a tutorial review", Proceedings of the IEEE 63(4), 1975,
    equations 38.
    """
    a, error = np.zeros_like(lags), lags[:, 0].copy()
    a[:, 0] = 1
    for i in range(1, lags.shape[1]):
        reflection = -np.sum(a[:, :i] * lags[:, i:0:-1], axis=1) / error
        a[:, 1 : i + 1] += reflection[:, None] * a[:, :i][:, ::-1]
        error *= 1 - reflection**2
    return a


def _residual(a, lags):
    """Energy that the filter `a` leaves of a waveform with these lags."""
    own = _autocorrelation_of_filter(a)
    return own[:, 0] * lags[:, 0] + 2 * np.sum(own[:, 1:] * lags[:, 1:], axis=1)


def _autocorrelation_of_filter(a):
    n = a.shape[1]
    return np.stack([np.sum(a[:, : n - k] * a[:, k:], axis=1) for k in range(n)], axis=1)


def _cepstrum(a):
    """Cepstrum 1 to order of the all-pole spectrum, without its level.

    B. S. Atal, "Effectiveness of linear prediction characteristics of the speech wave for
    automatic speaker identification and verification", JASA 55(6), 1974.
    """
    c = np.zeros_like(a)
    for n in range(1, a.shape[1]):
        k = np.arange(1, n)
        c[:, n] = -a[:, n] - np.sum(k / n * c[:, 1:n] * a[:, n - 1 : 0 : -1], axis=1)
    return c[:, 1:]
