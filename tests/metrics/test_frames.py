import numpy as np
import pytest

from skse.metrics import _frames
from skse.metrics._frames import check_frames, compare_frames, mean_of_lowest


def energies(s, x):
    return np.sum(s**2 - x**2, axis=1)


@pytest.mark.parametrize(("n_times", "frame", "hop"), [(240, 240, 60), (1000, 240, 60), (99, 7, 9)])
@pytest.mark.parametrize("at_once", [1, 2, 4096])
def test_whole_frames_are_compared_block_by_block(rng, monkeypatch, n_times, frame, hop, at_once):
    monkeypatch.setattr(_frames, "_FRAMES_AT_ONCE", at_once)
    s, x = rng.standard_normal((2, n_times))
    window = 0.5 * (1 - np.cos(2 * np.pi * np.arange(1, frame + 1) / (frame + 1)))
    expected = [
        np.sum((window * s[i : i + frame]) ** 2) - np.sum((window * x[i : i + frame]) ** 2)
        for i in range(0, n_times - frame + 1, hop)
    ]
    np.testing.assert_allclose(compare_frames(energies, s, x, frame, hop), expected)


def test_frames_in_samples():
    assert tuple(check_frames("f", 8000, 30, 7.5)) == (240, 60)
    assert tuple(check_frames("f", 100, 1, 1)) == (1, 1)
    for rate, frame_ms, hop_ms in [(0, 30, 7), (8000, 0, 7), (8000, 30, -1)]:
        with pytest.raises(ValueError, match="f: "):
            check_frames("f", rate, frame_ms, hop_ms)


def test_the_mean_of_the_lowest():
    values = np.array([4.0, np.nan, 1.0, 3.0, 2.0])
    assert mean_of_lowest(values, 1.0) == 2.5
    assert mean_of_lowest(values, 0.75) == 2
    assert mean_of_lowest(values, 0.01) == 1
    assert np.isnan(mean_of_lowest(np.array([np.nan]), 1.0))
