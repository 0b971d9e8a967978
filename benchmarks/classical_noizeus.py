"""Quality and speed of the classical enhancers on NOIZEUS, protocol ``unseen``.

    python benchmarks/classical_noizeus.py --data-home DIR

The 80 test files (sentences sp01-05 and sp26-30 in babble and street noise) at 8
kHz. Scores are means over the 20 files of one stated SNR: whole file, time
domain, nothing rescaled. Prints a markdown table beside the reference figures of
the same protocol, writes ``benchmarks/results/classical_noizeus.csv``, and ends
with an error where an SNR gain lies more than 0.5 dB below its reference.
"""

import argparse
import platform
import time
from pathlib import Path

import numpy as np
import scipy
import sklearn
from study.summary import METRICS

import skse
from skse import IdentityEnhancer, LogMMSE, SpectralSubtraction, STFTFeaturizer, WienerFilter
from skse.datasets import fetch_noizeus, split_noizeus
from skse.metrics import evaluate
from skse.utils import write_csv

RESULTS = Path(__file__).parent / "results" / "classical_noizeus.csv"
SNRS_DB = (0, 5, 10, 15)
TOLERANCE_DB = 0.5
# Enhancer, and reference: SNR gain / SI-SDR gain / STOI by stated SNR
ENHANCERS = {
    "noisy": (IdentityEnhancer, [(0, 0, 0.690), (0, 0, 0.794), (0, 0, 0.900), (0, 0, 0.953)]),
    "spectral subtraction": (
        SpectralSubtraction,
        [(5.1, 3.7, 0.649), (3.7, 3.1, 0.804), (3.1, 2.9, 0.911), (2.2, 2.2, 0.959)],
    ),
    "Wiener": (
        WienerFilter,
        [(5.0, 3.4, 0.636), (3.5, 2.9, 0.771), (2.2, 2.0, 0.886), (1.4, 1.4, 0.944)],
    ),
    "log-MMSE": (
        LogMMSE,
        [(5.2, 3.7, 0.664), (3.6, 3.0, 0.779), (2.4, 2.2, 0.891), (1.6, 1.5, 0.946)],
    ),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    _, test = split_noizeus(fetch_noizeus(data_home=parser.parse_args().data_home), "unseen")
    seconds = sum(map(len, test.noisy)) / test.sampling_rate
    stft_seconds = best_time(lambda: stft_round_trip(test.noisy))
    rows, too_low = [], []
    for name, (make, reference) in ENHANCERS.items():
        enhancer = make(sampling_rate=test.sampling_rate).fit(test.noisy, test.clean)
        cpu_seconds = best_time(lambda enhancer=enhancer: enhancer.predict(test.noisy))
        speed = {
            "real_time_factor": cpu_seconds / seconds,
            "times_stft_istft": cpu_seconds / stft_seconds,
        }
        scores = score(enhancer, test)
        for snr_db, expected in zip(SNRS_DB, reference, strict=True):
            rows.append({"enhancer": name, "snr_db": snr_db, **scores[snr_db], **speed})
            if scores[snr_db]["snr_gain_db"] < expected[0] - TOLERANCE_DB:
                too_low.append(f"{name} at {snr_db} dB")
    write_rows(rows, RESULTS)
    print(table(rows, seconds, stft_seconds))
    if too_low:
        raise SystemExit(f"SNR gain below the reference: {', '.join(too_low)}")


def score(enhancer, data):
    """Mean scores by stated SNR, columns named with their units."""
    scores = evaluate(
        data.clean, enhancer.predict(data.noisy), data.noisy, sampling_rate=data.sampling_rate
    )
    return {
        snr_db: {
            column: float(np.nanmean(scores[metric.key][data.snr_db == snr_db]))
            for column, metric in METRICS.items()
            if metric.key in scores
        }
        for snr_db in SNRS_DB
    }


def stft_round_trip(waveforms):
    """Transform and invert, one by one, with the enhancers' default frames."""
    featurizer = STFTFeaturizer(n_fft=256, hop_length=64)
    for x in waveforms:
        featurizer.istft(featurizer.stft(x[None]), len(x))


def best_time(function, n_repeats=5):
    """CPU seconds of the fastest of some runs: the load of the machine plays no part."""
    times = []
    for _ in range(n_repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def write_rows(rows, path):
    """Write rows to a CSV file, numbers with five digits."""
    spelled = [
        {k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()} for row in rows
    ]
    write_csv(spelled, path, lineterminator="\n")


def table(rows, seconds, stft_seconds):
    lines = [
        f"skse {skse.__version__}, scikit-learn {sklearn.__version__}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, Python {platform.python_version()}, {platform.machine()}; "
        f"{time.strftime('%Y-%m-%d')}; {seconds:.0f} s of audio",
        "",
        "SNR gain (dB) / SI-SDR gain (dB) / STOI / PESQ (narrow-band), reference in brackets; "
        "seconds of one core's time per second of audio",
        "",
        "| enhancer | " + " | ".join(f"{snr} dB" for snr in SNRS_DB) + " | mean SNR gain | s/s | "
        "times STFT + ISTFT |",
        "|---" * (4 + len(SNRS_DB)) + "|",
    ]
    for name, (_, reference) in ENHANCERS.items():
        own = [row for row in rows if row["enhancer"] == name]
        cells = []
        for row, expected in zip(own, reference, strict=True):
            measured = f"{row['snr_gain_db']:.2f} / {row['si_sdr_gain_db']:.2f} / {row['stoi']:.3f}"
            if "pesq" in row:
                measured += f" / {row['pesq']:.2f}"
            cells.append(f"{measured} ({expected[0]} / {expected[1]} / {expected[2]:.3f})")
        mean = np.mean([row["snr_gain_db"] for row in own])
        mean_reference = np.mean([expected[0] for expected in reference])
        lines.append(
            f"| {name} | {' | '.join(cells)} | {mean:.2f} ({mean_reference:.1f}) "
            f"| {own[0]['real_time_factor']:.5f} | {own[0]['times_stft_istft']:.1f} |"
        )
    lines.append(f"\nSTFT + ISTFT alone: {stft_seconds / seconds:.5f} s/s")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
