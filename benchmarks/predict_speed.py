"""Speed and memory of ``SpeechEnhancer.predict`` with the default U-Net, on one core.

Every length is measured in a process of its own that is bound to one core::

    python benchmarks/predict_speed.py

Prints how many times faster than real time a recording is enhanced, and the peak memory
without the arrays that go in and come out.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLING_RATE = 8000


def measure(model, minutes):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    import joblib
    import numpy as np

    enhancer = joblib.load(model)
    rng = np.random.default_rng(0)
    enhancer.predict([rng.standard_normal(60 * SAMPLING_RATE).astype(np.float32)])  # warm up
    x = rng.standard_normal(int(minutes * 60 * SAMPLING_RATE), dtype=np.float32)
    start = time.perf_counter(), time.process_time()
    out = enhancer.predict([x])[0]
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(minutes, wall, cpu, peak - (x.nbytes + out.nbytes) / 2**20)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, nargs="+", default=[1, 10, 60])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", nargs=2, metavar=("MODEL", "MINUTES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure[0], float(options.measure[1]))
        return
    import joblib

    from skse import SpeechEnhancer, UNetRegressor
    from skse.datasets import load_harvard

    data = load_harvard()
    enhancer = SpeechEnhancer(
        regressor=UNetRegressor(epochs=1, random_state=0), sampling_rate=SAMPLING_RATE
    )
    enhancer.fit(data.noisy[:8], data.clean[:8])
    print("| minutes | times real time (wall) | times real time (CPU) | memory in MB |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model.joblib"
        joblib.dump(enhancer, model)
        for minutes in options.minutes:
            rows = []
            for _ in range(options.repeats):
                command = [sys.executable, __file__, "--measure", str(model), str(minutes)]
                env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
                done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
                rows.append([float(v) for v in done.stdout.split()[-4:]])
            _, wall, cpu, memory = map(sorted, zip(*rows, strict=True))
            middle = len(rows) // 2
            seconds = minutes * 60
            print(
                f"| {minutes:g} | {seconds / wall[middle]:.0f} | {seconds / cpu[middle]:.0f} "
                f"| {memory[middle]:.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
