"""Lengths in headers: true, placeholders, old, and those of files that were cut short."""

import io
import sys

import numpy as np
import pytest
import soundfile

from skse.audio import open_audio
from skse.audio._chunks import FAMILIES, Chunks
from skse.utils import UnusableFileError

N_TIMES = 5000
# Format, how it is written, and where its length of the samples stands: behind which name, its
# bytes and their order, what it counts besides the samples.
CHUNKED = {
    "WAV": ({}, b"data", 4, "little", 0),
    "RIFX": ({"format": "WAV", "endian": "BIG"}, b"data", 4, "big", 0),
    "WAVEX": ({}, b"data", 4, "little", 0),
    "AIFF": ({}, b"SSND", 4, "big", 8),
    "W64": ({}, b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a", 8, "little", 24),
    "CAF": ({}, b"data", 8, "big", 4),
}
PLACEHOLDERS = {
    4: [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF - 36, 0xFFFFFFFF],
    8: [0, 2**63 - 1, 2**64 - 1, 2**62],
}


def read(path):
    with open_audio(path) as audio:
        x = np.concatenate(list(audio.blocks()))
        assert len(x) == audio.n_times
    return x


def reason_of(path):
    with pytest.raises(UnusableFileError) as caught:
        read(path)
    return caught.value.reason


@pytest.fixture
def make(tmp_path, rng):
    """Write a file of a kind; return its path, its samples and where its length stands."""

    def make(kind, n_channels=1):
        options, name, *_ = CHUNKED[kind]
        x = rng.uniform(-1, 1, (N_TIMES, n_channels)).astype(np.float32)
        path = tmp_path / f"{kind}.audio"
        soundfile.write(path, x, 8000, **{"format": kind, "subtype": "PCM_16"} | options)
        position = path.read_bytes().index(name) + len(name)
        return path, soundfile.read(path, dtype="float32", always_2d=True)[0], position

    return make


def replace(path, position, value, n_bytes, order):
    content = path.read_bytes()
    value = (value % 256**n_bytes).to_bytes(n_bytes, order)
    path.write_bytes(content[:position] + value + content[position + n_bytes :])


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize(
    ("kind", "claimed"),
    [(kind, claimed) for kind, (_, _, n, *_) in CHUNKED.items() for claimed in PLACEHOLDERS[n]],
)
def test_behind_a_placeholder_all_samples_are_read(make, kind, claimed, n_channels):
    path, x, position = make(kind, n_channels)
    _, _, n_bytes, order, _ = CHUNKED[kind]
    replace(path, position, claimed, n_bytes, order)
    np.testing.assert_array_equal(read(path), x)


@pytest.mark.parametrize(
    ("kind", "claimed"),
    [(kind, claimed) for kind, (_, _, n, *_) in CHUNKED.items() for claimed in PLACEHOLDERS[n]],
)
def test_another_file_behind_a_placeholder(make, kind, claimed):
    path, x, position = make(kind)
    whole = path.read_bytes()
    _, _, n_bytes, order, _ = CHUNKED[kind]
    replace(path, position, claimed, n_bytes, order)
    unknown = path.read_bytes()
    path.write_bytes(unknown + unknown + whole)
    np.testing.assert_array_equal(read(path), np.concatenate([x, x, x]))


@pytest.mark.parametrize("kind", CHUNKED)
def test_another_file_behind_one_that_was_cut_short(make, kind):
    path, _, _ = make(kind)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1000] + whole)
    left = 2 * N_TIMES - 1000
    assert reason_of(path).startswith(f"truncated: {left} of {2 * N_TIMES} bytes of samples")


@pytest.mark.parametrize("size", [2**20 - 50, 2**20, 2**20 + 3, 3 * 2**20 - 11])
def test_another_file_is_found_across_blocks(size):
    """Where what tells it is divided between two reads."""
    for family in (FAMILIES["RIFF"], FAMILIES["CAF"]):
        is_wave = family.n_before_mark > 0
        head = b"RIFF\0\0\0\0WAVEdata" if is_wave else b"caff\0\1\0\0desc" + bytes(8) + b"data"
        head += bytes(8)
        for n in range(size, size + len(head) + 2):
            content = io.BytesIO(b"WAVE" + bytes(n) + head)
            assert Chunks(content, family).another_from(1) == n + 4
            assert Chunks(content, family).another_from(n + 5) is None


@pytest.mark.parametrize("claimed", [0, 0x7FFFF000, 0xFFFFFFFF])
@pytest.mark.parametrize("endian", ["BIG", "LITTLE"])
def test_another_au_file_behind_a_placeholder(write, rng, endian, claimed):
    x = rng.uniform(-1, 1, 5000)
    path = write("a.au", x, format="AU", subtype="PCM_16", endian=endian)
    whole, expected = path.read_bytes(), read(path)
    replace(path, 8, claimed, 4, endian.lower())
    unknown = path.read_bytes()
    for parts in ([unknown, whole], [unknown, unknown], [unknown, whole, unknown]):
        path.write_bytes(b"".join(parts))
        np.testing.assert_array_equal(read(path), np.concatenate([expected] * len(parts)))
    looks_like_one = unknown[:4000] + unknown[:4] + bytes(40) + unknown[4044:]
    path.write_bytes(looks_like_one)
    assert len(read(path)) == 5000


def test_what_looks_like_the_head_of_another_file_is_sound(make):
    """Of a disk that was in use before, or by chance: no chunk of samples follows."""
    path, _, position = make("WAV")
    whole = path.read_bytes()
    replace(path, position, 0, 4, "little")
    unknown = path.read_bytes()
    for rest in (whole[:20], b"RIFF\0\0\0\0WAVE" + whole[1000:2000], bytes(8) + whole[8:30]):
        path.write_bytes(unknown + rest)
        assert len(read(path)) == N_TIMES + len(rest) // 2
    path.write_bytes(unknown + whole[:3000])
    expected = f"of the file joined to it at byte {len(unknown)}: truncated: "
    assert reason_of(path).startswith(expected)


@pytest.mark.parametrize("kind", CHUNKED)
@pytest.mark.parametrize("n_written", [1000, 4000])
def test_a_length_that_was_written_before_the_last_samples(make, kind, n_written):
    """As a recorder leaves it that writes its header now and then, and dies."""
    path, x, position = make(kind)
    _, _, n_bytes, order, extra = CHUNKED[kind]
    replace(path, position, 2 * n_written + extra, n_bytes, order)
    np.testing.assert_array_equal(read(path), x)


@pytest.mark.parametrize("kind", CHUNKED)
@pytest.mark.parametrize("n_missing", [2, 5000, 9990])
def test_a_file_that_was_cut_short_is_named(make, kind, n_missing):
    path, _, _ = make(kind)
    path.write_bytes(path.read_bytes()[:-n_missing])
    left = 2 * N_TIMES - n_missing
    assert reason_of(path).startswith(f"truncated: {left} of {2 * N_TIMES} bytes of samples")


@pytest.mark.parametrize("n_missing", [1, 800, 1600 * 2])
def test_the_size_is_compared_before_anything_is_read(write, n_missing):
    path = write("a.wav", np.full(1600, 0.1), subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:-n_missing])
    with pytest.raises(UnusableFileError) as caught, open_audio(path):
        pass
    left = 3200 - n_missing
    assert caught.value.reason == f"truncated: {left} of 3200 bytes of samples are there"


def chunk(name, data):
    return name + len(data).to_bytes(4, "little") + data + b"\0" * (len(data) % 2)


@pytest.mark.parametrize(
    "behind",
    [
        chunk(b"note", b"abc"),
        chunk(b"id3 ", bytes(1000)) + chunk(b"LIST", b"INFOINAM" + bytes(9)),
        b"TAG" + bytes(125),
        b"ID3\x04" + bytes(500),
        bytes(70_000),
        b"<?xml version='1.0'?>" * 20,
        chunk(b"LIST", b"INFOINAM" + bytes(90)) + bytes(500),
        chunk(b"LIST", b"INFOINAM" + bytes(90)) + b"TAG" + bytes(125),
        chunk(b"LIST", b"INFOINAM" + bytes(90))[:-3],
        b"\1\2\3",
    ],
    ids=["chunk", "chunks", "id3v1", "id3v2", "zeros", "xml", "padded", "id3", "cut", "bytes"],
)
def test_what_stands_behind_the_samples_is_no_sound(write, behind):
    path = write("a.wav", np.full(1601, 0.1), subtype="PCM_U8")
    content = path.read_bytes()
    begin = content.index(b"data")
    odd = chunk(b"note", b"abc")
    path.write_bytes(content[:begin] + odd + content[begin:] + behind)
    assert len(read(path)) == 1601


def test_a_chunk_behind_an_odd_length_without_its_byte_of_padding(write):
    path = write("a.wav", np.full(1601, 0.1), subtype="PCM_U8")
    content = path.read_bytes()
    begin = content.index(b"data") + 8
    path.write_bytes(content[: begin + 1601] + chunk(b"LIST", b"INFOINAM" + bytes(90)))
    assert len(read(path)) == 1601


@pytest.mark.parametrize("first", [b"<", b"\0\0", b"R", b"T"])
def test_a_sample_may_look_like_the_beginning_of_something_else(make, first):
    path, _, position = make("WAV")
    content = bytearray(path.read_bytes())
    at = position + 4 + 4000
    content[at : at + len(first)] = first
    path.write_bytes(content)
    x = soundfile.read(path, dtype="float32", always_2d=True)[0]
    replace(path, position, 4000, 4, "little")
    np.testing.assert_array_equal(read(path), x)


def test_silence_behind_a_length_of_zero_is_looked_at_once(write, monkeypatch):
    """A chunk of silence is 8 bytes long: going through all of them would take for ever."""
    path = write("a.wav", np.zeros(100_000), subtype="PCM_16")
    replace(path, path.read_bytes().index(b"data") + 4, 0, 4, "little")
    n_chunks, original = [], Chunks.walk

    def walk(self, position=None):
        for found in original(self, position):
            n_chunks.append(found)
            yield found

    monkeypatch.setattr(Chunks, "walk", walk)
    assert len(read(path)) == 100_000
    assert len(n_chunks) < 10


def test_what_stands_behind_the_samples_of_wave64_is_no_sound(make):
    path, x, _ = make("W64")
    path.write_bytes(
        path.read_bytes() + b"note" + bytes(12) + (40).to_bytes(8, "little") + bytes(16)
    )
    np.testing.assert_array_equal(read(path), x)


def test_no_sample_and_then_a_chunk_is_no_sample(write):
    path = write("a.wav", np.zeros(0))
    path.write_bytes(path.read_bytes() + chunk(b"note", b"abcd"))
    assert reason_of(path) == "no samples in it"


def test_zeros_behind_a_length_of_zero_are_silence(write):
    path = write("a.wav", np.zeros(4000), subtype="PCM_16")
    replace(path, path.read_bytes().index(b"data") + 4, 0, 4, "little")
    assert len(read(path)) == 4000


@pytest.mark.parametrize("long", [0, 2**64 - 1, 4000])
def test_rf64_of_an_unknown_length(write, rng, long):
    path = write("a.rf64", rng.uniform(-1, 1, N_TIMES), format="RF64", subtype="PCM_16")
    x = soundfile.read(path, dtype="float32", always_2d=True)[0]
    replace(path, 28, long, 8, "little")
    np.testing.assert_array_equal(read(path), x)


def test_rf64_cut_short(write, rng):
    path = write("a.rf64", rng.uniform(-1, 1, N_TIMES), format="RF64", subtype="PCM_16")
    path.write_bytes(path.read_bytes()[:-1000])
    assert reason_of(path) == "truncated: 9000 of 10000 bytes of samples are there"


@pytest.mark.parametrize("endian", ["BIG", "LITTLE"])
@pytest.mark.parametrize("claimed", [0, 0x7FFFFFFF, 0xFFFFFFFF, 4000])
def test_au_of_an_unknown_length(write, rng, endian, claimed):
    path = write("a.au", rng.uniform(-1, 1, N_TIMES), subtype="PCM_16", endian=endian)
    x = soundfile.read(path, dtype="float32", always_2d=True)[0]
    replace(path, 8, claimed, 4, endian.lower())
    np.testing.assert_array_equal(read(path), x)
    replace(path, 8, 2 * N_TIMES, 4, endian.lower())
    path.write_bytes(path.read_bytes()[:-1000])
    assert reason_of(path) == "truncated: 9000 of 10000 bytes of samples are there"


def test_a_flac_that_does_not_tell_its_length(write, rng):
    path = write("a.flac", rng.uniform(-1, 1, (150_000, 2)), subtype="PCM_16")
    x = read(path)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    np.testing.assert_array_equal(read(path), x)


@pytest.mark.parametrize(("subtype", "rate"), [("VORBIS", 44100), ("OPUS", 48000)])
class TestOgg:
    @pytest.fixture
    def ogg(self, write, rng, subtype, rate):
        x = 0.1 * rng.standard_normal(3 * rate)
        return write("a.ogg", x, rate, format="OGG", subtype=subtype)

    def test_streams_one_after_the_other_are_all_read(self, ogg):
        x = read(ogg)
        ogg.write_bytes(ogg.read_bytes() * 3)
        np.testing.assert_array_equal(read(ogg), np.concatenate([x, x, x]))

    def test_a_tag_between_two_streams_does_no_harm(self, ogg):
        x = read(ogg)
        ogg.write_bytes(ogg.read_bytes() + b"TAG" + bytes(70_000) + ogg.read_bytes())
        np.testing.assert_array_equal(read(ogg), np.concatenate([x, x]))

    @pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on open files")
    def test_streams_are_opened_one_after_the_other(self, write, rng, subtype, rate):
        import resource

        x = 0.1 * rng.standard_normal(rate // 50)
        path = write("short.ogg", x, rate, format="OGG", subtype=subtype)
        n_times = len(read(path))
        path.write_bytes(path.read_bytes() * 300)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, limits[1]))
        try:
            assert len(read(path)) == 300 * n_times
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    def test_a_page_cut_in_two_is_named(self, ogg):
        content = ogg.read_bytes()
        ogg.write_bytes(content[:-100])
        assert reason_of(ogg) == "truncated: the last 100 bytes of its last page are missing"

    def test_streams_that_do_not_go_together_are_named(self, ogg, write, rng, subtype, rate):
        other = write("b.ogg", 0.1 * rng.standard_normal((rate, 2)), rate, subtype=subtype)
        ogg.write_bytes(ogg.read_bytes() + other.read_bytes())
        assert reason_of(ogg) == "its sampling rate or number of channels changes on the way"


JOINED = {
    "WAV": ("WAV", "PCM_16"),
    "WAV, odd": ("WAV", "PCM_U8"),
    "WAVEX": ("WAVEX", "PCM_24"),
    "RF64": ("RF64", "FLOAT"),
    "AIFF": ("AIFF", "PCM_16"),
    "W64": ("W64", "PCM_16"),
    "CAF": ("CAF", "PCM_16"),
    "CAF, packed": ("CAF", "ALAC_16"),
    "AU": ("AU", "PCM_16"),
    "FLAC": ("FLAC", "PCM_16"),
}


def write_joined(path, rng, kind, rates=(8000, 8000, 8000)):
    """Put files behind each other, byte upon byte; return their samples."""
    contents, x = [], []
    for n_times, rate in zip((4001, 2048, 777), rates, strict=True):
        samples = rng.uniform(-1, 1, n_times)
        soundfile.write(path, samples, rate, format=JOINED[kind][0], subtype=JOINED[kind][1])
        contents.append(path.read_bytes())
        x.append(soundfile.read(path, dtype="float32", always_2d=True)[0])
    path.write_bytes(b"".join(contents))
    return np.concatenate(x), contents


@pytest.mark.parametrize("kind", JOINED)
def test_files_behind_each_other_are_one_recording(tmp_path, rng, kind):
    path = tmp_path / "a.audio"
    x, _ = write_joined(path, rng, kind)
    np.testing.assert_array_equal(read(path), x)


@pytest.mark.parametrize("kind", ["WAV", "CAF", "FLAC"])
def test_files_behind_each_other_that_differ_are_an_error(tmp_path, rng, kind):
    path = tmp_path / "a.audio"
    write_joined(path, rng, kind, rates=(8000, 8000, 16000))
    assert "changes on the way" in reason_of(path)


def test_an_odd_length_that_is_not_filled_up_before_another_file(tmp_path, rng):
    path = tmp_path / "a.wav"
    _, contents = write_joined(path, rng, "WAV, odd")
    assert contents[0][-1:] == b"\0"
    path.write_bytes(contents[0][:-1] + contents[1])
    assert len(read(path)) == 4001 + 2048


@pytest.mark.parametrize("kind", ["WAV", "CAF", "AU", "FLAC"])
def test_the_last_of_files_behind_each_other_cut_short(tmp_path, rng, kind):
    path = tmp_path / "a.audio"
    write_joined(path, rng, kind)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UnusableFileError):
        read(path)
