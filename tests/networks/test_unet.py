"""The U-Net's shapes, sizes and options."""

from itertools import pairwise

import numpy as np
import pytest

from skse import UNetRegressor
from skse.networks import UNet, build_unet

SEED = {
    "filters": (32, 64, 128, 256, 512),
    "downsampling": "max_pool",
    "strides": (2, 2),
    "n_convolutions": 2,
    "residual": False,
    "dilations": (),
    "bottleneck_filters": 256,
    "bottleneck_units": None,
    "dropout": 0.0,
    "decoder_filters": (256, 128, 128, 64, 32),
    "head_filters": (16, 4),
    "input_skip": False,
    "skip": "concatenate",
    "activation": "relu",
    "normalization": None,
    "first_kernel_size": 3,
}


@pytest.mark.parametrize(
    ("strides", "downsampling"),
    [(s, "stride") for s in [(2, 1), (2, 2), (3, 2), (1, 1)]] + [((3, 2), "max_pool")],
)
def test_any_size_in_same_size_out(strides, downsampling):
    options = {"filters": (2, 3, 2), "dilations": (1, 2), "downsampling": downsampling}
    for n_frequencies in (1, 2, 9, 40):
        shape = (n_frequencies, None)
        model = build_unet(shape, shape, strides=strides, **options)
        for n_frames in (1, 2, 13):
            image = np.zeros((2, n_frequencies, n_frames), np.float32)
            assert model(image).shape == image.shape


@pytest.mark.parametrize(
    ("X_shape", "y_shape"),
    [((257, 265), (257, 265)), ((13, 9, 2), (13, 9)), ((6, 9), (11, 9, 3)), ((11, 9), (4, 9))],
)
@pytest.mark.parametrize("fold", [1, 4])
def test_frequencies_and_channels(X_shape, y_shape, fold, make_network, rng):
    X = rng.standard_normal((3, *X_shape)).astype(np.float32)
    y = rng.standard_normal((3, *y_shape)).astype(np.float32)
    network = make_network(filters=(2, 3), fold=fold).fit(X, y)
    assert network.predict(X).shape == y.shape
    assert network.n_features_in_ == X_shape[0]
    shorter = network.predict(X[:, :, :7])
    assert shorter.shape == (3, y_shape[0], 7, *y_shape[2:])


def test_other_frequencies_than_fitted_are_refused(make_network, rng):
    X = rng.standard_normal((3, 9, 5)).astype(np.float32)
    network = make_network().fit(X, X)
    with pytest.raises(ValueError, match="X has 8 features, but UNetRegressor is expecting 9"):
        network.predict(X[:, :8])
    with pytest.raises(ValueError, match=r"rows of shape \(9,\).*fitted on rows of shape \(9, 5\)"):
        network.predict(X[:, :, 0])


@pytest.mark.parametrize(
    "options",
    [
        {"skip": "concatenate", "n_convolutions": 2},
        {"bottleneck_units": 5, "dropout": 0.2},
        {"normalization": None, "dilations": ()},
        {"standardize": False, "output_activation": "sigmoid"},
        {**SEED, "filters": (4, 6), "bottleneck_filters": 8, "decoder_filters": [6, 4]},
    ],
)
def test_options_train(options, make_network, rng):
    X = rng.standard_normal((16, 9, 5)).astype(np.float32)
    network = make_network(epochs=4, learning_rate=0.01, batch_size=4, **options)
    network.fit(X, (X > 0).astype(np.float32))
    assert network.history_["loss"][-1] < network.history_["loss"][0]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dilations": ()},
        {"kernel_size": 2, "first_kernel_size": 4},
        {"kernel_size": 4, "first_kernel_size": 1, "dilations": (2, 3)},
        {"n_convolutions": 2, "skip": "concatenate"},
        {"bottleneck_units": 3},
        {"fold": 3},
        {"filters": (2, 3, 2), "strides": (3, 1)},
        {"downsampling": "max_pool", "n_convolutions": 2, "residual": False},
        {"bottleneck_filters": 3, "n_convolutions": 2, "head_filters": (3,), "input_skip": False},
        {"filters": (2,), "kernel_size": 1, "first_kernel_size": 1, "dilations": ()},
    ],
)
def test_receptive_field_is_what_the_network_depends_on(options, causal, rng):
    """Another frame goes in: from the first to the last frame in reach, the output changes."""
    options = {"filters": (2, 3), "top_filters": 2, **options}
    network = UNet(**options, causal=causal, activation="tanh")
    model = network.build((7, None), (7, None))
    # Large enough, and not too large for tanh, that no dependence drowns in float32.
    shapes = [weight.shape for weight in model.get_weights()]
    model.set_weights([rng.normal(0, 0.3, s) if len(s) > 1 else np.ones(s) for s in shapes])
    back, ahead = network.receptive_field()
    assert ahead == 0 or not causal
    frame, n_frames = ahead + 2, back + ahead + 6
    images = np.repeat(rng.standard_normal((1, 7, n_frames)), 2, axis=0)
    images[1, :, frame] += 1
    # One by one: the rows of one call may be rounded in different ways.
    before, after = (np.asarray(model(row[None].astype(np.float32)))[0] for row in images)
    changed = np.flatnonzero(np.abs(after - before).max(axis=0))
    assert (changed[0], changed[-1]) == (frame - ahead, frame + back)


def test_receptive_field_of_the_default():
    # On five levels a convolution down and one up, the first and the last 5 wide, the others 3;
    # one last convolution; dilations 1, 2, 4 and 8.
    for kind in (UNet, UNetRegressor):
        assert kind().receptive_field() == (28, 28)
        assert kind(causal=True).receptive_field() == (56, 0)
        assert kind(strides=(2, 2)).receptive_field() is None


def test_causal_needs_every_frame(make_network, smooth_problem):
    with pytest.raises(ValueError, match=r"causal=True needs a stride of 1.*strides=\(3, 1\)"):
        make_network(causal=True, strides=(3, 2)).fit(*smooth_problem)


def test_causal_network_predicts_the_past_alike_and_learns(make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network(causal=True, epochs=8, learning_rate=0.01, batch_size=8).fit(X, y)
    assert network.history_["loss"][-1] < network.history_["loss"][0] / 2
    np.testing.assert_allclose(
        network.predict(X[:, :, :6]), network.predict(X)[:, :, :6], atol=1e-5
    )


def test_the_seeds_network():
    """Parameters counted by hand: weights of every convolution, and its biases."""

    def convolution(n_in, n_out, size=3):
        return size**2 * n_in * n_out + n_out

    down = [1, 32, 64, 128, 256, 512]
    expected = sum(convolution(a, b) + convolution(b, b) for a, b in pairwise(down))
    expected += convolution(512, 256) + convolution(256, 256)
    up = [256, 256, 128, 128, 64, 32]
    for (below, above), beside in zip(pairwise(up), reversed(down), strict=False):
        expected += convolution(below, above) + convolution(above + beside, above)
    expected += convolution(32, 16, 1) + convolution(16, 4, 1) + convolution(4, 1, 1)
    model = build_unet((256, 256), (256, 256), output_activation="sigmoid", **SEED)
    assert model.count_params() == expected == 10_206_713
    kinds = [type(layer).__name__ for layer in model.layers]
    assert [kinds.count(kind) for kind in ("MaxPooling2D", "Conv2DTranspose", "Add")] == [5, 5, 0]
    assert kinds.count("Conv2D") == 5 * 2 + 2 + 5 + 3
    assert model(np.zeros((1, 256, 256), np.float32)).shape == (1, 256, 256)


def test_pooling_takes_the_largest_of_every_level():
    """With weights of one tap, what comes up from the lowest level is a maximum."""
    options = {
        **SEED,
        "filters": (1,),
        "n_convolutions": 1,
        "bottleneck_filters": None,
        "decoder_filters": None,
        "head_filters": (),
        "kernel_size": 1,
        "first_kernel_size": 1,
    }
    model = build_unet((4, 4), (4, 4), **options)
    for layer in model.layers:
        if layer.weights:
            layer.set_weights([np.ones_like(layer.weights[0]), np.zeros_like(layer.weights[1])])
    image = np.arange(16, dtype=np.float32).reshape(1, 4, 4)
    # A transposed convolution of one tap writes to the first of every 2 x 2 units.
    expected = image.copy()
    expected[:, ::2, ::2] += [[5, 7], [13, 15]]
    np.testing.assert_array_equal(model(image), expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"downsampling": "mean"}, "downsampling='mean' is not allowed; choose from 'max_pool'"),
        ({"fold": 0}, "fold == 0, must be >= 1"),
        ({"bottleneck_filters": 0}, "bottleneck_filters == 0, must be >= 1"),
        ({"head_filters": (4, 0)}, r"head_filters=\(4, 0\) must be a sequence"),
        ({"filters": (4, 4), "decoder_filters": (4,)}, r"decoder_filters=\(4,\) must be .* of 2"),
        (
            {"filters": (4, 6), "decoder_filters": (6, 2), "skip": "add"},
            r"decoder_filters=\(6, 2\) cannot be added to .*takes \(4,\)",
        ),
        (
            {
                "filters": (4, 6),
                "decoder_filters": (6, 2),
                "downsampling": "max_pool",
                "skip": "add",
            },
            r"decoder_filters=.*takes \(6, 4\); use these, or skip='concatenate'",
        ),
    ],
)
def test_bad_parameters(options, message, make_network):
    with pytest.raises(ValueError, match=f"UNetRegressor: {message}"):
        make_network(**options).fit(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)))


def test_default_is_sized_for_a_cpu():
    assert build_unet((129, None), (129, None)).count_params() < 450_000
