"""Audio files are opened and read here, and what is wrong with one is found here."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from skse.utils.typing import FilePath

# What the header of a WAV file holds that was written to a pipe.
_UNKNOWN_SIZE = 0xFFFFFFFF


class UnusableFileError(Exception):
    """A file that cannot be used.

    Parameters
    ----------
    path : str or path-like
        The file.
    reason : str
        What is wrong with it.

    Examples
    --------
    >>> from skse.utils import UnusableFileError
    >>> str(UnusableFileError("talk.wav", "no samples in it"))
    'talk.wav: no samples in it'
    """

    def __init__(self, path: FilePath, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = str(path), reason

    def __str__(self):
        return f"{self.path}: {self.reason}"


@contextmanager
def open_audio(path: FilePath) -> Iterator[Any]:
    """Open a recording to read, in any format that libsndfile knows.

    Parameters
    ----------
    path : str or path-like
        File.

    Yields
    ------
    audio : soundfile.SoundFile
        With at least one sample, as far as its header tells.

    Raises
    ------
    UnusableFileError
        Where there is no such file, or none that can be read, or where a WAV file has fewer
        samples than its header claims.

    See Also
    --------
    read_blocks : Read it, and find what the header does not tell.

    Examples
    --------
    >>> import tempfile, numpy as np, soundfile
    >>> from skse.utils import open_audio, read_blocks
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(f"{folder}/a.flac", np.zeros((100, 2)), 8000)
    ...     with open_audio(f"{folder}/a.flac") as audio:
    ...         audio.samplerate, [block.shape for block in read_blocks(audio)]
    (8000, [(100, 2)])
    """
    import soundfile

    path = Path(path)
    try:
        audio = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, TypeError) as error:
        # TypeError: soundfile asks for the sampling rate of a file named .raw.
        raise UnusableFileError(path, _why_not_opened(path, error)) from error
    with audio:
        _refuse_truncated_wav(path)
        if audio.frames == 0:
            raise UnusableFileError(path, "no samples in it")
        yield audio


def read_blocks(audio: Any, block_size: int = 2**16) -> Iterator[np.ndarray]:
    """Read an open recording block by block, up to its end.

    Parameters
    ----------
    audio : soundfile.SoundFile
        Of :func:`open_audio`.
    block_size : int, default=65536
        Samples a channel that are decoded at a time.

    Yields
    ------
    block : ndarray of shape (n_times, n_channels)
        float32, full scale ±1, finite; all but the last have `n_times` = `block_size`.

    Raises
    ------
    UnusableFileError
        Where it is damaged or ends before all the samples that it should have, and where one of
        them is NaN or infinite.

    Examples
    --------
    See :func:`open_audio`.
    """
    import soundfile

    path, n_times, n_read = audio.name, audio.frames, 0
    while n_read < n_times:
        try:
            block = audio.read(
                frames=min(block_size, n_times - n_read), dtype="float32", always_2d=True
            )
        except soundfile.LibsndfileError as error:
            raise UnusableFileError(
                path, f"damaged after {n_read} of {n_times} samples ({error.error_string})"
            ) from error
        if len(block) == 0:
            raise UnusableFileError(path, f"truncated: {n_read} of {n_times} samples are there")
        if not np.isfinite(block).all():
            row, channel = np.argwhere(~np.isfinite(block))[0]
            raise UnusableFileError(
                path,
                f"contains NaN or inf, first at sample {n_read + row} of channel {channel + 1}",
            )
        yield block
        n_read += len(block)


def _why_not_opened(path, error):
    if os.path.isdir(path):
        return "a folder, not a file"
    if not os.path.exists(path):
        return "no such file"
    if os.path.getsize(path) == 0:
        return "empty file (0 bytes)"
    if not os.access(path, os.R_OK):
        return "permission to read it denied"
    text = getattr(error, "error_string", "") or str(error)
    return f"not an audio file that can be read ({text})"


def _refuse_truncated_wav(path):
    """Compare what the data chunk of a RIFF file claims with what the file has."""
    with path.open("rb") as file:
        header = file.read(12)
        if header[:4] != b"RIFF" or header[8:] != b"WAVE":
            return
        while len(header := file.read(8)) == 8:
            n_claimed = int.from_bytes(header[4:], "little")
            if header[:4] == b"data":
                n_there = path.stat().st_size - file.tell()
                if n_claimed == _UNKNOWN_SIZE or n_claimed <= n_there:
                    return
                raise UnusableFileError(
                    path, f"truncated: {n_there} of {n_claimed} bytes of samples are there"
                )
            file.seek(n_claimed + n_claimed % 2, os.SEEK_CUR)
    raise UnusableFileError(path, "truncated: it ends before its samples begin")
