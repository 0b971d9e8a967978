"""Samples from the middle of a file."""

import numpy as np

from skse.audio._reader import check_finite, forward, open_audio
from skse.audio._view import decodable
from skse.utils import UnusableFileError


def read_samples(path, begin, end, *, seekable):
    """Read samples `begin` to `end` of a file.

    Parameters
    ----------
    path : str or path-like
        File.
    begin, end : int
        The first sample, and the one after the last; no more than it has.
    seekable : bool
        Whether an open file that has not changed since said so of itself: nothing is decoded
        but those samples then. Otherwise all before `end` is.

    Returns
    -------
    x : ndarray of shape (end - begin, n_channels)
        float32, full scale ±1, finite.

    Raises
    ------
    UnusableFileError
        With the path and the reason.
    """
    blocks = _sought(path, begin, end) if seekable else _decoded(path, begin, end)
    parts, n_read = [], 0
    for block in blocks:
        check_finite(block, begin + n_read, path)
        parts.append(block)
        n_read += len(block)
    if n_read < end - begin:
        raise UnusableFileError(path, f"truncated: its sample {begin + n_read} is not there")
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _sought(path, begin, end):
    import soundfile

    try:
        with forward()(decodable(path)) as audio:
            audio.seek(begin)
            samples = audio.read(end - begin, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError:  # what is wrong is found on the long way
        yield from _decoded(path, begin, end)
        return
    yield samples


def _decoded(path, begin, end):
    position = 0
    with open_audio(path) as audio:
        for block in audio.blocks():
            part = block[max(0, begin - position) : max(0, end - position)]
            position += len(block)
            if len(part) or end == begin:
                yield part
            if position >= end:
                return
