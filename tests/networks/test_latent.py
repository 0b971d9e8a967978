"""Noise and factors of the generator."""

import numpy as np
import pytest

keras = pytest.importorskip("keras")


@pytest.fixture(scope="module")
def latent():
    from skse.networks import load_tensorflow

    load_tensorflow()
    from skse.networks import _latent

    return _latent


def test_noise_is_zero_or_drawn_once(latent):
    x = np.ones((300, 5, 1, 2), np.float32)
    zero, drawn = (latent.LatentNoise(3, drawn, seed=1) for drawn in (False, True))
    outs = [np.asarray(layer(x)) for layer in (zero, drawn)]
    for out in outs:
        assert out.shape == (300, 5, 1, 5)
        np.testing.assert_array_equal(out[..., :2], x)
    assert not outs[0][..., 2:].any()
    noise = outs[1][..., 2:]
    assert np.std(noise[0]) > 0.3
    np.testing.assert_array_equal(noise[1:], noise[:-1])
    np.testing.assert_array_equal(np.asarray(drawn(x)), outs[1])
    twin = latent.LatentNoise(3, True, seed=1)
    np.testing.assert_array_equal(np.asarray(twin(x)), outs[1])


def test_noise_is_new_in_training(latent):
    x = np.ones((300, 5, 1, 2), np.float32)
    layer = latent.LatentNoise(3, False, seed=1)
    one, two = (np.asarray(layer(x, training=True))[..., 2:] for _ in range(2))
    assert np.abs(one - two).max() > 1
    assert np.std(one) == pytest.approx(1, abs=0.05)
    assert np.mean(one) == pytest.approx(0, abs=0.05)
    assert len(layer.trainable_weights) == 0
    assert latent.LatentNoise.from_config(layer.get_config()).n_channels == 3


def test_factors_start_where_they_are_told(latent):
    x = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    layer = latent.ChannelFactors(0.5)
    np.testing.assert_array_equal(np.asarray(layer(x)), x / 2)
    layer.factors.assign([1, -1])
    np.testing.assert_array_equal(np.asarray(layer(x)), x * [1, -1])
    assert latent.ChannelFactors.from_config(layer.get_config()).start == 0.5
