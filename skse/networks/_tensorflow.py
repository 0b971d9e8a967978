"""The start of TensorFlow, and what it and its converters log that is no news to anyone."""

import json
import logging
import os
import platform
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# oneDNN's kernels train a U-Net in less time on every x86 processor with AVX2
# (benchmarks/onednn_speed.py); TensorFlow chooses them by itself on some only.
_KERNELS = "TF_ENABLE_ONEDNN_OPTS"
_THREADS = "TF_NUM_INTRAOP_THREADS"


# What Keras must be set to, and what it is where nothing says otherwise.
_SETTINGS = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32"}


def check_keras(caller):
    """Raise a ValueError where Keras is set to what networks of skse cannot be trained with.

    Their training data, prediction and conversion are TensorFlow's. Keras 3 takes its backend when
    it is imported (``keras/src/backend/config.py``), from ``KERAS_BACKEND`` or else from
    ``keras.json``, and fails there where that backend is not installed; so it is not imported here.

    Parameters
    ----------
    caller : str
        Whom the message names.

    Raises
    ------
    ValueError
        Naming the setting, its value and the remedy.
    """
    for name, (value, remedy) in _keras_settings().items():
        if value != _SETTINGS[name]:
            raise ValueError(
                f"{caller}: Keras has {name}={value!r}, but networks of skse are trained with "
                f"{_SETTINGS[name]!r} only: {remedy}. Model files (.skse) predict nevertheless."
            )


def _keras_settings():
    """Return the value of every setting of Keras, and how to put it right."""
    config = getattr(sys.modules.get("keras"), "config", None)
    if config is not None:
        again = "set KERAS_BACKEND=tensorflow and start Python again"
        return {
            "backend": (config.backend(), again),
            "image_data_format": (
                config.image_data_format(),
                "call keras.config.set_image_data_format('channels_last')",
            ),
            "floatx": (config.floatx(), "call keras.config.set_floatx('float32')"),
        }
    home = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    path = Path(home, "keras.json")
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # as Keras does
        saved = {}
    found = {
        name: (saved.get(name, value), f"set {name} to {value!r} in {path}")
        for name, value in _SETTINGS.items()
    }
    if backend := os.environ.get("KERAS_BACKEND"):
        found["backend"] = backend, "unset KERAS_BACKEND, or set it to tensorflow"
    return found


def load_tensorflow(*, start=False):
    """Import TensorFlow, with oneDNN's kernels and its remarks kept to itself.

    Unless ``TF_ENABLE_ONEDNN_OPTS`` and ``TF_CPP_MIN_LOG_LEVEL`` are set, which decide then. It
    reads both when it is imported, and then never again.

    Its compiled part writes to the process's error stream, past Python: warnings and errors are
    written, remarks (on the processor, on every conversion) are not. What its libraries write
    before they read that variable, a few lines, could only be kept back by redirecting the
    stream, which would take what other threads write as well: load TensorFlow before a progress
    bar.

    Where ``OMP_NUM_THREADS`` is set, as joblib, Dask and Ray set it for their workers, TensorFlow
    takes so many threads: each worker would take all cores else. ``TF_NUM_INTRAOP_THREADS`` goes
    before it, and so does what the program has told TensorFlow.

    Parameters
    ----------
    start : bool, default=False
        Whether to have it look for devices too, of which it also reports.

    Raises
    ------
    ValueError
        Where Keras is set to another backend; see :func:`check_keras`.
    """
    check_keras("skse.networks")
    wanted = {_LEVEL: "1"}
    if platform.machine().lower() in ("x86_64", "amd64"):
        wanted[_KERNELS] = "1"
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        import tensorflow as tf
    finally:
        for name in added:
            os.environ.pop(name, None)
    _share_cores(tf.config.threading)
    if start:
        tf.config.list_logical_devices()


def _share_cores(threading):
    """Take as many threads as workers are told to, unless TensorFlow is told something itself."""
    declared = os.environ.get("OMP_NUM_THREADS", "")
    if os.environ.get(_THREADS) or not (declared.isdigit() and int(declared)):
        return
    if threading.get_intra_op_parallelism_threads():
        return
    with suppress(RuntimeError):  # it has started, and has its threads
        threading.set_intra_op_parallelism_threads(int(declared))
        threading.set_inter_op_parallelism_threads(int(declared))


@contextmanager
def kept_back(logger, text=""):
    """Keep back what a logger is told in this thread, in messages that hold a text.

    Parameters
    ----------
    logger : str
        Its name.
    text : str, default=""
        Part of the messages; "" stands for all.
    """
    thread = get_ident()

    def passes(record):
        return get_ident() != thread or text not in record.getMessage()

    found = logging.getLogger(logger)
    found.addFilter(passes)
    try:
        yield
    finally:
        found.removeFilter(passes)
