"""The densely connected network's shapes, sizes and options."""

import numpy as np
import pytest

from skse import DenseNetRegressor
from skse.networks import DenseNet


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("fold", [1, 4])
def test_any_size_in_same_size_out(stride, fold):
    network = DenseNet(2, n_layers=2, n_levels=2, first_filters=3, fold=fold, stride=stride)
    for n_frequencies in (1, 2, 9, 40):
        model = network.build((n_frequencies, None), (n_frequencies, None))
        for n_frames in (1, 2, 13):
            image = np.zeros((2, n_frequencies, n_frames), np.float32)
            assert model(image).shape == image.shape


@pytest.mark.parametrize(
    ("X_shape", "y_shape"),
    [((13, 9, 2), (13, 9)), ((6, 9), (11, 9, 3)), ((11, 9), (4, 9)), ((5,), ())],
)
def test_frequencies_and_channels(X_shape, y_shape, make_network, rng):
    X = rng.standard_normal((3, *X_shape)).astype(np.float32)
    y = rng.standard_normal((3, *y_shape)).astype(np.float32)
    network = make_network("DenseNetRegressor", fold=2).fit(X, y)
    assert network.predict(X).shape == y.shape
    if len(X_shape) > 1:
        assert network.predict(X[:, :, :7]).shape == (3, y_shape[0], 7, *y_shape[2:])


def test_weights_are_those_counted_by_hand():
    """Blocks of two layers, growth rate 4, from 6 channels, on two levels."""

    def convolution(n_in, n_out, height=3, width=3, bias=0):
        return height * width * n_in * n_out + bias

    def block(n_in, n_layers):
        convolutions = [n_in + 4 * k for k in range(n_layers)]
        return sum(convolution(n, 4) + 4 * n for n in convolutions), n_in + 4 * n_layers

    total, channels, beside = convolution(1, 6, bias=6), 6, []
    for _ in range(2):
        weights, channels = block(channels, 2)
        beside.append(channels)
        total += weights + 4 * channels + convolution(channels, channels // 2, width=1)
        channels //= 2
    weights, channels = block(channels, 3)
    total += weights
    for level in reversed(beside):
        total += 4 * channels + convolution(channels, 8, width=1)
        weights, channels = block(8 + level, 2)
        total += weights
    total += 4 * channels + channels + 1
    network = DenseNet(4, n_levels=2, first_filters=6, fold=1)
    model = network.build((20, None), (20, None))
    assert model.count_params() == total
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Conv2D") == 1 + 2 * (2 + 1) + 3 + 2 * 2 + 1
    assert kinds.count("Conv2DTranspose") == 2


def test_every_layer_of_a_block_sees_all_before_it():
    network = DenseNet(2, n_layers=3, n_levels=1, first_filters=5, fold=1, dilations=())
    model = network.build((9, None), (9, None))
    seen = [
        layer.kernel.shape[2]
        for layer in model.layers
        if type(layer).__name__ == "Conv2D" and layer.kernel.shape[3] == 2
    ]
    assert seen == [5, 7, 9, 17, 19, 21]  # after the way up: 11 of the block beside, 6 from below


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"dilations": ()},
        {"kernel_size": 2, "n_layers": 2},
        {"kernel_size": 4, "dilations": (2, 3)},
        {"n_levels": 2, "stride": 3},
        {"fold": 3},
        {"kernel_size": 1, "dilations": (1, 1)},
    ],
)
def test_receptive_field_is_what_the_network_depends_on(options, causal, rng):
    """Another frame goes in: from the first to the last frame in reach, the output changes."""
    options = {"n_layers": 1, "n_levels": 1, "first_filters": 2, "fold": 1, **options}
    network = DenseNet(2, **options, causal=causal, activation="tanh", compression=1)
    model = network.build((7, None), (7, None))
    shapes = [weight.shape for weight in model.get_weights()]
    model.set_weights([rng.normal(0, 0.3, s) if len(s) > 1 else np.ones(s) for s in shapes])
    back, ahead = network.receptive_field()
    assert ahead == 0 or not causal
    frame, n_frames = ahead + 2, back + ahead + 6
    images = np.repeat(rng.standard_normal((1, 7, n_frames)), 2, axis=0)
    images[1, :, frame] += 1
    before, after = (np.asarray(model(row[None].astype(np.float32)))[0] for row in images)
    changed = np.flatnonzero(np.abs(after - before).max(axis=0))
    assert (changed[0], changed[-1]) == (frame - ahead, frame + back)


def test_receptive_field_of_the_default():
    # The first convolution, two of each block on three levels down and up, dilations 1, 2 and 4.
    for kind in (DenseNet, DenseNetRegressor):
        assert kind().receptive_field() == (20, 20)
        assert kind(causal=True).receptive_field() == (40, 0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"causal": True, "dropout": 0.2},
        {"normalization": None, "dilations": (), "fold": 2},
        {"standardize": False, "output_activation": "sigmoid", "n_levels": 2},
    ],
)
def test_options_train(options, make_network, rng):
    X = rng.standard_normal((16, 9, 5)).astype(np.float32)
    network = make_network(
        "DenseNetRegressor", epochs=4, learning_rate=0.01, batch_size=4, **options
    )
    network.fit(X, (X > 0).astype(np.float32))
    assert network.history_["loss"][-1] < network.history_["loss"][0]


@pytest.mark.parametrize("causal", [False, True])
def test_frame_by_frame_equals_the_whole(causal, make_network, smooth_problem, rng):
    options = {"n_levels": 2, "dilations": (1, 2), "fold": 2}
    network = make_network("DenseNetRegressor", causal=causal, **options).fit(*smooth_problem)
    rows = rng.standard_normal((1, 12, 30)).astype(np.float32)
    stream = network.open_stream()
    assert stream.ahead == network.receptive_field()[1]
    pieces = [stream.push(rows[:, :, i : i + 1]) for i in range(30)]
    got = np.concatenate([*pieces, stream.finish()], axis=2)
    np.testing.assert_allclose(got, network.predict(rows), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"growth_rate": 0}, "growth_rate == 0, must be >= 1"),
        ({"n_layers": 1.5}, "n_layers must be an instance of int"),
        ({"n_levels": 0}, "n_levels == 0, must be >= 1"),
        ({"first_filters": 0}, "first_filters == 0, must be >= 1"),
        ({"compression": 0}, "compression == 0, must be > 0"),
        ({"compression": 1.5}, "compression == 1.5, must be <= 1"),
        ({"fold": 0}, "fold == 0, must be >= 1"),
        ({"kernel_size": 0}, "kernel_size == 0, must be >= 1"),
        ({"stride": 0}, "stride == 0, must be >= 1"),
        ({"dilations": 2}, "dilations=2 must be a sequence of at least 0 positive integers"),
        ({"dropout": 1}, "dropout == 1, must be < 1"),
        ({"activation": "softmax"}, "activation='softmax' is not allowed"),
        ({"normalization": "layer"}, "normalization='layer' is not allowed"),
    ],
)
def test_bad_parameters(options, message, make_network):
    with pytest.raises(ValueError, match=f"DenseNetRegressor: {message}"):
        make_network("DenseNetRegressor", **options).fit(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)))


def test_default_is_sized_for_a_cpu():
    model = DenseNet().build((129, None, 2), (129, None, 2))
    assert model.count_params() < 150_000
