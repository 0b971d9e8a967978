"""Make tables and figures of "Four papers" from the rows of ``papers_study.py``.

::

    python benchmarks/papers_study_figures.py

writes ``docs/guide/four_papers/NAME.inc`` and ``docs/_static/papers/NAME.png`` from
``benchmarks/results/papers_study.csv`` and ``consistency_curves.csv``, and from nothing else. Means
are over all files of the test; differences are taken seed by seed, with the 95 % interval of
Student's t over seeds.
"""

import argparse
import csv
import math
from pathlib import Path

import numpy as np
from PIL import Image
from study.losses import paired_difference
from study.tables import NOT_RUN, table

RESULTS = Path(__file__).parent / "results" / "papers_study.csv"
CURVES = RESULTS.with_name("consistency_curves.csv")
DOCS = Path(__file__).resolve().parents[1] / "docs"
BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#777777"
# Heading of a score, and its decimals; + where the sign counts.
SCORES = {
    "snr_gain": ("SNR gain (dB)", "+.2f"),
    "si_sdr": ("SI-SDR (dB)", ".2f"),
    "stoi": ("STOI", ".3f"),
    "pesq_nb": ("PESQ (MOS)", ".2f"),
    "srmr": ("SRMR", ".2f"),
    "cepstral_distance": ("cepstral distance (dB)", ".2f"),
    "inconsistency_db": ("inconsistency (dB)", ".1f"),
    "tone_db": ("tone (dB)", ".1f"),
}
SHOWN = {
    "02": ("snr_gain", "si_sdr", "stoi", "pesq_nb"),
    "03": ("snr_gain", "si_sdr", "stoi", "pesq_nb", "inconsistency_db"),
    "04": ("stoi", "pesq_nb", "cepstral_distance", "tone_db"),
    "05": ("snr_gain", "stoi", "pesq_nb", "srmr", "cepstral_distance"),
}
# What each mechanism is worth: with it, and without.
PAIRS = {
    "02": (
        ("noise embedding", "told nothing"),
        ("mean log spectrum", "told nothing"),
        ("noise embedding, 2 noises", "noise embedding"),
        ("told nothing, 2 noises", "told nothing"),
        ("noise embedding, told other", "noise embedding, told own"),
        ("noise embedding, told silence", "noise embedding, told own"),
        ("noise embedding", "U-Net, irm"),
    ),
    "03": (
        ("loss on the waveform", "loss on the mask"),
        ("loss on the waveform", "loss on the spectrum"),
        ("trained Fourier kernels", "loss on the waveform"),
        ("loss on the waveform", "U-Net, irm"),
    ),
    "04": (
        ("with a discriminator", "L1 and power terms alone"),
        ("with a discriminator, z drawn", "with a discriminator"),
        ("with a discriminator", "U-Net, psm"),
    ),
    "05": (
        ("wide residual network, mapping", "the same without shortcuts"),
        ("wide residual network, mapping", "the same, spectrum alone"),
        ("the same, masking", "wide residual network, mapping"),
        ("wide residual network, mapping", "U-Net, mapping"),
        ("the same, masking", "U-Net, psm"),
    ),
}
COMPARED = {
    "02": ("snr_gain", "pesq_nb"),
    "03": ("snr_gain", "pesq_nb"),
    "04": ("stoi", "pesq_nb"),
    "05": ("snr_gain", "pesq_nb", "srmr"),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, default=RESULTS)
    parser.add_argument("--curves", type=Path, default=CURVES)
    parser.add_argument("--docs", type=Path, default=DOCS)
    options = parser.parse_args()
    tables, static = options.docs / "guide" / "four_papers", options.docs / "_static" / "papers"
    for folder in (tables, static):
        folder.mkdir(parents=True, exist_ok=True)
    with options.csv.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    check_alike(rows)
    for paper, makers in PARTS.items():
        own = [row for row in rows if row["paper"] == paper]
        text = "".join(make(paper, own) for make in makers) if own else NOT_RUN
        if own:
            path = static / f"paper_{paper}.png"
            draw(paper, own, path)
            text = f".. image:: /_static/papers/{path.name}\n   :width: 100%\n\n{text}"
        (tables / f"paper_{paper}.inc").write_text(text, encoding="utf-8")
    text = NOT_RUN
    if options.curves.exists():
        with options.curves.open(newline="", encoding="utf-8") as file:
            draw_curves(list(csv.DictReader(file)), static / "curves.png")
        text = ".. image:: /_static/papers/curves.png\n   :width: 100%\n\n"
    (tables / "curves.inc").write_text(text, encoding="utf-8")


def check_alike(rows):
    """End where a candidate was trained in more than one way: their means would be of neither."""
    ways = {}
    for row in rows:
        own = ways.setdefault((row["paper"], row["candidate"]), set())
        own.add((row["epochs"], row["settings"] if row["seed"] == rows[0]["seed"] else ""))
    for (paper, name), found in ways.items():
        epochs = {one for one, _ in found}
        settings = {one for _, one in found if one}
        if len(epochs) > 1 or len(settings) > 1:
            raise SystemExit(
                f"paper {paper}, {name!r}: rows of several settings; keep those of one"
            )


def candidates_table(paper, rows):
    """Format the mean scores of all candidates."""
    noisy_speech = [row for row in rows if not is_quiet(row)]
    lines = []
    for name, own in by_candidate(noisy_speech).items():
        first = own[0]
        cells = [seeds_of(own), first["epochs"] or "–", minutes(own)]
        lines.append([name, *cells, *(spell(own, score) for score in SHOWN[paper])])
    header = ["", "seeds", "epochs", "minutes", *(SCORES[score][0] for score in SHOWN[paper])]
    title = "Means over all files, ± the standard deviation over seeds; minutes of one core."
    return table(title, header, lines)


def differences_table(paper, rows):
    """Format what every mechanism changes, seed by seed."""
    found = by_candidate([row for row in rows if not is_quiet(row)])
    lines = []
    for first, second in PAIRS[paper]:
        if first not in found or second not in found:
            continue
        cells, n = [], 0
        for score in COMPARED[paper]:
            if not by_seed(found[first], score).keys() & by_seed(found[second], score).keys():
                cells.append("–")
                continue
            difference, low, high, n = paired_difference(
                by_seed(found[first], score), by_seed(found[second], score)
            )
            between = "" if math.isnan(low) else f" ({low:+.2f} to {high:+.2f})"
            cells.append(f"{difference:+.2f}{between}".replace("-", "−"))
        lines.append([f"{first} − {second}", str(n), *cells])
    header = ["", "seeds", *(SCORES[score][0] for score in COMPARED[paper])]
    return table("Differences, with their 95 % intervals over seeds.", header, lines)


def conditions_table(paper, rows):
    """Format the scores in noise, in rooms, in both, and where there is almost nothing to do."""
    kinds = {
        "noise": lambda row: not is_quiet(row) and "room" not in row["noise"],
        "room": lambda row: row["noise"] == "room",
        "both": lambda row: row["noise"].endswith("+ room"),
    } | {
        f"noise at {level} dB": lambda row, level=level: (
            row["noise"] == "noise" and float(row["snr_db"]) == level
        )
        for level in (20, 30, 40)
    }
    kinds["clean"] = lambda row: row["noise"] == "clean"
    text = ""
    for score in ("pesq_nb", "srmr", "si_sdr"):
        lines = [
            [name, *(spell([r for r in own if is_in(r)], score) for is_in in kinds.values())]
            for name, own in by_candidate(rows).items()
        ]
        text += table(f"{SCORES[score][0]} by condition.", ["", *kinds], lines)
    return text


def distortions_table(paper, rows):
    """Format scores where each distortion is part of what was done."""
    kinds = ("whisper", "bandwidth", "clipping", "chunks", "none")
    text = ""
    for score in ("stoi", "cepstral_distance"):
        lines = [
            [name, *(spell([r for r in own if kind in r["noise"]], score) for kind in kinds)]
            for name, own in by_candidate(rows).items()
        ]
        title = f"{SCORES[score][0]} where a distortion is among those of the file."
        text += table(title, ["", *kinds], lines)
    return text


PARTS = {
    "02": (candidates_table, differences_table),
    "03": (candidates_table, differences_table),
    "04": (candidates_table, differences_table, distortions_table),
    "05": (candidates_table, differences_table, conditions_table),
}


def draw(paper, rows, path):
    """Save a picture of the scores that are compared, a point for every seed."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    found = by_candidate([row for row in rows if not is_quiet(row)])
    scores = COMPARED[paper]
    figure, axes = plt.subplots(
        1, len(scores), figsize=(8, 0.34 * len(found) + 0.9), sharey=True, layout="constrained"
    )
    for ax, score in zip(axes, scores, strict=True):
        for i, (name, own) in enumerate(found.items()):
            values = list(by_seed(own, score).values())
            colour = GREY if name == "as it was" else ORANGE if "U-Net" in name else BLUE
            ax.plot(values, [i] * len(values), "o", color=colour, markersize=4, alpha=0.7)
            ax.plot(np.mean(values), i, "|", color=colour, markersize=14)
        ax.set_xlabel(SCORES[score][0])
        ax.grid(axis="x", linewidth=0.4)
    axes[0].set_yticks(range(len(found)), list(found))
    axes[0].invert_yaxis()
    save(figure, path)


def draw_curves(rows, path):
    """Save a picture of SNR gain and inconsistency by steps of training, a line for every loss."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    colours = {"mask": GREY, "spectrum": ORANGE, "waveform": BLUE}
    colours["waveform, random start"] = "#009E73"
    for ax, score in zip(axes, ("snr_gain", "inconsistency_db"), strict=True):
        for loss_on, colour in colours.items():
            for hop_length, style in (("128", "-"), ("64", "--")):
                own = [r for r in rows if (r["loss_on"], r["hop_length"]) == (loss_on, hop_length)]
                own.sort(key=lambda row: int(row["steps"]))
                if not own:
                    continue
                hop = "half" if hop_length == "128" else "a quarter"
                ax.plot(
                    [int(row["steps"]) for row in own],
                    [float(row[score]) for row in own],
                    style,
                    color=colour,
                    marker="o",
                    markersize=3,
                    label=f"loss on the {loss_on}, hop {hop}",
                )
        ax.set(xscale="log", xlabel="steps of training", ylabel=SCORES[score][0])
        ax.set_xticks(sorted({int(row["steps"]) for row in rows}))
        ax.xaxis.set_major_formatter("{x:.0f}")
        ax.minorticks_off()
        ax.grid(linewidth=0.4)
    lines, labels = axes[0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=3, fontsize=7)
    save(figure, path)


def save(figure, path):
    """Write a picture, in few colours."""
    import matplotlib.pyplot as plt

    figure.savefig(path, dpi=110)
    plt.close(figure)
    Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)


def by_candidate(rows):
    """Return the rows of every candidate, in the order of the papers' study."""
    found = {}
    for row in rows:
        found.setdefault(row["candidate"], []).append(row)
    return found


def by_seed(rows, score):
    """Return the mean of a score over all files, by seed."""
    means = {}
    for seed in sorted({row["seed"] for row in rows}):
        own = [
            row for row in rows if row["seed"] == seed and row.get(score) not in (None, "", "nan")
        ]
        if own:
            weights = [int(row["n_utterances"]) for row in own]
            means[int(seed)] = float(np.average([float(r[score]) for r in own], weights=weights))
    return means


def spell(rows, score):
    """Spell the mean of a score, and its standard deviation over seeds."""
    values = list(by_seed(rows, score).values())
    if not values:
        return "–"
    style = SCORES[score][1]
    spread = f" ± {np.std(values, ddof=1):{style.lstrip('+')}}" if len(values) > 1 else ""
    return f"{np.mean(values):{style}}{spread}".replace("-", "−")


def is_quiet(row):
    """Whether a row is of the speech that should not be harmed."""
    return row["noise"] in ("noise", "clean")


def seeds_of(rows):
    """Count the seeds of some rows."""
    return str(len({row["seed"] for row in rows}))


def minutes(rows):
    """Spell how long a candidate was trained, in the mean."""
    seconds = [float(row["processor_s"]) for row in rows if row["processor_s"]]
    return f"{np.mean(seconds) / 60:.1f}" if seconds else "–"


if __name__ == "__main__":
    main()
