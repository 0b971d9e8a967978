"""Convolutions keep every frame, look as far as is said, and folding is undone."""

import numpy as np
import pytest

from skse.networks._convolutions import (
    convolve,
    fold_frequencies,
    reach_of,
    sum_of,
    unfold_frequencies,
)


@pytest.mark.parametrize("fold", [1, 2, 3, 9, 20])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_what_is_folded_is_unfolded(fold, n_channels, rng):
    for n_frequencies in (1, 8, 9):
        image = rng.standard_normal((2, n_frequencies, 5, n_channels)).astype(np.float32)
        folded = np.asarray(fold_frequencies(image, fold))
        n_folded = -(-n_frequencies // fold)
        assert folded.shape == (2, n_folded, 5, fold * n_channels)
        for k in range(n_frequencies):
            channels = slice(k % fold * n_channels, (k % fold + 1) * n_channels)
            np.testing.assert_array_equal(folded[:, k // fold, :, channels], image[:, k])
        np.testing.assert_array_equal(unfold_frequencies(folded, fold, n_frequencies), image)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("width", "dilation"), [(1, 1), (2, 1), (3, 1), (4, 1), (3, 2), (2, 3)])
def test_reach_is_where_a_click_is_seen(width, dilation, transposed, causal):
    from keras import layers

    if transposed and dilation > 1:
        return  # no network has one
    layer = layers.Conv2DTranspose if transposed else layers.Conv2D
    image = np.zeros((1, 1, 21, 1), np.float32)
    image[0, 0, 10] = 1
    options = {"kernel_initializer": "ones", "use_bias": False}
    if not transposed:
        options["dilation_rate"] = (1, dilation)
    out = convolve(image, 1, (1, width), layer=layer, causal=causal, **options)
    out = np.asarray(out)[0, 0, :, 0]
    assert out.shape == (21,)
    back, ahead = reach_of(width, dilation, transposed=transposed, causal=causal)
    seen = np.flatnonzero(out)
    assert (seen[0], seen[-1]) == (10 - ahead, 10 + back)
    assert ahead == 0 or not causal


def test_reaches_of_a_chain_add_up():
    assert sum_of([(1, 2), (3, 0), (0, 0)]) == (4, 2)
