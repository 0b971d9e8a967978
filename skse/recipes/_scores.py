"""The scores of a recipe: noisy, enhanced, ceiling."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skse.enhancement import oracle_predict
from skse.experiments import condition_means
from skse.features import Resample
from skse.metrics import METRICS, Metric, evaluate, mean_of_defined
from skse.recipes._measure import seed_rmse, training_pairs
from skse.utils import align, default_jobs

_SCORED = ("snr_gain", "si_sdr", "stoi", "rmse")
_PESQ = METRICS["pesq_nb"]
_PESQ_RATES = _PESQ.sampling_rates or ()
SEED_RMSE = Metric("seed_rmse", seed_rmse, "seed's RMSE", greater_is_better=False)
# In the order of the table.
_SHOWN = (*(METRICS[key] for key in ("snr_gain", "si_sdr", "stoi", "pesq_nb", "rmse")), SEED_RMSE)


def score(enhancer, test, *, name, batch_size):
    """Score noisy speech, what the enhancer makes of it, and the ceiling of its target.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        Fitted.
    test : Bunch
        Pairs of equal length.
    name : str
        Of the recipe.
    batch_size : int
        Of the recipe's training, for the seed's metric.

    Returns
    -------
    rows : list of dict
        Of each of the three, mean over the files of every noise and SNR.
    summary : list of dict
        Of each of the three, mean over all files, and `seed_rmse`.
    enhanced : list of ndarray
        Enhanced waveforms.
    """
    around = {"environments": enhancer.environments_of(test.noisy)}
    rows, targets, _ = enhancer.chain_.rows(*training_pairs(enhancer, test), **around)
    untouched = enhancer.chain_.rows(test.noisy, test.noisy, **around)[1]
    enhanced = list(enhancer.predict(test.noisy))
    ceiling = oracle_predict(enhancer, test.noisy, test.clean)
    candidates = [
        ("noisy", "noisy", test.noisy, untouched),
        (name, "candidate", enhanced, enhancer.regressor_.predict(rows)),
        (f"ceiling of {name}", "ceiling", ceiling, targets),
    ]
    rows, summary = [], []
    for label, kind, waveforms, predicted in candidates:
        scores = _evaluate(test, waveforms)
        own = {"name": label, "kind": kind}
        rows += [own | means for means in condition_means(scores, test.noise, test.snr_db)]
        summary.append(own | {"n_utterances": len(test.noisy)})
        summary[-1] |= {metric: mean_of_defined(values) for metric, values in scores.items()}
        summary[-1][SEED_RMSE.key] = seed_rmse(targets, predicted, batch_size)
    return rows, summary, enhanced


def format_scores(rows: Sequence[dict[str, Any]], summary: Sequence[dict[str, Any]]) -> str:
    """Format scores for a terminal: every SNR over all noises, then all files.

    Parameters
    ----------
    rows, summary : list of dict
        Of :func:`run_recipe`.

    Returns
    -------
    table : str

    Examples
    --------
    >>> from skse.recipes import format_scores
    >>> print(format_scores([], [{"name": "seed-04", "snr_gain": 3.21, "seed_rmse": 2.5}]))
             SNR (dB)  SNR gain (dB)  seed's RMSE
    seed-04       all          +3.21        2.500
    """
    metrics = [metric for metric in _SHOWN if metric.key in summary[0]]
    lines = [["", "SNR (dB)", *(metric.heading for metric in metrics)]]
    for total in summary:
        own = [row for row in rows if row["name"] == total["name"]]
        levels = {f"{row['snr_db']:g}": row["snr_db"] for row in own}
        by_level = [
            _average([row for row in own if f"{row['snr_db']:g}" == level]) | {"snr_db": level}
            for level in sorted(levels, key=lambda level: np.nan_to_num(levels[level], nan=np.inf))
        ]
        for row in [*(by_level if len(levels) > 1 else []), {**total, "snr_db": "all"}]:
            cells = [
                metric.write(row[metric.key]) if metric.key in row else "" for metric in metrics
            ]
            lines.append([total["name"], row["snr_db"], *cells])
    return align(lines)


def _evaluate(test, waveforms):
    n_jobs = default_jobs(sum(map(len, test.clean)) / test.sampling_rate)
    scores = evaluate(
        test.clean,
        waveforms,
        test.noisy,
        sampling_rate=test.sampling_rate,
        metrics=_SCORED,
        n_jobs=n_jobs,
    )
    if _PESQ.is_available(_PESQ_RATES[0]):
        rate, clean = test.sampling_rate, test.clean
        if rate not in _PESQ_RATES:
            resample = Resample(rate, _PESQ_RATES[0])
            clean, waveforms = map(resample.fit_transform, (clean, list(waveforms)))
            rate = _PESQ_RATES[0]
        scores[_PESQ.key] = _PESQ(clean, waveforms, sampling_rate=rate, n_jobs=n_jobs)
    return scores


def _average(rows):
    """Mean of groups, weighted with their numbers of files."""
    weights = [row["n_utterances"] for row in rows]
    return {
        metric.key: mean_of_defined([row[metric.key] for row in rows], weights)
        for metric in _SHOWN
        if metric.key in rows[0]
    }
