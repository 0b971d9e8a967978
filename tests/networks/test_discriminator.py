"""Spectral norm, shifts and the discriminator's shapes."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def parts():
    from skse.networks import load_tensorflow

    load_tensorflow()
    from skse.networks import _discriminator

    return _discriminator


def largest_singular_value(kernel):
    return np.linalg.svd(np.reshape(kernel, (-1, kernel.shape[-1])))[1][0]


@pytest.mark.parametrize("shape", [(5, 3, 8), (1, 40, 1), (31, 2, 4)])
def test_power_iteration_finds_the_largest_singular_value(parts, shape, rng):
    kernel = rng.standard_normal(shape).astype(np.float32)
    start = rng.standard_normal((shape[-1], 1)).astype(np.float32)
    sigma, direction = parts.spectral_norm(kernel, start, n_iterations=200)
    assert float(sigma) == pytest.approx(largest_singular_value(kernel), rel=1e-3)
    again, _ = parts.spectral_norm(kernel, direction)
    assert float(again) == pytest.approx(largest_singular_value(kernel), rel=1e-3)
    once, _ = parts.spectral_norm(kernel, start)
    assert float(once) <= float(sigma) * (1 + 1e-5)


def test_a_layer_convolves_with_a_norm_of_1(parts, rng):
    layer = parts.SpectralConv1D(6, 5, strides=2, seed=0)
    x = rng.standard_normal((2, 16, 3)).astype(np.float32)
    for _ in range(100):
        layer(x, training=True)
    kernel = np.asarray(layer.kernel)
    kernel = kernel / largest_singular_value(kernel)
    padded = np.pad(x, [(0, 0), (1, 2), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 5, axis=1)[:, ::2]
    expected = np.einsum("btck,kcf->btf", windows, kernel)
    np.testing.assert_allclose(np.asarray(layer(x)), expected, atol=1e-3)
    assert layer.compute_output_shape((2, 16, 3)) == (2, 8, 6)


def test_the_iteration_goes_on_in_training_alone(parts, rng):
    layer = parts.SpectralConv1D(6, 5, seed=0)
    x = rng.standard_normal((2, 16, 3)).astype(np.float32)
    layer(x)
    before = np.asarray(layer.direction)
    layer(x)
    np.testing.assert_array_equal(np.asarray(layer.direction), before)
    layer(x, training=True)
    assert np.abs(np.asarray(layer.direction) - before).max() > 1e-3
    assert len(layer.trainable_weights) == 2


def test_shifts_are_circular_and_of_1_to_so_many(parts):
    layer = parts.PhaseShuffle(3, seed=0)
    x = np.arange(10, dtype=np.float32)[None, :, None]
    shifts = [int(np.asarray(layer(x))[0, 0, 0]) for _ in range(60)]
    assert set(shifts) == {7, 8, 9}
    shifted = np.asarray(layer(x))[0, :, 0]
    np.testing.assert_array_equal(np.sort(shifted), x[0, :, 0])
    assert parts.PhaseShuffle.from_config(layer.get_config()).n_most == 3


@pytest.mark.parametrize(
    ("stride", "n_levels", "level"), [(4, 5, 4), (4, 3, 3), (2, 11, 8), (300, 2, 1)]
)
def test_the_branch_is_at_a_decimation_of_256_at_most(parts, stride, n_levels, level):
    assert parts.branch_level(stride, n_levels) == level


@pytest.mark.parametrize("n_acoustic", [0, 7])
@pytest.mark.parametrize("phase_shift", [0, 2])
def test_shapes(parts, n_acoustic, phase_shift):
    discriminator = parts.build_discriminator(
        32, filters=(3, 8), kernel_size=5, stride=4, phase_shift=phase_shift, n_acoustic=n_acoustic
    )
    shapes = [(None, 1), *([(None, 2, 7)] if n_acoustic else [])]
    assert [tuple(out.shape) for out in discriminator.outputs] == shapes
    n_head = (2 * 8 * 2 + 2 + 2) + (2 + 1 + 1) + 2  # with PReLU, and directions
    n_convolutions = (5 * 2 * 3 + 3 + 3 + 3) + (5 * 3 * 8 + 8 + 8 + 8)
    n_branch = (8 * 4 + 4 + 4) + (4 * 7 + 7) if n_acoustic else 0
    assert sum(np.size(w) for w in discriminator.get_weights()) == (
        n_convolutions + n_head + n_branch
    )
