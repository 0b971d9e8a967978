"""Metrics that predict intelligibility and quality as listeners judge them."""

from functools import partial

import numpy as np

from skse.metrics._base import score_utterances
from skse.metrics._stoi import stoi
from skse.utils import check_choice, check_sampling_rate, import_optional
from skse.utils.typing import OneOrMany, Scores

# Rates in Hz that PESQ is defined at: narrow-band (P.862.1) and wide-band (P.862.2).
PESQ_RATES = {"nb": (8000, 16000), "wb": (16000,)}
# Seconds. pesq 0.0.4 keeps what it finds in a recording in arrays of a fixed size, and can end the
# process where one is longer than this; in so many seconds they cannot be filled. A recording that
# is longer is cut into pieces of about _PESQ_PIECE, each border moved by at most _PESQ_MOVED to
# where it is quiet for _PESQ_QUIET.
_PESQ_LONGEST, _PESQ_PIECE, _PESQ_MOVED, _PESQ_QUIET = 19, 14, 2.5, 0.2
# A piece of which the clean speech has less power than the loudest by this is a pause: PESQ would
# amplify what hisses there, and take it for speech.
_PESQ_PAUSE_DB = 35
# Of a piece whose speech is gone: the raw score of -0.5 on the two scales.
_PESQ_LOWEST = {"nb": 0.999 + 4 / (1 + np.exp(5.40795)), "wb": 0.999 + 4 / (1 + np.exp(4.50585))}
_STOI_UNDEFINED = "a waveform is silent or fewer than 30 frames (0.4 s) of speech are left"
_PESQ_UNDEFINED = "a waveform is silent, shorter than 0.25 s, or holds no speech"


def stoi_score(
    clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float, n_jobs: int | None = None
) -> Scores:
    """Compute the short-time objective intelligibility (STOI), as pystoi does.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz. The waveforms are resampled to 10 kHz.
    n_jobs : int or None, default=None
        Processes to score in, worth their start from some minutes of speech on. None is 1, or
        what :class:`joblib.parallel_config` says; -1 is one a core.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        About 0 (unintelligible) to 1. NaN, with one warning that counts them,
        where a waveform is silent or fewer than 30 frames (0.4 s) of speech are
        left. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where `sampling_rate` is not a positive whole number, `n_jobs` not a number of
        processes, or the waveforms are not finite, not mono or do not match.

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
    return score_utterances(
        "stoi_score", score_one, _STOI_UNDEFINED, clean, n_jobs=n_jobs, enhanced=enhanced
    )


def estoi_score(
    clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float, n_jobs: int | None = None
) -> Scores:
    """Compute the extended short-time objective intelligibility (ESTOI), as pystoi does.

    Unlike STOI it also ranks speech in noise that is modulated in time.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz. The waveforms are resampled to 10 kHz.
    n_jobs : int or None, default=None
        Processes to score in, worth their start from some minutes of speech on. None is 1, or
        what :class:`joblib.parallel_config` says; -1 is one a core.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        About 0 (unintelligible) to 1. NaN as for :func:`stoi_score`. A float
        where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where `sampling_rate` is not a positive whole number, `n_jobs` not a number of
        processes, or the waveforms are not finite, not mono or do not match.

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
    return score_utterances(
        "estoi_score", score_one, _STOI_UNDEFINED, clean, n_jobs=n_jobs, enhanced=enhanced
    )


def pesq_score(
    clean: OneOrMany,
    enhanced: OneOrMany,
    *,
    sampling_rate: float,
    mode: str = "nb",
    n_jobs: int | None = None,
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
    n_jobs : int or None, default=None
        Processes to score in, worth their start from some minutes of speech on. None is 1, or
        what :class:`joblib.parallel_config` says; -1 is one a core.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        Mean opinion score (MOS-LQO), about 1 (bad) to 4.6. NaN, with one warning
        that counts them, where a waveform is silent, shorter than 0.25 s, or no
        speech is found in it. A float where the inputs are 1-D. That of a waveform longer than
        19 s is the mean of pieces of about 14 s, cut in pauses, without those whose clean speech
        is 35 dB below the loudest: PESQ is made for sentences of 8 to 30 s (ITU-T P.862.3), and
        the package has no room for much longer ones.

    Raises
    ------
    ImportError
        Where pesq is not installed: ``python -m pip install "skse[metrics]"``.
    ValueError
        Where `mode` and `sampling_rate` do not go together, `n_jobs` is not a number of
        processes, or the waveforms are not finite, not mono or do not match.

    References
    ----------
    ITU-T Recommendations P.862 (2001), P.862.1 (2003) and P.862.2 (2007).
    """
    check_choice("pesq_score", "mode", mode, PESQ_RATES)
    score_one = _make_pesq("pesq_score", sampling_rate, mode)
    return score_utterances(
        "pesq_score", score_one, _PESQ_UNDEFINED, clean, n_jobs=n_jobs, enhanced=enhanced
    )


def pesq_nb_score(
    clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float, n_jobs: int | None = None
) -> Scores:
    """Compute narrow-band PESQ (ITU-T P.862.1), for speech as over a telephone, up to 3.4 kHz.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : {8000, 16000}
        Hz.
    n_jobs : int or None, default=None
        Processes to score in, worth their start from some minutes of speech on. None is 1, or
        what :class:`joblib.parallel_config` says; -1 is one a core.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        Mean opinion score (MOS-LQO), 1.02 (bad) to 4.55. NaN as for :func:`pesq_score`.

    Raises
    ------
    ImportError
        Where pesq is not installed: ``python -m pip install "skse[metrics]"``.
    ValueError
        At another sampling rate, where `n_jobs` is not a number of processes, or where the
        waveforms are not finite, not mono or do not match.

    See Also
    --------
    pesq_wb_score : The wide-band scale, which papers report of speech at 16 kHz.

    References
    ----------
    ITU-T Recommendation P.862.1, "Mapping function for transforming P.862 raw result scores to
    MOS-LQO", 2003.
    """
    score_one = _make_pesq("pesq_nb_score", sampling_rate, "nb")
    return score_utterances(
        "pesq_nb_score", score_one, _PESQ_UNDEFINED, clean, n_jobs=n_jobs, enhanced=enhanced
    )


def pesq_wb_score(
    clean: OneOrMany, enhanced: OneOrMany, *, sampling_rate: float, n_jobs: int | None = None
) -> Scores:
    """Compute wide-band PESQ (ITU-T P.862.2), for speech from 50 Hz to 7 kHz.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : {16000}
        Hz. Resample down to it; from 8 kHz there is no wide band to score.
    n_jobs : int or None, default=None
        Processes to score in, worth their start from some minutes of speech on. None is 1, or
        what :class:`joblib.parallel_config` says; -1 is one a core.

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
        At another sampling rate, where `n_jobs` is not a number of processes, or where the
        waveforms are not finite, not mono or do not match.

    See Also
    --------
    pesq_nb_score : The narrow-band scale.

    References
    ----------
    ITU-T Recommendation P.862.2, "Wideband extension to Recommendation P.862 for the assessment
    of wideband telephone networks and speech codecs", 2007.
    """
    score_one = _make_pesq("pesq_wb_score", sampling_rate, "wb")
    return score_utterances(
        "pesq_wb_score", score_one, _PESQ_UNDEFINED, clean, n_jobs=n_jobs, enhanced=enhanced
    )


def _make_pesq(caller, sampling_rate, mode):
    check_sampling_rate(caller, sampling_rate)
    if sampling_rate not in PESQ_RATES[mode]:
        raise ValueError(
            f"{caller}: sampling_rate={sampling_rate!r} does not go with mode={mode!r}, which is "
            f"defined at {' or '.join(map(str, PESQ_RATES[mode]))} Hz. Resample the waveforms, for "
            "example with skse.Resample" + (', or choose mode="nb".' if mode == "wb" else ".")
        )
    import_optional("pesq", caller=caller, extra="metrics")
    return partial(_pesq, sampling_rate=int(sampling_rate), mode=mode)


def _pesq(s, x, *, sampling_rate, mode):
    if not (s.any() and x.any()):
        return np.nan
    pieces = [(s, x)]
    if len(s) > _PESQ_LONGEST * sampling_rate:
        borders = _pesq_borders(s, sampling_rate)
        pieces = list(zip(np.split(s, borders), np.split(x, borders), strict=True))
    powers = np.array([np.mean(np.square(piece)) for piece, _ in pieces])
    is_speech = powers > powers.max() * 10 ** (-_PESQ_PAUSE_DB / 10)
    scores = [
        _pesq_of_piece(*piece, sampling_rate, mode)
        for piece, spoken in zip(pieces, is_speech, strict=True)
        if spoken
    ]
    defined = [score for score in scores if not np.isnan(score)]
    return np.mean(defined) if defined else np.nan


def _pesq_borders(s, sampling_rate):
    """Find where to cut a recording: near equal parts, each border in the quietest moment there."""
    quiet, moved = (round(part * sampling_rate) for part in (_PESQ_QUIET, _PESQ_MOVED))
    n_pieces = -(-len(s) // (_PESQ_PIECE * sampling_rate))
    energy = np.concatenate([[0.0], np.cumsum(np.square(s, dtype=np.float64))])
    borders = []
    for border in np.arange(1, n_pieces) * len(s) // n_pieces:
        begins = np.arange(border - moved, border + moved - quiet + 1)
        # Of moments that are alike, the one nearest to the middle.
        power = energy[begins + quiet] - energy[begins]
        nearest = begins[np.isclose(power, power.min(), rtol=1e-3, atol=0)] + quiet // 2
        borders.append(int(nearest[np.argmin(np.abs(nearest - border))]))
    return borders


def _pesq_of_piece(s, x, sampling_rate, mode):
    pesq = import_optional("pesq", caller="pesq_score", extra="metrics")
    if not s.any():
        return np.nan
    try:
        score = pesq.pesq(sampling_rate, s, x if x.any() else s, mode)
    except (pesq.NoUtterancesError, pesq.BufferTooShortError):
        return np.nan
    return score if x.any() else _PESQ_LOWEST[mode]


def _make_stoi(caller, sampling_rate, *, extended):
    check_sampling_rate(caller, sampling_rate)
    if sampling_rate != int(sampling_rate):
        raise ValueError(
            f"{caller}: sampling_rate={sampling_rate!r} must be a whole number of hertz."
        )
    return partial(stoi, sampling_rate=int(sampling_rate), extended=extended)
