"""Speed and latency of ``StreamingEnhancer`` for blocks of several sizes, on one core.

Every enhancer runs in a process of its own that is bound to one core::

    python benchmarks/streaming_speed.py

Prints, for every enhancer and size of block, the latency, the real-time factor (CPU time of
a stream over its duration: below 1 it keeps up), the slowest call relative to the duration
of its block, and the largest difference from ``predict`` of the whole recording. The
networks are trained for one epoch: their speed does not depend on what they learnt.
"""

import argparse
import os
import platform
import subprocess
import sys
import time

SAMPLING_RATE = 8000
ENHANCERS = ["U-Net", "causal U-Net", "Ridge", "LogMMSE"]


def make_enhancer(name):
    from sklearn.linear_model import Ridge

    from skse import LogMMSE, SpeechEnhancer, UNetRegressor

    if name == "LogMMSE":
        return LogMMSE(sampling_rate=SAMPLING_RATE)
    regressor = (
        Ridge()
        if name == "Ridge"
        else UNetRegressor(causal=name == "causal U-Net", epochs=1, random_state=0)
    )
    return SpeechEnhancer(regressor=regressor, sampling_rate=SAMPLING_RATE, normalize_level=False)


def measure(name, sizes, seconds):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import numpy as np

    from skse import StreamingEnhancer
    from skse.datasets import load_harvard

    data = load_harvard()
    enhancer = make_enhancer(name).fit(data.noisy[:8], data.clean[:8])
    n_times = int(seconds * SAMPLING_RATE)
    x = np.concatenate([np.concatenate(data.noisy)] * 9)[:n_times]
    expected = enhancer.predict([x])[0]
    stream = StreamingEnhancer(enhancer)
    for size in sizes:
        size = min(size, n_times)
        stream.process(x[: 20 * size])  # warm up
        stream.reset()
        out, slowest, start = [], 0, time.process_time()
        for begin in range(0, n_times, size):
            begun = time.process_time()
            out.append(stream.process(x[begin : begin + size]))
            slowest = max(slowest, time.process_time() - begun)
        cpu = time.process_time() - start
        streamed = np.concatenate([*out, stream.flush()])[stream.latency_samples_ :]
        print(
            f"| {name} | {1000 * size / SAMPLING_RATE:g} | {stream.latency_ms_:.0f} "
            f"| {cpu / seconds:.4f} | {slowest * SAMPLING_RATE / size:.3f} "
            f"| {np.abs(streamed - expected).max():.0e} |"
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 1024, 8000])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--measure", metavar="ENHANCER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.sizes, options.seconds)
        return
    import skse

    print(f"skse {skse.__version__}, Python {platform.python_version()}, {platform.machine()}\n")
    print("| enhancer | block in ms | latency in ms | real-time factor | slowest | difference |")
    print("|---|---|---|---|---|---|", flush=True)
    for name in ENHANCERS:
        command = [sys.executable, __file__, *sys.argv[1:], "--measure", name]
        env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
        print(done.stdout, end="", flush=True)


if __name__ == "__main__":
    main()
