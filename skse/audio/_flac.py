"""Where a FLAC file ends: its last frame says which samples it holds, whatever the header claims.

References
----------
RFC 9639, sections 8.2 (stream info) and 9.1 (frame header).
"""

from functools import lru_cache

# Where the 64 bits stand whose last 36 are the number of samples; the least samples of a block,
# and the most bytes of a frame.
_TOTAL, _LEAST_BLOCK, _MOST_FRAME = 18, 8, 15
# How a file begins: its mark, and a stream info of 34 bytes, the last block of metadata or not.
_BEGINNINGS = (b"fLaC\x00\x00\x00\x22", b"fLaC\x80\x00\x00\x22")
_STREAM_INFO = 42
# Bytes of a frame where the header does not say how many it has at most.
_FRAME = 2**16
_BLOCK = 2**20
# Blocks of metadata of a file that is not damaged, at most.
_MOST_BLOCKS = 10_000
# Bytes of an ID3v1 tag.
_TAG = 128


def flac_total(file):
    """Read how many samples a channel the header claims.

    Parameters
    ----------
    file : file object
        FLAC.

    Returns
    -------
    n_times : int
        0 where they were not known when it was written.
    unknown : tuple of int and bytes
        What to put where, for a header that says so.
    """
    file.seek(_TOTAL)
    bits = int.from_bytes(file.read(8), "big")
    n_times = bits & (2**36 - 1)
    return n_times, (_TOTAL, (bits - n_times).to_bytes(8, "big"))


def flac_behind(file):
    """Find the FLAC file that was put behind one, byte upon byte.

    Parameters
    ----------
    file : file object
        FLAC.

    Returns
    -------
    begin : int or None
        Its first byte.
    """
    position, rest = _first_frame(file), b""
    file.seek(position)
    while block := file.read(_BLOCK):
        content = rest + block
        found = [at for mark in _BEGINNINGS if (at := content.find(mark)) >= 0]
        if found:
            return position - len(rest) + min(found)
        position += len(block)
        rest = content[-7:]
    return None


def n_to_last_frame(file, end):
    """Say how many samples a channel there are up to the end of the last frame.

    Parameters
    ----------
    file : file object
        FLAC.
    end : int
        Its last byte, and one.

    Returns
    -------
    n_times : int
        0 where no frame is found that ends there.
    """
    file.seek(_LEAST_BLOCK)
    n_block = int.from_bytes(file.read(2), "big")
    file.seek(_MOST_FRAME)
    most = int.from_bytes(file.read(3), "big") or _FRAME
    file.seek(max(end - _TAG, 0))
    end -= _TAG * (file.read(3) == b"TAG")
    begin = max(end - most, _first_frame(file))
    file.seek(begin)
    tail = file.read(max(end - begin, 0))
    at = len(tail)
    while (at := tail.rfind(b"\xff", 0, at)) >= 0:
        n_times = _end_of_frame(tail[at : at + 16], n_block)
        if n_times and _check(tail[at:], 16, 0x8005) == 0:
            return n_times
    return 0


def _first_frame(file):
    """Return where the metadata end."""
    position = 4
    for _ in range(_MOST_BLOCKS):
        file.seek(position)
        header = file.read(4)
        position += 4 + int.from_bytes(header[1:], "big")
        if len(header) < 4 or header[0] >= 128:
            break
    return position


def _end_of_frame(header, n_block):
    """Return the number of the sample behind a frame; 0 where this is not the header of one."""
    if len(header) < 6 or header[1] not in (0xF8, 0xF9) or header[3] & 1:
        return 0
    # As in UTF-8: the leading ones of the first byte are the bytes of the number.
    n_bytes = 8 - (header[4] ^ 0xFF).bit_length()
    if n_bytes == 1 or n_bytes > 7:
        return 0
    position = 4 + max(n_bytes, 1)
    number = header[4] & (0xFF >> (n_bytes + 1))
    for byte in header[5:position]:
        if byte >> 6 != 2:
            return 0
        number = number << 6 | byte & 63
    size, rate = header[2] >> 4, header[2] & 15
    n_more = {6: 1, 7: 2}.get(size, 0)
    n_times = int.from_bytes(header[position : position + n_more], "big") + 1
    if not n_more:
        n_times = 192 if size == 1 else 576 << size - 2 if size < 6 else 256 << size - 8
    position += n_more + {12: 1, 13: 2, 14: 2}.get(rate, 0)
    if size == 0 or len(header) <= position or _check(header[: position + 1], 8, 0x07):
        return 0
    return (number if header[1] == 0xF9 else number * n_block) + n_times


def _check(content, n_bits, polynomial):
    """Compute a cyclic redundancy check; 0 where the right one is at the end of the content."""
    table, mask, value = _table(n_bits, polynomial), 2**n_bits - 1, 0
    for byte in content:
        value = (value << 8 & mask) ^ table[value >> n_bits - 8 ^ byte]
    return value


@lru_cache(maxsize=2)
def _table(n_bits, polynomial):
    values = []
    for value in range(256):
        value <<= n_bits - 8
        for _ in range(8):
            value = value << 1 ^ (polynomial if value >> n_bits - 1 else 0)
            value &= 2**n_bits - 1
        values.append(value)
    return values
