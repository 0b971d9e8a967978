"""Speed and latency of ``StreamingEnhancer`` for blocks of several sizes, on one core.

Every enhancer runs in a process of its own that is bound to one core::

    python benchmarks/streaming_speed.py

Prints, for every enhancer and size of block, the latency, the real-time factor (CPU time of
a stream over its duration: below 1 it keeps up), the slowest call relative to the duration
of its block, the largest difference from ``predict`` of the whole recording, and by how much
memory grew in the second half of the stream. The networks are trained for one epoch: their speed
does not depend on what they learnt. Medians of ``--rounds``; the slowest call is that of all.
``--before DIR`` measures the build in another checkout as well, in turns, and prints the ratio of
the two. ``--peers DTLN RNNoise`` adds what others take for the same audio, in blocks of their own
and without bringing it to their rate (``peers.py`` installs and runs them on one thread).
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

SAMPLING_RATE = 8000
ENHANCERS = ["U-Net", "causal U-Net", "speech-8k", "Ridge", "LogMMSE"]
RESULT = "result:"
HEADING = (
    "| enhancer | block in ms | latency in ms | real-time factor | slowest | error | MB more |"
)
ROW = (
    "| {name} | {ms:g} | {latency:.0f} | {factor:.4f} | {slowest:.3f} | {error:.0e} | {grown:.1f} |"
)


def make_enhancer(name):
    from sklearn.linear_model import Ridge

    from skse import LogMMSE, SpeechEnhancer, UNetRegressor

    if name == "LogMMSE":
        return LogMMSE(sampling_rate=SAMPLING_RATE)
    if name == "speech-8k":
        from skse.models import load_model

        return load_model(name)
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
    enhancer, ships = make_enhancer(name), name == "speech-8k"
    if not ships:
        enhancer.fit(data.noisy[:8], data.clean[:8])
    n_times = int(seconds * SAMPLING_RATE)
    x = np.resize(np.concatenate(data.noisy), n_times)
    expected = enhancer.predict([x])[0]
    stream = StreamingEnhancer(enhancer, level=float(np.sqrt(np.mean(x**2))) if ships else None)
    for size in sizes:
        size = min(size, n_times)
        stream.process(x[: 20 * size])  # warm up
        stream.reset()
        out = np.zeros(n_times + stream.latency_samples_, np.float32)
        slowest, half, start = 0, 0, time.process_time()
        for begin in range(0, n_times, size):
            begun = time.process_time()
            block = stream.process(x[begin : begin + size])
            slowest = max(slowest, time.process_time() - begun)
            out[begin : begin + len(block)] = block
            if begin < n_times // 2 <= begin + size:
                half = resident_mb()
        cpu, grown = time.process_time() - start, resident_mb() - half
        out[n_times:] = stream.flush()
        result = {
            "name": name,
            "ms": 1000 * size / SAMPLING_RATE,
            "latency": stream.latency_ms_,
            "factor": cpu / seconds,
            "slowest": slowest * SAMPLING_RATE / size,
            "error": float(np.abs(out[stream.latency_samples_ :] - expected).max()),
            "grown": grown,
        }
        print(RESULT, json.dumps(result))


def resident_mb():
    """Memory of this process now, in MB, where Linux tells."""
    status = Path("/proc/self/statm")
    pages = int(status.read_text().split()[1]) if status.exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def run(name, checkout):
    """Measure in a process of its own; return the results for all sizes."""
    command = [sys.executable, __file__, *sys.argv[1:], "--measure", name]
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(checkout)}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    if done.returncode:
        raise SystemExit(done.stderr)
    lines = [line for line in done.stdout.splitlines() if line.startswith(RESULT)]
    return [json.loads(line.removeprefix(RESULT)) for line in lines]


def rounds_of(name, options):
    """Measure both builds in turns; return lists of the results for all sizes, one a round."""
    here = Path(__file__).resolve().parents[1]
    ours, before = [], []
    for _ in range(options.rounds):
        ours.append(run(name, here))
        if options.before:
            before.append(run(name, options.before.resolve()))
    return ours, before


def show(results, others):
    """Print the row of one enhancer and size: medians of all rounds, the slowest call of any."""
    median = {
        key: statistics.median(r[key] for r in results) for key in ("factor", "error", "grown")
    }
    slowest = max(result["slowest"] for result in results)
    row = ROW.format(**results[0] | median | {"slowest": slowest})
    if others:
        pairs = zip(results, others, strict=True)
        ratios = sorted(one["factor"] / other["factor"] for one, other in pairs)
        row += f" {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}) |"
    print(row, flush=True)


def show_peers(names, home, seconds):
    """Print the real-time factors of peers, in blocks of their own, on the same audio."""
    import numpy as np
    from peers import enhance

    from skse.datasets import load_harvard

    x = np.resize(np.concatenate(load_harvard().noisy), int(seconds * SAMPLING_RATE))
    for name in names:
        _, spent = enhance(name, [x], SAMPLING_RATE, home)
        print(f"| {name} | its own | | {spent / seconds:.4f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128, 1024, 8000])
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--before", metavar="DIR", type=Path, help="checkout to compare with")
    parser.add_argument("--enhancers", nargs="+", choices=ENHANCERS, default=ENHANCERS)
    parser.add_argument("--peers", nargs="*", default=[], help="of peers.py, such as DTLN")
    parser.add_argument("--peers-home", help="where peers are installed; default: as in peers.py")
    parser.add_argument("--measure", metavar="ENHANCER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.sizes, options.seconds)
        return
    from peers import HOME, PEERS, install

    import skse

    home = options.peers_home or HOME
    if options.rounds < 1 or set(options.peers) - set(PEERS):
        parser.error(f"--rounds must be at least 1, --peers of {', '.join(PEERS)}.")
    for name in options.peers:
        install(PEERS[name], home)  # before anything is measured

    print(f"skse {skse.__version__}, Python {platform.python_version()}, {platform.machine()}\n")
    print(HEADING + (" of the build before |" if options.before else ""))
    print("|---" * (7 + bool(options.before)) + "|", flush=True)
    for name in options.enhancers:
        ours, before = rounds_of(name, options)
        for i in range(len(options.sizes)):
            show([results[i] for results in ours], [results[i] for results in before])
    if options.peers:
        show_peers(options.peers, home, options.seconds)


if __name__ == "__main__":
    main()
