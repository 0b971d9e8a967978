"""How much memory every fit of a network leaves behind in a process that fits many.

A search fits hundreds of networks. Each of some processes fits default U-Nets one after the other,
to few rows, and lets go of them: as skse trains, and with Keras adding gradients up over replicas
(`skse.networks._scikeras.without_replicas` says what that leaves). The first fits, which load
TensorFlow and fill its caches, do not count.

    python benchmarks/fit_memory.py --fits 30
"""

import argparse
import gc
import subprocess
import sys
from unittest.mock import patch

import numpy as np
import psutil

_WARM_UP = 5
_KINDS = ("as skse trains", "with gradients added up over replicas")


def grow(n_fits, kind):
    """Return the MB that a fit adds."""
    from skse import UNetRegressor
    from skse.networks import _scikeras

    X = np.random.default_rng(0).standard_normal((8, 129, 32)).astype(np.float32)
    process, memory = psutil.Process(), []
    own = _scikeras.without_replicas
    replaced = own if kind == _KINDS[0] else lambda optimizer: optimizer
    with patch.object(_scikeras, "without_replicas", replaced):
        for _ in range(_WARM_UP + n_fits):
            UNetRegressor(epochs=1, random_state=0).fit(X, X)
            gc.collect()
            memory.append(process.memory_info().rss)
    return (memory[-1] - memory[_WARM_UP - 1]) / n_fits / 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=30)
    parser.add_argument("--kind", choices=_KINDS, help="in this process alone")
    arguments = parser.parse_args()
    if arguments.kind:
        print(f"{arguments.kind}: {grow(arguments.fits, arguments.kind):.1f} MB a fit")
        return
    for kind in _KINDS:
        command = [sys.executable, __file__, "--fits", str(arguments.fits), "--kind", kind]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        print(told, end="", flush=True)


if __name__ == "__main__":
    main()
