"""Cards of the models that come with skse, and scores beside those of others: parts of a page."""

import csv
import re
from pathlib import Path

from skse.models import available_models

ROWS = Path(__file__).parents[1] / "benchmarks" / "results" / "shipped_models.csv"
# Set of the rows -> what it is.
SETS = {
    "NOIZEUS unseen": "80 files of NOIZEUS, 8 kHz",
    "wide band": "160 mixtures at 16 kHz",
}
SCORES = {"snr_gain_db": "SNR gain in dB", "stoi": "STOI", "pesq": "PESQ"}

# What is in the table at the head of a card, or of no use to read.
LEFT_OUT = {"description", "licence", "sampling_rate", "created"}
LEFT_OUT |= {"estimator", "parameters", "versions"}


def card_lines(record):
    """Return the lines of one card."""
    card = record.read_card()
    facts = {
        "Sampling rate": f"{record.sampling_rate} Hz",
        "Latency in a stream": f"{record.latency_ms:.1f} ms",
        "Size": f"{record.size / 1e6:.2f} MB",
        "Licence": record.licence,
        "SHA-256": record.sha256,
        "Created": f"{card['created']}, with skse {card['versions']['skse']}",
    }
    lines = [f"``{record.name}``", "-" * (len(record.name) + 4), "", escape(record.description)]
    lines += ["", *table(facts)]
    for key, value in card.items():
        if key not in LEFT_OUT and value not in (None, {}, []):
            lines += [f".. rubric:: {escape(key.replace('_', ' ').capitalize())}", "", *rst(value)]
    return lines


def rst(value):
    """Return text, a list or a dict of a card as lines."""
    if isinstance(value, dict):
        return table(flat(value))
    lines = [f"- {escape(item)}" for item in value] if isinstance(value, list) else [escape(value)]
    return [*lines, ""]


def flat(rows, before=""):
    """Return a dict without dicts in it."""
    found = {}
    for key, value in rows.items():
        name = f"{before}{key}"
        found |= flat(value, f"{name}, ") if isinstance(value, dict) else {name: value}
    return found


def table(rows):
    lines = [".. list-table::", "   :widths: 30 70", ""]
    for name, value in rows.items():
        text = ", ".join(map(str, value)) if isinstance(value, list) else value
        lines += [f"   * - {escape(name)}", f"     - {escape(text)}"]
    return [*lines, ""]


def escape(text):
    """Return text in one line, of which nothing is taken for markup."""
    text = " ".join(str(text).split()) or "n/a"
    return re.sub(r"([\\*`|_])", r"\\\1", text)


def write_cards(path):
    """Write the cards of all models."""
    lines = [line for record in available_models().values() for line in card_lines(record)]
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def score_lines(path=ROWS):
    """Return the lines of a table of scores for every set of `SETS`."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = []
    for name, title in SETS.items():
        own = [row for row in rows if row["set"] == name]
        snrs = "/".join(dict.fromkeys(row["snr_db"] for row in own))
        lines += [f".. list-table:: {title}, at {snrs} dB", "   :header-rows: 1", ""]
        lines += list_row(["", *SCORES.values(), "processor time over duration"])
        for enhancer in dict.fromkeys(row["enhancer"] for row in own):
            of = [row for row in own if row["enhancer"] == enhancer]
            scores = ["/".join(f"{float(row[key]):.2f}" for row in of) for key in SCORES]
            lines += list_row([escape(enhancer), *scores, of[0]["rtf"]])
        lines += [""]
    return lines


def list_row(cells):
    """Return the lines of a row of a list-table."""
    marks = "*" + " " * (len(cells) - 1)
    return [f"   {mark} - {cell}" for mark, cell in zip(marks, cells, strict=True)]


def write_scores(path):
    """Write the tables of scores."""
    Path(path).write_text("\n".join(score_lines()), encoding="utf-8")
