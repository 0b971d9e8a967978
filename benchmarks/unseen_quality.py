"""The best enhancer on NOIZEUS, protocol ``unseen``: speakers and noises never heard.

Trains a U-Net on the training part, mixed anew in every epoch (``remix``), and scores it on
the 80 test files, beside the classical enhancers::

    python benchmarks/unseen_quality.py --data-home DIR

Scores are means over the 20 files of one stated SNR: whole file, time domain, nothing
rescaled. Writes ``benchmarks/results/unseen_quality.csv`` and, with ``--model``, the
fitted enhancer.
"""

import argparse
import platform
import time
from pathlib import Path

import joblib
import numpy as np
from classical_noizeus import ENHANCERS, SNRS_DB, score, write_rows

import skse
from skse import (
    IdealMaskTarget,
    Remix,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    oracle_predict,
)
from skse.datasets import fetch_noizeus, split_noizeus
from skse.metrics import snr_gain_score

RESULTS = Path(__file__).parent / "results" / "unseen_quality.csv"
N_FRAMES = 128  # in a segment, and in a mixture


def make_enhancer(options):
    return SpeechEnhancer(
        STFTFeaturizer(n_fft=256, hop_length=128, floor_db=-40),
        IdealMaskTarget("irm", beta=options.beta),
        UNetRegressor(
            filters=(16, 24, 32, 48, 64),
            dilations=(1, 2, 4, 8),
            bottleneck_units=128,
            activation="relu",
            skip="concatenate",
            dropout=options.dropout,
            loss=options.loss,
            learning_rate=2e-3,
            learning_rate_schedule="cosine",
            batch_size=16,
            epochs=options.epochs,
            random_state=options.seed,
            verbose=2,
        ),
        sampling_rate=8000,
        segment_frames=N_FRAMES,
        remix=Remix(n_mixtures=options.mixtures),
        strength=options.strength,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    parser.add_argument("--mixtures", type=int, default=8000, help="in an epoch")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--beta", type=float, default=1.0)
    parser.add_argument("--loss", default="mse")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--strength", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", help="where to save the fitted enhancer (joblib)")
    options = parser.parse_args()

    start = time.perf_counter(), time.process_time()
    train, test = split_noizeus(fetch_noizeus(data_home=options.data_home), "unseen")
    enhancer = make_enhancer(options).fit(train.noisy, train.clean)
    minutes = [(now - then) / 60 for now, then in
               zip((time.perf_counter(), time.process_time()), start, strict=True)]  # fmt: skip
    if options.model:
        joblib.dump(enhancer, options.model)

    rows = []
    for name, (make, _) in ENHANCERS.items():
        baseline = make(sampling_rate=test.sampling_rate).fit(test.noisy)
        rows += as_rows(name, score(baseline, test))
    rows += as_rows("U-Net", score(enhancer, test))
    ceiling = oracle_predict(enhancer, test.noisy, test.clean)
    gains = snr_gain_score(test.clean, ceiling, test.noisy)
    write_rows(rows, RESULTS)
    print(
        f"skse {skse.__version__}, seed {options.seed}, Python {platform.python_version()}, "
        f"{platform.machine()}, {time.strftime('%Y-%m-%d')}. Data and training: "
        f"{minutes[0]:.1f} min of wall clock, {minutes[1]:.1f} min of CPU."
    )
    print(table(rows))
    print("ceiling of the mask, SNR gain:",
          *(f"{np.mean(gains[test.snr_db == snr_db]):.2f}" for snr_db in SNRS_DB))  # fmt: skip


def as_rows(name, scores):
    return [{"enhancer": name, "snr_db": snr_db, **scores[snr_db]} for snr_db in SNRS_DB]


def table(rows):
    columns = [column for column in rows[0] if column not in ("enhancer", "snr_db")]
    lines = [
        f"Each cell: {' / '.join(columns)}",
        "",
        "| method | " + " | ".join(f"{snr_db} dB" for snr_db in SNRS_DB) + " | mean SNR gain |",
        "|---|" + "---|" * (len(SNRS_DB) + 1),
    ]
    for name in dict.fromkeys(row["enhancer"] for row in rows):
        own = [row for row in rows if row["enhancer"] == name]
        cells = [" / ".join(f"{row[column]:.2f}" for column in columns) for row in own]
        mean = np.mean([row["snr_gain_db"] for row in own])
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {mean:.2f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
