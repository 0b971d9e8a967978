"""What a regressor's fit costs over the same Keras model fitted directly.

Each variant runs in a process of its own, in turns, on the same prepared arrays:

    python benchmarks/fit_overhead.py --segments 2000 --epochs 2 --repeats 3

Prints seconds of fit (wall and processor time) and the peak memory of the
process, and the median of the paired ratios. Exits with 1 where fit takes more
than 1.05 times the processor time or 1.5 times the memory. (Wall time says the
same on an idle machine only.)
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

N_FREQUENCIES, N_FRAMES = 129, 64
MAX_TIME_RATIO, MAX_MEMORY_RATIO = 1.05, 1.5


def make_arrays(n_segments):
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_segments, N_FREQUENCIES, N_FRAMES), dtype=np.float32)
    y = rng.random((n_segments, N_FREQUENCIES, N_FRAMES), dtype=np.float32)
    return X, y


def fit_keras(X, y, epochs):
    import keras
    import numpy as np

    from skse.networks import build_unet

    keras.utils.set_random_seed(0)
    shape = (N_FREQUENCIES, None)
    mean, deviation = np.zeros((2, N_FREQUENCIES, 1), np.float32)
    model = build_unet(
        shape,
        shape,
        input_statistics=(mean, deviation + 1),
        output_statistics=(mean, deviation + 1),
    )
    model.compile("adam", "mse")
    model.fit(X, y, batch_size=16, epochs=epochs, verbose=0)


def fit_regressor(X, y, epochs):
    from skse import UNetRegressor

    UNetRegressor(batch_size=16, epochs=epochs, random_state=0).fit(X, y)


VARIANTS = {"keras": fit_keras, "UNetRegressor": fit_regressor}


def measure_here(variant, n_segments, epochs):
    """Fit once in this process and print the figures as JSON."""
    import scikeras.wrappers  # noqa: F401  start-up is not part of fit
    import tensorflow as tf

    import skse.networks._scikeras  # noqa: F401

    X, y = make_arrays(n_segments)
    tf.function(lambda x: x + 1)(tf.zeros(1))
    wall, processor = time.perf_counter(), time.process_time()
    VARIANTS[variant](X, y, epochs)
    figures = {
        "seconds": time.perf_counter() - wall,
        "processor seconds": time.process_time() - processor,
        "peak memory in MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


def measure(variant, n_segments, epochs):
    """Fit once in a new process."""
    command = [sys.executable, __file__, "--measure", variant]
    command += ["--segments", str(n_segments), "--epochs", str(epochs)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    return json.loads(result.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=2000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", choices=VARIANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        return measure_here(options.measure, options.segments, options.epochs)

    runs = []
    for repeat in range(options.repeats):
        order = list(VARIANTS) if repeat % 2 == 0 else list(VARIANTS)[::-1]
        runs.append({name: measure(name, options.segments, options.epochs) for name in order})
    print(
        f"{options.segments} segments of ({N_FREQUENCIES}, {N_FRAMES}), {options.epochs} epochs, "
        f"median of {options.repeats} paired runs\n"
    )
    print(f"{'':20}{'keras':>12}{'UNetRegressor':>16}{'ratio':>9}")
    ratios = {}
    for figure in runs[0]["keras"]:
        medians = [statistics.median(run[name][figure] for run in runs) for name in VARIANTS]
        ratios[figure] = statistics.median(
            run["UNetRegressor"][figure] / run["keras"][figure] for run in runs
        )
        print(f"{figure:20}{medians[0]:12.1f}{medians[1]:16.1f}{ratios[figure]:9.3f}")
    return (
        ratios["processor seconds"] > MAX_TIME_RATIO
        or ratios["peak memory in MB"] > MAX_MEMORY_RATIO
    )


if __name__ == "__main__":
    sys.exit(main())
