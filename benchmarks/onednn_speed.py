"""What TensorFlow's oneDNN kernels do for training: the default U-Net with and without them.

TensorFlow chooses them by itself on some processors only; skse asks for them on all x86 ones.
Each training runs in a process of its own, in turns:

    python benchmarks/onednn_speed.py --recordings 64 --epochs 4 --repeats 3

Prints seconds per epoch with one thread and with all cores, and the median of the paired ratios.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

N_BINS, N_FRAMES = 129, 160
THREAD_VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
KERNELS = {"without oneDNN": "0", "with oneDNN": "1"}


def measure_here(n_recordings, epochs):
    """Train once in this process; print the seconds of an epoch, the first ones left out."""
    import keras
    import numpy as np

    from skse import UNetRegressor

    ends = []

    class Clock(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            ends.append(time.perf_counter())

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_recordings, N_BINS, N_FRAMES), dtype=np.float32)
    y = rng.random((n_recordings, N_BINS, N_FRAMES), dtype=np.float32)
    UNetRegressor(epochs=epochs + 1, callbacks=[Clock()], random_state=0).fit(X, y)
    print((ends[-1] - ends[0]) / epochs)


def measure(kernels, n_threads, n_recordings, epochs):
    """Train once in a new process."""
    command = [sys.executable, __file__, "--measure"]
    command += ["--recordings", str(n_recordings), "--epochs", str(epochs)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": kernels}
    environment |= dict.fromkeys(THREAD_VARIABLES, str(n_threads))
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    return float(result.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return measure_here(options.recordings, options.epochs)

    print("| threads | " + " | ".join(f"{name}, s per epoch" for name in KERNELS) + " | ratio |")
    print("|---" * (len(KERNELS) + 2) + "|")
    for n_threads in sorted({1, os.cpu_count()}):
        runs = []
        for repeat in range(options.repeats):
            order = list(KERNELS)[:: 1 if repeat % 2 == 0 else -1]
            runs.append(
                {
                    name: measure(KERNELS[name], n_threads, options.recordings, options.epochs)
                    for name in order
                }
            )
        medians = [statistics.median(run[name] for run in runs) for name in KERNELS]
        without, with_onednn = KERNELS
        ratio = statistics.median(run[with_onednn] / run[without] for run in runs)
        cells = [f"{m:.2f}" for m in medians] + [f"{ratio:.2f}"]
        print(f"| {n_threads} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
