"""The scores of a recipe: noisy, enhanced, ceiling."""

from importlib.util import find_spec

import numpy as np

from skse.enhancement import oracle_predict
from skse.features import Resample
from skse.metrics import evaluate, pesq_score
from skse.recipes._rows import network_rows, seed_rmse

METRICS = ("snr_gain", "si_sdr", "stoi", "rmse")
_PESQ_RATES = (8000, 16000)
_FORMATS = {
    "snr_gain": ("SNR gain (dB)", "{:+.2f}"),
    "si_sdr": ("SI-SDR (dB)", "{:.2f}"),
    "stoi": ("STOI", "{:.3f}"),
    "pesq": ("PESQ (MOS)", "{:.2f}"),
    "rmse": ("RMSE", "{:.4f}"),
    "seed_rmse": ("seed's RMSE", "{:.3f}"),
}


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
        overall = {"seed_rmse": seed_rmse(targets, predicted, batch_size)}
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
    metrics = [name for name in _FORMATS if name in summary[0]]
    lines = [["", "SNR (dB)", *(_FORMATS[name][0] for name in metrics)]]
    for total in summary:
        own = [row for row in rows if row["name"] == total["name"]]
        levels = sorted({row["snr_db"] for row in own})
        by_level = [
            _average([row for row in own if row["snr_db"] == level]) | {"snr_db": f"{level:g}"}
            for level in levels
        ]
        for row in [*(by_level if len(levels) > 1 else []), {**total, "snr_db": "all"}]:
            cells = [_FORMATS[name][1].format(row[name]) if name in row else "" for name in metrics]
            lines.append([total["name"], row["snr_db"], *cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        ).rstrip()
        for line in lines
    )


def _evaluate(test, waveforms):
    scores = evaluate(
        test.clean, waveforms, test.noisy, sampling_rate=test.sampling_rate, metrics=METRICS
    )
    if find_spec("pesq") is not None:
        rate, clean = test.sampling_rate, test.clean
        if rate not in _PESQ_RATES:
            resample = Resample(rate, _PESQ_RATES[0])
            clean, waveforms = map(resample.fit_transform, (clean, list(waveforms)))
            rate = _PESQ_RATES[0]
        scores["pesq"] = pesq_score(clean, waveforms, sampling_rate=rate)
    return scores


def _means(scores, chosen):
    means = {"n_utterances": int(chosen.sum())}
    for name, values in scores.items():
        defined = values[chosen & ~np.isnan(values)]
        means[name] = float(defined.mean()) if len(defined) else float("nan")
    return means


def _average(rows):
    """Mean of groups, weighted with their numbers of files."""
    weights = [row["n_utterances"] for row in rows]
    return {
        name: np.average([row[name] for row in rows], weights=weights)
        for name in rows[0]
        if name in _FORMATS
    }
