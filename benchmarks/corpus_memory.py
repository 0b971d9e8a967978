"""What a corpus that does not fit into memory costs: peak memory of fit, and rows a second.

The corpus is handles: stretches of 3 s, begun anywhere in a recording of half an hour and its
noisy twin, made of the corpus that comes with skse. Every run is a process of its own::

    python benchmarks/corpus_memory.py
    python benchmarks/corpus_memory.py --hours 1 10 --how rows
    python benchmarks/corpus_memory.py --speed

``--how mixtures`` trains as SpeechEnhancer does by default, on speech and noise mixed anew, of
which an epoch has ``--mixtures`` here; 5 % of the pairs are held out. ``--how rows`` trains a small
network on all pairs as they are, whose rows lie in temporary files (TMPDIR): some 0.25 GB an hour.

Prints the peak of the resident memory (Linux only: VmHWM) for a corpus of few and of many hours and
exits with 1 where the latter is above 1.3 times the former. ``--speed`` trains on the same pairs,
an hour of them, from handles and from arrays, in turns, and exits with 1 where the median ratio of
rows a processor second is below 0.9. (Wall time says the same on an idle machine only.)
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

RATE, SECONDS, FILE_SECONDS = 8000, 3, 1800
LIMITS = {"memory": 1.3, "speed": 0.9}


def write_corpus(folder):
    """Write half an hour of noisy and of clean speech."""
    import numpy as np
    import soundfile

    from skse.datasets import load_harvard

    data = load_harvard()
    for kind in ("noisy", "clean"):
        speech = np.concatenate(data[kind])
        soundfile.write(f"{folder}/{kind}.wav", np.resize(speech, FILE_SECONDS * RATE), RATE)


def make_handles(folder, hours):
    """Return noisy and clean handles of so many hours, no two of them the same stretch."""
    import numpy as np

    from skse.datasets import AudioFile

    n_times = SECONDS * RATE
    files = [AudioFile(f"{folder}/{kind}.wav") for kind in ("noisy", "clean")]
    n_pairs = round(3600 * hours / SECONDS)
    begins = np.random.default_rng(0).permutation(len(files[0]) - n_times)[:n_pairs].tolist()
    return [[file[begin : begin + n_times] for begin in begins] for file in files]


def make_enhancer(options, callbacks):
    from skse import Remix, SpeechEnhancer, UNetRegressor

    training = {"epochs": options.epochs, "random_state": 0, "callbacks": callbacks}
    if options.how == "mixtures":
        remix = Remix(n_mixtures=options.mixtures)
        training |= {"early_stopping": True, "validation_fraction": 0.05}
    else:
        remix = False
    if options.small:
        training |= {"filters": (4, 4), "dilations": (), "top_filters": 2, "batch_size": 64}
    return SpeechEnhancer(regressor=UNetRegressor(**training), remix=remix, sampling_rate=RATE)


def measure_here(options):
    """Fit once in this process and print the figures as JSON."""
    import numpy as np
    import tensorflow as tf
    from keras.callbacks import Callback

    class Clock(Callback):
        """Time of all steps but the first of every epoch, of which one is traced."""

        def __deepcopy__(self, memo):
            return self

        def on_train_begin(self, logs=None):
            self.n_steps, self.seconds = 0, np.zeros(2)

        def on_train_batch_end(self, batch, logs=None):
            now = np.array([time.perf_counter(), time.process_time()])
            if batch:
                self.n_steps += 1
                self.seconds += now - self.before
            self.before = now

    tf.zeros(1)
    noisy, clean = make_handles(options.folder, options.hours[0])
    if options.arrays:
        noisy, clean = ([np.asarray(x) for x in waveforms] for waveforms in (noisy, clean))
    clock = Clock()
    begin = time.perf_counter()
    enhancer = make_enhancer(options, [clock])
    enhancer.fit(noisy, clean)
    with open("/proc/self/status", encoding="ascii") as status:
        peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    wall, processor = enhancer.regressor.batch_size * clock.n_steps / clock.seconds
    figures = {
        "peak memory in MB": peak / 1024,
        "seconds of fit": time.perf_counter() - begin,
        "rows per second": wall,
        "rows per processor second": processor,
    }
    print(json.dumps(figures))


def measure(folder, options, hours, arrays=False):
    """Fit once in a new process."""
    command = [sys.executable, __file__, "--folder", folder, "--hours", str(hours)]
    command += ["--how", options.how, "--mixtures", str(options.mixtures)]
    command += ["--epochs", str(options.epochs)]
    command += [flag for flag, on in (("--arrays", arrays), ("--small", options.small)) if on]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if result.returncode:
        raise SystemExit(result.stderr)
    return json.loads(result.stdout.splitlines()[-1])


def compare_memory(folder, options):
    few, many = options.hours
    runs = {hours: measure(folder, options, hours) for hours in (few, many)}
    print(f"| | {few:g} h | {many:g} h | ratio |\n|---|---|---|---|")
    for figure in runs[few]:
        values = [run[figure] for run in runs.values()]
        cells = [f"{value:.0f}" for value in values]
        print(f"| {figure} | {' | '.join(cells)} | {values[1] / values[0]:.3f} |")
    peaks = [run["peak memory in MB"] for run in runs.values()]
    return peaks[1] / peaks[0] > LIMITS["memory"]


def compare_speed(folder, options):
    runs = []
    for repeat in range(options.repeats):
        order = (True, False) if repeat % 2 == 0 else (False, True)
        runs.append({x: measure(folder, options, options.hours[0], x) for x in order})
    print("| | arrays | handles | ratio |\n|---|---|---|---|")
    for figure in runs[0][True]:
        median = {x: statistics.median(run[x][figure] for run in runs) for x in (True, False)}
        ratio = statistics.median(run[False][figure] / run[True][figure] for run in runs)
        print(f"| {figure} | {median[True]:.1f} | {median[False]:.1f} | {ratio:.3f} |")
    return ratio < LIMITS["speed"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, nargs="+", default=[1, 100])
    parser.add_argument("--how", choices=("mixtures", "rows"), default="mixtures")
    parser.add_argument("--mixtures", type=int, default=2000, help="in an epoch")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="a small network")
    parser.add_argument("--speed", action="store_true", help="compare with arrays")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--arrays", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.folder:
        return measure_here(options)
    with tempfile.TemporaryDirectory() as folder:
        write_corpus(folder)
        return (compare_speed if options.speed else compare_memory)(folder, options)


if __name__ == "__main__":
    sys.exit(main())
