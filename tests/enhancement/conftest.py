"""Shared regressors of the enhancement tests."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin


class Echo(RegressorMixin, BaseEstimator):
    """Takes segments; predicts a weighted mean of `back` + 1 + `ahead` frames of the features.

    Beyond the edges of what it is given it sees zeros, as a convolution with
    ``padding="same"`` does. Counts the frames that it is given.
    """

    def __init__(self, back=0, ahead=0, bounded=True):
        self.back = back
        self.ahead = ahead
        self.bounded = bounded

    def fit(self, X, y):
        """Draw the weights."""
        self.weights_ = np.random.default_rng(0).uniform(0.2, 1, self.back + 1 + self.ahead)
        self.n_seen_ = []
        return self

    def predict(self, X):
        """Mean of the frames around each frame, squashed to [0, 1]."""
        self.n_seen_.append(X.shape[0] * X.shape[2])
        if X.ndim == 4:
            X = X.mean(axis=3)
        n_frames = X.shape[2]
        padded = np.pad(X, [(0, 0), (0, 0), (self.back, self.ahead)])
        mean = sum(w * padded[:, :, i : i + n_frames] for i, w in enumerate(self.weights_))
        return 1 / (1 + np.exp(-mean / len(self.weights_)))

    def receptive_field(self):
        """As a network says it."""
        return (self.back, self.ahead) if self.bounded else None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


@pytest.fixture
def make_echo():
    """Return the class of regressors that look a known number of frames back and ahead."""
    return Echo


class Told(RegressorMixin, BaseEstimator):
    """Takes segments that begin with an environment; its mask is made of the mean of that.

    Keeps the rows that it is fitted on, as `X_` and `y_`.
    """

    def __init__(self, environment_frames=0, shift=0.0):
        self.environment_frames = environment_frames
        self.shift = shift

    def fit(self, X, y):
        """Keep the rows."""
        self.X_, self.y_ = X, y
        return self

    def predict(self, X):
        """Say for every frame how loud the environment is."""
        n = self.environment_frames
        level = X[:, :, :n].mean(axis=2, keepdims=True) + self.shift
        return np.broadcast_to(1 / (1 + np.exp(level)), X[:, :, n:].shape)

    def receptive_field(self):
        """As a network says it."""
        return 0, 0

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.multi_output = True
        return tags


@pytest.fixture
def told():
    """A regressor that is told of the environment and learns nothing."""
    return Told()


@pytest.fixture
def in_noises():
    """Four ragged tones, each in a noise of its own level and colour, and that noise alone."""
    rng = np.random.default_rng(1)
    noisy, clean, environment = [], [], []
    for i in range(4):
        n_times = 8000 + 700 * i
        s = 0.3 * np.sin(np.arange(n_times) * (0.2 + 0.1 * i))
        noise = (
            np.cumsum(rng.standard_normal(n_times + 6000))
            if i % 2
            else rng.standard_normal(n_times + 6000)
        )
        noise = 0.05 * (i + 1) * noise / np.std(noise)
        clean.append(s.astype(np.float32))
        noisy.append((s + noise[6000:]).astype(np.float32))
        environment.append(noise[:6000].astype(np.float32))
    return noisy, clean, environment
