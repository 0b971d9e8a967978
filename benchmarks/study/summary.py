"""The rows of the CSV, grouped as tables and figures need them."""

import math

from skse.metrics import METRICS as RECORDS
from skse.metrics import mean_of_defined

# Column of the CSV -> what it holds. That of PESQ, the narrow-band one, is older than the rule
# that names scale and unit.
METRICS = {
    "snr_gain_db": RECORDS["snr_gain"],
    "si_sdr_gain_db": RECORDS["si_sdr_gain"],
    "stoi": RECORDS["stoi"],
    "pesq": RECORDS["pesq_nb"],
}
HEADINGS = [metric.heading for metric in METRICS.values()]


def choose(rows, **wanted):
    """Return the rows that have these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def values_of(rows, name):
    """Return the different values of a column, in the order in which they come."""
    return list(dict.fromkeys(row[name] for row in rows))


def mean(rows, metric):
    """Mean over files; NaN where there is none."""
    values = [float(row[metric] or "nan") for row in rows]
    return mean_of_defined(values, [int(row["n_files"]) for row in rows])


def levels(rows):
    """Return the stated SNRs, as numbers in order."""
    return sorted({float(row["snr_db"]) for row in rows})


def at_level(rows, snr_db):
    """Return the rows of a stated SNR."""
    return [row for row in rows if float(row["snr_db"]) == snr_db]


def by_seed(rows, metric):
    """Return the mean over files of every seed."""
    return {int(seed): mean(choose(rows, seed=seed), metric) for seed in values_of(rows, "seed")}


def spread(rows, metric):
    """Return the standard deviation over seeds; NaN with one."""
    means = list(by_seed(rows, metric).values())
    if len(means) < 2:
        return math.nan
    middle = sum(means) / len(means)
    return math.sqrt(sum((m - middle) ** 2 for m in means) / (len(means) - 1))


def name_of(row):
    """Candidate and variant in one."""
    return ", ".join(part for part in (row["candidate"], row["variant"]) if part)


def systems_of(rows):
    """Return the rows of every candidate and variant by its name, seeds together."""
    found = {}
    for row in rows:
        found.setdefault(name_of(row), []).append(row)
    return found
