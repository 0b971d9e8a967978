import numpy as np
import pytest
import soxr

from skse.audio import BLOCK
from skse.files._resampling import resample, resampled_length


@pytest.mark.parametrize(
    ("rate", "new_rate"), [(44100, 8000), (8000, 44100), (48000, 16000), (8000, 11025)]
)
@pytest.mark.parametrize("n_times", [1, 100, BLOCK, 2 * BLOCK + 77])
def test_blocks_are_the_whole(rng, rate, new_rate, n_times):
    x = rng.standard_normal(n_times).astype(np.float32)
    out = np.full(resampled_length(n_times, rate, new_rate), np.nan, np.float32)
    resample(x, rate, new_rate, out)
    whole = soxr.resample(x, rate, new_rate)[: len(out)]
    np.testing.assert_array_equal(out[: len(whole)], whole)
    assert not out[len(whole) :].any()
    assert len(out) - len(whole) <= 1


def test_there_and_back(rng):
    times = np.arange(44100) / 44100
    x = np.sin(2 * np.pi * 440 * times).astype(np.float32)
    low = np.empty(resampled_length(len(x), 44100, 8000), np.float32)
    back = np.empty_like(x)
    resample(x, 44100, 8000, low)
    resample(low, 8000, 44100, back)
    np.testing.assert_allclose(back[500:-500], x[500:-500], atol=1e-3)


def test_one_rate_changes_nothing(rng):
    x = rng.standard_normal(BLOCK + 3).astype(np.float32)
    out = np.empty_like(x)
    resample(x, 8000, 8000, out)
    np.testing.assert_array_equal(out, x)
