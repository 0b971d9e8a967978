"""Whether two builds of skse predict the same: every example and the README, run in both.

Each script runs unchanged in a process of its own, with one build or the other first on the path
and everything that a ``predict`` of a fitted enhancer returns recorded:

    git worktree add ../before v0.1
    python benchmarks/same_results.py ../before .

A record is the name of the class and the waveforms, in the order of the calls. What a folder
"--keep" holds from an earlier call is not run again. Prints the largest difference of every
script; exits with 1 where a script fails, the calls differ, or a sample differs by more than 1e-6.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

TOLERANCE = 1e-6
# Runs a script with the predictions of the enhancers recorded.
RUNNER = """
import atexit, functools, sys
import numpy as np

script, target, build = sys.argv[1:4]
sys.path.insert(0, build)
import skse
assert skse.__file__.startswith(build), skse.__file__
from skse import LogMMSE, StreamingEnhancer

base = next(c for c in LogMMSE.__mro__ if "predict" in vars(c))
records, depth = [], [0]


def recorded(method):
    @functools.wraps(method)
    def call(self, *args, **kwargs):
        # What plots and tables of skse ask for is theirs to decide.
        asked_here = not sys._getframe(1).f_globals.get("__name__", "").startswith("skse")
        depth[0] += 1
        try:
            out = method(self, *args, **kwargs)
        finally:
            depth[0] -= 1
        if asked_here and not depth[0]:
            waveforms = [out] if getattr(out, "ndim", 2) == 1 else list(out)
            records.append((type(self).__name__, [np.array(x) for x in waveforms]))
        return out
    return call


base.predict = recorded(base.predict)
StreamingEnhancer.process = recorded(StreamingEnhancer.process)
sys.argv = [script]
name = {"__name__": "__main__", "__file__": script}
exec(compile(open(script).read(), script, "exec"), name)
arrays = {f"{i:06}_{kind}_{j}": x for i, (kind, xs) in enumerate(records) for j, x in enumerate(xs)}
np.savez(target, **arrays)
"""


def scripts_of(build, folder):
    """Every example, and the Python of the README as a script."""
    found = sorted((build / "examples").glob("[0-9]*.py"))
    code = re.search(r"```python\n(.*?)```", (build / "README.md").read_text("utf-8"), re.S)[1]
    readme = folder / "README.py"
    # Six networks a fold are enough to see what is to be seen.
    readme.write_text(code.replace("epochs=30", "epochs=2"), encoding="utf-8")
    return [*found, readme]


def record(script, build, folder):
    """Run a script with a build; return its predictions by name."""
    target = folder / f"{script.stem}.npz"
    if not target.exists():
        environment = {**os.environ, "MPLBACKEND": "agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
        # Processes that a script starts take the build from here.
        environment["PYTHONPATH"] = str(build)
        with tempfile.TemporaryDirectory() as scratch:
            run = subprocess.run(
                [sys.executable, "-c", RUNNER, str(script), str(target), str(build)],
                cwd=scratch,
                env=environment,
                capture_output=True,
                text=True,
            )
        if run.returncode:
            print(f"{script.name} fails with {build}:\n{run.stderr[-2000:]}")
            return None
    with np.load(target) as content:
        return dict(content)


def compare(before, after):
    """Largest difference of two records; None where they are not of the same calls."""
    if before is None or after is None or before.keys() != after.keys():
        return None
    if any(before[name].shape != after[name].shape for name in before):
        return None
    return max((float(np.abs(before[n] - after[n]).max(initial=0)) for n in before), default=0.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path, help="folder of the earlier build")
    parser.add_argument("after", type=Path, help="folder of the later one")
    parser.add_argument("--keep", type=Path, help="folder for the records")
    options = parser.parse_args()
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        keep = options.keep or Path(scratch)
        folders = [keep / "before", keep / "after"]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        # The scripts are those of the earlier build, for both.
        for script in scripts_of(options.before.resolve(), folders[0].resolve()):
            records = [
                record(script, build.resolve(), folder.resolve())
                for build, folder in zip((options.before, options.after), folders, strict=True)
            ]
            difference = compare(*records)
            wrong = difference is None or not difference <= TOLERANCE
            failed += wrong
            shown = "other calls" if difference is None else f"{difference:.1e}"
            n = len(records[0] or ())
            print(f"{script.name}: {n} waveforms, {shown}{'  WRONG' if wrong else ''}", flush=True)
    print(f"{failed} scripts differ" if failed else f"all within {TOLERANCE:g}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
