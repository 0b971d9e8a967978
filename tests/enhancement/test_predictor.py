"""Rows of blocks in, predicted rows out."""

import math

import numpy as np
import pytest

from skse.enhancement._predictor import Predictor, prediction_windows
from skse.enhancement._segments import ContextFrames, Segments, Surroundings


class Running:
    """Carries a sum along time; a stream goes on where the last call stopped."""

    def __init__(self):
        self.n_streams = 0

    def fit(self, X, y, groups=None):
        return self

    def get_params(self, deep=True):
        return {}

    def receptive_field(self):
        return math.inf, 0

    def predict(self, X):
        raise AssertionError("a state is carried by streams")

    def open_stream(self):
        self.n_streams += 1
        return Sum()


class Sum:
    total = 0.0

    def push(self, rows):
        out = self.total + np.cumsum(rows, axis=2)
        self.total = out[:, :, -1:]
        return out


def test_rows_of_one_shape_go_together(make_echo, rng):
    echo = make_echo(1, 1).fit(None, None)
    rows = [rng.standard_normal((n, 5, frames)) for n, frames in ((2, 8), (1, 6), (3, 8))]
    together = Predictor(echo).predict(rows, [0, 1, 2])
    assert len(echo.n_seen_) == 2
    for part, alone in zip(together, rows, strict=True):
        np.testing.assert_allclose(part, echo.predict(alone), rtol=1e-6)


def test_every_recording_has_a_state_of_its_own(rng):
    regressor = Running()
    predictor = Predictor(regressor)
    first, second = rng.standard_normal((2, 1, 3, 20))
    blocks = [first[:, :, :7], second[:, :, :7], first[:, :, 7:], second[:, :, 7:]]
    parts = predictor.predict(blocks, [0, 1, 0, 1])
    np.testing.assert_allclose(np.concatenate(parts[::2], axis=2), np.cumsum(first, axis=2))
    np.testing.assert_allclose(np.concatenate(parts[1::2], axis=2), np.cumsum(second, axis=2))
    assert regressor.n_streams == 2
    predictor.forget(0)
    np.testing.assert_allclose(predictor.predict([first], [0])[0], np.cumsum(first, axis=2))


@pytest.mark.parametrize(
    ("field", "expected"), [((3, 2), (3, 2)), ((math.inf, 0), (0, 0)), (None, None)]
)
def test_how_recordings_are_cut(field, expected, make_echo):
    segments = Segments(16, 4)
    regressor = make_echo()
    regressor.receptive_field = lambda: field
    windows = prediction_windows(segments, regressor)
    if expected is None:
        assert windows is segments
    else:
        assert isinstance(windows, Surroundings)
        assert (windows.back, windows.ahead) == expected
    frames = ContextFrames(2)
    assert prediction_windows(frames, regressor) is frames
