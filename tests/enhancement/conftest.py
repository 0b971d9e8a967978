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
