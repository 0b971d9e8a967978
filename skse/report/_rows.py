"""Tidy rows of scores: checked, and averaged over conditions."""

from dataclasses import replace
from numbers import Real

import numpy as np

from skse.metrics import FIT_TIME, METRICS, Metric, mean_of_defined
from skse.utils import check_choice

KINDS = {
    "candidate": "",
    "noisy": "noisy input",
    "baseline": "classical",
    "ceiling": "ceiling",
}
# Measured SNRs are as many as utterances: beyond this number they are rounded.
_MOST_LEVELS, _STEP_DB = 12, 5.0
_LABELS = ("name", "kind", "noise", "snr_db", "n_utterances")
# What decides the order of names is the first that is there: gains, then scores, then errors.
_ORDER = sorted(
    (*METRICS.values(), replace(METRICS["pesq_nb"], key="pesq"), FIT_TIME),
    key=lambda metric: (not metric.greater_is_better, "noisy" not in metric.needs),
)


class Scores:
    """All rows of a report, ready to be averaged.

    Parameters
    ----------
    rows : list of dict
        As of :func:`skse.report.write_report`.

    Attributes
    ----------
    names : list of str
        Of candidates, baselines and the rest, by their mean of the first metric, best
        first.
    kinds : dict of str to str
        Kind of every name.
    metrics : list of Metric
        What the rows hold, the one that decides the order first.
    levels : list of float
        SNRs in dB, ascending; multiples of 5 dB where the rows hold many (`rounded`).
    rounded : bool
        Whether the levels stand for the SNRs around them.
    noises : list of str
        Noises, in alphabetical order.
    """

    def __init__(self, rows):
        if not rows:
            raise ValueError("write_report: rows is empty; expected one dict of scores at least.")
        keys = list(dict.fromkeys(key for row in rows for key in row if key not in _LABELS))
        for i, row in enumerate(rows):
            _check_row(row, i, keys)
        if not keys:
            raise ValueError(
                "write_report: rows hold no scores; expected keys such as 'snr_gain' or 'stoi'."
            )
        known = [metric for metric in _ORDER if metric.key in keys]
        unknown = set(keys) - {metric.key for metric in known}
        self.metrics = known + [Metric(key, None, key) for key in keys if key in unknown]
        self.kinds = {}
        for row in rows:
            if self.kinds.setdefault(row["name"], row["kind"]) != row["kind"]:
                raise ValueError(
                    f"write_report: rows name {row['name']!r} both {self.kinds[row['name']]!r} "
                    f"and {row['kind']!r}; expected one kind for every name."
                )
        levels = [_level(row) for row in rows]
        self.rounded = len(set(levels) - {None}) > _MOST_LEVELS
        if self.rounded:
            levels = [None if x is None else _STEP_DB * round(x / _STEP_DB) for x in levels]
        noises = [str(row.get("noise") or "") for row in rows]
        self._rows = list(zip(rows, levels, noises, strict=True))
        self.levels = sorted(set(levels) - {None})
        self.noises = sorted(set(noises) - {""})
        first = self.metrics[0]
        self.names = sorted(self.kinds, key=lambda name: first.rank(self.mean(name, first)))

    def mean(self, name, metric, *, snr_db=None, noise=None):
        """Mean of a metric over the conditions of a name, or over those asked for.

        Every row weighs as much as it has utterances; NaN is left out. NaN where
        nothing is left.
        """
        chosen = [
            (float(row[metric.key]), float(row.get("n_utterances") or 1))
            for row, level, own_noise in self._rows
            if row["name"] == name
            and row.get(metric.key) is not None
            and snr_db in (None, level)
            and noise in (None, own_noise)
        ]
        values, weights = np.array(chosen, dtype=float).reshape(-1, 2).T
        return mean_of_defined(values, weights)

    def best(self, kind, metric=None):
        """Name of the best of a kind; None where there is none."""
        metric = metric or self.metrics[0]
        names = [name for name, own in self.kinds.items() if own == kind]
        return min(names, key=lambda name: metric.rank(self.mean(name, metric)), default=None)


def _level(row):
    """SNR of a row in dB; None where it is not known."""
    level = row.get("snr_db")
    return float(level) if level is not None and np.isfinite(level) else None


def _check_row(row, i, keys):
    for label in ("name", "kind"):
        if not isinstance(row.get(label), str) or not row[label]:
            raise ValueError(
                f"write_report: rows[{i}] has {label}={row.get(label)!r}; expected a string."
            )
    check_choice("write_report", f"rows[{i}]['kind']", row["kind"], KINDS)
    for key in (*keys, "snr_db", "n_utterances"):
        value = row.get(key)
        if value is not None and (not isinstance(value, Real) or isinstance(value, bool)):
            raise ValueError(
                f"write_report: rows[{i}][{key!r}]={value!r}; expected a number (or NaN)."
            )
    weight = row.get("n_utterances")
    if weight is not None and not 0 < weight < float("inf"):
        raise ValueError(
            f"write_report: rows[{i}]['n_utterances']={weight!r}; expected a positive number."
        )
