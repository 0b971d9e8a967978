"""Processor time until a network enhances speakers and noises never heard by so many decibels.

::

    python benchmarks/time_to_quality.py --data-home DIR --before CHECKOUT

Trains the default U-Net (ideal ratio mask, frames of 32 ms every 8 ms) on the training part of the
protocol ``unseen`` without two of its noises and one of its speakers, and scores it on these after
every few epochs; one process after the other for this build and the one in another checkout, one
core each. Prints the SNR gain over processor seconds, and when its mean first reached ``--goal``.
``--epochs N`` trains for that long at most, along the schedule of the learning rate for it.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

HELD_OUT = ("sp06", "sp07", "sp08", "sp09", "sp10"), ("car", "restaurant")
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
RESULT = "result:"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    parser.add_argument("--before", type=Path, metavar="DIR", help="checkout to compare with")
    parser.add_argument("--goal", type=float, default=4.5, help="mean SNR gain in dB")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--epochs-before", type=int, help="of the build before; default: as many")
    parser.add_argument("--every", type=int, default=1, help="epochs between two scores")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        return measure(options, options.measure)
    here = Path(__file__).resolve().parents[1]
    builds = {"this build": (here, options.epochs)}
    if options.before:
        epochs = options.epochs_before or options.epochs
        builds["the build before"] = options.before.resolve(), epochs
    reached = {name: [] for name in builds}
    print("| build | seed | processor s | SNR gain | to the goal |\n|---|---|---|---|---|")
    for seed in range(options.seeds):
        for name, (checkout, epochs) in builds.items():
            curve = run(checkout, seed, epochs)
            first = next((s for s, gain in curve if gain >= options.goal), float("nan"))
            reached[name].append(first)
            points = ", ".join(f"{s:.0f}: {gain:.2f}" for s, gain in curve)
            print(f"| {name} | {seed} | {points} | {curve[-1][1]:.2f} | {first:.0f} |", flush=True)
    if len(builds) == 2:
        ours, before = reached.values()
        ratios = [a / b for a, b in zip(ours, before, strict=True)]
        print("time to the goal over that before:", *(f"{ratio:.2f}" for ratio in ratios))


def run(checkout, seed, epochs):
    """Train in a process of its own; return pairs of processor seconds and SNR gain."""
    command = [sys.executable, __file__, *sys.argv[1:], "--measure", str(seed)]
    command += ["--epochs", str(epochs)]
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        command, capture_output=True, text=True, env=env | dict.fromkeys(THREADS, "1")
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    line = next(line for line in done.stdout.splitlines() if line.startswith(RESULT))
    return json.loads(line.removeprefix(RESULT))


def measure(options, seed):
    """Train and score once; print the pairs."""
    import numpy as np

    from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer, UNetRegressor
    from skse.datasets import fetch_noizeus, split_noizeus, take
    from skse.metrics import snr_gain_score

    data, _ = split_noizeus(fetch_noizeus(data_home=options.data_home), "unseen")
    speakers, noises = (
        np.isin(data[key], held_out)
        for key, held_out in zip(("sentence", "noise"), HELD_OUT, strict=True)
    )
    train = take(data, np.flatnonzero(~speakers & ~noises))
    test = take(data, np.flatnonzero(speakers & noises))
    network = UNetRegressor(epochs=options.epochs, random_state=seed)
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=256, hop_length=64),
        IdealMaskTarget("irm"),
        network,
        sampling_rate=8000,
    )
    clock = make_clock(options.every)
    enhancer.set_params(regressor__callbacks=[clock])
    begin = time.process_time()
    enhancer.fit(train.noisy, train.clean)
    trained, curve = enhancer.regressor_.regressor_.model_, []
    final = trained.get_weights()
    for end, weights in clock.kept:
        trained.set_weights(weights or final)
        gains = snr_gain_score(test.clean, enhancer.predict(test.noisy), test.noisy)
        curve.append((end - begin, float(np.mean(gains))))
    print(RESULT + json.dumps(curve))


def make_clock(every):
    """Return a callback that keeps, every few epochs, processor time and weights."""
    from skse.networks._tensorflow import load_tensorflow

    load_tensorflow()  # as skse does, with oneDNN's kernels
    import keras

    class Clock(keras.callbacks.Callback):
        kept = []  # noqa: RUF012  for all copies

        def on_epoch_end(self, epoch, logs=None):
            if (epoch + 1) % every == 0:
                last = epoch + 1 == self.params["epochs"]
                weights = None if last else self.model.get_weights()
                self.kept.append((time.process_time(), weights))

    return Clock()


if __name__ == "__main__":
    main()
