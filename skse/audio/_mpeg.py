"""How long an MP3 file is: the header of the encoder believed where it is true, else counted."""

from skse.audio._view import Part

# kbit/s of layer III by index; MPEG 1, and MPEG 2 and 2.5 (ISO/IEC 11172-3 and 13818-3).
_KBITS = {
    1: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)
# Bytes of tags between two joined files.
_MOST_BETWEEN = 2**21


def mpeg_parts(file, size):
    """Find what to decode of MPEG audio.

    Most encoders put a frame without sound first, the Xing or Info frame, that says how many
    frames and bytes follow: decoders take the length from there, and estimate it from the first
    frames where there is none, which is wrong where the bit rate varies. Files that were joined
    have the frame of the first of them.

    Parameters
    ----------
    file : file object
        The file.
    size : int
        Its bytes.

    Returns
    -------
    parts : tuple of Part
        Empty where a true header tells the length; else the frames, without an end, which the
        decoder then has to find.
    """
    begin = behind_id3(file, 0)
    file.seek(begin)
    head = file.read(256)
    if not is_frame(head):  # a tag before something else, such as FLAC
        return ()
    n_frame = _frame_size(head)
    n_claimed = _xing_bytes(head)
    if n_claimed is None:
        return (Part(endless=True),)
    if n_claimed == 0:  # there, but it does not say
        return (Part(begin + n_frame, endless=True),)
    if _has_frames(file, begin + n_claimed, before_tags(file, size)):
        return (Part(begin + n_frame, endless=True),)  # more sound than the header knows of
    return ()  # where there is less, the decoder tells


def _has_frames(file, begin, end):
    """Whether two frames follow each other in a part of a file: tags may stand before them."""
    file.seek(begin)
    content = file.read(max(0, min(end - begin, _MOST_BETWEEN)))
    position = content.find(b"\xff")
    while position >= 0:
        size = _frame_size(content[position : position + 4])
        if size and _frame_size(content[position + size : position + size + 4]):
            return True
        position = content.find(b"\xff", position + 1)
    return False


def behind_id3(file, position):
    """Return the position behind an ID3v2 tag, where there is one.

    Parameters
    ----------
    file : file object
        The file.
    position : int
        Where the tag may begin.

    Returns
    -------
    position : int
        The same without a tag.
    """
    file.seek(position)
    head = file.read(10)
    if len(head) < 10 or head[:3] != b"ID3":
        return position
    sizes = zip(head[6:], (21, 14, 7, 0), strict=True)
    n_footer = 10 if head[5] & 0x10 else 0
    return position + 10 + sum((byte & 127) << shift for byte, shift in sizes) + n_footer


def before_tags(file, size):
    """Return the position where the tags behind the frames begin: ID3v1 and APE.

    Parameters
    ----------
    file : file object
        The file.
    size : int
        Its bytes.

    Returns
    -------
    position : int
        `size` without tags.
    """
    file.seek(max(0, size - 128))
    if file.read(3) == b"TAG":
        size -= 128
    file.seek(max(0, size - 32))
    footer = file.read(32)
    if footer[:8] == b"APETAGEX":  # its length counts the footer and not the header
        size -= int.from_bytes(footer[12:16], "little") + 32 * (footer[23] >> 7)
    return max(0, size)


def is_frame(head):
    """Whether MPEG audio begins here: the sync word and a layer, which AAC does not have.

    Parameters
    ----------
    head : bytes
        At least two.

    Returns
    -------
    answer : bool
        True where it does.
    """
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 6 != 0


def _frame_size(head):
    """Return the bytes of the layer III frame that begins here; 0 where none does."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return 0
    version = {3: 1, 2: 2, 0: 2.5}.get(head[1] >> 3 & 3)
    bits, rate = head[2] >> 4, head[2] >> 2 & 3
    if version is None or bits in (0, 15) or rate == 3:
        return 0
    sampling_rate = _RATES[rate] / {1: 1, 2: 2, 2.5: 4}[version]
    per_bit = 144000 if version == 1 else 72000
    return int(per_bit * _KBITS[min(int(version), 2)][bits] // sampling_rate) + (head[2] >> 1 & 1)


def _xing_bytes(head):
    """Return the bytes that the encoder's frame says, 0 where it does not, None without one."""
    # It stands behind the side information: 9, 17 or 32 bytes, and 2 more with a checksum.
    for position in (13, 15, 21, 23, 36, 38):
        if _frame_size(head) and head[position : position + 4] in (b"Xing", b"Info"):
            flags = int.from_bytes(head[position + 4 : position + 8], "big")
            if flags & 3 != 3:  # the number of frames, that of bytes
                return 0
            frames, n_bytes = (
                int.from_bytes(head[position + i : position + i + 4], "big") for i in (8, 12)
            )
            return n_bytes if frames else 0
    return None
