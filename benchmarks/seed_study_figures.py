"""Make tables, figures and recordings of "Five questions about masking and mapping".

    python benchmarks/seed_study_figures.py

Tables and figures come from ``benchmarks/results/seed_study.csv`` alone: a table goes to
``docs/guide/five_questions/NAME.inc``, a figure to ``docs/_static/study/NAME.png``. A part of which
the CSV has no row gets a table that says so. Recordings (``--audio``) are made anew
with true masks, from the synthetic corpus inside the package.
"""

import argparse
from pathlib import Path

from PIL import Image
from seed_study import PARTS, RESULTS, parse, study_options
from study import audio
from study.figures import FIGURES
from study.records import Records, key_of
from study.summary import choose
from study.tables import NOT_RUN, TABLES, status

DOCS = Path(__file__).resolve().parents[1] / "docs"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--csv", type=Path, default=RESULTS)
    parser.add_argument("--docs", type=Path, default=DOCS)
    parser.add_argument("--audio", action="store_true", help="make the recordings too")
    options = parser.parse_args(arguments)
    tables, static = options.docs / "guide" / "five_questions", options.docs / "_static" / "study"
    for folder in (tables, static):
        folder.mkdir(parents=True, exist_ok=True)
    records = Records(options.csv)
    candidates = all_candidates(records)
    rows = in_order(records.read(), candidates)
    for name, (make, part) in TABLES.items():
        own = choose(rows, part=part)
        text = make(own) if own else NOT_RUN
        if name in FIGURES:
            text = _draw(*FIGURES[name], rows, static / f"{name}.png") + text
        _write(tables / f"{name}.inc", text)
    _write(tables / "status.inc", status(count_done(rows, candidates)))
    if options.audio:
        import soundfile

        waveforms, sampling_rate = audio.recordings()
        for name, x in waveforms.items():
            soundfile.write(static / f"{name}.wav", x, sampling_rate)
        _write(tables / "players.inc", audio.players())


def _draw(draw, part, rows, path):
    """Save a figure; return the line that shows it, "" without rows."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    own = choose(rows, part=part)
    if not own:
        path.unlink(missing_ok=True)
        return ""
    figure = draw(own)
    figure.savefig(path, dpi=110)
    plt.close(figure)
    # 256 colours do, and make the file half as large
    Image.open(path).convert("RGB").quantize(256).save(path, optimize=True)
    return f".. image:: /_static/study/{path.name}\n   :width: 100%\n\n"


def all_candidates(records):
    """Return the candidates of all parts, with the study's own settings."""
    options = study_options(parse([]))
    makers = [make for stages in PARTS.values() for make in stages.values()]
    return [candidate for make in makers for candidate in make(options, records)]


def in_order(rows, candidates):
    """Sort rows as the study lists its candidates; the CSV has them as they were done."""
    places = {candidate.key: place for place, candidate in enumerate(candidates)}
    return sorted(rows, key=lambda row: places.get(key_of(row), len(places)))


def count_done(rows, candidates):
    """Count candidates that the rows hold with the study's own settings, and all, by part."""
    done = {}
    held = {(key_of(row), row["settings"]) for row in rows}
    for candidate in candidates:
        n, n_all = done.get(candidate.part, (0, 0))
        done[candidate.part] = (n + ((candidate.key, candidate.digest) in held), n_all + 1)
    return done


def _write(path, text):
    path.write_text(text, encoding="utf-8")
    print(path)


if __name__ == "__main__":
    main()
