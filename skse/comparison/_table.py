"""The results as rows, as CSV and as a table to read."""

import numpy as np

from skse.metrics import FIT_TIME, METRICS, mean_of_defined
from skse.utils import align

# What is scored where it can be, and what is told of every fit, in the order of the table.
SCORED = ("snr_gain", "si_sdr", "rmse", "stoi", "pesq")
SHOWN = (*(METRICS[key] for key in SCORED), FIT_TIME)
LABELS = ("name", "kind", "network", "target", "loss")


def make_rows(labels, cv_results, n_splits):
    """Gather one row per candidate from a search, best SNR gain first.

    Parameters
    ----------
    labels : list of dict
        `LABELS` of every candidate, in the order of the search.
    cv_results : dict
        ``cv_results_`` of the search, with the keys of `SHOWN` as metrics.
    n_splits : int
        Number of folds.

    Returns
    -------
    rows : list of dict
        The labels, and mean and standard deviation over folds of every metric, such as
        ``snr_gain_db_mean`` and ``snr_gain_db_std``.
    """
    rows = []
    for i, label in enumerate(labels):
        row = dict(label)
        for metric in SHOWN:
            if f"mean_test_{metric.key}" in cv_results:
                for part in ("mean", "std"):
                    value = float(cv_results[f"{part}_test_{metric.key}"][i])
                    row[f"{metric.column}_{part}"] = value
        rows.append({**row, "n_folds": n_splits})
    first = SHOWN[0]
    return sorted(rows, key=lambda row: first.rank(row[f"{first.column}_mean"]))


def make_condition_rows(labels, utterances, noise, snr_db):
    """Gather one row per candidate, noise and SNR.

    Parameters
    ----------
    labels : list of dict
        `LABELS` of every candidate.
    utterances : list of dict of str to ndarray of shape (n_utterances,)
        Every metric of every utterance, for each of the candidates.
    noise, snr_db : ndarray of shape (n_utterances,)
        Noise and SNR in dB of every utterance; NaN where a ratio is not known.

    Returns
    -------
    rows : list of dict
        The labels, noise, snr_db, n_utterances, and the mean of every metric, NaN ignored.
    """
    conditions = {}
    for i, (name, level) in enumerate(zip(noise, snr_db, strict=True)):
        level = float(level) if np.isfinite(level) else float("-inf")
        conditions.setdefault((str(name), level), []).append(i)
    return [
        {
            **label,
            "noise": name,
            "snr_db": level if np.isfinite(level) else float("nan"),
            "n_utterances": len(chosen),
            **{metric: mean_of_defined(scores[chosen]) for metric, scores in by_metric.items()},
        }
        for label, by_metric in zip(labels, utterances, strict=True)
        for (name, level), chosen in sorted(conditions.items())
    ]


def name_with_units(row):
    """Rename the metrics of a row to their columns in a CSV file, such as ``snr_gain_db``."""
    return {METRICS[key].column if key in METRICS else key: value for key, value in row.items()}


def format_table(rows):
    """Format rows for a terminal.

    Parameters
    ----------
    rows : list of dict
        Of :func:`compare`, or read back from ``results.csv`` by :class:`csv.DictReader`.

    Returns
    -------
    table : str
        One line a row: name, and every metric as mean ± standard deviation over folds.

    Examples
    --------
    >>> from skse.comparison import format_table
    >>> print(format_table([{"name": "U-Net, IRM, MSE", "kind": "candidate",
    ...                      "snr_gain_db_mean": 6.04, "snr_gain_db_std": 0.31}]))
                     SNR gain (dB)
    U-Net, IRM, MSE   +6.04 ± 0.31
    """
    metrics = [metric for metric in SHOWN if f"{metric.column}_mean" in rows[0]]
    lines = [[row["name"], *(_format_cell(row, metric) for metric in metrics)] for row in rows]
    return align([["", *(metric.heading for metric in metrics)], *lines])


def _format_cell(row, metric):
    if metric is FIT_TIME and row["kind"] != "candidate":
        return "-"
    return metric.write(*(float(row[f"{metric.column}_{part}"]) for part in ("mean", "std")))
