"""Shared data of the network tests."""

import numpy as np
import pytest

TINY = {
    "UNetRegressor": {"filters": (4,), "dilations": (1,), "top_filters": 2},
    "AutoencoderRegressor": {"filters": (4,), "dense_units": (8,)},
}


@pytest.fixture
def make_network():
    """A tiny network of the named class."""
    import skse

    def make(name="UNetRegressor", **parameters):
        return getattr(skse, name)(**{"epochs": 1, "random_state": 0, **TINY[name], **parameters})

    return make


@pytest.fixture
def smooth_problem():
    """Two smooth patterns of random strength, with noise as features, without as targets."""
    rng = np.random.default_rng(0)
    frequency, frame = np.linspace(0, np.pi, 12)[:, None], np.linspace(0, np.pi, 10)
    patterns = np.stack([np.cos(frequency) * np.sin(frame), np.sin(frequency) * np.cos(frame)])
    smooth = np.tensordot(rng.standard_normal((48, 2)), 2 * patterns, 1)
    X = smooth + 0.3 * rng.standard_normal(smooth.shape)
    return X.astype(np.float32), (5 + 2 * smooth).astype(np.float32)
