"""Tables of the documentation, from the rows of the CSV alone."""

import csv
import io
import math

from study.losses import paired_difference
from study.mapping import PAIRS
from study.recipes import RESCALED
from study.summary import (
    HEADINGS,
    METRICS,
    at_level,
    by_seed,
    choose,
    levels,
    mean,
    spread,
    systems_of,
    values_of,
)

ROWS = "rows of :download:`the CSV <../../benchmarks/results/seed_study.csv>` with part"
NOT_RUN = "*This part has not been run yet.*\n"
FIRST, *OTHERS = METRICS


def table(title, header, lines):
    """Format a table in reStructuredText."""
    file = io.StringIO()
    csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *lines])
    body = "".join(f"   {line}\n" for line in file.getvalue().splitlines())
    return f".. csv-table:: {title}\n   :header-rows: 1\n   :widths: auto\n\n{body}\n"


def number(value, metric):
    """Spell a score; gains with their sign."""
    return METRICS[metric].spell(value)


def cell(rows, metric):
    """Spell the mean of some rows."""
    return number(mean(rows, metric), metric)


def score_tables(title, systems):
    """Format tables of systems: means over all files, and behind a fold every metric by SNR.

    Parameters
    ----------
    title : str
    systems : dict of str to list of dict
        Rows by name.
    """
    header = ["", *HEADINGS]
    lines = [
        [name, with_spread(rows, FIRST), *(cell(rows, metric) for metric in OTHERS)]
        for name, rows in systems.items()
    ]
    title += " Means over all files"
    if any("±" in line[1] for line in lines):
        title += ", ± the standard deviation over seeds where there are several"
    found = [table(f"{title}.", header, lines)]
    snrs = levels([row for rows in systems.values() for row in rows])
    for metric in METRICS if len(snrs) > 1 else ():
        header = ["", *(f"{snr_db:g} dB" for snr_db in snrs)]
        lines = [
            [name, *(cell(at_level(rows, snr_db), metric) for snr_db in snrs)]
            for name, rows in systems.items()
        ]
        found.append(table(f"{METRICS[metric].heading} by SNR of the noisy speech.", header, lines))
    return found[0] + (fold("By SNR", "".join(found[1:])) if len(found) > 1 else "")


def fold(title, text):
    """Hide a text behind its title until that is clicked."""
    begin, end = f"<details><summary>{title}</summary>", "</details><br>"
    return f".. raw:: html\n\n   {begin}\n\n{text}.. raw:: html\n\n   {end}\n\n"


def with_spread(rows, metric):
    """Mean, and where there are several seeds their standard deviation."""
    deviation = spread(rows, metric) if all(row["seed"] for row in rows) else math.nan
    text = number(mean(rows, metric), metric)
    return text if math.isnan(deviation) else f"{text} ± {deviation:.2f}"


def ceilings(rows):
    """Question 1: a table for every hop."""
    noisy = choose(rows, variant="")
    found = []
    for variant in values_of([row for row in rows if row["variant"]], "variant"):
        own = choose(rows, variant=variant)
        systems = {n: choose(own, candidate=n) for n in values_of(own, "candidate")}
        title = f"Ceilings, {variant} ({ROWS} ``ceilings``, variant ``{variant}``)."
        found.append(score_tables(title, {"noisy": noisy, **systems}))
    return "\n".join(found)


def mapping(rows):
    """Question 2: a table for every protocol, by kind."""
    found = []
    for protocol in values_of(rows, "protocol"):
        own = choose(rows, protocol=protocol)
        systems = dict(sorted(systems_of(own).items(), key=_kind_of))
        title = f"Mapping and masking ({ROWS} ``mapping``, protocol ``{protocol}``)."
        found.append(score_tables(title, systems) + _mask_minus_mapping(own))
    return "\n".join(found)


def _mask_minus_mapping(rows):
    lines = []
    for mask, spectrum in PAIRS:
        first, second = (choose(rows, candidate=name) for name in (mask, spectrum))
        if min(len(values_of(own, "seed")) for own in (first, second)) < 2:
            continue
        for snr_db in levels(first):
            difference = _difference(at_level(first, snr_db), at_level(second, snr_db))
            lines.append([f"{mask} − {spectrum}", f"{snr_db:g} dB", *difference])
        lines.append([f"{mask} − {spectrum}", "all", *_difference(first, second)])
    title = "SNR gain of masking minus that of mapping, seed by seed, with its 95 % confidence"
    header = ["", "SNR", "seeds", "dB", "from", "to"]
    return table(f"{title} interval.", header, lines) if lines else ""


def _kind_of(item):
    _, rows = item
    return ("", "mapping", "masking").index(rows[0]["variant"])


def losses(rows):
    """Question 3: scores with their spread, and differences seed by seed."""
    networks = [row for row in rows if row["candidate"] != "noisy"]
    lines, differences = [], []
    for mask in values_of(networks, "candidate"):
        own = choose(networks, candidate=mask)
        for loss in values_of(own, "variant"):
            chosen = choose(own, variant=loss)
            scores = [with_spread(chosen, "snr_gain_db")]
            scores += [cell(chosen, m) for m in OTHERS]
            lines.append([mask, loss, str(len(values_of(chosen, "seed"))), *scores])
            if loss != "mse" and choose(own, variant="mse"):
                compared = (choose(own, variant=name) for name in (loss, "mse"))
                differences.append([mask, loss, *_difference(*compared)])
    header = ["mask", "loss", "seeds", *HEADINGS]
    found = table(f"Losses ({ROWS} ``losses``): mean over seeds and files.", header, lines)
    title = "SNR gain minus that with ``mse``, seed by seed, with its 95 % confidence interval."
    return found + table(title, ["mask", "loss", "seeds", "dB", "from", "to"], differences)


def _difference(first, second):
    first, second = (by_seed(rows, "snr_gain_db") for rows in (first, second))
    if not first.keys() & second.keys():
        return ["0", "–", "–", "–"]
    middle, low, high, n = paired_difference(first, second)
    return [str(n), *(number(value, "snr_gain_db") for value in (middle, low, high))]


def voice(rows):
    """Question 4: each property's effect on each system."""
    found = []
    for base in ("good system", "seed's system"):
        own = choose(rows, candidate=base)
        if not choose(own, variant=""):
            continue
        start = {metric: mean(choose(own, variant=""), metric) for metric in METRICS}
        lines = []
        for variant in values_of(own, "variant"):
            chosen = choose(own, variant=variant)
            change = mean(chosen, "snr_gain_db") - start["snr_gain_db"]
            scores = [cell(chosen, metric) for metric in METRICS]
            effect = number(change, "snr_gain_db") if variant else ""
            lines.append([variant or base, *scores, effect])
        header = ["", *HEADINGS, "change of SNR gain"]
        part = own[0]["part"]
        title = f"The {base}, one property changed ({ROWS} ``{part}``): mean over all files."
        found.append(table(title, header, lines))
    return "\n".join(found)


def approximation(rows):
    """Question 5: all systems."""
    return score_tables(
        f"Signal approximation ({ROWS} ``approximation``).",
        systems_of(rows),
    )


def selection(rows):
    """Question 6: the configurations on held-out training data, best first."""
    systems = sorted(systems_of(rows).items(), key=lambda item: -mean(item[1], "snr_gain_db"))
    title = "Configurations on held-out speakers and noises of the training data "
    return score_tables(f"{title}({ROWS} ``selection``).", dict(systems))


def best(rows):
    """Question 6: the chosen configuration on the test data."""
    systems = {}
    for row in rows:
        seed = f", seed {row['seed']}" if row["seed"] else ""
        name = f"{row['candidate']}{seed}" + (f": {row['variant']}" if row["variant"] else "")
        systems.setdefault(name, []).append(row)
    return score_tables(f"The chosen one on the test data ({ROWS} ``best``).", systems)


def recipes(rows):
    """Report scores, time and memory of the seed's experiments."""
    header = ["", "epochs", "test data", *HEADINGS]
    header += ["parameters (million)", "training (min)", "peak memory (GB)"]
    lines = []
    for own in systems_of(rows).values():
        row = own[0]
        parameters = int(row["n_parameters"]) / 1e6
        lines.append(
            [
                row["candidate"] + f", {RESCALED}" * row["variant"].endswith(RESCALED),
                *(row["epochs"], row["protocol"]),
                *(cell(own, metric) for metric in METRICS),
                f"{parameters:.1f}",
                f"{float(row['training_s']) / 60:.0f}",
                f"{float(row['peak_memory_mb']) / 1000:.1f}",
            ]
        )
    return table(f"The seed's experiments ({ROWS} ``recipes``).", header, lines)


# File -> what makes it, and the part of the rows
TABLES = {
    "ceilings": (ceilings, "ceilings"),
    "mapping": (mapping, "mapping"),
    "losses": (losses, "losses"),
    "voice": (voice, "voice"),
    "voice_trained": (voice, "voice-trained"),
    "approximation": (approximation, "approximation"),
    "selection": (selection, "selection"),
    "best": (best, "best"),
    "recipes": (recipes, "recipes"),
}


def status(done):
    """Format a table of how much of each part has been run.

    Parameters
    ----------
    done : dict of str to tuple of int
        Candidates in the CSV and in the study, by part.
    """
    lines = [
        [f"``{part}``", f"{n} of {n_all}", "complete" if n == n_all else "partial" if n else "–"]
        for part, (n, n_all) in done.items()
    ]
    return table("What has been run.", ["part", "candidates", ""], lines)
