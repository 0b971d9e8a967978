"""Peak memory and time of ``skse enhance`` on a recording of hours, against one of a minute.

The recordings are the sentences of the Harvard corpus, or of NOIZEUS, one after the other,
over and over. Every run is a process of its own::

    python benchmarks/long_file.py
    python benchmarks/long_file.py --method log-mmse
    python benchmarks/long_file.py --model model.skse --noizeus /path/to/noizeus

Prints the peak of the resident memory (Linux only: VmHWM), the wall time and the seconds of
compute per second of audio.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

# Runs the command, then says how much memory this process ever held.
_RUN = """
import sys
from skse.cli import main
try:
    main(sys.argv[1:])
except SystemExit as error:
    if error.code:
        raise
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""


def write_recording(path, speech, sampling_rate, seconds):
    with soundfile.SoundFile(path, "w", sampling_rate, 1, "PCM_16") as audio:
        n_left = round(seconds * sampling_rate)
        while n_left > 0:
            audio.write(speech[:n_left])
            n_left -= len(speech)


def measure(path, out, options):
    """Return peak memory in MB and wall time in s."""
    begin = time.perf_counter()
    command = [sys.executable, "-c", _RUN, "enhance", str(path), "--out", str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return int(done.stdout.split()[-1]) / 1024, time.perf_counter() - begin


def load_speech(noizeus):
    from skse.datasets import fetch_noizeus, load_harvard

    if noizeus is None:
        data = load_harvard(noises="street", snr_db=5)
    else:
        data = fetch_noizeus(data_home=noizeus, noises="street", snr_db=5)
    return np.concatenate(data.noisy), data.sampling_rate


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=3)
    parser.add_argument("--model", help="name or file of a model; without it the default of skse")
    parser.add_argument("--method", help="a classical enhancer in place of a model")
    parser.add_argument("--noizeus", help="folder of NOIZEUS; without it the Harvard corpus")
    options = parser.parse_args()
    speech, sampling_rate = load_speech(options.noizeus)
    chosen = {"--model": options.model, "--method": options.method}
    arguments = [text for option in chosen.items() if option[1] for text in option]
    print("| recording | peak memory (MB) | wall (s) | s per s of audio |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, seconds in (("1 min", 60), (f"{options.hours:g} h", 3600 * options.hours)):
            path = Path(folder) / f"{name.replace(' ', '')}.wav"
            write_recording(path, speech, sampling_rate, seconds)
            memory, wall = measure(path, Path(folder) / "out", arguments)
            assert soundfile.info(Path(folder) / "out" / path.name).duration == seconds
            print(f"| {name} | {memory:.0f} | {wall:.1f} | {wall / seconds:.5f} |", flush=True)


if __name__ == "__main__":
    main()
