"""The machine: which one it was, what it takes, how it is shared, TensorFlow's start."""

import os
import platform
import sys
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version

import joblib
import numpy as np

from skse.networks import UNetRegressor

PACKAGES = ("skse", "scikit-learn", "numpy", "keras", "tensorflow", "librosa")
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")


def describe_machine() -> dict[str, str]:
    """Name the versions and the machine that figures belong to.

    Returns
    -------
    described : dict of str to str
        Versions of Python and of what scores depend on, and the system.

    Examples
    --------
    >>> from skse.experiments import describe_machine
    >>> list(describe_machine())[:3]
    ['python', 'skse', 'scikit-learn']
    """
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def peak_memory_mb() -> float | None:
    """Return the largest memory that this process has held since it started.

    Returns
    -------
    memory : float or None
        Resident memory in MB (10^6 bytes), that of graphics cards not included; None
        where the operating system does not tell.

    Examples
    --------
    >>> from skse.experiments import peak_memory_mb
    >>> (peak_memory_mb() or 100) > 10
    True
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


@contextmanager
def share_cores(n_jobs):
    """Have every process that is started inside compute with its share of the cores.

    Parameters
    ----------
    n_jobs : int
        Processes side by side. With 1 nothing is changed.

    Examples
    --------
    >>> import os
    >>> from skse.experiments import share_cores
    >>> with share_cores(1000):
    ...     os.environ["TF_NUM_INTRAOP_THREADS"]
    '1'
    """
    before = {name: os.environ.get(name) for name in _THREAD_VARIABLES}
    if n_jobs > 1:
        share = str(max(1, joblib.cpu_count() // n_jobs))
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, share))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@lru_cache(maxsize=1)
def start_tensorflow():
    """Train a network of a few weights, lest the first fit be charged for TensorFlow's start.

    Examples
    --------
    >>> from skse.experiments import start_tensorflow
    >>> start_tensorflow()
    """
    UNetRegressor(filters=(1,), dilations=(), epochs=1).fit(np.ones((2, 4)), np.ones((2, 4)))
