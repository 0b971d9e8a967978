import numpy as np
import pytest
import soundfile

from skse.datasets._audio import read_channels


@pytest.mark.parametrize("n_times", [1, 2**16 + 5])
def test_every_channel(tmp_path, rng, n_times):
    x = rng.uniform(-1, 1, (n_times, 3)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", x, 11025, "FLOAT")
    read, rate = read_channels(tmp_path / "a.wav")
    np.testing.assert_array_equal(read, x)
    assert (read.dtype, rate) == (np.float32, 11025)
