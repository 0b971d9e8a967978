"""What both networks share: data, seeds, stopping, saving, errors."""

import pickle
import random
import subprocess
import sys
import textwrap

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV

ALL = [
    "UNetRegressor",
    "AutoencoderRegressor",
    "DenseNetRegressor",
    "WideResNetRegressor",
    "NoiseEmbeddingRegressor",
]
BOTH = pytest.mark.parametrize("name", ["UNetRegressor", "AutoencoderRegressor"])


def run_fresh(code):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    ).stdout


def test_import_loads_no_keras():
    loaded = run_fresh("""
        import sys
        import skse.networks
        skse.UNetRegressor().get_params()
        print([m for m in ("keras", "tensorflow", "scikeras") if m in sys.modules])
    """)
    assert loaded.strip() == "[]"


@pytest.mark.parametrize("name", ALL)
def test_loss_halves_and_prediction_is_in_the_targets_units(name, make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network(name, epochs=15, learning_rate=0.01, batch_size=8).fit(X, y)
    loss = network.history_["loss"]
    assert network.n_iter_ == len(loss) == 15
    assert loss[-1] < loss[0] / 2
    assert loss[-1] < y.var()
    # The loss is that of the targets themselves, not of standardised ones.
    error = np.mean((network.predict(X) - y) ** 2)
    assert error < 3 * loss[-1]


def test_targets_far_below_one_are_learned_as_well(make_network, smooth_problem):
    X, y = smooth_problem
    parameters = {"epochs": 8, "learning_rate": 0.01, "batch_size": 8}
    plain = make_network(**parameters).fit(X, y).predict(X)
    small = make_network(**parameters).fit(X * 1e-3, y * 1e-5).predict(X * 1e-3)
    np.testing.assert_allclose(small * 1e5, plain, atol=0.1 * y.std())


def test_frames_as_rows(make_network):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 6))
    for y in (X[:, 0], X[:, :1], X[:, :3]):
        prediction = make_network().fit(X, y).predict(X[:7])
        assert prediction.shape == (7, *y.shape[1:])
        assert prediction.dtype == np.float32


def test_any_number_of_rows_and_frames_is_traced_once(make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network().fit(X, y)
    for n_rows, n_frames in [(1, 10), (40, 10), (3, 7), (2, 1)]:
        shape = (n_rows, len(y[0]), n_frames)
        assert network.predict(X[:n_rows, :, :n_frames]).shape == shape
    assert network.regressor_._call.experimental_get_tracing_count() == 1
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(again.predict(X), network.predict(X))


@pytest.mark.parametrize("n_rows", [1, 70])
def test_prediction_does_not_depend_on_the_rows_beside(n_rows, make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network().fit(X, y)
    many = np.concatenate([X, X])[:n_rows]
    together = network.predict(many)
    alone = np.concatenate([network.predict(row[None]) for row in many[-3:]])
    np.testing.assert_allclose(together[-3:], alone, atol=1e-5)


def test_same_seed_same_network_and_no_state_left(make_network, smooth_problem):
    import tensorflow as tf

    X, y = smooth_problem
    parameters = {"dropout": 0.3, "early_stopping": True}
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    tf.random.set_seed(3)
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first = make_network(**parameters).fit(X, y).predict(X)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # noqa: NPY002
    assert tf.compat.v1.get_seed(None)[0] == 3
    second = make_network(random_state=0, **parameters).fit(X, y).predict(X)
    state = np.random.RandomState(5)
    other = make_network(random_state=state, **parameters).fit(X, y).predict(X)
    same_state = make_network(random_state=np.random.RandomState(5), **parameters)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(same_state.fit(X, y).predict(X), other)
    assert np.abs(first - other).max() > 1e-3


def test_unseeded_fits_after_a_seeded_one_differ(make_network, smooth_problem):
    import tensorflow as tf

    X, y = smooth_problem
    tf.random.set_seed(None)
    make_network().fit(X, y)
    assert tf.compat.v1.get_seed(None) == (None, None)
    one, two = (make_network(random_state=None, dropout=0.2).fit(X, y) for _ in range(2))
    assert np.abs(one.predict(X) - two.predict(X)).max() > 1e-3


def test_warm_start_goes_on(make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network(
        epochs=4, learning_rate=0.01, learning_rate_schedule="constant", warm_start=True
    ).fit(X, y)
    first = network.history_["loss"]
    network.set_params(epochs=2).fit(X[:, :, :9], y[:, :, :9])
    assert network.history_["loss"][:4] == first
    assert network.n_iter_ == len(network.history_["loss"]) == 6
    assert network.history_["loss"][4] < first[0] / 2
    network.set_params(warm_start=False, epochs=1).fit(X, y)
    assert network.n_iter_ == len(network.history_["loss"]) == 1
    assert network.history_["loss"][0] == pytest.approx(first[0], rel=1e-4)
    with pytest.raises(ValueError, match="network that is trained further gives"):
        network.set_params(warm_start=True).fit(X, y[:, :5])


def test_early_stopping_watches_whole_groups_and_keeps_the_best(make_network):
    # Group 0 maps x to x, group 1 to -x: what is learned from one is wrong for the other.
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40, 8, 6)).astype(np.float32)
    groups = np.repeat([0, 1], 20)
    y = np.where(groups[:, None, None] == 0, X, -X)
    network = make_network(
        epochs=60,
        learning_rate=0.01,
        early_stopping=True,
        validation_fraction=0.5,
        n_iter_no_change=2,
        batch_size=4,
    ).fit(X, y, groups=groups)
    loss, validation_loss = network.history_["loss"], network.history_["val_loss"]
    assert network.n_iter_ == len(loss) == len(validation_loss) == np.argmin(validation_loss) + 3
    assert loss[-1] < loss[0]
    assert validation_loss[-1] > min(validation_loss)
    best = network.predict(X)
    errors = [np.mean((best[groups == g] - y[groups == g]) ** 2) for g in (0, 1)]
    assert max(errors) == pytest.approx(min(validation_loss), rel=1e-3)
    assert "val_loss" not in make_network().fit(X, y).history_


def test_early_stopping_needs_two_groups(make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network(early_stopping=True)
    with pytest.raises(ValueError, match=r"needs at least 2 groups .* got 1"):
        network.fit(X, y, groups=np.zeros(len(X)))
    with pytest.raises(ValueError, match=r"groups has shape \(3,\); expected one label"):
        network.fit(X, y, groups=[0, 1, 2])


def test_saved_networks_predict_the_same_in_a_fresh_process(make_network, smooth_problem, tmp_path):
    X, y = smooth_problem
    X, y = np.tile(X, (20, 1, 1)), np.tile(1 / (1 + np.exp(-y)), (20, 1, 1))
    parameters = {"loss": "binary_crossentropy", "early_stopping": True, "batch_size": 64}
    networks = {name: make_network(name, **parameters).fit(X, y) for name in ALL}
    for name, network in networks.items():
        joblib.dump(network, tmp_path / f"{name}.joblib")
        assert (tmp_path / f"{name}.joblib").stat().st_size < X.nbytes / 2  # no rows in it
    np.save(tmp_path / "X.npy", X)
    run_fresh(f"""
        import joblib, numpy, pathlib
        folder = pathlib.Path({str(tmp_path)!r})
        X = numpy.load(folder / "X.npy")
        for path in folder.glob("*.joblib"):
            numpy.save(path.with_suffix(".npy"), joblib.load(path).predict(X))
    """)
    for name, network in networks.items():
        # Not bit for bit: another process may round the last digit of a sum differently.
        again = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(again, network.predict(X), rtol=1e-5, atol=1e-6)


def test_grid_search_in_two_processes(make_network, smooth_problem):
    X, y = smooth_problem
    split = [(range(24), range(24, 48))]
    rates = {"learning_rate": [1e-3, 1e-2]}
    search = GridSearchCV(make_network(), rates, cv=split, refit=False)
    two = clone(search).set_params(n_jobs=2).fit(X, y)
    one = clone(search).fit(X, y)
    assert np.isfinite(one.cv_results_["mean_test_score"]).all()
    np.testing.assert_allclose(
        two.cv_results_["mean_test_score"], one.cv_results_["mean_test_score"], rtol=1e-4
    )


def test_score_is_r2_weighted_by_variance(make_network, smooth_problem):
    X, y = smooth_problem
    y = np.concatenate([y, np.zeros_like(y[:, :1])], axis=1)  # one constant frequency
    network = make_network().fit(X, y)
    residual = np.sum((y - network.predict(X)) ** 2)
    total = np.sum((y - y.mean(axis=(0, 2), keepdims=True)) ** 2)
    assert network.score(X, y) == pytest.approx(1 - residual / total, abs=1e-4)
    doubled = np.concatenate([X, X[:8]]), np.concatenate([y, y[:8]])
    weights = np.r_[np.full(8, 2), np.ones(40)]
    assert network.score(X, y, weights) == pytest.approx(network.score(*doubled), abs=1e-4)


def test_callbacks_see_the_training_and_let_go_of_the_model(make_network, smooth_problem):
    from keras.callbacks import Callback

    class Count(Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1

    count = Count()
    make_network(epochs=2, callbacks=[count]).fit(*smooth_problem)
    assert count.epochs == 2
    assert count.model is None


def test_cosine_schedule_ends_near_zero(make_network, smooth_problem):
    from keras.callbacks import Callback

    rates = []

    class Record(Callback):
        def on_train_batch_end(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    make_network(
        epochs=2, learning_rate=0.01, learning_rate_schedule="cosine", callbacks=[Record()]
    ).fit(*smooth_problem)
    expected = 0.005 * (1 + np.cos(np.pi * np.arange(6) / 6))
    np.testing.assert_allclose(rates, expected, rtol=1e-5)


def test_optimizer_instance_is_copied(make_network, smooth_problem):
    import keras

    optimizer = keras.optimizers.AdamW(learning_rate=0.02, weight_decay=0.1)
    network = make_network(optimizer=optimizer, learning_rate_schedule="constant")
    used = network.fit(*smooth_problem).regressor_.model_.optimizer
    assert used is not optimizer
    assert used.weight_decay == 0.1
    assert float(used.learning_rate) == pytest.approx(0.02)
    assert not optimizer.built
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 5)
    network.set_params(optimizer=keras.optimizers.SGD(schedule), learning_rate_schedule="cosine")
    with pytest.raises(ValueError, match="has a schedule of its own"):
        network.fit(*smooth_problem)


def test_own_loss(make_network, smooth_problem):
    import keras

    @keras.saving.register_keras_serializable("skse-tests")
    def fourth_power(y_true, y_pred):
        return keras.ops.mean((y_true - y_pred) ** 4, axis=-1)

    X, y = smooth_problem
    network = make_network(loss=fourth_power).fit(X, y)
    assert np.isfinite(network.history_["loss"]).all()
    network.set_params(loss=keras.losses.Huber(delta=0.5)).fit(X, y)
    with pytest.raises(ValueError, match="register_keras_serializable"):
        network.set_params(loss=lambda y_true, y_pred: 0).fit(X, y)
    with pytest.raises(ValueError, match="needs targets within"):
        network.set_params(loss=keras.losses.BinaryCrossentropy()).fit(X, y)


def test_cross_entropy_refuses_targets_that_are_no_probabilities(make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network(loss="binary_crossentropy")
    with pytest.raises(
        ValueError,
        match=r"loss='binary_crossentropy' needs targets within \[0, 1\], but y runs from -4",
    ):
        network.fit(X, y)
    probabilities = 1 / (1 + np.exp(-y))
    with pytest.raises(ValueError, match="needs output_activation='sigmoid'"):
        network.set_params(output_activation="linear").fit(X, probabilities)
    network.set_params(output_activation="auto").fit(X, probabilities)
    prediction = network.predict(100 * X)
    assert prediction.min() >= 0
    assert prediction.max() <= 1


def test_predict_before_fit(make_network):
    with pytest.raises(NotFittedError):
        make_network().predict(np.zeros((1, 3, 3)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"loss": "mes"}, "loss='mes' is not allowed; choose from 'bce_dice', 'bin.*'mse'"),
        ({"loss": 3}, "loss=3 must be one of 'bce_dice'"),
        ({"optimizer": "adm"}, "optimizer='adm' is not allowed; choose from 'adam'"),
        ({"learning_rate": 0}, "learning_rate == 0, must be > 0"),
        ({"learning_rate_schedule": "step"}, "choose from 'constant', 'cosine'"),
        ({"epochs": 0}, "epochs == 0, must be >= 1"),
        ({"batch_size": 2.5}, "batch_size must be an instance of int"),
        ({"output_activation": "relu"}, "choose from 'auto', 'linear', 'sigmoid'"),
        ({"validation_fraction": 1.0}, "validation_fraction == 1.0, must be < 1"),
        ({"callbacks": [print]}, "must be a list of keras.callbacks.Callback"),
        ({"activation": "softmax"}, "activation='softmax' is not allowed; choose from 'elu'"),
        ({"normalization": "layer"}, "normalization='layer' is not allowed; choose from 'batch'"),
        ({"dropout": 1}, "dropout == 1, must be < 1"),
        ({"filters": ()}, r"filters=\(\) must be a sequence of at least 1 positive integers"),
        ({"filters": (4, 0)}, r"filters=\(4, 0\) must be a sequence"),
        ({"strides": (2,)}, r"strides=\(2,\) must be a sequence of 2 positive integers"),
    ],
)
@BOTH
def test_bad_parameters(name, parameters, message, make_network):
    with pytest.raises(ValueError, match=f"{name}.*{message}"):
        make_network(name, **parameters).fit(np.zeros((2, 3, 3)), np.zeros((2, 3, 3)))


@pytest.mark.parametrize(
    ("X_shape", "y_shape", "message"),
    [
        ((3, 5, 4), (3, 5), r"y has shape \(3, 5\).*must be \(n_samples, n_frequencies, 4\["),
        ((3, 5, 4), (3, 5, 6), r"y has shape \(3, 5, 6\).*same number of frames"),
        ((3, 5), (3, 5, 1), r"must be \(n_samples,\) or \(n_samples, n_frequencies\)"),
        ((3, 5, 4, 2, 1), (3, 5, 4), r"X has shape \(3, 5, 4, 2, 1\); expected"),
        ((3, 5, 4), (4, 5, 4), "inconsistent numbers of samples"),
    ],
)
def test_arrays_that_do_not_fit_together(X_shape, y_shape, message, make_network):
    with pytest.raises(ValueError, match=message):
        make_network().fit(np.zeros(X_shape), np.zeros(y_shape))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite(bad, make_network, smooth_problem):
    X, y = smooth_problem
    X[2, 3, 4] = bad
    with pytest.raises(ValueError, match="Input X contains"):
        make_network().fit(X, y)
    with pytest.raises(ValueError, match="Input y contains"):
        make_network().fit(y, X)


class TestBatches:
    """fit_batches: rows that are made while the network trains."""

    @pytest.fixture
    def batches(self, smooth_problem):
        """Rows of the problem drawn anew for each step; the steps asked for are listed."""
        X, y = smooth_problem
        steps = []

        def make_batch(step):
            steps.append(step)
            chosen = np.random.default_rng(step).integers(len(X), size=8)
            return X[chosen], y[chosen]

        return make_batch, steps

    def test_learns_and_repeats_with_its_seed(self, make_network, smooth_problem, batches):
        X, y = smooth_problem
        make_batch, steps = batches
        parameters = {"epochs": 15, "learning_rate": 0.01, "batch_size": 8}
        network = make_network(**parameters).fit_batches(make_batch, 47)
        assert network.history_["loss"][-1] < network.history_["loss"][0] / 2
        assert len(network.history_["loss"]) == network.n_iter_ == 15
        assert network.predict(X).shape == y.shape
        # 47 rows are six batches; no more than a few are made ahead.
        assert set(range(6 * 15)) <= set(steps) <= set(range(6 * 15 + 20))
        again = make_network(**parameters).fit_batches(make_batch, 47)
        np.testing.assert_array_equal(network.predict(X), again.predict(X))

    def test_standardises_with_moments_of_the_first_batches(self, make_network, batches):
        make_batch, _ = batches
        network = make_network(batch_size=8).fit_batches(make_batch, 40)
        rows = np.concatenate([make_batch(step)[0] for step in range(5)])
        layers = network.regressor_.model_.layers
        mean = next(np.ravel(layer.mean) for layer in layers if hasattr(layer, "mean"))
        np.testing.assert_allclose(mean, rows.mean(axis=(0, 2)), atol=1e-5)

    def test_warm_start_asks_for_steps_not_seen(self, make_network, batches):
        make_batch, steps = batches
        network = make_network(batch_size=8, warm_start=True).fit_batches(make_batch, 80)
        steps.clear()
        network.fit_batches(make_batch, 80)
        assert max(steps) >= 19
        assert len(network.history_["loss"]) == network.n_iter_ == 2

    def test_early_stopping_watches_the_rows_given(self, make_network, batches, smooth_problem):
        make_batch, _ = batches
        X, y = smooth_problem
        network = make_network(
            early_stopping=True, n_iter_no_change=2, epochs=30, learning_rate=0.3, batch_size=8
        ).fit_batches(make_batch, 16, (X, y))
        losses = network.history_["val_loss"]
        assert len(losses) == network.n_iter_ == int(np.argmin(losses)) + 3 < 30
        error = np.mean((network.predict(X) - y) ** 2)
        assert error == pytest.approx(min(losses), rel=1e-3)
        with pytest.raises(ValueError, match="early_stopping=True needs validation_data"):
            network.fit_batches(make_batch, 16)

    def test_one_number_a_row(self, make_network, rng):
        def make_batch(step):
            X = np.random.default_rng(step).standard_normal((16, 6))
            return X, X.sum(axis=1)

        network = make_network(epochs=2).fit_batches(make_batch, 32, make_batch(99))
        assert network.predict(rng.standard_normal((3, 6))).shape == (3,)

    @pytest.mark.parametrize(
        ("X_shape", "y_shape", "message"),
        [((4, 5, 6), (4, 5, 7), "same number of frames"), ((4, 5, 6), (3, 5, 6), "inconsistent")],
    )
    def test_batches_that_do_not_fit_together(self, X_shape, y_shape, message, make_network):
        with pytest.raises(ValueError, match=message):
            make_network().fit_batches(lambda step: (np.zeros(X_shape), np.zeros(y_shape)), 4)
        with pytest.raises(ValueError, match="n_rows == 0"):
            make_network().fit_batches(None, 0)
