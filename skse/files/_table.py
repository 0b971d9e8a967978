"""The scores of many files as a table to read and as CSV."""

from skse.utils import align, write_csv


def write_scores(scores, metrics, path):
    """Write the scores of :func:`score_folders` to a CSV file, whole or not at all.

    One row a file and channel; the columns are named with their units.
    """
    rows = [
        {**_label(row), **{metric.column: row[metric.key] for metric in metrics}}
        for row in scores.rows
    ]
    write_csv(rows, path)


def format_scores(scores, metrics):
    """Format the scores of :func:`score_folders` for a terminal: all files, and their mean."""
    rows = [*scores.rows, {"file": "mean", **scores.mean}]
    if scores.noisy_mean:
        rows.append({"file": "mean of noisy", **scores.noisy_mean})
    first = _label(scores.rows[0]) if scores.rows else {"file": ""}
    header = ["", *list(first)[1:], *(metric.column for metric in metrics)]
    lines = [
        [
            *(str(_label(row).get(name, "")) for name in first),
            *(metric.write(row[metric.key]) for metric in metrics),
        ]
        for row in rows
    ]
    return align([header, *lines])


def _label(row):
    """Return what a row is the scores of: the file, and the channel where there are several."""
    return {name: row[name] for name in ("file", "channel") if name in row}
