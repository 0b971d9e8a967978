import numpy as np
import pytest

from skse.networks._moments import moments


@pytest.mark.parametrize("shape", [(7,), (7, 3), (70, 5, 4), (7, 5, 4, 2)])
def test_moments(shape, monkeypatch):
    monkeypatch.setattr("skse.networks._moments._MOMENT_SIZE", 100)
    rows = np.random.default_rng(0).standard_normal(shape).astype(np.float32) + 100
    mean, deviation = moments(rows)
    image = rows.astype(np.float64).reshape((*shape, 1, 1, 1)[:4])
    np.testing.assert_allclose(mean, image.mean(axis=(0, 2)), rtol=1e-6)
    np.testing.assert_allclose(deviation, image.std(axis=(0, 2)), rtol=1e-4, atol=1e-6)
    assert mean.dtype == deviation.dtype == np.float32
