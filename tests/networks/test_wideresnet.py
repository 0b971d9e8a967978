"""The wide residual network's shapes, sizes and options."""

import numpy as np
import pytest

from skse import WideResNetRegressor
from skse.networks import WideResNet


@pytest.mark.parametrize("n_channels", [1, 2])
def test_the_body_makes_the_targets_frequencies(n_channels):
    for n_in, n_out in [(1, 1), (9, 9), (40, 5), (5, 40)]:
        model = WideResNet((2, 3)).build((n_in, None), (n_out, None, n_channels))
        assert "EinsumDense" not in {type(layer).__name__ for layer in model.layers}
        for n_frames in (1, 2, 13):
            image = np.zeros((2, n_in, n_frames), np.float32)
            assert model(image).shape == (2, n_out, n_frames, n_channels)


@pytest.mark.parametrize(
    ("X_shape", "y_shape"),
    [((13, 9, 2), (13, 9)), ((6, 9), (11, 9, 3)), ((11, 9), (4, 9)), ((5,), ())],
)
def test_frequencies_and_channels(X_shape, y_shape, make_network, rng):
    X = rng.standard_normal((3, *X_shape)).astype(np.float32)
    y = rng.standard_normal((3, *y_shape)).astype(np.float32)
    network = make_network("WideResNetRegressor").fit(X, y)
    assert network.predict(X).shape == y.shape
    if len(X_shape) > 1:
        assert network.predict(X[:, :, :7]).shape == (3, y_shape[0], 7, *y_shape[2:])


@pytest.mark.parametrize("width_factor", [1, 4])
def test_weights_are_those_counted_by_hand(width_factor):
    """At 257 frequencies, as in the paper: 0.54 million weights, 6.8 million at a factor of 4."""

    def convolution(n_in, n_out, width=3, bias=True):
        return width * n_in * n_out + bias * n_out

    k = width_factor
    total, channels = convolution(257, 32 * k), 32 * k + 257
    for n in (32 * k, 32 * k, 64 * k, 128 * k):
        for _ in range(3):
            total += 4 * channels + convolution(channels, n, bias=False)
            total += 4 * n + convolution(n, n)
            total += convolution(channels, n, width=1) if channels != n else 0
            channels = n
    total += 4 * channels + channels + convolution(channels, 257)
    model = WideResNet(width_factor=k).build((257, None), (257, None))
    assert model.count_params() == total
    expected = {1: 0.54e6, 4: 6.8e6}[k]
    assert total == pytest.approx(expected, rel=0.03)  # batch normalisation is not in these


def test_a_block_whose_convolutions_are_zero_changes_nothing(rng):
    """What goes past them: the shortcut, or nothing where there is none."""
    from keras import Input, Model

    image = rng.standard_normal((2, 1, 5, 6)).astype(np.float32)
    for shortcut in (True, False):
        network = WideResNet((6,), shortcut=shortcut)
        inputs = Input((1, None, 6))
        model = Model(inputs, network._add_block(inputs, 6))
        for layer in model.layers:
            if type(layer).__name__ == "Conv2D":
                layer.set_weights([np.zeros_like(w) for w in layer.get_weights()])
        np.testing.assert_array_equal(model(image), image if shortcut else 0 * image)


@pytest.mark.parametrize("input_skip", [False, True])
def test_first_block_sees_the_input(input_skip):
    model = WideResNet((4,), input_skip=input_skip).build((9, None, 2), (9, None))
    kernels = [layer.kernel.shape for layer in model.layers if type(layer).__name__ == "Conv2D"]
    assert kernels[:2] == [(1, 3, 18, 4), (1, 3, 22 if input_skip else 4, 4)]


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"filters": (4,), "n_blocks": 2},
        {"kernel_size": 2},
        {"kernel_size": 4, "width_factor": 2},
        {"kernel_size": 1},
        {"shortcut": False, "input_skip": False},
    ],
)
def test_receptive_field_is_what_the_network_depends_on(options, causal, rng):
    """Another frame goes in: from the first to the last frame in reach, the output changes."""
    network = WideResNet(
        **{"filters": (3, 4), "n_blocks": 1, **options}, causal=causal, activation="elu"
    )
    model = network.build((7, None), (7, None))
    shapes = [weight.shape for weight in model.get_weights()]
    model.set_weights([rng.normal(0, 0.5, s) if len(s) > 1 else np.ones(s) for s in shapes])
    back, ahead = network.receptive_field()
    assert ahead == 0 or not causal
    frame, n_frames = ahead + 2, back + ahead + 6
    images = np.repeat(rng.standard_normal((1, 7, n_frames)), 2, axis=0)
    images[1, :, frame] += 1
    before, after = (np.asarray(model(row[None].astype(np.float32)))[0] for row in images)
    changed = np.flatnonzero(np.abs(after - before).max(axis=0))
    assert (changed[0], changed[-1]) == (frame - ahead, frame + back)


def test_receptive_field_of_the_default():
    # First, last, and two convolutions in each of 4 times 3 residual blocks.
    for kind in (WideResNet, WideResNetRegressor):
        assert kind().receptive_field() == (26, 26)
        assert kind(causal=True).receptive_field() == (52, 0)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"causal": True, "dropout": 0.2},
        {"normalization": None, "shortcut": False},
        {"standardize": False, "output_activation": "sigmoid", "input_skip": False},
    ],
)
def test_options_train(options, make_network, rng):
    X = rng.standard_normal((16, 9, 5)).astype(np.float32)
    network = make_network(
        "WideResNetRegressor", epochs=4, learning_rate=0.01, batch_size=4, **options
    )
    network.fit(X, (X > 0).astype(np.float32))
    assert network.history_["loss"][-1] < network.history_["loss"][0]


@pytest.mark.parametrize("causal", [False, True])
def test_frame_by_frame_equals_the_whole(causal, make_network, smooth_problem, rng):
    options = {"filters": (4, 6), "n_blocks": 2}
    network = make_network("WideResNetRegressor", causal=causal, **options).fit(*smooth_problem)
    rows = rng.standard_normal((1, 12, 30)).astype(np.float32)
    stream = network.open_stream()
    assert stream.ahead == network.receptive_field()[1]
    pieces = [stream.push(rows[:, :, i : i + 1]) for i in range(30)]
    got = np.concatenate([*pieces, stream.finish()], axis=2)
    np.testing.assert_allclose(got, network.predict(rows), atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"filters": ()}, r"filters=\(\) must be a sequence of at least 1 positive integers"),
        ({"filters": 8}, "filters=8 must be a sequence"),
        ({"width_factor": 0}, "width_factor == 0, must be >= 1"),
        ({"n_blocks": 0}, "n_blocks == 0, must be >= 1"),
        ({"kernel_size": 2.5}, "kernel_size must be an instance of int"),
        ({"dropout": 1}, "dropout == 1, must be < 1"),
        ({"activation": "softmax"}, "activation='softmax' is not allowed"),
        ({"normalization": "layer"}, "normalization='layer' is not allowed"),
    ],
)
def test_bad_parameters(options, message, make_network):
    with pytest.raises(ValueError, match=f"WideResNetRegressor: {message}"):
        make_network("WideResNetRegressor", **options).fit(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)))
