"""The scores of many files as a table to read and as CSV."""

from skse.utils import align, write_csv


def write_scores(scores, metrics, path):
    """Write the scores of :func:`score_folders` to a CSV file, whole or not at all.

    One row a file; the columns are named with their units.
    """
    rows = [
        {"file": row["file"], **{metric.column: row[metric.key] for metric in metrics}}
        for row in scores.rows
    ]
    write_csv(rows, path)


def format_scores(scores, metrics):
    """Format the scores of :func:`score_folders` for a terminal: all files, and their mean."""
    rows = [*scores.rows, {"file": "mean", **scores.mean}]
    if scores.noisy_mean:
        rows.append({"file": "mean of noisy", **scores.noisy_mean})
    header = ["", *(metric.column for metric in metrics)]
    lines = [[row["file"], *(metric.write(row[metric.key]) for metric in metrics)] for row in rows]
    return align([header, *lines])
