"""A part of a file, some of its bytes replaced, as a file object to read."""

import io
import os
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What of a file to hand to a decoder.

    Parameters
    ----------
    begin, end : int
        First byte, and the one after the last; None is the end of the file.
    patches : tuple of tuple (int, bytes)
        Bytes of the file that are replaced, by their position in it.
    endless : bool, default=False
        Whether to say that the end is far away, so that a decoder finds it by itself.
    """

    begin: int = 0
    end: int | None = None
    patches: tuple[tuple[int, bytes], ...] = ()
    endless: bool = False


def decodable(path):
    """Return the name of a file as soundfile takes it.

    Parameters
    ----------
    path : Path
        File.

    Returns
    -------
    name : str or bytes
        Bytes where the name is not in the encoding of the system, as a file of another system's
        may be.
    """
    try:
        str(path).encode(sys.getfilesystemencoding())
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


class PartView(io.RawIOBase):
    """Reads a part of a file.

    Parameters
    ----------
    path : path-like
        File.
    part : Part
        What of it.

    Attributes
    ----------
    error : OSError or None
        What the system said when it could not read. A decoder takes that for the end of the
        file, for exceptions do not pass through it.
    """

    _FAR = 2**60

    def __init__(self, path, part):
        self._file = open(path, "rb")  # noqa: SIM115  closed by close()
        self._part = part
        self._n_bytes = (os.path.getsize(path) if part.end is None else part.end) - part.begin
        self._position = 0
        self._hides_position = False
        self.error = None

    def readable(self):
        """Return True."""
        return True

    def seekable(self):
        """Return True."""
        return True

    def tell(self):
        """Return the position from the beginning of the part."""
        return self._FAR if self._hides_position else self._position

    def seek(self, offset, whence=os.SEEK_SET):
        """Move. Of an endless part, the position as counted from its end is not told."""
        self._hides_position = self._part.endless and whence == os.SEEK_END
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._n_bytes}[whence]
        self._position = origin + offset
        return self._position

    def readinto(self, buffer):
        """Read bytes; return their number, 0 at the end."""
        n_bytes = min(len(buffer), self._n_bytes - self._position)
        if n_bytes <= 0:
            return 0
        first = self._part.begin + self._position
        content = memoryview(buffer)[:n_bytes]
        try:
            if self._file.tell() != first:
                self._file.seek(first)
            n_read = self._file.readinto(content)
        except OSError as error:
            self.error = error
            return 0
        for position, patch in self._part.patches:
            for i, byte in enumerate(patch, start=position - first):
                if 0 <= i < n_read:
                    content[i : i + 1] = bytes([byte])
        self._position += n_read
        return n_read

    def close(self):
        """Close the file."""
        self._file.close()
        super().close()
