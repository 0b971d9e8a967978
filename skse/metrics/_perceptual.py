"""Metrics that predict intelligibility and quality as listeners judge them."""

import math
import warnings

import numpy as np

from skse.metrics._base import score_utterances
from skse.utils import check_choice, check_sampling_rate, import_optional
from skse.utils.typing import OneOrMany, Scores

# pystoi resamples to 10 kHz, drops silent frames and needs 30 frames of 256
# samples, half overlapping; where too few are left it returns this number.
_STOI_RATE = 10000
_STOI_MIN_TIMES = 29 * 128 + 256
_STOI_TOO_SHORT = 1e-5
# Rates in Hz that PESQ is defined at: narrow-band (P.862.1) and wide-band (P.862.2).
PESQ_RATES = {"nb": (8000, 16000), "wb": (16000,)}
_STOI_UNDEFINED = "a waveform is silent or fewer than 30 frames (0.4 s) of speech are left"


def stoi_score(clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float) -> Scores:
    """Compute the short-time objective intelligibility (STOI) with pystoi.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz. The waveforms are resampled to 10 kHz.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        About 0 (unintelligible) to 1. NaN, with one warning that counts them,
        where a waveform is silent or fewer than 30 frames (0.4 s) of speech are
        left. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where `sampling_rate` is not a positive whole number, or the waveforms
        are not finite, not mono or do not match.

    References
    ----------
    C. H. Taal, R. C. Hendriks, R. Heusdens and J. Jensen, "An algorithm for
    intelligibility prediction of time-frequency weighted noisy speech", IEEE
    Transactions on Audio, Speech, and Language Processing 19(7), 2011.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import stoi_score
    >>> clean = np.random.default_rng(0).standard_normal(8000)
    >>> round(stoi_score(clean, 0.5 * clean, sampling_rate=8000), 3)
    1.0
    """
    score_one = _make_stoi("stoi_score", sampling_rate, extended=False)
    return score_utterances("stoi_score", score_one, _STOI_UNDEFINED, clean, enhanced=enhanced)


def estoi_score(clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float) -> Scores:
    """Compute the extended short-time objective intelligibility (ESTOI) with pystoi.

    Unlike STOI it also ranks speech in noise that is modulated in time.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz. The waveforms are resampled to 10 kHz.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        About 0 (unintelligible) to 1. NaN as for :func:`stoi_score`. A float
        where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where `sampling_rate` is not a positive whole number, or the waveforms
        are not finite, not mono or do not match.

    References
    ----------
    J. Jensen and C. H. Taal, "An algorithm for predicting the intelligibility of
    speech masked by modulated noise maskers", IEEE/ACM Transactions on Audio,
    Speech, and Language Processing 24(11), 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import estoi_score
    >>> clean = np.random.default_rng(0).standard_normal(8000)
    >>> round(estoi_score(clean, 0.5 * clean, sampling_rate=8000), 3)
    1.0
    """
    score_one = _make_stoi("estoi_score", sampling_rate, extended=True)
    return score_utterances("estoi_score", score_one, _STOI_UNDEFINED, clean, enhanced=enhanced)


def pesq_score(
    clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float, mode: str = "nb"
) -> Scores:
    """Compute the perceptual evaluation of speech quality (PESQ) with the pesq package.

    :func:`pesq_nb_score` and :func:`pesq_wb_score` are the two modes under a name of their own.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : {8000, 16000}
        Hz.
    mode : {"nb", "wb"}, default="nb"
        Narrow-band (ITU-T P.862.1, at 8 or 16 kHz) or wide-band (ITU-T P.862.2,
        at 16 kHz only). The two scales do not compare.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        Mean opinion score (MOS-LQO), about 1 (bad) to 4.6. NaN, with one warning
        that counts them, where a waveform is silent, shorter than 0.25 s, or no
        speech is found in it. A float where the inputs are 1-D.

    Raises
    ------
    ImportError
        Where pesq is not installed: ``python -m pip install "skse[metrics]"``.
    ValueError
        Where `mode` and `sampling_rate` do not go together, or the waveforms are
        not finite, not mono or do not match.

    References
    ----------
    ITU-T Recommendations P.862 (2001), P.862.1 (2003) and P.862.2 (2007).
    """
    check_choice("pesq_score", "mode", mode, PESQ_RATES)
    return _pesq("pesq_score", clean, enhanced, sampling_rate, mode)


def pesq_nb_score(clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float) -> Scores:
    """Compute narrow-band PESQ (ITU-T P.862.1), for speech as over a telephone, up to 3.4 kHz.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : {8000, 16000}
        Hz.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        Mean opinion score (MOS-LQO), 1.02 (bad) to 4.55. NaN as for :func:`pesq_score`.

    Raises
    ------
    ImportError
        Where pesq is not installed: ``python -m pip install "skse[metrics]"``.
    ValueError
        At another sampling rate, or where the waveforms are not finite, not mono or do not
        match.

    See Also
    --------
    pesq_wb_score : The wide-band scale, which papers report of speech at 16 kHz.

    References
    ----------
    ITU-T Recommendation P.862.1, "Mapping function for transforming P.862 raw result scores to
    MOS-LQO", 2003.
    """
    return _pesq("pesq_nb_score", clean, enhanced, sampling_rate, "nb")


def pesq_wb_score(clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float) -> Scores:
    """Compute wide-band PESQ (ITU-T P.862.2), for speech from 50 Hz to 7 kHz.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : {16000}
        Hz. Resample down to it; from 8 kHz there is no wide band to score.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        Mean opinion score (MOS-LQO), 1.04 (bad) to 4.64; not to be compared with those of the
        narrow band. NaN as for :func:`pesq_score`.

    Raises
    ------
    ImportError
        Where pesq is not installed: ``python -m pip install "skse[metrics]"``.
    ValueError
        At another sampling rate, or where the waveforms are not finite, not mono or do not
        match.

    See Also
    --------
    pesq_nb_score : The narrow-band scale.

    References
    ----------
    ITU-T Recommendation P.862.2, "Wideband extension to Recommendation P.862 for the assessment
    of wideband telephone networks and speech codecs", 2007.
    """
    return _pesq("pesq_wb_score", clean, enhanced, sampling_rate, "wb")


def _pesq(caller, clean, enhanced, sampling_rate, mode):
    check_sampling_rate(caller, sampling_rate)
    if sampling_rate not in PESQ_RATES[mode]:
        raise ValueError(
            f"{caller}: sampling_rate={sampling_rate!r} does not go with mode={mode!r}, which is "
            f"defined at {' or '.join(map(str, PESQ_RATES[mode]))} Hz. Resample the waveforms, for "
            "example with skse.Resample" + (', or choose mode="nb".' if mode == "wb" else ".")
        )
    pesq = import_optional("pesq", caller=caller, extra="metrics")

    def score_one(s, x):
        if not (s.any() and x.any()):
            return np.nan
        try:
            return pesq.pesq(int(sampling_rate), s, x, mode)
        except (pesq.NoUtterancesError, pesq.BufferTooShortError):
            return np.nan

    return score_utterances(
        caller,
        score_one,
        "a waveform is silent, shorter than 0.25 s, or holds no speech",
        clean,
        enhanced=enhanced,
    )


def _make_stoi(caller, sampling_rate, *, extended):
    check_sampling_rate(caller, sampling_rate)
    if sampling_rate != int(sampling_rate):
        raise ValueError(
            f"{caller}: sampling_rate={sampling_rate!r} must be a whole number of hertz."
        )
    from pystoi import stoi

    def score_one(s, x):
        n_times = math.ceil(len(s) * _STOI_RATE / sampling_rate)
        if n_times <= _STOI_MIN_TIMES or not (s.any() and x.any()):
            return np.nan
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            score = stoi(s, x, int(sampling_rate), extended=extended)
        return np.nan if score == _STOI_TOO_SHORT else score

    return score_one
