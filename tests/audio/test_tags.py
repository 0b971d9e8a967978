"""What a file carries is in the one that takes its place, byte for byte; or its loss is said."""

import errno
import os
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from skse.audio import AudioFormat, open_audio, write_audio
from skse.audio import _tags as tags
from skse.audio._chunks import FAMILIES, Chunks
from skse.utils import UnusableFileError

CUE = struct.pack("<IIIIIII", 1, 1, 800, 0x61746164, 0, 0, 800)
WAV_CHUNKS = {
    b"bext": b"survey".ljust(602, b"\0") + b"A=PCM",
    b"iXML": b"<BWFXML><NOTE>owl</NOTE></BWFXML>",
    b"cue ": CUE,
    b"guan": b"GUANO|Version: 1.0\nLoc Position: 48.1 11.5",
    b"LIST": b"INFO" + b"IART" + struct.pack("<I", 4) + b"Ada\0" + b"IXYZ" + struct.pack("<I", 4)
    + b"own\0",
    b"id3 ": b"ID3\x03\0\0\0\0\0\0",
}  # fmt: skip


def rewritten(path, new):
    """Read a file and write it again, half as loud; return the remarks."""
    with open_audio(path) as audio:
        x = np.concatenate(list(audio.blocks()))
        return write_audio(new, list(0.5 * x.T), AudioFormat.of(audio))


def half_as_loud(path, new):
    x, y = (soundfile.read(one, dtype="float64")[0] for one in (path, new))
    np.testing.assert_allclose(y, 0.5 * x, atol=2**-15)
    assert len(x) > 1000


def chunks_of(path, family):
    with path.open("rb") as file:
        found = [(name, begin, n) for name, begin, n, _ in Chunks(file, FAMILIES[family]).walk()]
    content = path.read_bytes()
    return {name: content[begin : begin + n] for name, begin, n in found}


@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize(
    ("kind", "family"), [("WAV", "RIFF"), ("RF64", "RF64"), ("AIFF", "AIFF"), ("CAF", "CAF")]
)
def test_chunks(write, tmp_path, speech, kind, family, before):
    path = write("a", speech, format=kind, subtype="PCM_16")
    wanted = {b"NAME": b"Owl", b"MARK": b"\0\0"} if kind == "AIFF" else WAV_CHUNKS
    if before and kind == "WAV":
        content = path.read_bytes()
        at = content.index(b"data")
        for name, data in reversed(wanted.items()):
            data = name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
            content = content[:at] + data + content[at:]
        path.write_bytes(content)
    else:
        with path.open("r+b") as file:
            for name, data in wanted.items():
                Chunks(file, FAMILIES[family]).append(name, data)
    assert rewritten(path, tmp_path / "b") == []
    found = chunks_of(tmp_path / "b", family)
    assert {name: found.get(name) for name in wanted} == wanted
    if kind == "WAV":
        with soundfile.SoundFile(tmp_path / "b") as audio:
            assert audio.artist == "Ada"
    half_as_loud(path, tmp_path / "b")


@pytest.mark.parametrize("kind", ["WAV", "AIFF"])
def test_samples_behind_a_placeholder_are_no_chunks(write, tmp_path, speech, kind):
    path = write("a", speech, format=kind, subtype="PCM_16")
    content = path.read_bytes()
    at = content.index(b"data" if kind == "WAV" else b"SSND") + 4
    order = "little" if kind == "WAV" else "big"
    # Samples that could be the name, which none has, and the length of a chunk.
    looks_so = b"\1\2\3\4" + (1000).to_bytes(4, order)
    begin = at + 4 + (0 if kind == "WAV" else 8)
    content = content[:begin] + looks_so + content[begin + 8 :]
    path.write_bytes(content[:at] + bytes(4) + content[at + 4 :])
    assert rewritten(path, tmp_path / "b") == []
    assert soundfile.info(tmp_path / "b").frames == len(speech)
    assert (tmp_path / "b").stat().st_size < len(content) + 100


def test_chunks_of_wave64_are_named(write, tmp_path, speech):
    path = write("a", speech, format="W64", subtype="PCM_16")
    guid = b"note" + bytes(12)
    path.write_bytes(path.read_bytes() + guid + (24 + 8).to_bytes(8, "little") + b"12345678")
    assert rewritten(path, tmp_path / "b") == ["its chunk 'note' of 8 bytes is lost"]


def flac_block(kind, content, last=False):
    return bytes([kind | 128 * last]) + len(content).to_bytes(3, "big") + content


def test_flac_blocks(write, tmp_path, speech):
    path = write("a.flac", speech)
    content = path.read_bytes()
    comment = struct.pack("<II", 0, 2) + b"".join(
        struct.pack("<I", len(text)) + text for text in (b"ARTIST=Ada", b"STATION=Old Mill")
    )
    picture = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIIII", 0, 1, 1, 8, 0, 3, 0)
    picture, application = picture[:-4] + b"png", b"ownsdata"
    blocks = [flac_block(4, comment), flac_block(6, picture), flac_block(2, application)]
    with path.open("rb") as file:
        _, frames = tags._flac_blocks(file)
    streaminfo = content[8 : 8 + 34]
    path.write_bytes(
        b"fLaC" + flac_block(0, streaminfo) + b"".join(blocks) + flac_block(1, bytes(50), True)
        + content[frames:]
    )  # fmt: skip
    assert rewritten(path, tmp_path / "b.flac") == []
    with (tmp_path / "b.flac").open("rb") as file:
        kept, _ = tags._flac_blocks(file)
    assert kept[1:4] == [(4, comment), (6, picture), (2, application)]
    with soundfile.SoundFile(tmp_path / "b.flac") as audio:
        assert audio.artist == "Ada"
    half_as_loud(path, tmp_path / "b.flac")


def test_mp3_tags(write, tmp_path, speech):
    path = write("a.mp3", speech, format="MP3")
    id3 = b"ID3\x03\0\0\0\0\0\x15" + b"TIT2\0\0\0\x05\0\0\0Talk" + bytes(6)
    id3v1 = b"TAG" + b"Talk".ljust(125, b"\0")
    path.write_bytes(id3 + path.read_bytes() + id3v1)
    assert rewritten(path, tmp_path / "b.mp3") == []
    new = (tmp_path / "b.mp3").read_bytes()
    assert new.startswith(id3)
    assert new.endswith(id3v1)
    with soundfile.SoundFile(tmp_path / "b.mp3") as audio:
        assert (audio.title, audio.frames) == ("Talk", len(speech))


@pytest.mark.parametrize(("subtype", "rate"), [("VORBIS", 8000), ("OPUS", 48000)])
def test_ogg_comments(write, tmp_path, speech, subtype, rate):
    mutagen = pytest.importorskip("mutagen")
    path = write("a.ogg", speech, rate, format="OGG", subtype=subtype)
    file = mutagen.File(path)
    file["artist"], file["station"] = ["Ada", "Bo"], "Old Mill"
    file.save()
    assert rewritten(path, tmp_path / "b.ogg") == []
    new = mutagen.File(tmp_path / "b.ogg")
    assert (new["artist"], new["station"]) == (["Ada", "Bo"], ["Old Mill"])


@pytest.mark.parametrize("name", ["a.ogg", "b.ogg"])
def test_ogg_comments_that_the_disk_does_not_give(write, tmp_path, speech, monkeypatch, name):
    """mutagen takes what it cannot read for an unknown kind; the comments must not be lost."""
    mutagen = pytest.importorskip("mutagen")
    path = write("a.ogg", speech, 8000, format="OGG", subtype="VORBIS")
    real_file, real_open, unreadable = mutagen.File, Path.open, set()

    def file(one):
        if Path(one) == path if name == "a.ogg" else Path(one) != path:
            unreadable.add(one)
            return None
        return real_file(one)

    def open_(one, *args, **options):
        if one in unreadable:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(one))
        return real_open(one, *args, **options)

    monkeypatch.setattr(mutagen, "File", file)
    monkeypatch.setattr(Path, "open", open_)
    with pytest.raises(UnusableFileError, match=os.strerror(errno.EIO)):
        rewritten(path, tmp_path / "b.ogg")
    assert not (tmp_path / "b.ogg").exists()


@pytest.mark.parametrize(("subtype", "rate"), [("VORBIS", 8000), ("OPUS", 48000)])
def test_ogg_comments_without_the_library_for_them(
    write, tmp_path, speech, subtype, rate, monkeypatch
):
    mutagen = pytest.importorskip("mutagen")
    path = write("a.ogg", speech, rate, format="OGG", subtype=subtype)
    file = mutagen.File(path)
    file["artist"], file["station"] = "Ada", "Old Mill"
    file.save()
    monkeypatch.setitem(sys.modules, "mutagen", None)
    (remark,) = rewritten(path, tmp_path / "b.ogg")
    assert remark.startswith("its tags station are lost: ")
    assert "skse[media]" in remark
    with soundfile.SoundFile(tmp_path / "b.ogg") as audio:
        assert audio.artist == "Ada"


def test_tags_of_another_kind_of_file(write, tmp_path, speech):
    source, part = write("a.wav", speech), write("b.flac", speech)
    assert tags.carry_over(source, part, {"title": "Talk", "artist": "Ada"}) == []
    with soundfile.SoundFile(part) as audio:
        assert (audio.title, audio.artist, audio.frames) == ("Talk", "Ada", len(speech))
    part = write("c.aiff", speech)
    assert tags.carry_over(source, part, {"title": "Talk"}) == ["its metadata are lost: title"]
    assert tags.carry_over(source, part, {}) == []
    assert tags.carry_over(None, part) == []


def test_what_other_headers_hold_is_named(write, tmp_path, speech):
    path = write("a.au", speech, subtype="PCM_16")
    content = path.read_bytes()
    begin = int.from_bytes(content[4:8], "big")
    assert rewritten(path, tmp_path / "b.au") == []
    note = b"owl at night".ljust(40, b"\0")
    path.write_bytes(
        content[:4] + (24 + 40).to_bytes(4, "big") + content[8:24] + note + content[begin:]
    )
    assert rewritten(path, tmp_path / "b.au") == ["its annotation is lost"]
    path = write("a.sph", speech, format="NIST", subtype="PCM_16")
    assert rewritten(path, tmp_path / "b.sph") == []
    content = path.read_bytes()
    field = b"speaker_id -s3 abc\nend_head\n"
    at = content.index(b"end_head")
    path.write_bytes((content[:at] + field).ljust(1024, b"\n")[:1024] + content[1024:])
    assert rewritten(path, tmp_path / "b.sph") == ["its header's speaker_id are lost"]


def test_what_a_file_of_another_kind_does_not_take_is_named(write, tmp_path, speech):
    part = write("b.wav", speech)
    chunked = write("a.aiff", speech)
    assert tags.carry_over(chunked, part) == []
    with chunked.open("r+b") as file:
        Chunks(file, FAMILIES["AIFF"]).append(b"NAME", b"Owl")
    assert tags.carry_over(chunked, part) == ["its metadata are lost: NAME"]
    flac = write("a.flac", speech)
    assert tags.carry_over(flac, part) == []
    with soundfile.SoundFile(tmp_path / "c.flac", "w", 8000, 1) as audio:
        audio.title, audio.artist = "Talk of the town", "Ada"
        audio.write(speech)
    lost = tags.carry_over(tmp_path / "c.flac", part, {"title": "Talk"})
    assert lost == ["its metadata are lost: comments"]
    mp3 = write("a.mp3", speech, format="MP3")
    assert tags.carry_over(mp3, part) == []
    mp3.write_bytes(b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + mp3.read_bytes())
    assert tags.carry_over(mp3, part) == ["its metadata are lost: ID3 tags"]


def with_mask(path, mask):
    """Change the channel mask of a WAVE file."""
    content = bytearray(path.read_bytes())
    at = content.index(b"\xfe\xff") + 20  # WAVE_FORMAT_EXTENSIBLE
    content[at : at + 4] = mask.to_bytes(4, "little")
    path.write_bytes(content)


def mask_of(path):
    content = path.read_bytes()
    at = content.index(b"\xfe\xff") + 20  # WAVE_FORMAT_EXTENSIBLE
    return int.from_bytes(content[at : at + 4], "little")


@pytest.mark.parametrize(
    ("n_channels", "mask"), [(4, 0x107), (4, 0x603), (4, 0xF), (4, 0), (2, 0x600), (6, 0x60F)]
)
@pytest.mark.parametrize("kind", ["WAVEX", "RF64"])
def test_channel_mask(write, tmp_path, rng, n_channels, mask, kind):
    x = 0.1 * rng.standard_normal((2000, n_channels))
    path = write("a.wav", x, format=kind, subtype="PCM_24")
    with_mask(path, mask)
    assert rewritten(path, tmp_path / "b.wav") == []
    assert mask_of(tmp_path / "b.wav") == mask
    half_as_loud(path, tmp_path / "b.wav")


@pytest.mark.parametrize(("mask", "said"), [(0x603, ["channel mask 0x603"]), (3, [])])
def test_a_channel_mask_that_cannot_be_kept_is_named(write, tmp_path, rng, mask, said):
    x = 0.1 * rng.standard_normal((2000, 2))
    path = write("a.wav", x, format="WAVEX", subtype="PCM_16")
    with_mask(path, mask)
    for kind, remark in [("WAV", "its {} is lost"), ("FLAC", "its metadata are lost: {}")]:
        part = write(f"b.{kind.lower()}", x, format=kind, subtype="PCM_16")
        assert tags.carry_over(path, part) == [remark.format(name) for name in said]


def test_a_file_behind_another_is_no_chunk_of_it(write, tmp_path, speech):
    path = write("a.wav", speech, format="WAV", subtype="PCM_16")
    path.write_bytes(2 * path.read_bytes())
    assert rewritten(path, tmp_path / "b.wav") == []
    assert set(chunks_of(tmp_path / "b.wav", "RIFF")) == {b"fmt ", b"data"}
    assert soundfile.info(tmp_path / "b.wav").frames == 2 * len(speech)


def test_what_the_files_behind_another_carry_is_named(write, tmp_path, speech):
    said = "metadata of what is joined behind it are lost: "
    first, second = tmp_path / "a", tmp_path / "b"
    for kind in ("WAV", "CAF", "FLAC", "OGG"):
        for path, text in ((first, "dawn"), (second, "dusk")):
            with soundfile.SoundFile(path, "w", 8000, 1, format=kind) as audio:
                audio.comment = text
                audio.write(speech)
        joined = write("joined.audio", speech, 8000, format=kind)
        joined.write_bytes(first.read_bytes() + second.read_bytes())
        names = {"WAV": "LIST", "CAF": "info", "FLAC": "comments", "OGG": "comment"}
        assert rewritten(joined, tmp_path / f"new.{kind}") == [said + names[kind]]
        assert soundfile.SoundFile(tmp_path / f"new.{kind}").comment == "dawn"
        plain = write("plain.audio", speech, 8000, format=kind)
        joined.write_bytes(first.read_bytes() + plain.read_bytes())
        assert rewritten(joined, tmp_path / f"new.{kind}") == []


def test_what_mp3_and_au_files_behind_another_carry_is_named(write, tmp_path, speech):
    said = "metadata of what is joined behind it are lost: "
    path = write("a.mp3", speech, format="MP3")
    plain = path.read_bytes()
    tagged = b"ID3\x03\0\0\0\0\0\x15" + b"TIT2\0\0\0\x05\0\0\0Talk" + bytes(6) + plain
    for content, remarks in (
        (tagged + tagged + tagged, [said + "ID3 tags"]),
        (tagged + plain, []),
        (plain + plain, []),
    ):
        path.write_bytes(content)
        assert rewritten(path, tmp_path / "b.mp3") == remarks
    path = write("a.au", speech, 8000, format="AU", subtype="PCM_16")
    plain = path.read_bytes()
    begin = int.from_bytes(plain[4:8], "big")
    noted = (
        plain[:4] + (begin + 8).to_bytes(4, "big") + plain[8:begin] + b"at dawn\0" + plain[begin:]
    )
    path.write_bytes(plain + noted)
    assert rewritten(path, tmp_path / "b.au") == [said + "annotation"]


def test_names_of_what_is_lost_are_said_once(write, tmp_path, speech):
    path = write("a.wav", speech, format="WAV", subtype="PCM_16")
    plain = path.read_bytes()
    more = plain + 2 * (b"LIST" + struct.pack("<I", 4) + b"INFO")
    path.write_bytes(plain + more)
    said = ["metadata of what is joined behind it are lost: LIST"]
    assert rewritten(path, tmp_path / "b.wav") == said


def test_a_failing_read_of_what_is_joined_is_an_error(write, tmp_path, speech, monkeypatch):
    path = write("a.wav", speech, format="WAV", subtype="PCM_16")
    path.write_bytes(2 * path.read_bytes())

    class Unreadable(tags.PartView):
        def readinto(self, buffer):
            self.error = OSError(errno.EIO, os.strerror(errno.EIO))
            return 0

    monkeypatch.setattr(tags, "PartView", Unreadable)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        rewritten(path, tmp_path / "b.wav")
