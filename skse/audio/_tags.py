"""What a file carries beside its samples, carried over to the file that takes its place.

Chunks (WAV, RF64, AIFF, W64, CAF), metadata blocks (FLAC) and tags around the frames (MP3) are
copied byte for byte; the comments of Ogg files go through mutagen, where it is installed.
"""

import os
import shutil
import tempfile
from contextlib import closing

from skse.audio._chunks import FAMILIES, Chunks, positions_of
from skse.audio._containers import layout_of
from skse.audio._mpeg import before_tags, behind_id3, is_frame
from skse.audio._reader import check_readable
from skse.audio._view import PartView
from skse.utils import import_optional

# Chunks that describe the samples as they were encoded, or fill up space.
_OWN = {
    *(b"fmt ", b"data", b"fact", b"ds64", b"PEAK", b"levl", b"JUNK", b"junk", b"FLLR", b"PAD "),
    *(b"FVER", b"COMM", b"SSND", b"desc", b"pakt", b"kuki", b"free", b"peak"),
}
# Fields of a NIST header that describe the samples.
_NIST_FORMAT = {
    *("channel_count", "sample_rate", "sample_count", "sample_n_bytes", "sample_byte_format"),
    *("sample_sig_bits", "sample_coding", "sample_checksum", "sample_min", "sample_max"),
}
# Format of a WAVE file with a channel mask (WAVEFORMATEXTENSIBLE).
_EXTENSIBLE = 0xFFFE
# Masks that say nothing: no loudspeakers, the front left and right ones, the centre.
_PLAIN_MASKS = {0, 3, 4}
# Of one chunk or block, held in memory.
_MOST_BYTES = 2**26
# FLAC metadata blocks: stream info, padding, seek table; Vorbis comment.
_FLAC_OWN, _FLAC_COMMENT = {0, 1, 3}, 4
_FLAC_NAMES = {2: "application data", 4: "comments", 5: "cue sheet", 6: "pictures"}
# Bytes of a Vorbis comment with the name of libFLAC and nothing else, or less.
_EMPTY_COMMENT = 48
# What soundfile can set in an Ogg file, by the name of the comment.
_SOUNDFILE_TEXTS = {
    *("title", "copyright", "software", "artist", "comment", "date", "album", "license"),
    *("tracknumber", "genre", "encoder"),
}


def carry_over(source, part, texts=None):
    """Copy what a file carries to one of the same kind that holds other samples.

    Parameters
    ----------
    source : Path or None
        File as it was.
    part : Path
        File that has its format.
    texts : dict, default=None
        Tags of a source of another kind, by name.

    Returns
    -------
    remarks : list of str
        What cannot be kept.
    """
    if source is None:
        return []
    kinds = _kind(source), _kind(part)
    if kinds[0] != kinds[1]:
        remarks = _translate(source, part, kinds, texts or {})
    elif kinds[0] in FAMILIES:
        remarks = _carry_chunks(source, part, FAMILIES[kinds[0]])
    else:
        carry = {"FLAC": _carry_flac, "MPEG": _carry_mpeg, "OGG": _carry_ogg}
        remarks = carry[kinds[0]](source, part) if kinds[0] in carry else _lost_of_header(source)
    return remarks + _lost_behind(source, kinds[0])


def _kind(path):
    with path.open("rb") as file:
        head = file.read(16)
    for name, family in FAMILIES.items():
        if family.matches(head):
            return name
    if head[:4] == b"fLaC":
        return "FLAC"
    if head[:4] == b"OggS":
        return "OGG"
    return "MPEG" if head[:3] == b"ID3" or head[:1] == b"\xff" else ""


def _is_tag(file, position):
    """Whether a frame of MPEG audio follows what may be an ID3v2 tag."""
    end = behind_id3(file, position)
    file.seek(end)
    return end > position and is_frame(file.read(256))


def _annotation(file):
    """Return what the header of an AU file holds besides the format."""
    file.seek(0)
    head = file.read(1024)
    if head[:4] not in (b".snd", b"dns."):
        return b""
    begin = int.from_bytes(head[4:8], "big" if head[:1] == b"." else "little")
    return head[24:begin].strip(b"\0 ")


def _lost_of_header(source):
    """Say what the headers of AU and NIST files hold besides the format."""
    with source.open("rb") as file:
        if _annotation(file):
            return ["its annotation is lost"]
        file.seek(0)
        head = file.read(1024)
    if head[:7] == b"NIST_1A":
        lines = head.partition(b"end_head")[0].splitlines()[2:]
        names = sorted({line.split()[0].decode("latin-1") for line in lines if line.split()})
        if lost := [name for name in names if name not in _NIST_FORMAT]:
            return [f"its header's {', '.join(lost)} are lost"]
    return []


def _lost_behind(source, kind):
    """Say what the files carry that were put behind the first, byte upon byte."""
    names = []
    if kind == "MPEG":  # whose frames are decoded as one
        with source.open("rb") as file:
            if any(_is_tag(file, p) for p in positions_of(b"ID3", file, behind_id3(file, 0))):
                names.append("ID3 tags")
    for other in layout_of(source).parts[1:]:
        with closing(PartView(source, other)) as file:
            names += _names(file, kind)
            if file.error is not None:
                raise file.error
    names = [name for name in dict.fromkeys(names) if name != "encoder"]
    return [f"metadata of what is joined behind it are lost: {', '.join(names)}"] if names else []


def _carry_chunks(source, part, family):
    remarks = []
    is_true = not any(one.patches for one in layout_of(source).parts)
    with source.open("rb") as old, part.open("r+b") as new:
        for name, begin, n_bytes, _ in Chunks(old, family).walk():
            if name[:4] in (b"data", b"SSND") and not is_true:
                break  # where it ends is not known
            if name[:4] in _OWN or begin + n_bytes > os.fstat(old.fileno()).st_size:
                continue
            # What stands behind the samples of a Wave64 file, libsndfile takes for samples.
            if n_bytes > _MOST_BYTES or family.counted:
                text = name[:4].decode("latin-1").strip()
                remarks.append(f"its chunk {text!r} of {n_bytes} bytes is lost")
                continue
            old.seek(begin)
            Chunks(new, family).append(name, old.read(n_bytes))
        return remarks + _carry_mask(Chunks(old, family), Chunks(new, family))


def _carry_mask(old, new):
    """Keep which loudspeaker each channel is for; return what cannot be kept.

    libsndfile 1.2.2 (``wavlike_gen_channel_mask``) writes a mask of its own, by the number of
    channels alone.
    """
    source, target = _position_of_mask(old), _position_of_mask(new)
    if source is None:
        return []
    if target is None:
        return [f"its {name} is lost" for name in _names_of_mask(old)]
    old.file.seek(source)
    new.file.seek(target)
    new.file.write(old.file.read(4))
    return []


def _names_of_mask(chunks):
    """Return "channel mask" and its number, where it says more than mono and stereo do."""
    position = _position_of_mask(chunks)
    if position is None:
        return []
    chunks.file.seek(position)
    mask = int.from_bytes(chunks.file.read(4), chunks.family.order)
    return [] if mask in _PLAIN_MASKS else [f"channel mask {mask:#x}"]


def _position_of_mask(chunks):
    """Return where the channel mask of a WAVE file stands; None where there is none."""
    for name, begin, n_bytes, _ in chunks.walk():
        if name[:4] == b"fmt ":
            chunks.file.seek(begin)
            kind = int.from_bytes(chunks.file.read(2), chunks.family.order)
            return begin + 20 if kind == _EXTENSIBLE and n_bytes >= 40 else None
    return None


def _flac_blocks(file):
    """Return the metadata blocks of a FLAC file, as (type, content), and where its frames begin."""
    file.seek(4)
    blocks = []
    while True:
        head = file.read(4)
        if len(head) < 4:
            return blocks, file.tell()
        blocks.append((head[0] & 127, file.read(int.from_bytes(head[1:], "big"))))
        if head[0] & 128:
            return blocks, file.tell()


def _rewrite(part, begin, head, tail=b""):
    """Put other bytes before and behind what stands in an unfinished file from `begin` on."""
    with part.open("r+b") as file, tempfile.TemporaryFile(dir=part.parent) as rest:
        file.seek(begin)
        shutil.copyfileobj(file, rest)
        rest.seek(0)
        file.seek(0)
        file.write(head)
        shutil.copyfileobj(rest, file)
        file.write(tail)
        file.truncate()


def _write_flac(part, blocks):
    """Give a FLAC file other metadata blocks."""
    with part.open("rb") as file:
        _, begin = _flac_blocks(file)
    head = b"fLaC"
    for i, (kind, content) in enumerate(blocks):
        last = 128 if i == len(blocks) - 1 else 0
        head += bytes([kind | last]) + len(content).to_bytes(3, "big") + content
    _rewrite(part, begin, head)


def _carry_flac(source, part):
    with source.open("rb") as file:
        kept = [block for block in _flac_blocks(file)[0] if block[0] not in _FLAC_OWN]
    if kept:
        with part.open("rb") as file:
            own = [block for block in _flac_blocks(file)[0] if block[0] in _FLAC_OWN]
        _write_flac(part, [*own[:1], *kept, *own[1:]])
    return []


def _carry_mpeg(source, part):
    with source.open("rb") as old:
        n_head, n_old = behind_id3(old, 0), os.fstat(old.fileno()).st_size
        n_tail = n_old - before_tags(old, n_old)
        old.seek(0)
        head = old.read(n_head)
        old.seek(n_old - n_tail)
        tail = old.read(n_tail)
    if head or tail:
        with part.open("rb") as new:
            begin = behind_id3(new, 0)
        _rewrite(part, begin, head, tail)
    return []


def _carry_ogg(source, part):
    try:
        mutagen = import_optional("mutagen", caller="its comments", extra="media")
    except ImportError as error:
        lost = sorted(set(_comments_of(source)) - _SOUNDFILE_TEXTS)
        return [f"its tags {', '.join(lost)} are lost: {error}"] if lost else []
    try:
        old, new = (_opened_by(mutagen, path) for path in (source, part))
        if old is None or new is None:
            names = _comments_of(source)
            return [f"its metadata are lost: {', '.join(names)}"] if names else []
        if old.tags:
            for name, values in old.tags.items():
                new[name] = values
            new.save()
    except (mutagen.MutagenError, ValueError) as error:
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        return [f"its comments are lost ({' '.join(str(error).split()) or type(error).__name__})"]
    return []


def _opened_by(mutagen, path):
    """Open a file; mutagen gives None for another kind, and for an error of the disk."""
    if (found := mutagen.File(path)) is not None:
        return found
    check_readable(path, path)
    return mutagen.File(path)


def _comments_of(path):
    with path.open("rb") as file:
        return sorted(set(_comment_names(file)))


def _comment_names(file):
    """Return the names of the comments of the first stream of an Ogg file."""
    file.seek(0)
    head = file.read(2**16)
    for magic in (b"\x03vorbis", b"OpusTags"):
        position = head.find(magic)
        if position >= 0:
            position += len(magic)
            position += 4 + int.from_bytes(head[position : position + 4], "little")
            number = int.from_bytes(head[position : position + 4], "little")
            position += 4
            for _ in range(min(number, 1000)):
                n_bytes = int.from_bytes(head[position : position + 4], "little")
                text = head[position + 4 : position + 4 + n_bytes]
                position += 4 + n_bytes
                if b"=" in text:
                    yield text.partition(b"=")[0].decode("latin-1").lower()


def _translate(source, part, kinds, texts):
    """Write tags to a FLAC file; name what is lost elsewhere."""
    with source.open("rb") as file:
        lost = _names(file, kinds[0]) or sorted(texts)
    if kinds[1] != "FLAC" or not texts:
        return [f"its metadata are lost: {', '.join(dict.fromkeys(lost))}"] if lost else []
    comments = [f"{name.upper()}={value}".encode() for name, value in sorted(texts.items())]
    content = bytes(4) + len(comments).to_bytes(4, "little")  # no name of a vendor
    content += b"".join(len(text).to_bytes(4, "little") + text for text in comments)
    with part.open("rb") as file:
        own = [block for block in _flac_blocks(file)[0] if block[0] in _FLAC_OWN]
    _write_flac(part, [*own[:1], (_FLAC_COMMENT, content), *own[1:]])
    return []


def _names(file, kind):
    """Name what an open file carries, as far as it can be taken apart."""
    if kind in FAMILIES:
        chunks = Chunks(file, FAMILIES[kind])
        names = [name[:4] for name, *_ in chunks.walk() if name[:4] not in _OWN]
        names = [name.decode("latin-1").strip() for name in names if name.isascii()]
        return names + _names_of_mask(chunks)
    if kind == "FLAC":
        return [_FLAC_NAMES.get(block[0], "metadata") for block in _flac_blocks(file)[0]
                if block[0] not in _FLAC_OWN and len(block[1]) > _EMPTY_COMMENT]  # fmt: skip
    if kind == "MPEG" and behind_id3(file, 0):
        return ["ID3 tags"]
    if kind == "OGG":
        return list(_comment_names(file))
    return ["annotation"] if _annotation(file) else []
