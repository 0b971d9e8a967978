"""The start of TensorFlow, and what it and its converters log that is no news to anyone."""

import logging
import os
from contextlib import contextmanager
from threading import get_ident

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"


def load_tensorflow(*, start=False):
    """Import TensorFlow. Unless ``TF_CPP_MIN_LOG_LEVEL`` is set, it keeps its remarks to itself.

    Its compiled part writes to the process's error stream, past Python. It reads that variable
    when it is imported, and then never again: warnings and errors are written, remarks (on the
    processor, on every conversion) are not. What its libraries write before they read it, two
    lines each where there is no CUDA driver, could only be kept back by redirecting the stream,
    which would take what other threads write as well: load TensorFlow before a progress bar.

    Parameters
    ----------
    start : bool, default=False
        Whether to have it look for devices too, of which it also reports.
    """
    is_set = _LEVEL in os.environ
    os.environ.setdefault(_LEVEL, "1")
    try:
        import tensorflow as tf
    finally:
        if not is_set:
            os.environ.pop(_LEVEL, None)
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
