"""The U-Net's shapes, sizes and options."""

import numpy as np
import pytest

from skse import UNetRegressor
from skse.networks import build_unet


@pytest.mark.parametrize("strides", [(2, 1), (2, 2), (3, 2), (1, 1)])
def test_any_size_in_same_size_out(strides):
    for n_frequencies in (1, 2, 9, 40):
        shape = (n_frequencies, None)
        model = build_unet(shape, shape, filters=(2, 3, 2), dilations=(1, 2), strides=strides)
        for n_frames in (1, 2, 13):
            image = np.zeros((2, n_frequencies, n_frames), np.float32)
            assert model(image).shape == image.shape


@pytest.mark.parametrize(
    ("X_shape", "y_shape"),
    [((257, 265), (257, 265)), ((13, 9, 2), (13, 9)), ((6, 9), (11, 9, 3)), ((11, 9), (4, 9))],
)
def test_frequencies_and_channels(X_shape, y_shape, make_network, rng):
    X = rng.standard_normal((3, *X_shape)).astype(np.float32)
    y = rng.standard_normal((3, *y_shape)).astype(np.float32)
    network = make_network(filters=(2, 3)).fit(X, y)
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
    ],
)
def test_options_train(options, make_network, rng):
    X = rng.standard_normal((16, 9, 5)).astype(np.float32)
    network = make_network(epochs=4, learning_rate=0.01, batch_size=4, **options)
    network.fit(X, (X > 0).astype(np.float32))
    assert network.history_["loss"][-1] < network.history_["loss"][0]


def test_dilations_set_what_the_network_sees():
    def reach(**options):
        model = build_unet((8, None), (8, None), filters=(2, 2), normalization=None, **options)
        impulse = np.zeros((2, 8, 101), np.float32)
        impulse[1, :, 50] = 1
        response = np.diff(np.asarray(model(impulse)), axis=0)[0]
        return np.flatnonzero(np.abs(response).max(axis=0) > 0)[-1] - 50

    # Two strided and two transposed convolutions of width 5 and 3, one last one of width 3.
    assert reach(dilations=()) == 2 * (2 + 1) + 1
    assert reach(dilations=(1, 2, 4)) == reach(dilations=()) + 7
    assert reach(dilations=(1, 2, 4), bottleneck_units=3) == reach(dilations=()) + 7


def test_default_is_sized_for_a_cpu():
    model = build_unet((129, None), (129, None), **_defaults())
    assert model.count_params() < 150_000


def _defaults():
    names = ("filters", "top_filters", "dilations", "bottleneck_units", "skip")
    parameters = UNetRegressor().get_params()
    return {name: parameters[name] for name in names}
