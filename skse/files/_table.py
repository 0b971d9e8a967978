"""The scores of many files as a table to read and as CSV."""

import csv
from pathlib import Path

from skse.utils import replacing

# Metric -> unit in column names, number format.
_COLUMNS = {
    "snr": ("db", "{:.2f}"),
    "snr_gain": ("db", "{:+.2f}"),
    "segmental_snr": ("db", "{:.2f}"),
    "si_sdr": ("db", "{:.2f}"),
    "si_sdr_gain": ("db", "{:+.2f}"),
    "rmse": ("", "{:.5f}"),
    "log_spectral_distance": ("db", "{:.2f}"),
    "stoi": ("", "{:.3f}"),
    "estoi": ("", "{:.3f}"),
    "pesq": ("mos", "{:.2f}"),
}


def write_scores(scores, path):
    """Write the scores of :func:`score_folders` to a CSV file, whole or not at all.

    One row a file; the columns are named with their units.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["file", *(_column(name) for name in scores.metrics)])
        for row in scores.rows:
            writer.writerow([row["file"], *(row[name] for name in scores.metrics)])


def format_scores(scores):
    """Format the scores of :func:`score_folders` for a terminal: all files, and their mean."""
    rows = [*scores.rows, {"file": "mean", **scores.mean}]
    if scores.noisy_mean:
        rows.append({"file": "mean of noisy", **scores.noisy_mean})
    lines = [["", *map(_column, scores.metrics)]]
    for row in rows:
        lines.append(
            [row["file"], *(_COLUMNS[name][1].format(row[name]) for name in scores.metrics)]
        )
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        ).rstrip()
        for line in lines
    )


def _column(metric):
    unit = _COLUMNS[metric][0]
    return f"{metric}_{unit}" if unit else metric
