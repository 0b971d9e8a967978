"""Valid files, and mutations that keep to their structure: fields, chunks, frames, pages, members.

A file is cut into pieces, each with the places of its fields; what is changed is a field, or the
order, number or length of pieces. What is made depends on the seed alone.
"""

import io
import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import soundfile

# Values at which arithmetic on sizes goes wrong.
_VALUES = (0, 1, 2, 3, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFF000, 0x7FFFFFFF)
_VALUES += (0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_SAMPLES = 1200


def make_valid(kind: str) -> list[bytes]:
    """Make some valid files of a kind: "wav", "flac", "ogg", "mp3" or "skse"."""
    rng = np.random.default_rng(0)
    x = 0.2 * rng.standard_normal((_SAMPLES, 2))
    if kind == "skse":
        return _make_models()
    made = []
    for subtype, channels, rate in _SUBTYPES[kind]:
        file = io.BytesIO()
        soundfile.write(file, x[:, :channels], rate, subtype, format=kind.upper())
        made.append(file.getvalue())
    return made


_SUBTYPES = {
    "wav": [(s, c, 8000) for s in ("PCM_16", "PCM_24", "FLOAT", "ULAW") for c in (1, 2)],
    "flac": [("PCM_16", 1, 8000), ("PCM_24", 2, 16000)],
    "ogg": [("VORBIS", 1, 8000), ("VORBIS", 2, 16000), ("OPUS", 1, 16000)],
    "mp3": [("MPEG_LAYER_III", 1, 16000), ("MPEG_LAYER_III", 2, 44100)],
}


def _make_models():
    import tempfile

    from sklearn.linear_model import Ridge

    import skse

    noisy = [0.1 * np.random.default_rng(0).standard_normal(_SAMPLES)]
    stft = skse.STFTFeaturizer(n_fft=64, hop_length=32)
    trained = skse.SpeechEnhancer(stft, skse.IdealMaskTarget(), Ridge(), sampling_rate=8000)
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for enhancer in (skse.LogMMSE(8000).fit(noisy), trained.fit(noisy, noisy)):
            made.append(skse.save(enhancer, Path(folder, "model.skse")).read_bytes())
    return made


def mutate(kind: str, data: bytes, rng) -> bytes:
    """Change a valid file in one to three ways."""
    if kind == "skse" and rng.random() < 0.6:
        return _mutate_members(data, rng)
    pieces = _SPLIT[kind](data)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choice(_CHANGES)
        pieces = change(pieces, rng) or [b""]
    if kind == "ogg" and rng.random() < 0.7:
        pieces = [_with_checksum(page) for page in pieces]
    if kind == "flac" and rng.random() < 0.7:
        pieces = [_with_crc(piece) for piece in pieces]
    return b"".join(pieces)


def _change_field(pieces, rng):
    """Write another number where the head of a piece has one."""
    i = rng.randrange(len(pieces))
    width = rng.choice((1, 1, 2, 3, 4, 8))
    piece = bytearray(pieces[i])
    if len(piece) < width:
        return pieces
    at = rng.randrange(min(len(piece) - width + 1, 48))
    order = rng.choice(("little", "big"))
    if rng.random() < 0.4:
        old = int.from_bytes(piece[at : at + width], order)
        value = old + rng.choice((-2, -1, 1, 2, old, -(old // 2)))
    else:
        value = rng.choice(_VALUES) if rng.random() < 0.7 else rng.getrandbits(8 * width)
    piece[at : at + width] = (value % 256**width).to_bytes(width, order)
    return [*pieces[:i], bytes(piece), *pieces[i + 1 :]]


def _flip(pieces, rng):
    i = rng.randrange(len(pieces))
    piece = bytearray(pieces[i])
    for _ in range(rng.choice((1, 1, 4))):
        if piece:
            piece[rng.randrange(len(piece))] ^= 1 << rng.randrange(8)
    return [*pieces[:i], bytes(piece), *pieces[i + 1 :]]


def _swap(pieces, rng):
    i, k = rng.randrange(len(pieces)), rng.randrange(len(pieces))
    pieces = list(pieces)
    pieces[i], pieces[k] = pieces[k], pieces[i]
    return pieces


def _repeat(pieces, rng):
    i = rng.randrange(len(pieces))
    return [*pieces[:i], *[pieces[i]] * rng.choice((2, 3, 50)), *pieces[i + 1 :]]


def _drop(pieces, rng):
    i = rng.randrange(len(pieces))
    return [*pieces[:i], *pieces[i + 1 :]]


def _truncate(pieces, rng):
    data = b"".join(pieces)
    return [data[: rng.randrange(len(data) + 1)]]


def _shorten(pieces, rng):
    i = rng.randrange(len(pieces))
    return [*pieces[:i], pieces[i][: rng.randrange(len(pieces[i]) + 1)], *pieces[i + 1 :]]


def _insert(pieces, rng):
    i = rng.randrange(len(pieces) + 1)
    return [*pieces[:i], rng.randbytes(rng.choice((1, 4, 40, 400))), *pieces[i:]]


_CHANGES = [_change_field] * 5 + [_flip, _swap, _repeat, _drop, _truncate, _shorten, _insert]


def _split_wav(data):
    """The header, and every chunk."""
    pieces, at = [data[:12]], 12
    while at < len(data):
        size = 8 + int.from_bytes(data[at + 4 : at + 8], "little")
        pieces.append(data[at : at + size + size % 2])
        at += size + size % 2
    return pieces


def _split_at(mark, first=0):
    """Return what cuts a file where a mark begins, from a place on."""

    def split(data):
        places = [0]
        at = data.find(mark, max(first, 1))
        while at > 0:
            places.append(at)
            at = data.find(mark, at + len(mark))
        return [data[i:k] for i, k in zip(places, [*places[1:], None], strict=True)]

    return split


def _split_flac(data):
    """The mark, every block of metadata, every frame."""
    pieces, at, last = [data[:4]], 4, False
    while not last:
        last = bool(data[at] & 0x80)
        size = 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        pieces.append(data[at : at + size])
        at += size
    return pieces + _split_at(b"\xff\xf8")(data[at:])


def _split_mp3(data):
    """What comes before the first frame, and every frame, by the sync word of the first."""
    first = data.find(b"\xff", 0)
    mark = data[first : first + 2]
    head = [data[:first]] if first > 0 else []
    return head + _split_at(mark)(data[first:])


_SPLIT = {
    "wav": _split_wav,
    "flac": _split_flac,
    "ogg": _split_at(b"OggS"),
    "mp3": _split_mp3,
    "skse": _split_at(b"PK"),
}


def _with_checksum(page):
    """Give a page of Ogg the checksum that it should have."""
    if len(page) < 27:
        return page
    blank = page[:22] + b"\0\0\0\0" + page[26:]
    crc = 0
    for byte in blank:
        crc = ((crc << 8) & 0xFFFFFFFF) ^ _OGG_TABLE[(crc >> 24) ^ byte]
    return page[:22] + struct.pack("<I", crc) + page[26:]


def _table(polynomial, bits):
    table = []
    for byte in range(256):
        value = byte << (bits - 8)
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value >> (bits - 1) else 0)
        table.append(value & (2**bits - 1))
    return table


_OGG_TABLE = _table(0x104C11DB7, 32)
_FLAC_TABLE = _table(0x18005, 16)


def _with_crc(piece):
    """Give a frame of FLAC the checksum at its end that it should have."""
    if piece[:2] != b"\xff\xf8":
        return piece
    crc = 0
    for byte in piece[:-2]:
        crc = ((crc << 8) & 0xFFFF) ^ _FLAC_TABLE[(crc >> 8) ^ byte]
    return piece[:-2] + struct.pack(">H", crc)


def _mutate_members(data, rng):
    """Change what is in a model file; half of the times the manifest agrees with it."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(members))
    if name.endswith(".json"):
        members[name] = json.dumps(_mutate_json(json.loads(members[name]), rng)).encode()
    else:
        members[name] = b"".join(rng.choice(_CHANGES)([members[name]], rng))
    if rng.random() < 0.1:
        members[rng.choice(("../x.json", "x.npy", "A.JSON", "estimator.json/"))] = b"{}"
    if rng.random() < 0.1:
        del members[rng.choice(list(members))]
    if rng.random() < 0.7 and name != "manifest.json" and "manifest.json" in members:
        from hashlib import sha256

        manifest = json.loads(members["manifest.json"])
        manifest["members"] = {
            name: {"size": len(x), "sha256": sha256(x).hexdigest()}
            for name, x in members.items()
            if name != "manifest.json"
        }
        members["manifest.json"] = json.dumps(manifest).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            how = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return file.getvalue()


def _mutate_json(node, rng):
    """Put another value, or another of the file's own values, in some place of a tree."""
    places = []

    def walk(node):
        for key in node if isinstance(node, dict) else range(len(node)):
            places.append((node, key))
            if isinstance(node[key], (dict, list)):
                walk(node[key])

    if not isinstance(node, (dict, list)) or not node:
        return node
    walk(node)
    parent, key = rng.choice(places)
    other, its_key = rng.choice(places)
    values = (None, True, 0, -1, 1e308, 2**63, "", "x", [], {}, [[]], "NaN", "\udc80", "a" * 5000)
    change = rng.randrange(4)
    if change == 0:
        parent[key] = rng.choice(values)
    elif change == 1:
        parent[key] = json.loads(json.dumps(other[its_key]))
    elif change == 2:
        del parent[key]
    elif isinstance(parent, dict):
        parent[rng.choice(values[6:8]) or "y"] = parent.pop(key)
    else:
        parent.append(json.loads(json.dumps(other[its_key])))
    return node
