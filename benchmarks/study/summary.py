"""The rows of the CSV, grouped as tables and figures need them."""

import math

METRICS = ("snr_gain_db", "si_sdr_gain_db", "stoi", "pesq")
TITLES = {
    "snr_gain_db": "SNR gain (dB)",
    "si_sdr_gain_db": "SI-SDR gain (dB)",
    "stoi": "STOI",
    "pesq": "PESQ",
}
DECIMALS = {"snr_gain_db": 2, "si_sdr_gain_db": 2, "stoi": 3, "pesq": 2}


def choose(rows, **wanted):
    """Return the rows that have these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def values_of(rows, name):
    """Return the different values of a column, in the order in which they come."""
    return list(dict.fromkeys(row[name] for row in rows))


def mean(rows, metric):
    """Mean over files; NaN where there is none."""
    pairs = [(float(row[metric]), int(row["n_files"])) for row in rows if row[metric]]
    pairs = [(value, n) for value, n in pairs if not math.isnan(value)]
    return sum(v * n for v, n in pairs) / sum(n for _, n in pairs) if pairs else math.nan


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
