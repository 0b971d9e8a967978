"""Scores of many candidates against loops over pystoi, pesq and NumPy, candidate by candidate.

    python benchmarks/score_speed.py --jobs 1 2

What ``skse compare`` scores: candidates (mixtures of the noisy and the clean speech, with less
noise from one to the next) on three folds of the corpus that ships inside, by SI-SDR, STOI and
narrow-band PESQ. The loops are what ``evaluate`` did before it shared anything. They alternate
with it candidate by candidate in one process, so that a busy machine slows all. Prints a line of
a table for each number of processes: seconds of both, their ratio by score and together, the ratio
of the processor time that all processes took (Linux), and the largest difference between scores.
Processes are started before the clock runs. The threads that NumPy multiplies matrices with make
the loops slower where the cores are busy; ``OPENBLAS_NUM_THREADS=1`` does without.
"""

import argparse
import os
import time
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from skse.datasets import load_harvard
from skse.metrics import evaluate
from skse.utils import check_waveform_pairs

METRICS = ["si_sdr", "stoi", *(["pesq_nb"] if find_spec("pesq") else [])]
N_FOLDS = 3


def si_sdr_of_one(s, x, rate):
    target = np.dot(x, s) / np.dot(s, s) * s
    error = target - x
    return 10 * np.log10(np.dot(target, target) / np.dot(error, error))


def stoi_of_one(s, x, rate):
    import pystoi

    return pystoi.stoi(s, x, rate)


def pesq_of_one(s, x, rate):
    import pesq

    return pesq.pesq(rate, s, x, "nb")


LOOPS = {"si_sdr": si_sdr_of_one, "stoi": stoi_of_one, "pesq_nb": pesq_of_one}


def by_loop(metric, clean, enhanced, rate):
    pairs = zip(*check_waveform_pairs(clean, enhanced), strict=True)
    return [LOOPS[metric](np.float64(s), np.float64(x), rate) for s, x in pairs]


def by_skse(metric, clean, enhanced, rate, n_jobs):
    return evaluate(clean, enhanced, sampling_rate=rate, metrics=[metric], n_jobs=n_jobs)[metric]


def clocks():
    """Return seconds by the clock, and of processor time of this process and its children."""
    processor, ticks = time.process_time(), os.sysconf("SC_CLK_TCK")
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, parent, *fields = path.read_text().rpartition(")")[2].split()
        except OSError:  # has ended
            continue
        if int(parent) == os.getpid():
            processor += sum(map(int, fields[9:11])) / ticks
    return np.array([time.perf_counter(), processor])


def measure(data, n_candidates, jobs):
    """Return seconds by score and way of computing it, and the largest differences."""
    seconds, difference = defaultdict(lambda: np.zeros(2)), defaultdict(float)
    folds = np.array_split(np.arange(len(data.noisy)), N_FOLDS)
    for weight in np.linspace(1, 0.1, n_candidates):
        for places in folds:
            clean = [data.clean[i] for i in places]
            enhanced = [
                s + weight * (data.noisy[i] - s) for i, s in zip(places, clean, strict=True)
            ]
            for metric in METRICS:
                task = (metric, clean, enhanced, data.sampling_rate)
                begin = clocks()
                expected = by_loop(*task)
                seconds[metric, "loop"] += clocks() - begin
                for n_jobs in jobs:
                    begin = clocks()
                    scores = by_skse(*task, n_jobs)
                    seconds[metric, n_jobs] += clocks() - begin
                    largest = np.abs(scores - expected).max()
                    difference[n_jobs] = max(difference[n_jobs], largest)
    return seconds, difference


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--candidates", type=int, default=17)
    parser.add_argument("--files", type=int, help="Score this many files only.")
    args = parser.parse_args()

    data = load_harvard()
    data.noisy, data.clean = data.noisy[: args.files], data.clean[: args.files]
    for metric in METRICS:  # imports, and starts the processes
        by_loop(metric, data.clean[:8], data.noisy[:8], data.sampling_rate)
        for n_jobs in args.jobs:
            by_skse(metric, data.clean[:8], data.noisy[:8], data.sampling_rate, n_jobs)
    seconds, difference = measure(data, args.candidates, args.jobs)

    print(f"{args.candidates} candidates, {len(data.noisy)} files")
    print(
        f"| processes | loops, s | skse, s | {' | '.join(METRICS)} | all | all, processor time "
        "| largest difference |"
    )
    print("|---|---|---|" + "---|" * len(METRICS) + "---|---|---|")
    before = sum(seconds[metric, "loop"] for metric in METRICS)
    for n_jobs in args.jobs:
        after = sum(seconds[metric, n_jobs] for metric in METRICS)
        ratios = [seconds[m, n_jobs][0] / seconds[m, "loop"][0] for m in METRICS]
        cells = " | ".join(f"{ratio:.2f}" for ratio in (*ratios, *(after / before)))
        print(
            f"| {n_jobs} | {before[0]:.1f} | {after[0]:.1f} | {cells} | {difference[n_jobs]:.1e} |"
        )


if __name__ == "__main__":
    main()
