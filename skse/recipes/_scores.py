"""The scores of a recipe: noisy, enhanced, ceiling."""

import numpy as np

from skse.enhancement import oracle_predict
from skse.features import Resample
from skse.metrics import METRICS, Metric, evaluate, mean_of_defined
from skse.recipes._rows import network_rows, seed_rmse
from skse.utils import align

_SCORED = ("snr_gain", "si_sdr", "stoi", "rmse")
_PESQ = METRICS["pesq"]
SEED_RMSE = Metric("seed_rmse", seed_rmse, "seed's RMSE", greater_is_better=False)
# In the order of the table.
_SHOWN = (*(METRICS[key] for key in ("snr_gain", "si_sdr", "stoi", "pesq", "rmse")), SEED_RMSE)


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
    features, targets = network_rows(enhancer, test.noisy, test.clean)
    enhanced = list(enhancer.predict(test.noisy))
    candidates = [
        ("noisy", "noisy", test.noisy, network_rows(enhancer, test.noisy, test.noisy)[1]),
        (name, "candidate", enhanced, enhancer.regressor_.predict(features)),
        (
            f"ceiling of {name}",
            "ceiling",
            oracle_predict(enhancer, test.noisy, test.clean),
            targets,
        ),
    ]
    rows, summary = [], []
    for label, kind, waveforms, predicted in candidates:
        scores = _evaluate(test, waveforms)
        for noise in np.unique(test.noise):
            for snr_db in np.unique(test.snr_db):
                chosen = (test.noise == noise) & (test.snr_db == snr_db)
                if chosen.any():
                    group = {"noise": str(noise), "snr_db": float(snr_db)}
                    rows.append({"name": label, "kind": kind} | group | _means(scores, chosen))
        overall = {SEED_RMSE.key: seed_rmse(targets, predicted, batch_size)}
        everything = np.ones(len(test.noisy), dtype=bool)
        summary.append({"name": label, "kind": kind} | _means(scores, everything) | overall)
    return rows, summary, enhanced


def format_scores(rows, summary):
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
        levels = sorted({row["snr_db"] for row in own})
        by_level = [
            _average([row for row in own if row["snr_db"] == level]) | {"snr_db": f"{level:g}"}
            for level in levels
        ]
        for row in [*(by_level if len(levels) > 1 else []), {**total, "snr_db": "all"}]:
            cells = [
                metric.write(row[metric.key]) if metric.key in row else "" for metric in metrics
            ]
            lines.append([total["name"], row["snr_db"], *cells])
    return align(lines)


def _evaluate(test, waveforms):
    scores = evaluate(
        test.clean, waveforms, test.noisy, sampling_rate=test.sampling_rate, metrics=_SCORED
    )
    if _PESQ.is_available(_PESQ.sampling_rates[0]):
        rate, clean = test.sampling_rate, test.clean
        if rate not in _PESQ.sampling_rates:
            resample = Resample(rate, _PESQ.sampling_rates[0])
            clean, waveforms = map(resample.fit_transform, (clean, list(waveforms)))
            rate = _PESQ.sampling_rates[0]
        scores[_PESQ.key] = _PESQ(clean, waveforms, sampling_rate=rate)
    return scores


def _means(scores, chosen):
    means = {name: mean_of_defined(values[chosen]) for name, values in scores.items()}
    return {"n_utterances": int(chosen.sum()), **means}


def _average(rows):
    """Mean of groups, weighted with their numbers of files."""
    weights = [row["n_utterances"] for row in rows]
    return {
        metric.key: mean_of_defined([row[metric.key] for row in rows], weights)
        for metric in _SHOWN
        if metric.key in rows[0]
    }
