"""The results as rows, as CSV and as a table to read."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skse.experiments import condition_means
from skse.metrics import FIT_TIME, METRICS, mean_of_defined
from skse.utils import align

# What is scored where it can be, and what is told of every fit, in the order of the table.
SCORED = ("snr_gain", "si_sdr", "rmse", "stoi", "pesq_nb")
SHOWN = (*(METRICS[key] for key in SCORED), FIT_TIME)
LABELS = ("name", "kind", "network", "target", "loss")


def make_rows(candidates, results):
    """Gather one row per candidate, best SNR gain first.

    Parameters
    ----------
    candidates : list of Candidate
        What was compared.
    results : dict of str to list of tuple
        What :meth:`Fit.read` gives of every fold, by name of the candidate.

    Returns
    -------
    rows : list of dict
        `LABELS`, and mean and standard deviation over folds of every metric, such as
        ``snr_gain_db_mean`` and ``snr_gain_db_std``.
    """
    rows = []
    for candidate in candidates:
        row = {label: getattr(candidate, label) for label in LABELS}
        folds = [{**scores, FIT_TIME.key: seconds} for seconds, scores, _ in results[row["name"]]]
        for metric in SHOWN:
            if metric.key in folds[0]:
                means = [mean_of_defined(fold[metric.key]) for fold in folds]
                row[f"{metric.column}_mean"] = float(np.mean(means))
                row[f"{metric.column}_std"] = float(np.std(means))
        rows.append({**row, "n_folds": len(folds)})
    first = SHOWN[0]
    return sorted(rows, key=lambda row: first.rank(row[f"{first.column}_mean"]))


def make_scores(rows, results, noise, snr_db):
    """Gather one row per candidate, noise and SNR, the candidates in the order of `rows`.

    Parameters
    ----------
    rows : list of dict
        Of :func:`make_rows`.
    results : dict of str to list of tuple
        As there.
    noise, snr_db : ndarray of shape (n_utterances,)
        Noise and SNR in dB of every utterance, in the order of the folds.

    Returns
    -------
    scores : list of dict
        `LABELS`, and what :func:`~skse.experiments.condition_means` gives.
    """
    scores = []
    for row in rows:
        folds = [own for _, own, _ in results[row["name"]]]
        joined = {metric: np.concatenate([fold[metric] for fold in folds]) for metric in folds[0]}
        labels = {label: row[label] for label in LABELS}
        scores += [labels | means for means in condition_means(joined, noise, snr_db)]
    return scores


def name_with_units(row):
    """Rename the metrics of a row to their columns in a CSV file, such as ``snr_gain_db``."""
    return {METRICS[key].column if key in METRICS else key: value for key, value in row.items()}


def format_table(rows: Sequence[dict[str, Any]]) -> str:
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
