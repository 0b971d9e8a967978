"""Silence where a library writes past Python."""

import os
import sys
from contextlib import contextmanager


@contextmanager
def silent_stderr():
    """Drop what is written to the error stream inside, even by compiled code.

    TensorFlow greets every process there, past Python and its own log level; that would tear
    a progress bar.
    """
    sys.stderr.flush()
    stderr, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(nowhere)
