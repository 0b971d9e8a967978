"""What ``remix=True`` adds to a training step of the default U-Net.

    python benchmarks/remix_cost.py --epochs 10 --repeats 3

A default SpeechEnhancer is fitted on the synthetic corpus inside the package, in turns
with and without remix, on as many rows in an epoch. Prints the processor time of a step,
that of the thread that makes the rows (mixtures, STFTs, features and targets), and the
peak memory; the first fit of each process, which starts TensorFlow, is not counted. Exits
with 1 where making a batch takes more than 10 % of the processor time of a training step.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

LIMIT = 0.1


def measure_here(remix, epochs):
    """Fit in this process and print the figures as JSON."""
    from skse import Remix, SpeechEnhancer, UNetRegressor
    from skse.datasets import load_harvard
    from skse.enhancement import _training

    making = {"seconds": 0.0, "batches": 0}
    make_rows = _training._rows_of_mixtures
    mix = _training.Mixer.mix

    def timed(function, counted):
        def call(*arguments):
            start = time.thread_time()
            result = function(*arguments)
            making["seconds"] += time.thread_time() - start
            making["batches"] += counted
            return result

        return call

    _training._rows_of_mixtures = timed(make_rows, 1)
    _training.Mixer.mix = timed(mix, 0)
    data = load_harvard(noises=["white", "street"], snr_db=[0, 10])

    def fit(epochs):
        network = UNetRegressor(epochs=epochs, random_state=0)
        chosen = Remix() if remix else False
        enhancer = SpeechEnhancer(regressor=network, remix=chosen, sampling_rate=8000)
        start = time.perf_counter(), time.process_time()
        enhancer.fit(data.noisy, data.clean)
        return time.perf_counter() - start[0], time.process_time() - start[1]

    def n_steps():
        frames = [1 + -(-len(x) // 128) for x in data.noisy]
        return -(-sum(-(-n // 64) for n in frames) // 16)

    fit(1)
    short = fit(1)
    making.update(seconds=0.0, batches=0)
    long = fit(1 + epochs)
    steps = epochs * n_steps()
    figures = {
        "wall ms a step": 1e3 * (long[0] - short[0]) / steps,
        "processor ms a step": 1e3 * (long[1] - short[1]) / steps,
        "processor ms a batch made": 1e3 * making["seconds"] / max(1, making["batches"]),
        "peak memory in MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def measure(remix, epochs):
    """Fit in a new process."""
    command = [sys.executable, __file__, "--measure", str(int(remix)), "--epochs", str(epochs)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        return measure_here(bool(options.measure), options.epochs)

    runs = []
    for repeat in range(options.repeats):
        order = (False, True) if repeat % 2 == 0 else (True, False)
        runs.append({remix: measure(remix, options.epochs) for remix in order})
    print(f"{options.epochs} epochs, median of {options.repeats} paired runs\n")
    print("| | remix=False | remix=True |\n|---|---|---|")
    for figure in runs[0][True]:
        cells = [f"{statistics.median(run[r][figure] for run in runs):.1f}" for r in (False, True)]
        print(f"| {figure} | " + " | ".join(cells) + " |")
    share = statistics.median(
        run[True]["processor ms a batch made"] / run[False]["processor ms a step"] for run in runs
    )
    print(f"\nMaking a batch takes {share:.1%} of the processor time of a training step.")
    return share > LIMIT


if __name__ == "__main__":
    sys.exit(main())
