"""What scores make of recordings that lag behind, are moved by a constant, or louder or softer.

    python benchmarks/score_disagreement.py --out benchmarks/results/score_disagreement.csv

Sentences of the corpus inside the package, with white noise 30 dB below them so that no score is
infinite, are changed in ways that hardly anybody hears, and scored. The page "When scores disagree"
of the guide shows the table. Needs the extra "metrics" (PESQ). Exits with 1 where PESQ hears a
delay of up to 50 ms, or where SNR does not fall below 0 dB with it.
"""

import argparse
import csv
import sys

import numpy as np

from skse.datasets import load_harvard
from skse.metrics import METRICS, evaluate

RATE = 8000
SCORES = ("snr", "si_sdr", "rmse", "log_spectral_distance", "stoi", "pesq_nb")


def delayed(x, seconds):
    n = round(seconds * RATE)
    return np.concatenate([np.zeros(n), x[: len(x) - n]])


CHANGES = {
    "as it is": lambda x: x,
    "1 sample late": lambda x: delayed(x, 1 / RATE),
    "5 ms late": lambda x: delayed(x, 0.005),
    "20 ms late": lambda x: delayed(x, 0.02),
    "50 ms late": lambda x: delayed(x, 0.05),
    "constant of 0.01 added": lambda x: x + 0.01,
    "constant of 0.05 added": lambda x: x + 0.05,
    "half as loud": lambda x: 0.5 * x,
    "polarity turned": lambda x: -x,
}


def score(clean, enhanced):
    """Return the mean of every score, and that of SI-SDR with the means removed."""
    found = evaluate(clean, enhanced, sampling_rate=RATE, metrics=SCORES)
    without_mean = [[x - x.mean() for x in waveforms] for waveforms in (clean, enhanced)]
    found["si_sdr_of_zero_mean"] = evaluate(*without_mean, sampling_rate=RATE, metrics=["si_sdr"])[
        "si_sdr"
    ]
    return {name: float(np.mean(values)) for name, values in found.items()}


def measure(n_sentences):
    """Return one row a change."""
    data = load_harvard(noises=["white"], snr_db=30)
    chosen = np.linspace(0, len(data.clean) - 1, n_sentences).astype(int)
    clean, noisy = ([xs[i] for i in chosen] for xs in (data.clean, data.noisy))
    return {name: score(clean, [change(x) for x in noisy]) for name, change in CHANGES.items()}


def table(rows):
    """Return the table as lists of texts, its head first."""
    formats = {name: METRICS[name] for name in SCORES}
    head = ["Recording", *(metric.heading for metric in formats.values())]
    lines = [[*head, "SI-SDR, means removed (dB)"]]
    for name, scores in rows.items():
        texts = [metric.write(scores[key]) for key, metric in formats.items()]
        lines.append([name, *texts, METRICS["si_sdr"].write(scores["si_sdr_of_zero_mean"])])
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sentences", type=int, default=12)
    parser.add_argument("--out", help="CSV file to write the table to")
    options = parser.parse_args(arguments)
    rows = measure(options.sentences)
    lines = table(rows)
    for line in lines:
        print("  ".join(text.rjust(12) for text in line))
    if options.out:
        with open(options.out, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
    late = [scores for name, scores in rows.items() if name.endswith("ms late")]
    heard = any(abs(s["pesq_nb"] - rows["as it is"]["pesq_nb"]) > 0.05 for s in late)
    return int(heard or any(s["snr"] > 0 for s in late))


if __name__ == "__main__":
    sys.exit(main())
