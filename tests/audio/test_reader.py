"""What is wrong with a recording, found in one place and said in one wording."""

import errno
import io
import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from skse.audio import is_pipe, open_audio, spooled
from skse.audio._view import PartView
from skse.utils import UnusableFileError


@pytest.fixture
def write(tmp_path):
    def write_audio(name, x, **options):
        soundfile.write(tmp_path / name, x, 8000, **options)
        return tmp_path / name

    return write_audio


def read(path):
    with open_audio(path) as audio:
        return np.concatenate(list(audio.blocks()))


def reason_of(path):
    with pytest.raises(UnusableFileError) as caught:
        read(path)
    assert caught.value.path == str(path)
    assert str(caught.value) == f"{path}: {caught.value.reason}"
    return caught.value.reason


@pytest.mark.parametrize("n_times", [1, 2**16, 2**16 + 1, 150_000])
@pytest.mark.parametrize("n_channels", [1, 3])
def test_blocks_together_are_the_file(write, rng, n_times, n_channels):
    x = rng.uniform(-1, 1, (n_times, n_channels)).astype(np.float32)
    path = write("a.wav", x, subtype="FLOAT")
    with open_audio(str(path)) as audio:
        blocks = list(audio.blocks())
    assert {(block.dtype, block.ndim) for block in blocks} == {(np.dtype("float32"), 2)}
    assert max(map(len, blocks)) <= 2**16
    np.testing.assert_array_equal(np.concatenate(blocks), x)
    with open_audio(path) as audio:
        assert [len(block) for block in audio.blocks(n_times)] == [n_times]


@pytest.mark.parametrize("mode", ["VARIABLE", "AVERAGE", "CONSTANT"])
@pytest.mark.parametrize("rate", [8000, 22050, 44100])
def test_an_mp3_in_blocks_is_the_one_read_whole(tmp_path, rng, mode, rate):
    """soundfile 0.14 seeks behind every block, where the decoder loses the bits it has saved."""
    times = np.arange(40_000)
    x = 0.2 * np.sin(1400 * times / rate) + 0.2 * rng.standard_normal(40_000) * (times % 9000 < 900)
    path = tmp_path / "a.mp3"
    # Without a compression level soundfile ignores the mode.
    options = {"compression_level": 0.5, "bitrate_mode": mode}
    soundfile.write(path, np.stack([x, -x], 1), rate, **options)
    whole, _ = soundfile.read(path, dtype="float32")
    for size in (1152, 5000):
        with open_audio(path) as audio:
            blocks = list(audio.blocks(size))
        assert max(map(len, blocks)) <= size
        np.testing.assert_allclose(np.concatenate(blocks), whole, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("n_times", "subtype"), [(9001, "PCM_16"), (65_536, "PCM_24")])
def test_a_flac_of_unknown_length_in_blocks(write, rng, n_times, subtype):
    path = write("a.flac", 0.1 * rng.standard_normal((n_times, 2)), subtype=subtype)
    whole, _ = soundfile.read(path, dtype="float32")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # 36 bits of total samples
    content[22:26] = bytes(4)
    path.write_bytes(content)
    for size in (1000, 2**16):
        with open_audio(path) as audio:
            assert audio.n_times == n_times
            np.testing.assert_array_equal(np.concatenate(list(audio.blocks(size))), whole)


def test_a_long_mp3_takes_no_more_memory_than_a_block(tmp_path):
    path, n_times = tmp_path / "a.mp3", 2**19
    soundfile.write(path, 0.1 * np.sin(np.arange(n_times) / 9), 44100)
    tracemalloc.start()
    with open_audio(path) as audio:
        n_read = sum(len(block) for block in audio.blocks(2**10))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert n_read == n_times
    assert peak < n_times  # a quarter of the samples


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file (0 bytes)"),
        (b"This is a text.\n", "not an audio file that can be read (Format not recognised.)"),
        (b"RIFF\x00\x00\x00\x00WAVE", "truncated: it ends before its samples begin"),
    ],
)
def test_what_is_no_audio_is_said_to_be_none(tmp_path, content, reason):
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    assert reason_of(path).startswith(reason)


def test_other_unusable_files(write, tmp_path, monkeypatch):
    assert reason_of(tmp_path) == "a folder, not a file"
    assert reason_of(tmp_path / "none.wav") == "no such file"
    (tmp_path / "link.wav").symlink_to(tmp_path / "gone.wav")
    assert reason_of(tmp_path / "link.wav") == "no such file"
    for kind in ("wav", "aiff"):
        assert reason_of(write(f"zero.{kind}", np.zeros(0))) == "no samples in it"
    (tmp_path / "a.raw").write_bytes(b"12345678")
    assert reason_of(tmp_path / "a.raw").startswith("samples without a header: ")
    assert reason_of(tmp_path / ("n" * 300)) == os.strerror(errno.ENAMETOOLONG)
    (tmp_path / "a.wav").write_text("what only its owner may read")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert reason_of(tmp_path / "a.wav") == "permission to read it denied"


def test_an_error_of_the_disk_is_its_own_reason(write, monkeypatch):
    path = write("a.wav", np.zeros(10))

    def fail(*arguments, **options):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "open", fail)
    assert reason_of(path) == os.strerror(errno.EIO)


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("n_good", [0, 1, 3])
def test_a_read_that_fails_once_is_not_the_end(write, rng, monkeypatch, kind, n_good):
    """Decoders take it for the end of the file, or for damage."""
    path = write(f"a.{kind}", 0.1 * rng.standard_normal(100_000))
    original, number = PartView.readinto, iter(range(10**6))

    def readinto(self, buffer):
        if next(number) == n_good:
            self.error = OSError(errno.EIO, os.strerror(errno.EIO))
            return 0
        return original(self, buffer)

    monkeypatch.setattr(PartView, "readinto", readinto)
    assert reason_of(path) == os.strerror(errno.EIO)


def test_nan_is_found_wherever_it_is(write):
    x = np.zeros((2**16 + 100, 2), np.float32)
    x[-7, 1] = np.nan
    expected = f"contains NaN or inf, first at sample {len(x) - 7} of channel 2"
    assert reason_of(write("a.wav", x, subtype="FLOAT")) == expected
    x[5, 0] = -np.inf
    expected = "contains NaN or inf, first at sample 5 of channel 1"
    assert reason_of(write("a.wav", x, subtype="FLOAT")) == expected


def test_a_flac_cut_short_is_found(write, rng):
    path = write("a.flac", 0.5 * rng.standard_normal(200_000))
    path.write_bytes(path.read_bytes()[:-50_000])
    assert reason_of(path).startswith(("damaged after ", "truncated: "))
    assert " of 200000 samples" in reason_of(path)


def test_a_decoder_that_stops_before_the_end(write, monkeypatch):
    path = write("a.wav", np.zeros(10))
    monkeypatch.setattr(soundfile.SoundFile, "frames", property(lambda self: 12))
    assert reason_of(path) == "truncated: 10 of 12 samples are there"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_read_to_its_end(write, tmp_path, rng):
    path = write("a.flac", 0.1 * rng.standard_normal(5000))
    os.mkfifo(tmp_path / "pipe")
    copying = threading.Thread(
        target=lambda: (tmp_path / "pipe").write_bytes(path.read_bytes()), daemon=True
    )
    copying.start()
    assert is_pipe(tmp_path / "pipe")
    assert not is_pipe(path)
    assert not is_pipe(tmp_path / "none")
    x = read(tmp_path / "pipe")
    copying.join()
    np.testing.assert_array_equal(x, read(path))


def test_spooled_bytes_are_those_of_the_stream(tmp_path):
    with spooled(io.BytesIO(b"12345"), tmp_path) as file:
        assert file.read_bytes() == b"12345"
        assert file.parent == tmp_path
    assert os.listdir(tmp_path) == []
