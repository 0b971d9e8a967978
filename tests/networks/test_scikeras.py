"""Seeds of the layers, what a fit leaves, and what a training that fails leaves as it was."""

import gc
import logging
import pickle
import random
import threading

import numpy as np
import pytest

from skse import SEGANRegressor, UNetRegressor
from skse.networks import BaseArchitecture, UNet

ENDS = {"output_activation": "linear", "input_statistics": None, "output_statistics": None}
DROPPING = {"filters": (3, 4), "dilations": (1, 2), "dropout": 0.2}
ARCHITECTURES = {
    "plain": UNet(**DROPPING),
    "folded": UNet(**DROPPING, bottleneck_units=3),
    "concatenating": UNet(**DROPPING, skip="concatenate", n_convolutions=2),
}


def build(architecture, seed, **options):
    from skse.networks._scikeras import build_network

    options = {"head": None, "ends": ENDS, **options}
    return build_network((6, None), (4, None), architecture=architecture, seed=seed, **options)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_weights_are_those_of_keras_own_seed(name):
    """Keras draws every seed that is left open from Python's generator, one after the other."""
    build(ARCHITECTURES[name], 7)  # the first network of a process draws more (Keras 3.14)
    state = random.getstate()
    try:
        random.seed(7)
        expected = ARCHITECTURES[name].build((6, None), (4, None), **ENDS)
    finally:
        random.setstate(state)
    got = build(ARCHITECTURES[name], 7)
    assert random.getstate() == state
    assert len(got.variables) == len(expected.variables) > len(got.weights)  # states of dropout
    for one, other in zip(got.variables, expected.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    other = build(ARCHITECTURES[name], 8)
    same = [np.array_equal(a, b) for a, b in zip(got.weights, other.weights, strict=True)]
    assert not any(s and w.ndim == 4 for s, w in zip(same, got.weights, strict=True))


def test_layers_within_layers_have_seeds_too(recurrent):
    import keras

    class Block(keras.layers.Layer):
        """Has layers inside, and a configuration that says nothing of them."""

        def __init__(self, inner):
            super().__init__()
            self.inner = [inner, keras.layers.Dropout(0.5)]

        def call(self, x, training=None):
            return self.inner[1](self.inner[0](x), training=training)

    class Nested(BaseArchitecture):
        def body(self, image, n_channels):
            image = Block(keras.layers.Conv2D(2, 1))(image)
            inside = keras.Input(image.shape[1:])
            return keras.Model(inside, keras.layers.Conv2D(2, 1)(inside))(image)

    for architecture in (Nested(), recurrent):
        one, same, other = (
            [np.array(v) for v in build(architecture, s).variables] for s in (1, 1, 2)
        )
        assert all(map(np.array_equal, one, same))
        differ = [not np.array_equal(a, b) for a, b in zip(one, other, strict=True)]
        # All but the biases.
        assert sum(differ) == sum(np.any(a) for a in one) >= 3


def test_fits_at_the_same_time_are_each_as_alone(smooth_problem):
    X, y = smooth_problem

    def fit():
        network = UNetRegressor(**DROPPING, epochs=2, random_state=0, early_stopping=True)
        return network.fit(X, y).predict(X)

    alone, together, stop = fit(), [], threading.Event()

    def disturb():
        while not stop.wait(0.001):
            random.random()

    threads = [threading.Thread(target=lambda: together.append(fit())) for _ in range(2)]
    disturber = threading.Thread(target=disturb)
    for thread in (disturber, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    disturber.join()
    assert len(together) == 2
    for prediction in together:
        np.testing.assert_allclose(prediction, alone, atol=1e-6)


def test_tensorflows_sequence_goes_on(make_network, smooth_problem):
    import keras
    import tensorflow as tf

    keras.random.uniform((1,))
    before = tf.compat.v1.get_seed(None)[0]
    try:
        tf.random.set_seed(3)
        expected = [float(tf.random.uniform([])) for _ in range(2)]
        tf.random.set_seed(3)
        first = float(tf.random.uniform([]))
        make_network(dropout=0.2).fit(*smooth_problem)
        assert [first, float(tf.random.uniform([]))] == expected
    finally:
        tf.random.set_seed(before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_a_trained_model_stays_as_it_was_where_training_fails(error, make_network, smooth_problem):
    from keras.callbacks import Callback

    class Fail(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 2:
                raise error

    X, y = smooth_problem
    network = make_network(batch_size=8, warm_start=True, dropout=0.2).fit(X, y)
    model, before = network.regressor_.model_, dict(vars(network))
    variables = [*model.variables, *model.optimizer.variables]
    values, prediction = [np.array(v) for v in variables], network.predict(X)
    history = {name: list(losses) for name, losses in network.history_.items()}
    network.set_params(callbacks=[Fail()], learning_rate=0.1, learning_rate_schedule="constant")
    for train in (network.fit, network.partial_fit):
        with pytest.raises(error):
            train(X[:, :, :7], y[:, :, :7])
        assert all(map(np.array_equal, variables, values))
        np.testing.assert_array_equal(network.predict(X), prediction)
        assert network.history_ == history == network.regressor_.history_
        assert {**vars(network), **network.get_params()} == {**before, **network.get_params()}
    network.set_params(callbacks=None).fit(X, y)
    assert network.n_iter_ == 2


def test_a_joblib_of_a_network_keeps_what_it_was_built_with(make_network, smooth_problem):
    import pickle

    network = make_network().fit(*smooth_problem)
    again = pickle.loads(pickle.dumps(network.regressor_))
    assert again.shapes == ((12, None), (12, None))
    assert again.ends["output_activation"] == "linear"
    assert all(map(np.array_equal, again.weights, network.regressor_.weights))


def test_tracing_is_silent_and_the_logger_left_alone(make_network, smooth_problem, caplog):
    from skse.networks._scikeras import quiet_tracing

    logger = logging.getLogger("tensorflow")
    filters = list(logger.filters)
    with quiet_tracing(), caplog.at_level("WARNING", "tensorflow"):
        logger.propagate, propagate = True, logger.propagate
        logger.warning("5 out of the last 9 calls triggered tf.function retracing.")
        logger.warning("something else")
        logger.propagate = propagate
    assert [record.getMessage() for record in caplog.records] == ["something else"]
    assert logger.filters == filters


def test_layers_are_called_the_same_whatever_was_built_before():
    import keras

    from skse.networks import UNet
    from skse.networks._scikeras import build_seeded

    def build():
        return UNet((2,), dilations=(1,), bottleneck_units=2).build((9, None), (9, None))

    keras.layers.Conv2D(1, 1)  # counts
    before = keras.layers.Conv2D(1, 1).name
    names = [[layer.name for layer in build_seeded(build, 0).layers] for _ in range(2)]
    assert names[0] == names[1]
    assert "conv2d" in names[0]
    after = keras.layers.Conv2D(1, 1).name
    assert int(after.rpartition("_")[2]) == int(before.rpartition("_")[2]) + 1


@pytest.mark.parametrize("kind", ["named optimizer", "own optimizer", "adversary"])
def test_a_fit_leaves_no_graph_behind(kind, make_network, rng):
    """Else a search that fits hundreds of networks fills the memory."""
    from keras.optimizers import Adam

    X = rng.standard_normal((6, 8, 16)).astype(np.float32)

    def make():
        if kind == "adversary":
            return SEGANRegressor(sampling_rate=8000, filters=(4,), epochs=1, random_state=0)
        return make_network(optimizer="adam" if kind == "named optimizer" else Adam())

    def count_graphs():
        gc.collect()
        return sum(type(o).__name__ == "FuncGraph" for o in gc.get_objects())

    counts = []
    for _ in range(3):
        network = make().fit(X, X).partial_fit(X, X)
        if kind != "adversary":
            pickle.loads(pickle.dumps(network)).partial_fit(X, X)
        del network
        counts.append(count_graphs())
    assert counts[0] == counts[1] == counts[2]
