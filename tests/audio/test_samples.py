"""Samples from the middle of a file are those of the whole."""

import numpy as np
import pytest
import soundfile

from skse.audio import _samples, open_audio, read_samples
from skse.utils import UnusableFileError

SEEKABLE = [
    *(("wav", s) for s in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW")),
    *(("flac", s) for s in ("PCM_S8", "PCM_16", "PCM_24")),
    *((kind, "PCM_16") for kind in ("aiff", "au", "caf", "rf64", "w64")),
]
OTHER = [("wav", "IMA_ADPCM"), ("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III")]


@pytest.mark.parametrize(("kind", "subtype"), SEEKABLE + OTHER)
@pytest.mark.parametrize("n_channels", [1, 2])
def test_any_part_is_that_of_the_whole(tmp_path, rng, kind, subtype, n_channels):
    path = tmp_path / f"a.{kind}"
    soundfile.write(path, rng.uniform(-0.9, 0.9, (150_000, n_channels)), 16000, subtype)
    with open_audio(path) as audio:
        whole = np.concatenate(list(audio.blocks()))
        assert audio.seekable == ((kind, subtype) in SEEKABLE)
        seekable, n_times = audio.seekable, audio.n_times
    begins = [0, 1, 4095, 65_536, n_times - 1, *rng.integers(n_times, size=10)]
    for begin in begins:
        for end in (begin, begin + 1, (begin + n_times) // 2, n_times):
            part = read_samples(path, begin, end, seekable=seekable)
            np.testing.assert_array_equal(part, whole[begin:end])


def test_a_part_of_a_seekable_file_is_all_that_is_decoded(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", np.zeros(100_000), 8000)
    monkeypatch.setattr(_samples, "_decoded", None)
    assert read_samples(tmp_path / "a.wav", 70_000, 70_009, seekable=True).shape == (9, 1)


def test_what_is_wrong_is_said(tmp_path, rng):
    path = tmp_path / "a.flac"
    soundfile.write(path, rng.uniform(-1, 1, 200_000), 8000)
    content = bytearray(path.read_bytes())
    content[100_000:105_000] = bytes(5000)
    path.write_bytes(content)
    with pytest.raises(UnusableFileError, match=r"a\.flac: "):
        read_samples(path, 0, 200_000, seekable=True)
    with pytest.raises(UnusableFileError, match=r"b\.wav: no such file"):
        read_samples(tmp_path / "b.wav", 0, 5, seekable=True)
    soundfile.write(tmp_path / "c.wav", np.r_[np.zeros(10), np.nan, 0], 8000, "FLOAT")
    with pytest.raises(UnusableFileError, match="NaN or inf, first at sample 10 of channel 1"):
        read_samples(tmp_path / "c.wav", 5, 12, seekable=True)
    soundfile.write(tmp_path / "d.wav", np.zeros(12), 8000)
    for seekable in (True, False):
        with pytest.raises(UnusableFileError, match="truncated: its sample 12 is not there"):
            read_samples(tmp_path / "d.wav", 11, 20, seekable=seekable)
