"""The end of a FLAC file by its frames, against what libsndfile writes."""

import io

import numpy as np
import pytest
import soundfile

from skse.audio import open_audio
from skse.audio._containers import layout_of
from skse.audio._flac import _check, flac_behind, flac_total, n_to_last_frame
from skse.utils import UnusableFileError


def flac(x, rate=8000, subtype="PCM_16"):
    file = io.BytesIO()
    soundfile.write(file, x, rate, format="FLAC", subtype=subtype)
    return file.getvalue()


def with_total(content, n_times):
    """Claim another number of samples; the field is the last 36 of 64 bits."""
    bits = int.from_bytes(content[18:26], "big") >> 36 << 36 | n_times
    return content[:18] + bits.to_bytes(8, "big") + content[26:]


@pytest.fixture
def noise(rng):
    return rng.uniform(-0.5, 0.5, 30_001)


def read(path):
    with open_audio(path) as audio:
        x = np.concatenate(list(audio.blocks()))
        assert len(x) == audio.n_times
    return x


@pytest.mark.parametrize("n_times", [1, 15, 4096, 4097, 30_001])
@pytest.mark.parametrize(
    ("rate", "subtype"), [(8000, "PCM_16"), (44100, "PCM_24"), (12345, "PCM_S8")]
)
@pytest.mark.parametrize("n_channels", [1, 3])
def test_the_last_frame_tells_the_number_of_samples(noise, n_times, rate, subtype, n_channels):
    x = np.tile(noise[:n_times, None], n_channels)
    for samples in (x, np.zeros_like(x)):
        content = flac(samples, rate, subtype)
        for more in (b"", b"TAG".ljust(128, b"\0")):
            file = io.BytesIO(content + more)
            assert n_to_last_frame(file, len(content) + len(more)) == n_times
        assert flac_total(file)[0] == n_times
        assert flac_behind(file) is None


def test_nothing_is_said_of_what_does_not_end_with_a_frame(noise):
    content = flac(noise)
    for damaged in (content[:-1], content + b"?", content[:-2] + b"??", content[:50], b"fLaC"):
        assert n_to_last_frame(io.BytesIO(damaged), len(damaged)) == 0


def test_the_checksum_is_that_of_the_standard():
    assert _check(b"123456789", 8, 0x07) == 0xF4  # the check values of CRC-8 and CRC-16/UMTS
    assert _check(b"123456789", 16, 0x8005) == 0xFEE8


@pytest.mark.parametrize("n_claimed", [0, 1, 5000, 30_000])
def test_a_total_that_is_too_small_is_not_believed(tmp_path, noise, n_claimed):
    path = tmp_path / "a.flac"
    path.write_bytes(flac(noise))
    expected = read(path)
    assert len(expected) == len(noise)
    path.write_bytes(with_total(flac(noise), n_claimed))
    np.testing.assert_array_equal(read(path), expected)


def test_a_total_that_is_too_great_is_that_of_a_file_cut_short(tmp_path, noise):
    path = tmp_path / "a.flac"
    path.write_bytes(with_total(flac(noise), 50_000))
    with pytest.raises(UnusableFileError, match="truncated: 30001 of 50000 samples are there"):
        read(path)


@pytest.mark.parametrize("n_claimed", [30_001, 0, 7])
def test_files_behind_each_other(tmp_path, noise, n_claimed):
    """Also where the mark of the second lies across what is read at a time."""
    path = tmp_path / "a.flac"
    first, second = with_total(flac(noise), n_claimed), flac(noise[:4000])
    assert flac_behind(io.BytesIO(first + second)) == len(first)
    path.write_bytes(first + second + first)
    assert layout_of(path).n_known == (n_claimed == 30_001)
    x = np.concatenate([noise, noise[:4000], noise])
    np.testing.assert_allclose(read(path)[:, 0], x, atol=2**-15)
    for n in range(2**20 - 6, 2**20 + 2):
        padding = b"\x01" + (n - len(first)).to_bytes(3, "big") + bytes(n - len(first))
        long = io.BytesIO(first[:42] + padding + first[42:] + second)
        assert flac_behind(long) == len(first) + len(padding)
