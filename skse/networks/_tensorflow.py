"""The start of TensorFlow, and what it and its converters log that is no news to anyone."""

import logging
import os
import platform
from contextlib import contextmanager
from threading import get_ident

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# oneDNN's kernels train a U-Net in less time on every x86 processor with AVX2
# (benchmarks/onednn_speed.py); TensorFlow chooses them by itself on some only.
_KERNELS = "TF_ENABLE_ONEDNN_OPTS"


def load_tensorflow(*, start=False):
    """Import TensorFlow, with oneDNN's kernels and its remarks kept to itself.

    Unless ``TF_ENABLE_ONEDNN_OPTS`` and ``TF_CPP_MIN_LOG_LEVEL`` are set, which decide then. It
    reads both when it is imported, and then never again.

    Its compiled part writes to the process's error stream, past Python: warnings and errors are
    written, remarks (on the processor, on every conversion) are not. What its libraries write
    before they read that variable, a few lines, could only be kept back by redirecting the
    stream, which would take what other threads write as well: load TensorFlow before a progress
    bar.

    Parameters
    ----------
    start : bool, default=False
        Whether to have it look for devices too, of which it also reports.
    """
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
    if start:
        tf.config.list_logical_devices()


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
