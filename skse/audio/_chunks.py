"""Files that consist of chunks, each with a name and a length."""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass

# Where RF64 has the length of the whole, and behind it that of the samples, 8 bytes each.
_IN_DS64 = 20
# Bytes that tell a file of a family.
_HEAD = 12
# Chunks before that of the samples, where another file is looked for.
_MOST_BEFORE_SAMPLES = 64


@dataclass(frozen=True)
class Family:
    """How the files of a family are built.

    Parameters
    ----------
    matches : callable
        Whether the first bytes of a file are those of one.
    order : {"little", "big"}
        Of the bytes of a length.
    first : int, default=12
        Where the first chunk begins.
    n_name, n_length : int, default=4
        Bytes of a name and of a length.
    align : int, default=2
        Chunks begin at its multiples.
    counted : int, default=0
        Bytes of name and length that a length counts.
    n_offset : int, default=0
        Bytes before the samples in their chunk.
    mark : bytes
        Of the first bytes of a file, some that samples are most unlikely to hold.
    n_before_mark : int, default=8
        Bytes of the file before them.
    must_have_samples : bool, default=False
        Whether a file without the chunk of samples is one that was cut short.
    total : int, default=4
        Where the length of what follows stands; None for nowhere, and where none is written.
    """

    matches: Callable[[bytes], bool]
    order: str
    first: int = 12
    n_name: int = 4
    n_length: int = 4
    align: int = 2
    counted: int = 0
    n_offset: int = 0
    mark: bytes = b"WAVE"
    n_before_mark: int = 8
    must_have_samples: bool = False
    total: int | None = 4


def _wave(name, order="little", **others):
    def matches(head):
        return head[:4] == name and head[8:12] == b"WAVE"

    return Family(matches, order, must_have_samples=True, **others)


FAMILIES = {
    "RIFF": _wave(b"RIFF"),
    "RIFX": _wave(b"RIFX", "big"),
    "RF64": _wave(b"RF64", total=_IN_DS64),
    "BW64": _wave(b"BW64", total=_IN_DS64),
    "AIFF": Family(
        lambda head: head[:4] == b"FORM" and head[8:11] == b"AIF", "big", n_offset=8, mark=b"AIF"
    ),
    "W64": Family(
        lambda head: head[:4] == b"riff",
        "little",
        first=40,
        n_name=16,
        n_length=8,
        align=8,
        counted=24,
        mark=b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0",
        n_before_mark=0,
        total=None,
    ),
    "CAF": Family(
        lambda head: head[:4] == b"caff",
        "big",
        first=8,
        n_length=8,
        align=1,
        n_offset=4,
        mark=b"caff\0\1\0\0desc",
        n_before_mark=0,
        total=None,
    ),
}


def positions_of(mark, file, position):
    """Find some bytes in a file.

    Parameters
    ----------
    mark : bytes
        What to find.
    file : file object
        Where.
    position : int
        Where to begin.

    Yields
    ------
    found : int
        Where they begin, in order.
    """
    rest, n_rest = b"", len(mark) - 1
    while True:
        file.seek(position)
        block = file.read(2**20)
        if not block:
            return
        searched = rest + block
        found = searched.find(mark)
        while found >= 0:
            yield position - len(rest) + found
            found = searched.find(mark, found + 1)
        position += len(block)
        rest = searched[-n_rest:]


class Chunks:
    """The chunks of an open file.

    Parameters
    ----------
    file : file object
        To read and, for :meth:`append`, to write.
    family : Family
        How it is built.
    """

    def __init__(self, file, family):
        self.file, self.family = file, family

    @property
    def size(self):
        """Bytes of the file."""
        return self.file.seek(0, os.SEEK_END)

    def begins_another(self, position):
        """Say whether another file of the family begins at a position.

        Parameters
        ----------
        position : int
            Behind the first byte.

        Returns
        -------
        answer : bool
        """
        self.file.seek(position)
        return position > 0 and self.family.matches(self.file.read(_HEAD))

    def behind(self, position):
        """Find the file of the family that follows this one, byte upon byte.

        Parameters
        ----------
        position : int
            Where a chunk of this one ends.

        Returns
        -------
        begin : int or None
            Its first byte.
        """
        position = self._filled_up(position)
        for name, begin, n_bytes, _ in self.walk(position):
            if not name.strip(b"\0"):  # zeros up to the end, as some recorders leave them
                return None
            position = self._filled_up(begin + n_bytes)
        return position if self.begins_another(position) else None

    def another_from(self, position):
        """Find another file of the family among bytes whose number no header tells.

        Parameters
        ----------
        position : int
            Where to begin.

        Returns
        -------
        begin : int or None
            Its first byte.
        """
        mark, n_before = self.family.mark, self.family.n_before_mark
        position += n_before
        for found in positions_of(mark, self.file, position):
            begin = found - n_before
            if self.begins_another(begin) and self._has_samples(begin + self.family.first):
                return begin
        return None

    def _has_samples(self, position):
        """Whether a chunk of samples is among the first from a position on."""
        chunks = itertools.islice(self.walk(position), _MOST_BEFORE_SAMPLES)
        return any(name[:4] in (b"data", b"SSND") for name, *_ in chunks)

    def _filled_up(self, position):
        """Return where what follows begins; an odd length may not be filled up before a file."""
        if self.begins_another(position):
            return position
        return position + -position % self.family.align

    def walk(self, position=None):
        """Go through the chunks, to the end of the file or to where another of the family begins.

        Parameters
        ----------
        position : int, default=None
            Where to begin. None is the first chunk.

        Yields
        ------
        name : bytes
            Of the chunk.
        begin, n_bytes : int
            Position and length of its content, as the chunk says.
        where : tuple of int
            Position and bytes of the number that says this length.
        """
        family = self.family
        position, size = family.first if position is None else position, self.size
        while position < size and not self.begins_another(position):
            self.file.seek(position)
            header = self.file.read(family.n_name + family.n_length)
            if len(header) < family.n_name + family.n_length:
                return
            where = position + family.n_name, family.n_length
            begin = position + len(header)
            n_bytes = int.from_bytes(header[family.n_name :], family.order) - family.counted
            if family.total == _IN_DS64 and header[:4] == b"data" and n_bytes == 2**32 - 1:
                where = _IN_DS64 + 8, 8
                self.file.seek(where[0])
                n_bytes = int.from_bytes(self.file.read(8), family.order)
            yield header[: family.n_name], begin, max(0, n_bytes), where
            position = self._filled_up(begin + max(0, n_bytes))

    def append(self, name, content):
        """Write a chunk behind all others, and the length of the whole anew.

        Parameters
        ----------
        name, content : bytes
            Of the chunk.
        """
        family = self.family
        position = self.size
        position += -position % family.align
        self.file.seek(position)
        n_bytes = len(content) + family.counted
        self.file.write(name + n_bytes.to_bytes(family.n_length, family.order) + content)
        self.file.write(bytes(-len(content) % family.align))
        if family.total is not None:
            total = self.file.tell() - 8
            n_total = 8 if family.total != 4 else 4
            self.file.seek(family.total)
            self.file.write(min(total, 256**n_total - 1).to_bytes(n_total, family.order))
        self.file.flush()
