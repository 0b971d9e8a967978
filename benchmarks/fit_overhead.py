"""What fit costs over the same Keras model fitted directly.

Each variant runs in a process of its own, in turns: Keras and UNetRegressor on the same
prepared arrays, SpeechEnhancer on waveforms that give as many segments (it computes
features and targets itself):

    python benchmarks/fit_overhead.py --segments 2000 --epochs 5 --repeats 3

Prints seconds of fit (wall and processor time) and the peak memory of the process, and
the medians of the paired ratios. Exits with 1 where a fit takes more than 1.05 times the
processor time or 1.5 times the memory. (Wall time says the same on an idle machine only.)
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
LIMITS = {"seconds": float("inf"), "processor seconds": 1.05, "peak memory in MB": 1.5}


def make_arrays(n_segments):
    import numpy as np

    rng = np.random.default_rng(0)
    X = rng.standard_normal((n_segments, N_FREQUENCIES, N_FRAMES), dtype=np.float32)
    y = rng.random((n_segments, N_FREQUENCIES, N_FRAMES), dtype=np.float32)
    return X, y


def fit_keras(n_segments, epochs):
    import keras
    import numpy as np

    from skse.networks import build_unet

    X, y = make_arrays(n_segments)
    statistics = np.zeros((N_FREQUENCIES, 1), np.float32), np.ones((N_FREQUENCIES, 1), np.float32)

    def fit():
        keras.utils.set_random_seed(0)
        shape = (N_FREQUENCIES, None)
        model = build_unet(shape, shape, output_activation="sigmoid", input_statistics=statistics)
        model.compile("adam", "mse")
        model.fit(X, y, batch_size=16, epochs=epochs, verbose=0)

    return fit


def fit_regressor(n_segments, epochs):
    X, y = make_arrays(n_segments)
    return lambda: make_network(epochs, output_activation="sigmoid").fit(X, y)


def fit_enhancer(n_segments, epochs):
    import numpy as np

    from skse import SpeechEnhancer

    rng = np.random.default_rng(0)
    clean, noise = rng.standard_normal((2, n_segments, 128 * (N_FRAMES - 1)), dtype=np.float32)
    noise += clean
    enhancer = SpeechEnhancer(regressor=make_network(epochs), segment_frames=N_FRAMES, remix=False)
    return lambda: enhancer.fit(noise, clean)


def make_network(epochs, **parameters):
    from skse import UNetRegressor

    return UNetRegressor(batch_size=16, epochs=epochs, random_state=0, **parameters)


VARIANTS = {"keras": fit_keras, "UNetRegressor": fit_regressor, "SpeechEnhancer": fit_enhancer}
OWN = ("UNetRegressor", "SpeechEnhancer")


def measure_here(variant, n_segments, epochs):
    """Fit once in this process and print the figures as JSON."""
    import scikeras.wrappers  # noqa: F401  start-up is not part of fit
    import tensorflow as tf

    import skse.networks._scikeras  # noqa: F401

    fit = VARIANTS[variant](n_segments, epochs)
    tf.function(lambda x: x + 1)(tf.zeros(1))
    wall, processor = time.perf_counter(), time.process_time()
    fit()
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
    parser.add_argument("--epochs", type=int, default=5)
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
    print("| | " + " | ".join(VARIANTS) + " | " + " | ".join(f"{v} ratio" for v in OWN) + " |")
    print("|---" * (len(VARIANTS) + len(OWN) + 1) + "|")
    too_much = False
    for figure, limit in LIMITS.items():
        medians = [statistics.median(run[name][figure] for run in runs) for name in VARIANTS]
        ratios = [
            statistics.median(run[v][figure] / run["keras"][figure] for run in runs) for v in OWN
        ]
        cells = [f"{m:.1f}" for m in medians] + [f"{r:.3f}" for r in ratios]
        print(f"| {figure} | " + " | ".join(cells) + " |")
        too_much |= max(ratios) > limit
    return too_much


if __name__ == "__main__":
    sys.exit(main())
