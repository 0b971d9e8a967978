"""The cards of the models that come with skse, as a part of a page."""

import re
from pathlib import Path

from skse.models import available_models

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
