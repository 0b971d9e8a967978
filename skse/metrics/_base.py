"""The loop that all metrics share: checks, one number per utterance, one warning for NaN."""

import math
import warnings
from itertools import pairwise

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import ArrayLike
from sklearn.exceptions import UndefinedMetricWarning

from skse.utils import (
    WaveformHandle,
    check_waveform_pairs,
    check_waveforms,
    count_jobs,
    lengths_of,
)

# float32 waveforms resolve no more; a bound keeps every mean over utterances finite.
LIMIT_DB = 100.0
# Samples of the clean waveforms that a process is sent at a time. One part for each process is
# best, for joblib's workers collect garbage between parts; but no copy of everything.
_PART_TIMES = 2**22


def score_utterances(metric, score_one, undefined, clean=None, *, n_jobs=1, **others):
    """Apply a metric to every utterance.

    Parameters
    ----------
    metric : str
        Name of the metric, for the warning.
    score_one : callable
        Takes one float64 waveform per argument (clean first) and returns a float,
        NaN where the metric is not defined.
    undefined : str
        Where the metric is not defined, for the warning.
    clean : array-like of shape (n_times,) or (n_samples, n_times) or sequence of 1-D arrays
        Clean waveforms; None where the metric needs none.
    n_jobs : int or None, default=1
        Processes, as in scikit-learn. With another number than 1 `score_one` must pickle.
    **others : dict of array-like
        Waveforms to compare with `clean`, by argument name; as many and as long. Without
        clean ones those to score, alone.

    Returns
    -------
    scores : float or ndarray of shape (n_samples,)
        float64; a float where `clean` is a single 1-D waveform.
    """
    given = others if clean is None else {"clean": clean, **others}
    single = _is_single_waveform(next(iter(given.values())))
    if single:
        given = {name: [waveform] for name, waveform in given.items()}
    n_jobs = count_jobs(metric, n_jobs)
    scores = np.array(_score_side_by_side(score_one, _checked(given), n_jobs))
    n_undefined = int(np.isnan(scores).sum())
    if n_undefined:
        warnings.warn(
            f"{metric} is NaN for {n_undefined} of {len(scores)} utterances (first: "
            f"{int(np.argmax(np.isnan(scores)))}): it is not defined where {undefined}.",
            UndefinedMetricWarning,
            stacklevel=3,
        )
    return float(scores[0]) if single else scores


def mean_of_defined(scores: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Mean of the scores that are not NaN.

    Parameters
    ----------
    scores : array-like of shape (n_scores,) or float
        Scores.
    weights : array-like of shape (n_scores,) or None, default=None
        What each counts, such as the number of utterances that it is the mean of.

    Returns
    -------
    mean : float
        NaN where there is none.

    Examples
    --------
    >>> from skse.metrics import mean_of_defined
    >>> mean_of_defined([1.0, float("nan"), 4.0]), mean_of_defined([1.0, 4.0], weights=[2, 1])
    (2.5, 2.0)
    """
    scores = np.atleast_1d(np.asarray(scores, dtype=float))
    defined = ~np.isnan(scores)
    if not defined.any():
        return float("nan")
    chosen = None if weights is None else np.asarray(weights, dtype=float)[defined]
    return float(np.average(scores[defined], weights=chosen))


def energy(x):
    """Return the sum of squares of a waveform."""
    return float(product(x, x))


def product(x, y):
    """Return the inner product of two waveforms.

    Not ``np.dot``, which takes threads for it and waits for them where the cores are busy.
    """
    return np.einsum("i,i", x, y)


def ratio_db(numerator, denominator):
    """Return a ratio of energies in dB, within ±`LIMIT_DB`; 0/0 is NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.divide(numerator, denominator, dtype=np.float64)
        return np.clip(10 * np.log10(ratio), -LIMIT_DB, LIMIT_DB)


def _checked(given):
    """Check waveforms by argument name: those that follow against the first."""
    first, *others = given
    if not others:
        return [check_waveforms(given[first], first)]
    pairs = [
        check_waveform_pairs(given[first], given[name], names=(first, name)) for name in others
    ]
    return [pairs[0][0], *(waveforms for _, waveforms in pairs)]


def _score_side_by_side(score_one, columns, n_jobs):
    """Return the score of every row of waveforms, in their order; handles are read part by part."""
    if min(n_jobs, len(columns[0])) == 1:
        return _score(score_one, zip(*columns, strict=True))
    parts = (
        list(zip(*(column[part] for column in columns), strict=True))
        for part in _split(lengths_of(columns[0]), n_jobs)
    )
    scored = Parallel(n_jobs, batch_size=1)(delayed(_score)(score_one, part) for part in parts)
    return [score for part in scored for score in part]


def _split(lengths, n_jobs):
    """Cut rows into parts of about the same number of samples, `n_jobs` or a multiple of it."""
    n_times = np.sum(lengths)
    n_parts = n_jobs * math.ceil(n_times / (n_jobs * _PART_TIMES))
    middles = np.cumsum(lengths) - np.asarray(lengths) / 2
    edges = np.searchsorted(n_parts * middles / n_times, range(n_parts + 1))
    return [slice(begin, end) for begin, end in pairwise(edges.tolist()) if begin < end]


def _score(score_one, rows):
    return [
        score_one(*(np.asarray(waveform, dtype=np.float64) for waveform in row)) for row in rows
    ]


def _is_single_waveform(x):
    if isinstance(x, np.ndarray):
        return x.ndim == 1 and x.dtype != object
    if isinstance(x, WaveformHandle):
        return True
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(np.isscalar(v) for v in x)
