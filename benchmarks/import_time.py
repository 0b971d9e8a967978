"""What importing skse costs, against the scikit-learn and SciPy it stands on.

Fresh processes, baseline and skse in turn, so that a busy machine slows both;
the figure is the median of the paired ratios. Fails above 1.3.

    python benchmarks/import_time.py --repeats 15
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version

LIMIT = 1.3
BASELINE = "import sklearn.pipeline, scipy.signal"
CANDIDATES = [
    "import skse",
    "from skse import SpeechEnhancer, STFTFeaturizer",
    "from skse import SpeechEnhancer, STFTFeaturizer, IdealMaskTarget, UNetRegressor",
]


def seconds(statement):
    """Return how long `statement` takes in a fresh process, the interpreter's start excluded."""
    code = (
        "from time import perf_counter\nstart = perf_counter()\n"
        f"{statement}\nprint(perf_counter() - start)"
    )
    # Away from the checkout, so that what is installed is what is imported.
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
        )
    return float(run.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats

    statements = [BASELINE, *CANDIDATES]
    for statement in statements:
        seconds(statement)  # writes the byte code, fills the disk cache
    times = {statement: [] for statement in statements}
    for _ in range(repeats):
        for statement in statements:
            times[statement].append(seconds(statement))

    packages = ", ".join(f"{name} {version(name)}" for name in ["scikit-learn", "scipy", "numpy"])
    print(f"Python {platform.python_version()}, {packages}, {os.cpu_count()} cores, n={repeats}")
    worst = 0.0
    for statement in statements:
        ratios = [own / base for own, base in zip(times[statement], times[BASELINE], strict=True)]
        ratio = statistics.median(ratios)
        worst = max(worst, ratio)
        print(f"{statistics.median(times[statement]):7.3f} s  ratio {ratio:.2f}  {statement}")
    print(f"largest ratio {worst:.2f}, allowed {LIMIT}")
    return worst > LIMIT


if __name__ == "__main__":
    sys.exit(main())
