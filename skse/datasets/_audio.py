"""Reading mono audio files, with one reason for each that cannot be used."""

import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np

_UNKNOWN_SIZE = (0, 0xFFFFFFFF)  # what a WAV header holds that was written to a pipe


class UnusableFileError(Exception):
    """Carries the file that cannot be used and the reason."""


def read_mono(path):
    """Read a mono file.

    Parameters
    ----------
    path : pathlib.Path
        File.

    Returns
    -------
    x : ndarray of shape (n_times,)
        float32 waveform, full scale ±1.
    rate : int
        Sampling rate in Hz.

    Raises
    ------
    UnusableFileError
        With the path and the reason.
    """
    with _open(path) as audio:
        rate, n_frames = audio.samplerate, audio.frames
        x = audio.read(dtype="float32")
    if len(x) < n_frames:
        raise UnusableFileError(path, "truncated")
    if len(x) == 0:
        raise UnusableFileError(path, "empty")
    if not np.isfinite(x).all():
        raise UnusableFileError(path, "contains NaN or inf")
    return x, rate


def read_header(path):
    """Read rate and length of a mono file and nothing else.

    Parameters
    ----------
    path : pathlib.Path
        File.

    Returns
    -------
    rate, n_times : int
        Sampling rate in Hz, and samples.

    Raises
    ------
    UnusableFileError
        With the path and the reason.
    """
    with _open(path) as audio:
        rate, n_times = audio.samplerate, audio.frames
    if n_times == 0:
        raise UnusableFileError(path, "empty")
    return rate, n_times


@contextmanager
def _open(path):
    """Open a mono file whose header tells the truth."""
    import soundfile

    path = Path(path)
    try:
        with soundfile.SoundFile(path) as audio:
            if audio.channels > 1:
                raise UnusableFileError(
                    path, f"{audio.channels} channels; mix it down to mono first"
                )
            if _is_truncated_wav(path):
                raise UnusableFileError(path, "truncated")
            yield audio
    except (OSError, soundfile.LibsndfileError) as error:
        if not path.exists():
            reason = "missing"
        elif path.stat().st_size == 0:
            reason = "empty"
        else:
            reason = f"not a readable audio file ({error})"
        raise UnusableFileError(path, reason) from error


def _is_truncated_wav(path):
    """Whether the data chunk of a RIFF file claims more bytes than the file has."""
    with path.open("rb") as file:
        header = file.read(12)
        if header[:4] != b"RIFF" or header[8:] != b"WAVE":
            return False
        size = path.stat().st_size
        while len(header := file.read(8)) == 8:
            length = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                return length not in _UNKNOWN_SIZE and file.tell() + length > size
            file.seek(length + length % 2, os.SEEK_CUR)
    return True
