"""What became of one file, and how it is put in one line."""

import os
from dataclasses import dataclass

from skse.utils import UnusableFileError


@dataclass
class FileResult:
    """What became of one file.

    Parameters
    ----------
    source : str
        The recording.
    destination : str
        Where the enhanced recording belongs; empty where that is not known.
    status : {"enhanced", "skipped", "failed"}
        "skipped" is done by an earlier run.
    reason : str, default=""
        Why it failed, in one line.
    seconds : float, default=0.0
        Duration of the recording, where it was enhanced.
    gain_db : float, default=0.0
        Below 0 where the result was turned down because it would have clipped.
    remarks : tuple of str, default=()
        What of the recording is not in the result, or not as it was.

    Examples
    --------
    >>> from skse.files import FileResult
    >>> FileResult("talk.wav", "out/talk.wav", "failed", "empty file").reason
    'empty file'
    """

    source: str
    destination: str
    status: str
    reason: str = ""
    seconds: float = 0.0
    gain_db: float = 0.0
    remarks: tuple[str, ...] = ()


def reason_of(error):
    """Say in one line what went wrong with a file."""
    if isinstance(error, UnusableFileError):
        text = error.reason
    elif isinstance(error, OSError) and error.errno is not None:
        # An error of the system names the file that it met: the recording, or what was written.
        name = f" ({error.filename})" if error.filename else ""
        text = f"{os.strerror(error.errno)}{name}"
    else:
        text = f"{type(error).__name__}: {error}"
    return " ".join(text.split())
