import errno
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from skse.audio import AudioFormat, _writer, open_audio, peak_of, write_audio
from skse.audio._media import MediaFormat
from skse.utils import UnusableFileError

LOSSLESS = [
    *(("WAV", subtype) for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE")),
    *(("FLAC", subtype) for subtype in ("PCM_S8", "PCM_16", "PCM_24")),
    *(("AIFF", subtype) for subtype in ("PCM_S8", "PCM_16", "PCM_24", "FLOAT")),
    *(("CAF", subtype) for subtype in ("PCM_16", "ALAC_16", "PCM_24", "FLOAT")),
    *((name, "PCM_16") for name in ("AU", "RF64", "W64", "WAVEX", "NIST")),
]
LOSSY = [("WAV", "ULAW"), ("WAV", "IMA_ADPCM"), ("WAV", "GSM610"), ("OGG", "VORBIS"),
         ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III")]  # fmt: skip


def read(path):
    with open_audio(path) as audio:
        return np.concatenate(list(audio.blocks())), AudioFormat.of(audio)


def copy(path, new, gain=1.0):
    x, audio_format = read(path)
    write_audio(new, list(x.T), audio_format, gain)
    return x, audio_format


@pytest.mark.parametrize("n_channels", [1, 2, 5])
@pytest.mark.parametrize(("kind", "subtype"), LOSSLESS)
def test_a_copy_is_the_same(write, tmp_path, rng, kind, subtype, n_channels):
    x = rng.uniform(-1, 1, (3000, n_channels)).astype(np.float32)
    x[0], x[1] = -1, 1
    path = write("a", x, 11025, format=kind, subtype=subtype)
    _, audio_format = copy(path, tmp_path / "b")
    assert soundfile.info(tmp_path / "b").subtype == soundfile.info(path).subtype == subtype
    assert soundfile.info(tmp_path / "b").format == kind
    assert (audio_format.sampling_rate, audio_format.n_channels) == (11025, n_channels)
    again, _ = soundfile.read(tmp_path / "b", always_2d=True)
    np.testing.assert_array_equal(again, soundfile.read(path, always_2d=True)[0])


@pytest.mark.parametrize(("kind", "subtype"), LOSSY)
def test_a_lossy_copy_has_its_kind_and_length(write, tmp_path, speech, kind, subtype):
    path = write("a", speech, 8000, format=kind, subtype=subtype)
    x, audio_format = copy(path, tmp_path / "b")
    y, again = read(tmp_path / "b")
    assert (again.format, again.subtype) == (kind, subtype)
    # Block codecs pad their last block.
    assert audio_format.n_times <= again.n_times < audio_format.n_times + 500
    n = len(x) if subtype != "GSM610" else 0
    assert np.corrcoef(x[:n, 0], y[:n, 0])[0, 1] > 0.9 if n else True


@pytest.mark.parametrize("endian", ["LITTLE", "BIG"])
def test_byte_order_is_kept(write, tmp_path, speech, endian):
    path = write("a.wav", speech, endian=endian)
    copy(path, tmp_path / "b.wav")
    assert path.read_bytes()[:4] == (tmp_path / "b.wav").read_bytes()[:4]
    np.testing.assert_array_equal(soundfile.read(path)[0], soundfile.read(tmp_path / "b.wav")[0])


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG"])
def test_metadata_are_kept(write, tmp_path, speech, kind):
    path = write("a", speech, format=kind)
    with soundfile.SoundFile(tmp_path / "c", "w", 8000, 1, format=kind) as audio:
        audio.title, audio.artist, audio.comment = "Talk", "Ada", "at noon"
        audio.write(speech)
    copy(tmp_path / "c", path)
    with soundfile.SoundFile(path) as audio:
        assert (audio.title, audio.artist, audio.comment) == ("Talk", "Ada", "at noon")


def test_numbers_are_rounded_to_the_nearest(tmp_path):
    x = np.array([0.4, 0.6, -0.4, -0.6, 32767.4, -32768.4], np.float32) / 32768
    audio_format = AudioFormat(8000, 1, len(x), "WAV", "PCM_16", "FILE")
    write_audio(tmp_path / "a.wav", [x], audio_format)
    written = soundfile.read(tmp_path / "a.wav", dtype="int16")[0]
    assert written.tolist() == [0, 1, 0, -1, 32767, -32768]
    assert peak_of(x[:5]) <= audio_format.full_scale < 32767.6 / 32768


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path, speech):
    audio_format = AudioFormat(8000, 1, len(speech), "WAV", "VORBIS", "FILE")
    with pytest.raises(UnusableFileError, match="cannot be written as WAV, VORBIS"):
        write_audio(tmp_path / "a.wav", [speech], audio_format)
    assert os.listdir(tmp_path) == []


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 64 kB, where this may be had."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("needs the right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("WAV", "PCM_16"),
        ("WAV", "FLOAT"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_a_full_disk_is_an_error_and_leaves_nothing(small_disk, rng, kind, subtype):
    x = rng.uniform(-1, 1, 400_000).astype(np.float32)
    audio_format = AudioFormat(8000, 1, len(x), kind, subtype, "FILE")
    with pytest.raises(OSError, match="No space left"):
        write_audio(small_disk / "a", [x], audio_format)
    assert os.listdir(small_disk) == []


@pytest.mark.parametrize("n_free", [0, 2**30])
def test_a_file_that_came_out_too_short(tmp_path, monkeypatch, speech, n_free):
    """Not every encoder tells that the disk is full; but only a full disk is said to be full."""
    audio_format = AudioFormat(8000, 1, len(speech) + 1, "WAV", "PCM_16", "FILE")
    longer = np.append(speech, 0)
    monkeypatch.setattr(_writer, "_quantize", lambda block, bits: block[:-1])
    usage = shutil.disk_usage(tmp_path)._replace(free=n_free)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises((OSError, UnusableFileError)) as error:
        write_audio(tmp_path / "a.wav", [longer], audio_format)
    if n_free:
        n = len(longer)
        assert error.value.reason == (
            f"cannot be written as WAV, PCM_16 (only {n - 1} of {n} samples can be read again)"
        )
    else:
        assert error.value.errno == errno.ENOSPC
    assert os.listdir(tmp_path) == []


def test_a_result_that_the_disk_does_not_give_back(tmp_path, monkeypatch, speech):
    """The disk is to blame, not the format, and the file that is named is the result."""
    audio_format = AudioFormat(8000, 1, len(speech), "WAV", "PCM_16", "FILE")
    monkeypatch.setattr(_writer, "_quantize", lambda block, bits: block[:-1])
    monkeypatch.setattr(_writer, "_LEAST_FREE", 0)

    def fail(path, *args):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(UnusableFileError) as error:
        write_audio(tmp_path / "a.wav", [speech], audio_format)
    assert Path(error.value.path) == tmp_path / "a.wav"
    assert error.value.reason == os.strerror(errno.EIO)
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="names are text elsewhere")
@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "m4a"])
def test_names_that_are_no_text(write, tmp_path, speech, kind):
    source = write(f"a.{'wav' if kind == 'm4a' else kind}", speech)
    path, new = (tmp_path / os.fsdecode(b"\xff%d." % i + kind.encode()) for i in (0, 1))
    if kind == "m4a":
        pytest.importorskip("av")
        media = MediaFormat("ipod", "aac", 64_000)
        write_audio(path, [speech], AudioFormat(8000, 1, 8000, "FLAC", "PCM_16", media=media))
    else:
        try:
            source.rename(path)
        except OSError:
            pytest.skip("this file system takes no such name")
    x, _ = copy(path, new)
    assert len(read(new)[0]) == len(x)


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_U8", "ULAW", "ALAW", "PCM_24"])
@pytest.mark.parametrize("n_times", [1, 100, 101])
def test_aiff_of_an_odd_number_of_bytes(tmp_path, speech, subtype, n_channels, n_times):
    """Not with one sample more, which is a click where zero is not silence."""
    x = np.stack([speech[:n_times]] * n_channels)
    audio_format = AudioFormat(8000, n_channels, n_times, "AIFF", subtype)
    write_audio(tmp_path / "a.aiff", list(x), audio_format)
    y, _ = soundfile.read(tmp_path / "a.aiff", always_2d=True)
    assert y.shape == (n_times, n_channels)
    np.testing.assert_allclose(y.T, x, atol=0.01)
    with open_audio(tmp_path / "a.aiff") as audio:
        assert AudioFormat.of(audio).n_times == n_times
        new = tmp_path / "b.aiff"
        write_audio(new, list(y.T.astype(np.float32)), AudioFormat.of(audio))
    assert (tmp_path / "a.aiff").read_bytes() == new.read_bytes()
    assert int.from_bytes(new.read_bytes()[4:8], "big") == new.stat().st_size - 8


@pytest.mark.parametrize(("bits", "takes"), [(16, "ALAC_16"), (20, "PCM_24"), (24, "PCM_24")])
@pytest.mark.parametrize("n_times", [4096 + 40, 8192])
def test_alac_in_caf_loses_nothing(write, tmp_path, bits, takes, n_times):
    """libsndfile writes more than 16 bits wrongly where the last packet is short."""
    x = np.round(0.3 * np.sin(np.arange(8192) / 20) * 2**15) / 2**15
    path = write("in.caf", x, 8000, subtype=f"ALAC_{bits}")
    with open_audio(path) as audio:
        audio_format = AudioFormat.of(audio)
        assert len(audio.remarks) == (bits > 16)
    assert (audio_format.format, audio_format.subtype) == ("CAF", takes)
    audio_format.n_times = n_times
    stereo = np.stack([x, x[::-1]])[:, :n_times]
    audio_format.n_channels = 2
    write_audio(tmp_path / "out.caf", list(stereo), audio_format, 1.0)
    np.testing.assert_array_equal(soundfile.read(tmp_path / "out.caf")[0].T, stereo)
