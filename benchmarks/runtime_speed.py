"""What a model file saves: start-up, throughput and size, against joblib and TensorFlow.

Fits the default U-Net for one epoch on the corpus inside skse, saves it both ways, and measures

- whole processes that load the model, enhance a recording of 3 s and write the result, the two
  kinds in turn, so that a busy machine slows both;
- ``predict`` of a minute of speech and of one utterance in one process, in turn;
- the sizes of the files and the largest difference between the predictions.

    python benchmarks/runtime_speed.py --repeats 11

Fails where the model file is slower, 2 MB or larger, or deviates by more than 1e-5.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

SAMPLING_RATE = 8000
LARGEST = 2 * 2**20
TOLERANCE = 1e-5
PROGRAM = """
import sys
model, source, goal = sys.argv[1:]
if model.endswith(".skse"):
    import skse
    enhancer = skse.load(model)
else:
    import joblib
    enhancer = joblib.load(model)
import soundfile
noisy, rate = soundfile.read(source, dtype="float32")
soundfile.write(goal, enhancer.predict([noisy], sampling_rate=rate)[0], rate)
"""


def measure_process(model, folder):
    """Return wall and CPU seconds of a process that enhances one file."""
    command = [sys.executable, "-c", PROGRAM, model, folder / "noisy.wav", folder / "enhanced.wav"]
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    before, start = os.times(), time.perf_counter()
    subprocess.run(list(map(str, command)), check=True, env=env, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system
    return wall, cpu - before.children_user - before.children_system


def measure_predict(enhancer, waveforms):
    """Return wall and CPU seconds of one prediction."""
    start = time.perf_counter(), time.process_time()
    enhancer.predict(waveforms)
    return time.perf_counter() - start[0], time.process_time() - start[1]


def print_row(title, old, new):
    """Print the medians of two paired samples of (wall, CPU); return the ratio of wall times."""
    ratios = [[a[i] / b[i] for a, b in zip(old, new, strict=True)] for i in (0, 1)]
    wall, cpu = map(statistics.median, ratios)
    medians = [statistics.median(row[0] for row in rows) for rows in (old, new)]
    print(f"| {title} | {medians[0]:.3f} s | {medians[1]:.3f} s | {wall:.2f} | {cpu:.2f} |")
    return wall


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    repeats = parser.parse_args().repeats

    import joblib
    import numpy as np
    import soundfile

    import skse
    from skse.datasets import load_harvard

    data = load_harvard()
    enhancer = skse.SpeechEnhancer(
        regressor=skse.UNetRegressor(epochs=1, random_state=0), sampling_rate=SAMPLING_RATE
    ).fit(data.noisy[:8], data.clean[:8])
    speech = np.concatenate(data.noisy)
    minute, short = speech[: 60 * SAMPLING_RATE], speech[: 3 * SAMPLING_RATE]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / "model.joblib", folder / "model.skse"]
        joblib.dump(enhancer, files[0])
        skse.save(enhancer, files[1])
        sizes = [file.stat().st_size for file in files]
        soundfile.write(folder / "noisy.wav", short, SAMPLING_RATE)
        loaded = skse.load(files[1])
        deviation = np.abs(loaded.predict([minute])[0] - enhancer.predict([minute])[0]).max()
        for file in files:
            measure_process(file, folder)  # fills the disk cache
        pairs = [[measure_process(file, folder) for file in files] for _ in range(repeats)]

    packages = ", ".join(f"{p} {version(p)}" for p in ["tensorflow", "keras", "onnxruntime"])
    print(f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores, n={repeats}\n")
    print("| | joblib, TensorFlow | model file, onnxruntime | wall ratio | CPU ratio |")
    print("|---|---|---|---|---|")
    faster = [print_row("load and enhance one file", *zip(*pairs, strict=True))]
    for title, waveform in (("predict 60 s", minute), ("predict 3 s", short)):
        pairs = [
            [measure_predict(kind, [waveform]) for kind in (enhancer, loaded)]
            for _ in range(repeats + 1)
        ][1:]
        faster.append(print_row(title, *zip(*pairs, strict=True)))
    print(f"| size | {sizes[0] / 1e6:.2f} MB | {sizes[1] / 1e6:.2f} MB | | |")
    print(f"\nlargest difference between the predictions: {deviation:.1e}")
    return min(faster) < 1 or sizes[1] >= LARGEST or deviation > TOLERANCE


if __name__ == "__main__":
    sys.exit(main())
