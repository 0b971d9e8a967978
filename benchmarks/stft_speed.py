"""STFTFeaturizer.stft over all NOIZEUS files against a loop of librosa.stft.

    python benchmarks/stft_speed.py --data-home shared/noizeus

The featurizer uses a thread per core; bind the process to one core for the ratio on a
single thread (``taskset -c 0`` on Linux). The two alternate in one process, so that a busy
machine slows both. Prints one line of a table: threads, median times, their ratio, the
largest difference, the largest error of ``istft(stft(x))``. Without ``--data-home`` the
folder is $SKSE_NOIZEUS, else ``../shared/noizeus`` beside the repository.
"""

import argparse
import os
import time
from pathlib import Path
from statistics import median

import librosa
import numpy as np
import soundfile
from joblib import cpu_count

from skse import STFTFeaturizer

DEFAULT_HOME = Path(__file__).resolve().parents[2] / "shared" / "noizeus"


def read_waveforms(home):
    paths = sorted(Path(home).rglob("*.wav"))
    if not paths:
        raise SystemExit(f"No wav file below {home}; pass the corpus with --data-home.")
    return [soundfile.read(path, dtype="float32")[0] for path in paths]


def seconds(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", default=os.environ.get("SKSE_NOIZEUS", DEFAULT_HOME))
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--n-fft", type=int, default=256)
    parser.add_argument("--hop-length", type=int, default=128)
    args = parser.parse_args()

    X = read_waveforms(args.data_home)
    n_fft, hop_length = args.n_fft, args.hop_length
    featurizer = STFTFeaturizer(n_fft=n_fft, hop_length=hop_length)

    def with_librosa():
        return [librosa.stft(x, n_fft=n_fft, hop_length=hop_length) for x in X]

    def with_skse():
        return featurizer.stft(X)

    expected, S = with_librosa(), with_skse()  # also compiles and warms up
    difference = max(np.abs(a - b).max() for a, b in zip(expected, S, strict=True))
    back = featurizer.istft(S, [len(x) for x in X])
    error = max(np.abs(a - b).max() for a, b in zip(X, back, strict=True))
    del expected, S, back

    times = [(seconds(with_librosa), seconds(with_skse)) for _ in range(args.repeats)]
    theirs, ours = (median(column) for column in zip(*times, strict=True))
    print("| files | threads | librosa, s | skse, s | ratio | largest difference | inverse error |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {len(X)} | {cpu_count()} | {theirs:.3f} | {ours:.3f} | {theirs / ours:.2f} "
        f"| {difference:.1e} | {error:.1e} |"
    )


if __name__ == "__main__":
    main()
