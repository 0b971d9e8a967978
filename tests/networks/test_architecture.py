"""A network is an architecture and nothing else."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skse import NetworkRegressor
from skse.networks import Autoencoder, BaseArchitecture, UNet

SMALL = {"epochs": 1, "random_state": 0}
HEAD = {"mask": "real", "bound": 1.0, "output": "complex", "compression": 1.0, "n_bands": 5}


@pytest.mark.parametrize(
    ("input_shape", "output_shape"),
    [((9, None), (9, None)), ((9, None), (5, None, 2)), ((9,), (4,)), ((9, None, 2), (9, None))],
)
def test_ends_lead_from_any_shape_to_any_other(input_shape, output_shape, plain):
    model = plain.build(input_shape, output_shape, output_activation="sigmoid")
    rows = np.full([2, *(size or 6 for size in input_shape)], 100.0, np.float32)
    out = np.asarray(model(rows))
    assert out.shape == (2, *(size or 6 for size in output_shape))
    assert 0 <= out.min() <= out.max() <= 1
    assert model.name == "plain"


def test_ends_hold_the_statistics(plain):
    """What the body sees is standardised, and what it says is undone likewise."""

    class Same(BaseArchitecture):
        def body(self, image, n_channels):
            return image

    mean, deviation = (np.array(v, np.float32)[:, None] for v in ([1, 2, 3], [2, 4, 0.5]))
    model = Same().build(
        (3, None),
        (3, None),
        input_statistics=(mean, deviation),
        output_statistics=(mean - 7, 3 * deviation),
    )
    rows = np.random.default_rng(0).standard_normal((2, 3, 5)).astype(np.float32)
    expected = (rows - mean) / deviation * 3 * deviation + mean - 7
    np.testing.assert_allclose(model(rows), expected, atol=1e-5)


def test_a_new_network_is_searched_and_learns(plain, smooth_problem):
    X, y = smooth_problem
    network = NetworkRegressor(plain, **SMALL, batch_size=8, learning_rate=0.03)
    search = GridSearchCV(network, {"architecture__units": [1, 4]}, cv=2).fit(X, y)
    assert [p["architecture__units"] for p in search.cv_results_["params"]] == [1, 4]
    network = network.set_params(architecture__units=4, epochs=8).fit(X, y)
    assert network.history_["loss"][-1] < network.history_["loss"][0] / 2
    layers = network.regressor_.model_.layers
    assert sum(getattr(layer, "filters", 0) == 4 for layer in layers) == 1
    assert network.predict(X[:, :, :3]).shape == (48, 12, 3)
    assert network.receptive_field() is None
    assert repr(clone(network)) == repr(network)


def test_a_body_may_make_the_targets_frequencies_itself():
    class Own(BaseArchitecture):
        def body(self, image, n_channels):
            raise AssertionError

        def body_for(self, image, output_shape):
            from keras import layers

            seen.append((image.shape, output_shape))
            return layers.ZeroPadding2D(((0, output_shape[0] - image.shape[1]), (0, 0)))(image)

    seen = []
    model = Own().build((3, None), (5, None))
    assert seen == [((None, 3, None, 1), (5, None, 1))]
    assert {type(layer).__name__ for layer in model.layers} & {"Conv2D", "EinsumDense"} == set()


def test_parameters_are_checked_when_fit_begins(smooth_problem):
    class Picky(BaseArchitecture):
        def body(self, image, n_channels):
            return image

        def check_params(self):
            raise ValueError("no such network")

    with pytest.raises(ValueError, match="no such network"):
        NetworkRegressor(Picky(), **SMALL).fit(*smooth_problem)


def test_a_fixed_number_of_frames(smooth_problem):
    class Fixed(BaseArchitecture):
        any_n_frames = False

        def body(self, image, n_channels):
            assert image.shape[2] == 10
            return image

    X, y = smooth_problem
    network = NetworkRegressor(Fixed(), **SMALL).fit(X, y)
    assert (network.input_shape_, network.output_shape_) == ((12, 10), (12, 10))
    with pytest.raises(ValueError, match="only the number of frames that it was trained with"):
        network.predict(X[:, :, :9])


@pytest.mark.parametrize("head", [None, HEAD])
def test_a_models_own_train_step_is_used(head, rng):
    import keras
    import tensorflow as tf

    class Counting(keras.Model):
        def train_step(self, data):
            self.n_steps.assign_add(1)
            return super().train_step(data)

    class Own(BaseArchitecture):
        def body(self, image, n_channels):
            return keras.layers.Conv2D(n_channels, 1)(image)

        def make_model(self, inputs, outputs, name):
            model = Counting(inputs, outputs, name=name)
            model.n_steps = tf.Variable(0, trainable=False)
            return model

    X = rng.standard_normal((12, 9, 7, 4)).astype(np.float32)
    y = rng.standard_normal((12, 9, 7, 2)).astype(np.float32)
    network = NetworkRegressor(Own(), head=head, batch_size=4, epochs=2, random_state=0).fit(X, y)
    assert int(network.regressor_.model_.n_steps) == 6


@pytest.mark.parametrize("architecture", [UNet((2,)), Autoencoder((2,), dense_units=(3,))])
def test_a_model_is_named_after_its_architecture(architecture):
    assert architecture.build((6, 4), (6, 4)).name == type(architecture).__name__.lower()


@pytest.mark.parametrize("given", [None, "frames", "axes"])
def test_a_body_that_gives_no_image_is_refused(given):
    class Wrong(BaseArchitecture):
        def body(self, image, n_channels):
            return {"frames": image[:, :, :-1], "axes": image[..., 0]}.get(given)

    with pytest.raises(ValueError, match=r"Wrong: body gives .* with as many frames as it was"):
        Wrong().build((9, 6), (9, 6))


@pytest.mark.parametrize("field", [3, (1,), (np.inf, 0)])
def test_a_receptive_field_that_is_none_is_refused_before_training(field, plain):
    class Wrong(type(plain)):
        def receptive_field(self):
            return field

    X = np.ones((2, 9, 6), np.float32)
    with pytest.raises(ValueError, match="Wrong: receptive_field gives"):
        NetworkRegressor(Wrong(), **SMALL).fit(X, X)


def test_clones_share_a_loss_that_is_an_object():
    """A copy of Keras's Huber forgets its delta."""
    import keras

    network = NetworkRegressor(loss=keras.losses.Huber(delta=0.25), **SMALL)
    twin = clone(clone(network))
    assert twin.loss is network.loss
    assert twin.get_params() == network.get_params()
    X = np.full((2, 9, 6), 3.0, np.float32)
    twin.set_params(standardize=False).fit(X, X)
    loss = twin.regressor_.model_.loss
    assert float(loss(np.zeros((1, 1)), np.ones((1, 1)))) == pytest.approx(0.25 * (1 - 0.125))
