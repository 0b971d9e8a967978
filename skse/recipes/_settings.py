"""settings.json: what was run, with which versions, and what it took."""

import json
import os
import platform
import sys
from importlib.metadata import version

from skse.utils import write_whole

_PACKAGES = ("skse", "scikit-learn", "numpy", "keras", "tensorflow", "librosa")


def describe_parameters(estimator):
    """Spell out all parameters of an estimator and its parts in what JSON can hold."""
    described = {}
    for name, value in sorted(estimator.get_params(deep=True).items()):
        if hasattr(value, "get_params"):
            described[name] = type(value).__name__
        elif hasattr(value, "get_config"):
            # Keras numbers the names of its objects within a process.
            config = {k: v for k, v in value.get_config().items() if k != "name"}
            config = json.loads(json.dumps(config, default=repr))
            described[name] = {"class": type(value).__name__, **config}
        else:
            described[name] = json.loads(json.dumps(value, default=repr))
    return described


def describe_machine():
    """Name the versions and the machine that figures belong to."""
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }


def peak_memory_mb():
    """Largest memory that this process has held since it started, in MB (10^6 bytes).

    Returns
    -------
    memory : float or None
        Resident memory, that of graphics cards not included; None where the operating
        system does not tell.
    """
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def read_settings(path):
    """Return the content of settings.json; empty where there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def write_settings(path, content):
    """Write settings.json, whole or not at all."""
    write_whole(path, json.dumps(content, indent=2) + "\n")
