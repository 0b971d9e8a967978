"""Throughput of ``skse enhance`` on a folder of 1000 files, against a loop of noisereduce.

The files are the 990 of NOIZEUS and the first of them again. Every run is a process of its own,
from its start to its end; the systems take turns, so that what else the machine does meets all
of them::

    python benchmarks/enhance_throughput.py --noizeus /path/to/noizeus
    python benchmarks/enhance_throughput.py --noizeus /path/to/noizeus --model model.skse

Without ``--model`` a default U-Net is trained for one epoch (what it has learnt does not change
its speed). Needs noisereduce. Prints the median of wall time and of CPU time (all processes), and
the median of their ratio to noisereduce in the same round.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_NOISEREDUCE = """
import sys
from pathlib import Path
import noisereduce, soundfile
folder, out = map(Path, sys.argv[1:])
for path in sorted(folder.rglob("*.wav")):
    x, rate = soundfile.read(path, dtype="float32")
    enhanced = noisereduce.reduce_noise(y=x, sr=rate, stationary=True)
    target = out / path.relative_to(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(target, enhanced, rate, subtype="PCM_16")
"""
_SKSE = [sys.executable, "-c", "from skse.cli import main; main()", "enhance"]


def copy_files(noizeus, folder, n_files):
    """Copy NOIZEUS, and the first files of it again until there are enough."""
    found = sorted(Path(noizeus).rglob("*.wav"))
    if not found:
        raise SystemExit(f"{noizeus} holds no wav file; see skse.datasets.fetch_noizeus.")
    for i in range(n_files):
        turn, source = i // len(found), found[i % len(found)]
        target = folder / str(turn) / source.relative_to(noizeus)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def train_model(path):
    from skse import SpeechEnhancer, UNetRegressor, save
    from skse.datasets import load_harvard

    data = load_harvard(noises="white", snr_db=5)
    enhancer = SpeechEnhancer(
        regressor=UNetRegressor(epochs=1, random_state=0), sampling_rate=data.sampling_rate
    )
    save(enhancer.fit(data.noisy[:8], data.clean[:8]), path)


def measure(command, n_files):
    """Run a command that writes to a new folder; return wall and CPU seconds."""
    with tempfile.TemporaryDirectory() as out:
        begin, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*command, out], capture_output=True, text=True, check=False)
        wall, after = time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        written = sum(1 for _ in Path(out).rglob("*.wav"))
        if done.returncode or written != n_files:
            raise SystemExit(f"{written} of {n_files} files written\n{done.stderr}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noizeus", default=os.environ.get("SKSE_NOIZEUS"), help="its folder")
    parser.add_argument("--model", help="a .skse or .joblib file")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    if options.noizeus is None:
        parser.error("--noizeus or SKSE_NOIZEUS must name the folder of NOIZEUS")
    with tempfile.TemporaryDirectory() as scratch:
        folder, model = Path(scratch) / "in", options.model
        copy_files(options.noizeus, folder, options.files)
        if model is None:
            model = str(Path(scratch) / "model.skse")
            train_model(model)
        systems = {"noisereduce": [sys.executable, "-c", _NOISEREDUCE, str(folder)]}
        for name, chosen in (
            ("default", []),
            ("log-MMSE", ["--method", "log-mmse"]),
            ("model", ["--model", model]),
        ):
            for n_jobs in options.jobs:
                systems[f"skse enhance, {name}, --jobs {n_jobs}"] = [
                    *(*_SKSE, str(folder), *chosen, "--jobs", str(n_jobs), "--out")
                ]
        times = {name: [] for name in systems}
        for _ in range(options.repeats):
            for name, command in systems.items():
                times[name].append(measure(command, options.files))
    print(
        "| system | wall (s) | CPU (s) | files/s | wall, noisereduce = 1 | CPU, noisereduce = 1 |"
    )
    print("|---|---|---|---|---|---|")
    for name, runs in times.items():
        wall, cpu = (statistics.median(run[i] for run in runs) for i in (0, 1))
        ratios = [
            statistics.median(
                run[i] / other[i] for run, other in zip(runs, times["noisereduce"], strict=True)
            )
            for i in (0, 1)
        ]
        print(
            f"| {name} | {wall:.1f} | {cpu:.1f} | {options.files / wall:.0f} "
            f"| {ratios[0]:.2f} | {ratios[1]:.2f} |"
        )


if __name__ == "__main__":
    main()
