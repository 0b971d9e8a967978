"""How much faster two workers of a Dask cluster enhance many short files than one.

``skse enhance --scheduler`` over N files of one second, with one worker and with two, each a
process with one thread, in turn: one, two, one, two, ... The first round warms up and does not
count. What the command takes to start is in the figures, for whoever waits for it waits for that
too; the start of the workers is not. The goal is a ratio of 1.8 on a machine with cores to spare
for scheduler and command; the machine is described, and its load before and after.

    python benchmarks/scheduler_throughput.py --files 10000 --rounds 3
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

from skse.datasets import load_harvard
from skse.experiments import describe_machine

_SKSE = [sys.executable, "-c", "from skse.cli import main; main()", "enhance"]
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def write_files(folder, number):
    noisy = load_harvard(noises=["white"], snr_db=5).noisy
    rng = np.random.default_rng(0)
    for i in range(number):
        x = noisy[i % len(noisy)]
        begin = int(rng.integers(0, len(x) - 8000))
        # Folders of a thousand, as corpora have them.
        path = folder / f"{i // 1000:03}" / f"{i:05}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, x[begin : begin + 8000], 8000)


def seconds_of(cluster, noisy, model):
    """Return the seconds that the command takes."""
    options = ["--model", model] if model else ["--method", "log-mmse"]
    with tempfile.TemporaryDirectory(dir=noisy.parent) as out:
        begin = time.perf_counter()
        run = subprocess.run(
            [*_SKSE, str(noisy), "--out", out, "--scheduler", cluster.scheduler_address, *options],
            env=os.environ | _ONE_THREAD,
            capture_output=True,
            text=True,
        )
        seconds = time.perf_counter() - begin
        number = sum(path.suffix == ".wav" for path in Path(out).rglob("*"))
    if run.returncode or number != sum(1 for _ in noisy.rglob("*.wav")):
        raise SystemExit(f"the command failed:\n{run.stdout}{run.stderr}")
    return seconds


def main():
    from distributed import LocalCluster

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", help="As of skse enhance. Default: log-MMSE, without a model.")
    arguments = parser.parse_args()
    options = {
        "threads_per_worker": 1,
        "dashboard_address": ":0",
        "env": _ONE_THREAD,
        "silence_logs": "CRITICAL",
    }
    print(", ".join(f"{name} {value}" for name, value in describe_machine().items()))
    print(f"load before: {os.getloadavg()[0]:.1f}")
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=1, **options) as one,
        LocalCluster(n_workers=2, **options) as two,
    ):
        noisy = Path(folder, "noisy")
        write_files(noisy, arguments.files)
        taken = {1: [], 2: []}
        for i in range(arguments.rounds + 1):
            for n_workers, cluster in ((1, one), (2, two)):
                seconds = seconds_of(cluster, noisy, arguments.model)
                if i:
                    taken[n_workers].append(seconds)
                told = "" if i else " (warming up)"
                print(f"{n_workers} worker(s): {seconds:.1f} s{told}", flush=True)
    ratios = [one / two for one, two in zip(taken[1], taken[2], strict=True)]
    print(f"load after: {os.getloadavg()[0]:.1f}")
    print(
        f"{arguments.files} files, median of {arguments.rounds} rounds: "
        f"{statistics.median(taken[1]):.1f} s with one, {statistics.median(taken[2]):.1f} s with "
        f"two; ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    )


if __name__ == "__main__":
    main()
