import numpy as np
import pytest
import soundfile

from skse.datasets._audio import read_channels, read_header, read_mono
from skse.utils import UnusableFileError


@pytest.mark.parametrize("n_times", [1, 100, 2**16 + 5])
def test_mono_file(tmp_path, rng, n_times):
    x = rng.uniform(-1, 1, n_times).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", x, 11025, "FLOAT")
    read, rate = read_mono(tmp_path / "a.wav")
    np.testing.assert_array_equal(read, x)
    assert (read.dtype, rate) == (np.float32, 11025)
    assert read_header(tmp_path / "a.wav") == (11025, n_times)


@pytest.mark.parametrize("n_times", [1, 2**16 + 5])
def test_every_channel(tmp_path, rng, n_times):
    x = rng.uniform(-1, 1, (n_times, 3)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", x, 11025, "FLOAT")
    read, rate = read_channels(tmp_path / "a.wav")
    np.testing.assert_array_equal(read, x)
    assert (read.dtype, rate) == (np.float32, 11025)


@pytest.mark.parametrize("read", [read_mono, read_header])
def test_a_file_that_is_not_mono(tmp_path, read):
    soundfile.write(tmp_path / "a.wav", np.zeros((100, 3)), 8000)
    with pytest.raises(UnusableFileError, match=r"a\.wav: 3 channels; mix it down to mono first$"):
        read(tmp_path / "a.wav")


def test_the_header_alone_is_read_where_that_is_all_that_was_asked_for(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(100, np.nan), 8000, "FLOAT")
    assert read_header(tmp_path / "a.wav") == (8000, 100)
    with pytest.raises(UnusableFileError, match="NaN"):
        read_mono(tmp_path / "a.wav")
