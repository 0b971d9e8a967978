"""The results as rows, as CSV and as a table to read."""

import csv
from io import StringIO

import numpy as np

from skse.utils import replacing

# Metric -> column of results.csv (with its unit), heading, number format.
COLUMNS = {
    "snr_gain": ("snr_gain_db", "SNR gain (dB)", "{:+.2f}"),
    "si_sdr": ("si_sdr_db", "SI-SDR (dB)", "{:.2f}"),
    "rmse": ("rmse", "RMSE", "{:.4f}"),
    "stoi": ("stoi", "STOI", "{:.3f}"),
    "pesq": ("pesq_mos", "PESQ (MOS)", "{:.2f}"),
    "fit_time": ("fit_time_s", "fit time (s)", "{:.1f}"),
}
LABELS = ("name", "kind", "network", "target", "loss")


def make_rows(labels, cv_results, n_splits):
    """Gather one row per candidate from a search, best SNR gain first.

    Parameters
    ----------
    labels : list of dict
        `LABELS` of every candidate, in the order of the search.
    cv_results : dict
        ``cv_results_`` of the search, with the keys of `COLUMNS` as metrics.
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
        for metric, (column, _, _) in COLUMNS.items():
            if f"mean_test_{metric}" in cv_results:
                row[f"{column}_mean"] = float(cv_results[f"mean_test_{metric}"][i])
                row[f"{column}_std"] = float(cv_results[f"std_test_{metric}"][i])
        rows.append({**row, "n_folds": n_splits})
    return sorted(rows, key=lambda row: -np.nan_to_num(row["snr_gain_db_mean"], nan=-np.inf))


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


def mean_of_defined(scores):
    """Mean of the scores that are not NaN; NaN where there is none."""
    defined = scores[~np.isnan(scores)]
    return float(defined.mean()) if len(defined) else float("nan")


def name_with_units(row):
    """Rename the metrics of a row to their columns in a CSV file, such as ``snr_gain_db``."""
    return {COLUMNS[key][0] if key in COLUMNS else key: value for key, value in row.items()}


def write_csv(rows, path):
    """Write rows to a CSV file, whole or not at all."""
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


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
    columns = [column for column in COLUMNS.values() if f"{column[0]}_mean" in rows[0]]
    lines = [["", *(heading for _, heading, _ in columns)]]
    for row in rows:
        cells = [_format_cell(row, column, number) for column, _, number in columns]
        lines.append([row["name"], *cells])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = StringIO()
    for line in lines:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        text.write("  ".join(cells).rstrip() + "\n")
    return text.getvalue().rstrip("\n")


def _format_cell(row, column, number):
    if column == "fit_time_s" and row["kind"] != "candidate":
        return "-"
    mean, std = float(row[f"{column}_mean"]), float(row[f"{column}_std"])
    return f"{number.format(mean)} ± {number.replace('+', '').format(std)}"
