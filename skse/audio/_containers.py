"""Where the samples of a file begin and end: what its header claims against what is there.

A header that was written before the samples were, to a pipe or by a recorder that died, holds a
placeholder or an old length; one of a copy that broke off claims more than there is. The first
is mended in what the decoder sees, the second is an error.

References
----------
RIFF and WAVE: IBM and Microsoft, Multimedia Programming Interface 1.0, 1991; RF64: EBU Tech 3306.
AIFF: Apple, Audio Interchange File Format 1.3, 1989. AU: Sun, audio file format of
SunOS 4. Wave64: Sony Media Software, 2006. CAF: Apple, Core Audio Format Specification 1.0.
Ogg: RFC 3533. FLAC: RFC 9639.
"""

import os
import string
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Literal

from skse.audio._chunks import FAMILIES, Chunks, positions_of
from skse.audio._flac import flac_behind, flac_total, n_to_last_frame
from skse.audio._mpeg import is_frame, mpeg_parts
from skse.audio._view import Part, PartView
from skse.utils import UnusableFileError

# Lengths from here on are those of headers written before the length was known, where fewer bytes
# are there: SoX and eSpeak write 0x7FFFF000, arecord 0x80000000, FFmpeg 0xFFFFFFFF, others less
# the bytes of the header. SoX's AIFF is the least.
_PLACEHOLDERS = 0x7F000000
_PLACEHOLDERS_64 = 2**60
_PRINTABLE = set((string.ascii_letters + string.digits + " _-().").encode())
# How tags and other matter behind the samples begin.
_TAGS = (b"ID3", b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"<?xml", b"<x:xmpmeta", b"<bwfxml")
# Names of chunks that are taken for chunks though they are cut short.
_KNOWN = {
    *(b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"axml", b"_PMX", b"cue ", b"smpl", b"inst"),
    *(b"plst", b"fact", b"PEAK", b"guan", b"JUNK", b"PAD ", b"FLLR", b"acid", b"strc", b"cart"),
    *(b"afsp", b"chna", b"levl", b"DISP", b"NAME", b"AUTH", b"ANNO", b"COMT", b"MARK", b"APPL"),
}
# How files of AU begin.
_AU_MARKS: dict[Literal["big", "little"], bytes] = {"big": b".snd", "little": b"dns."}
# Bytes; fewer behind the samples are no sound.
_LEAST_SOUND = 64


@dataclass(frozen=True)
class Layout:
    """What of a file to decode.

    Parameters
    ----------
    parts : tuple of Part
        One after the other they are the recording. Empty stands for the file as it is.
    n_known : bool, default=True
        Whether what the decoder says of its length is true; otherwise it must be counted.
    behind : int, default=None
        Where another file begins that was put behind this one, byte upon byte.
    """

    parts: tuple[Part, ...] = ()
    n_known: bool = True
    behind: int | None = None


def layout_of(path):
    """Compare what a file claims of its samples with what is there.

    Parameters
    ----------
    path : Path
        File.

    Returns
    -------
    layout : Layout
        What to decode.

    Raises
    ------
    UnusableFileError
        Where it has fewer bytes than its header claims.
    """
    with path.open("rb") as file:
        layout = _find(file, os.fstat(file.fileno()).st_size, path)
    if layout.behind is None:
        return layout
    parts, n_known, begin = [], True, 0
    while True:
        for part in layout.parts or (Part(),):
            end = layout.behind if part.end is None else part.end
            patches = tuple((begin + position, content) for position, content in part.patches)
            parts.append(Part(begin + part.begin, end and begin + end, patches, part.endless))
        n_known &= layout.n_known
        if layout.behind is None:
            return Layout(tuple(parts), n_known)
        begin += layout.behind
        with closing(PartView(path, Part(begin))) as file:
            try:
                layout = _find(file, file.seek(0, os.SEEK_END), path)
            except UnusableFileError as error:
                reason = f"of the file joined to it at byte {begin}: {error.reason}"
                raise UnusableFileError(path, reason) from error
        if file.error is not None:
            raise file.error


def _find(file, size, path):
    file.seek(0)
    head = file.read(64)
    for matches, find in _FINDERS:
        if matches(head):
            return find(file, size, path)
    return Layout()


def _find_chunked(file, size, path, family):
    """Find the samples of a file of chunks."""
    common = None
    for name, begin, n_claimed, where in (chunks := Chunks(file, family)).walk():
        if name == b"COMM":
            file.seek(begin)
            common = begin, file.read(8)
        elif name[:4] in (b"data", b"SSND"):
            skipped = family.n_offset
            n_true, behind = _true_length(chunks, path, begin, n_claimed, skipped, where[1])
            if n_true == n_claimed:
                # Of Wave64, libsndfile takes all that follows for samples.
                ends = family.counted and begin + n_true < chunks.size
                behind = chunks.behind(begin + n_true)
                return Layout((Part(end=begin + n_true),) if ends else (), behind=behind)
            n_field = n_true + family.counted
            if n_field >= 256 ** where[1]:
                n_field = 0  # for which libsndfile takes the rest of the file
            patches = [(where[0], n_field.to_bytes(where[1], family.order))]
            if common is not None:  # AIFF says the number of samples too
                first, content = common
                n_bytes = max(1, content[1] * -(-int.from_bytes(content[6:8], "big") // 8))
                patches.append((first + 2, ((n_true - skipped) // n_bytes).to_bytes(4, "big")))
            return Layout((Part(patches=tuple(patches)),), behind=behind)
    if family.must_have_samples:
        raise UnusableFileError(path, "truncated: it ends before its samples begin")
    return Layout()


def _true_length(chunks, path, begin, n_claimed, skipped, n_field):
    """Return the bytes of the chunk of samples, of which `skipped` are none.

    Where its length is a placeholder, also return where another file begins, or None.
    """
    if n_claimed <= chunks.size - begin and _is_true(chunks, begin, n_claimed, skipped):
        return n_claimed, None
    behind = chunks.another_from(begin)
    n_there = (chunks.size if behind is None else behind) - begin
    if n_there < n_claimed < (_PLACEHOLDERS if n_field == 4 else _PLACEHOLDERS_64):
        raise UnusableFileError(
            path,
            f"truncated: {max(0, n_there - skipped)} of {n_claimed - skipped} bytes of samples "
            "are there",
        )
    return n_there, behind


def _is_true(chunks, begin, n_claimed, skipped):
    """Whether the chunk of samples ends where its header says."""
    end = begin + n_claimed
    end += -end % chunks.family.align
    if n_claimed <= skipped:
        return _is_chunk(chunks, end)
    if chunks.size - end < _LEAST_SOUND or _is_other_matter(chunks, end):
        return True
    # Some writers leave the byte out that fills up an odd length.
    return _is_chunk(chunks, begin + n_claimed)


def _is_other_matter(chunks, position):
    """Whether a chunk, a tag, or nothing but zeros begins here."""
    chunks.file.seek(position)
    if chunks.file.read(16).startswith(_TAGS) or _is_chunk(chunks, position):
        return True
    chunks.file.seek(position)
    while block := chunks.file.read(2**16):
        if block.strip(b"\0"):
            return False
    return True


def _is_chunk(chunks, position):
    """Whether a chunk begins here: a name and a length that fits, or a well-known name.

    A file that was put behind this one counts for one.
    """
    if chunks.begins_another(position):
        return True
    for name, begin, n_bytes, _ in chunks.walk(position):
        fits = begin + n_bytes <= chunks.size and set(name[:4]) <= _PRINTABLE
        return fits or name[:4] in _KNOWN
    return False


def _find_au(file, size, path):
    order, begin, n_claimed = _au_header(file, 0)
    n_there = size - begin
    if n_claimed < n_there and _au_header(file, begin + n_claimed):
        return Layout(behind=begin + n_claimed)
    if n_claimed == n_there:
        return Layout()
    if n_there < n_claimed < _PLACEHOLDERS:
        raise UnusableFileError(
            path, f"truncated: {n_there} of {n_claimed} bytes of samples are there"
        )
    found = positions_of(_AU_MARKS[order], file, begin)
    behind = next((position for position in found if _au_header(file, position)), None)
    if n_claimed == 0xFFFFFFFF and behind is None:  # which is "unknown" by definition
        return Layout()
    return Layout((Part(patches=((8, b"\xff" * 4),)),), behind=behind)


def _au_header(file, position):
    """Return byte order, header size and length of an AU file; None where there is none."""
    file.seek(position)
    header = file.read(24)
    order = {mark: order for order, mark in _AU_MARKS.items()}.get(header[:4])
    if order is None:
        return None
    begin, n_claimed, encoding, _, n_channels = (
        int.from_bytes(header[i : i + 4], order) for i in range(4, 24, 4)
    )
    is_plausible = 24 <= begin < 2**20 and 0 < encoding < 64 and 0 < n_channels <= 1024
    return (order, begin, n_claimed) if position == 0 or is_plausible else None


def _find_flac(file, size, path):
    behind = flac_behind(file)
    n_claimed, unknown = flac_total(file)
    if 0 < n_claimed < n_to_last_frame(file, size if behind is None else behind):
        return Layout((Part(patches=(unknown,)),), n_known=False, behind=behind)
    return Layout(n_known=n_claimed > 0, behind=behind)


def _find_ogg(file, size, path):
    """Find the streams that follow each other in an Ogg file, of which decoders read one."""
    begins, position, is_beginning, granule = [], 0, False, None
    while True:
        file.seek(position)
        header = file.read(27)
        if header[:4] != b"OggS":  # something between the pages
            position = _next_page(file, position)
            if position is None:
                break
            continue
        if len(header) < 27:
            break
        n_segments = header[26]
        n_bytes = 27 + n_segments + sum(file.read(n_segments))
        if header[5] & 2:  # beginning of a stream; several at once are side by side
            if not is_beginning:
                begins.append(position)
            is_beginning = True
        else:
            is_beginning = False
            granule = granule or int.from_bytes(header[6:14], "little", signed=True)
        position += n_bytes
        if position > size:
            raise UnusableFileError(
                path, f"truncated: the last {position - size} bytes of its last page are missing"
            )
    if len(begins) < 2:
        begins = [0]
    ends = [*begins[1:], None]
    parts = [Part(begin, end) for begin, end in zip(begins, ends, strict=True)]
    # Cut out of a longer stream, it does not count its samples from 0.
    n_known = granule is None or granule < _MOST_IN_A_PAGE
    return Layout(tuple(parts) if len(parts) > 1 else (), n_known)


def _next_page(file, position):
    """Return where the next page of an Ogg file begins, or None."""
    rest = b""
    while True:
        file.seek(position)
        block = file.read(2**16)
        if not block:
            return None
        found = (rest + block).find(b"OggS")
        if found >= 0:
            return position + found - len(rest)
        position += len(block)
        rest = block[-3:]


# Samples: 20 s at 48 kHz.
_MOST_IN_A_PAGE = 960_000


def _find_mpeg(file, size, path):
    parts = mpeg_parts(file, size)
    return Layout(parts, n_known=not parts)


_FINDERS: tuple[tuple[Callable[[bytes], bool], Callable[..., Layout]], ...] = (
    *((family.matches, partial(_find_chunked, family=family)) for family in FAMILIES.values()),
    (lambda head: head[:4] in (b".snd", b"dns."), _find_au),
    (lambda head: head[:4] == b"fLaC", _find_flac),
    (lambda head: head[:4] == b"OggS", _find_ogg),
    (lambda head: head[:3] == b"ID3" or is_frame(head), _find_mpeg),
)
