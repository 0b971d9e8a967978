"""Memory of a stream over hours of audio, of the model that ships for 8 kHz.

::

    python benchmarks/stream_memory.py --hours 24

Speech in noise of the corpus inside, over and over at levels that change, goes through
``StreamingEnhancer`` in blocks. Prints the memory of the process every so often, the real-time
factor, and by how much the last round of the audio differs from the first, second halves compared:
both are at one level, so that any difference is what hours of stream have left behind.
"""

import argparse
import os
import platform
import time
from pathlib import Path

import numpy as np

import skse
from skse import StreamingEnhancer
from skse.datasets import load_harvard
from skse.models import load_model

SAMPLING_RATE = 8000
LEVEL_DB = (-20, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--block-ms", type=float, default=128)
    parser.add_argument("--rows", type=int, default=24, help="lines to print")
    options = parser.parse_args()
    size = round(options.block_ms * SAMPLING_RATE / 1000)
    data = load_harvard()
    audio = np.concatenate(data.noisy).astype(np.float32)
    audio = audio[: len(audio) // size * size]
    level = float(np.sqrt(np.mean(audio**2)))
    stream = StreamingEnhancer(load_model("speech-8k"), level=level)
    n_blocks = round(options.hours * 3600 * SAMPLING_RATE / size)
    per_round, gains = len(audio) // size, np.random.default_rng(0)
    gain, firsts, lasts = np.float32(1), [], []
    n_rounds = max(2, n_blocks // per_round)
    n_blocks = n_rounds * per_round
    print(f"skse {skse.__version__}, Python {platform.python_version()}, {platform.machine()}")
    print("| hours | MB | real-time factor |\n|---|---|---|", flush=True)
    start, at_start = time.process_time(), None
    for block in range(n_blocks):
        number, place = divmod(block, per_round)
        if place == 0:  # the first and the last round sound alike
            loud = number in (0, n_rounds - 1)
            gain = np.float32(1 if loud else 10 ** (gains.uniform(*LEVEL_DB) / 20))
        out = stream.process(gain * audio[place * size : (place + 1) * size])
        if not np.isfinite(out).all():
            raise SystemExit(f"block {block} of the stream is not finite")
        if place >= per_round // 2 and number in (0, n_rounds - 1):
            (lasts if number else firsts).append(out)
        if (block + 1) % max(1, n_blocks // options.rows) == 0:
            hours = (block + 1) * size / SAMPLING_RATE / 3600
            factor = (time.process_time() - start) / (hours * 3600)
            memory = resident_mb()
            at_start = memory if at_start is None else at_start
            print(f"| {hours:.2f} | {memory:.1f} | {factor:.4f} |", flush=True)
    print(f"memory at the end over that after the first row: {memory / at_start:.3f}")
    difference = np.abs(np.concatenate(firsts) - np.concatenate(lasts)).max()
    print(f"the last round of the audio differs from the first by {difference:.1e} at most")


def resident_mb():
    """Memory of this process now, in MB, where Linux tells."""
    status = Path("/proc/self/statm")
    pages = int(status.read_text().split()[1]) if status.exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
