"""Training further, and training that fails."""

import math
import pickle
import warnings
from functools import partial

import numpy as np
import pytest

from skse import AutoencoderRegressor, UNetRegressor
from skse.networks import OnnxNetwork, SavedKerasObject, UNet, from_arguments, to_runtime
from skse.utils import FileArray

SMALL = {"batch_size": 8, "learning_rate": 0.01}


def loss_of(network, X, y):
    return float(np.mean((network.predict(X) - y) ** 2))


class TestPartialFit:
    """partial_fit: fine-tuning."""

    def test_before_any_fit_it_is_fit(self, make_network, smooth_problem):
        X, y = smooth_problem
        one, other = make_network(epochs=2).partial_fit(X, y), make_network(epochs=2).fit(X, y)
        np.testing.assert_array_equal(one.predict(X), other.predict(X))
        assert one.history_ == other.history_

    def test_goes_on_and_gets_better(self, make_network, smooth_problem):
        X, y = smooth_problem
        network = make_network(**SMALL, epochs=6).fit(X, y)
        ends = network.regressor_.ends
        before, first = (
            loss_of(network, X[:, :, :7], 3 * y[:, :, :7]),
            list(network.history_["loss"]),
        )
        network.set_params(epochs=4).partial_fit(X[:, :, :7], 3 * y[:, :, :7])
        assert loss_of(network, X[:, :, :7], 3 * y[:, :, :7]) < 0.8 * before
        assert network.regressor_.ends is ends  # standardised as before
        assert network.history_["loss"][:6] == first
        assert network.n_iter_ == 10
        held_out = network.history_["val_loss"]
        assert [math.isnan(loss) for loss in held_out] == 6 * [True] + 4 * [False]
        assert len(network.history_["loss"]) == len(held_out) == 10
        network.set_params(warm_start=True).fit(X, y)
        assert [math.isnan(loss) for loss in network.history_["val_loss"][10:]] == 4 * [True]

    def test_ends_with_the_start_where_nothing_is_better(self, make_network, smooth_problem):
        X, y = smooth_problem
        network = make_network(**SMALL, epochs=4, normalization=None).fit(X, y)
        before = network.predict(X)
        network.set_params(learning_rate=100.0, n_iter_no_change=2).partial_fit(X, y)
        np.testing.assert_array_equal(network.predict(X), before)
        assert network.n_iter_ == 6  # it gave up after two epochs

    def test_holds_out_whole_groups(self, make_network, rng):
        """Rows of a kind never seen get worse by training: they are what it is judged by."""
        X = rng.standard_normal((40, 8, 6)).astype(np.float32)
        groups = np.repeat([0, 1], 20)
        y = np.where(groups[:, None, None] == 0, X, -X)
        network = make_network(**SMALL, epochs=3).fit(X, np.zeros_like(X))
        start = [loss_of(network, X[groups == g], y[groups == g]) for g in (0, 1)]
        network.set_params(validation_fraction=0.5, epochs=20).partial_fit(X, y, groups)
        end = [loss_of(network, X[groups == g], y[groups == g]) for g in (0, 1)]
        best = np.nanmin(network.history_["val_loss"])
        held_out = min((0, 1), key=lambda g: abs(end[g] - min(best, start[g])))
        assert end[held_out] <= start[held_out] * (1 + 1e-6)

    def test_one_group_trains_and_warns(self, make_network, smooth_problem):
        X, y = smooth_problem
        network = make_network(**SMALL).fit(X, y)
        with pytest.warns(
            UserWarning, match="all rows are of one group, so none are held out"
        ) as w:
            network.partial_fit(X, y, groups=np.zeros(48))
        assert w[0].filename == __file__
        assert "val_loss" not in network.history_
        assert network.n_iter_ == 2

    def test_other_rows_are_refused(self, make_network, smooth_problem):
        X, y = smooth_problem
        network = make_network().fit(X, y)
        with pytest.raises(ValueError, match="X has 11 features, but"):
            network.partial_fit(X[:, :11], y)
        with pytest.raises(ValueError, match="network that is trained further gives"):
            network.partial_fit(X, y[:, :11])
        with pytest.raises(ValueError, match=r"groups has shape \(3,\)"):
            network.partial_fit(X, y, groups=[1, 2, 3])
        assert network.n_iter_ == 1

    def test_after_a_model_file(self, make_network, smooth_problem):
        X, y = smooth_problem
        network = make_network(**SMALL, epochs=3, dropout=0.2).fit(X, y)
        copies = [pickle.loads(pickle.dumps(network)) for _ in range(2)]
        for copy in copies:
            copy.regressor_ = to_runtime(copy.regressor_)
            copy.partial_fit(X, y)
        assert copies[0].n_iter_ == 6
        assert copies[0].history_["val_loss"][-1] < np.mean((copies[0].predict(X) - y) ** 2) * 2
        np.testing.assert_array_equal(copies[0].predict(X), copies[1].predict(X))
        assert loss_of(copies[0], X, y) < loss_of(network, X, y)

    def test_batches(self, make_network, smooth_problem):
        X, y = smooth_problem
        steps = []

        def make_batch(step):
            steps.append(step)
            chosen = np.random.default_rng(step).integers(len(X), size=8)
            return X[chosen], y[chosen]

        network = make_network(**SMALL, epochs=2)
        network.partial_fit_batches(make_batch, 24)
        assert (
            network.history_["loss"]
            == make_network(**SMALL, epochs=2).fit_batches(make_batch, 24).history_["loss"]
        )
        before = loss_of(network, X, y)
        steps.clear()
        network.partial_fit_batches(make_batch, 24, (X, y))
        assert set(range(6, 12)) <= set(steps)
        assert loss_of(network, X, y) < before
        good = network.predict(X)
        network.set_params(learning_rate=1e3).partial_fit_batches(make_batch, 24, (X, y))
        np.testing.assert_array_equal(network.predict(X), good)
        network.set_params(learning_rate=0.01).partial_fit_batches(make_batch, 24)
        assert network.n_iter_ == 8
        assert math.isnan(network.history_["val_loss"][-1])


def test_training_goes_on_with_rows_of_any_length(make_network, smooth_problem):
    """Dilated convolutions fail where TensorFlow widens a step that was traced for one length."""
    X, y = smooth_problem
    network = make_network(dilations=(1, 2, 4), batch_size=4, warm_start=True)
    for n_frames in (10, 7, 9):
        network.fit(X[:, :, :n_frames], y[:, :, :n_frames])
    network.partial_fit(X[:, :, :5], y[:, :, :5])
    assert network.n_iter_ == 4


@pytest.mark.parametrize(
    ("changed", "X", "y", "error"),
    [
        ({"epochs": 0}, slice(None), slice(None), "epochs == 0"),
        ({}, slice(0, 9), slice(0, 8), "inconsistent numbers"),
        ({"loss": "dice"}, slice(None), slice(None), "needs targets within"),
        ({"filters": ()}, slice(None), slice(None), r"filters=\(\)"),
    ],
)
def test_a_refused_fit_leaves_everything_as_it_was(
    changed, X, y, error, make_network, smooth_problem
):
    rows, targets = smooth_problem
    network = make_network().fit(rows, targets)
    before = {name: value for name, value in vars(network).items() if name.endswith("_")}
    with pytest.raises(ValueError, match=error):
        network.set_params(**changed).fit(rows[X, :7], targets[y])
    assert {n: v for n, v in vars(network).items() if n.endswith("_")} == before
    assert network.predict(rows).shape == targets.shape
    fresh = make_network(**changed)
    with pytest.raises(ValueError, match=error):
        fresh.fit(rows[X], targets[y])
    assert not [name for name in vars(fresh) if name.endswith("_")]


def test_a_fit_never_overwrites_parameters(make_network, smooth_problem):
    loss = SavedKerasObject("losses", "Huber", {"delta": 0.5})
    optimizer = SavedKerasObject("optimizers", "SGD", {"learning_rate": 0.02})
    network = make_network(loss=loss, optimizer=optimizer).fit(*smooth_problem)
    assert network.loss is loss
    assert network.optimizer is optimizer
    assert type(network.regressor_.model_.optimizer).__name__ == "SGD"
    assert network.regressor_.model_.loss.get_config()["name"].startswith("huber")


def test_shapes_of_rows(make_network, smooth_problem):
    X, y = smooth_problem
    assert not hasattr(make_network(), "input_shape_")
    network = make_network().fit(X, y[:, :7])
    assert (network.input_shape_, network.output_shape_) == ((12, None), (7, None))
    network = make_network().fit(X[:, :, 0], y[:, 0, 0])
    assert (network.input_shape_, network.output_shape_) == ((12,), ())


class TestVersion01:
    """What version 0.1 wrote: no architecture_, and one list of arguments."""

    ENDS = ("output_activation", "input_statistics", "output_statistics")
    OWN = UNet(
        (4,), dilations=(1,), top_filters=2, bottleneck_units=None, activation="elu",
        skip="add", dropout=0.0,
    )  # fmt: skip
    ARGUMENTS = dict.fromkeys(ENDS) | OWN.get_params()

    def as_written(self, network, head):
        """State of a network as version 0.1 pickled it."""
        from skse.networks import build_unet
        from skse.networks._heads import build_with_head

        state = pickle.loads(pickle.dumps(network)).__getstate__()
        del state["architecture_"]
        build = partial(build_unet, **{**self.ARGUMENTS, **network.regressor_.ends})
        if head is not None:
            build = partial(build_with_head, build=build, head=head)
        state["regressor_"].model = partial(build, *network.regressor_.shapes)
        return state

    def test_arguments_are_parted(self):
        architecture, ends = from_arguments(UNetRegressor, self.ARGUMENTS)
        assert repr(architecture) == repr(self.OWN)
        assert tuple(ends) == self.ENDS
        architecture, _ = from_arguments(
            AutoencoderRegressor, {**ends, "filters": (3,), "dropout": 0.5}
        )
        assert (architecture.filters, architecture.dropout) == ((3,), 0.5)

    @pytest.mark.parametrize("with_head", [False, True])
    def test_joblib_predicts_and_trains_further(self, with_head, make_network, rng):
        head = None
        X, y = rng.standard_normal((2, 12, 9, 7, 3)).astype(np.float32)
        y = y[..., :2]
        if with_head:
            head = {"mask": "real", "bound": 1.0, "output": "complex", "compression": 1.0}
            head["n_bands"] = 5
        network = make_network(head=head).fit(X, y)
        old = UNetRegressor()
        old.__setstate__(self.as_written(network, head))
        assert repr(old.architecture_) == repr(network.architecture_)
        np.testing.assert_array_equal(old.predict(X), network.predict(X))
        np.testing.assert_array_equal(
            old.partial_fit(X, y).predict(X), network.partial_fit(X, y).predict(X)
        )
        again = pickle.loads(pickle.dumps(old))
        np.testing.assert_array_equal(again.predict(X), old.predict(X))

    def test_a_loaded_network_too(self, make_network, smooth_problem):
        X, y = smooth_problem
        network = make_network().fit(X, y)
        state = self.as_written(network, None)
        saved = to_runtime(network.regressor_)
        saved.arguments = {**self.ARGUMENTS, **saved.ends}
        del saved.ends
        state["regressor_"] = saved
        old = UNetRegressor()
        old.__setstate__(state)
        assert isinstance(old.regressor_, OnnxNetwork)
        np.testing.assert_allclose(old.predict(X), network.predict(X), atol=1e-5)
        assert old.partial_fit(X, y).n_iter_ == 2


def test_no_warning_where_groups_are_held_out(make_network, smooth_problem):
    X, y = smooth_problem
    network = make_network().fit(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        network.partial_fit(X, y)


@pytest.mark.parametrize("learnable", [False, True])
def test_learning_by_heart_is_told(rng, learnable):
    """Targets that have nothing to do with the rows can only be learnt by heart."""
    X = rng.standard_normal((40, 9, 8)).astype(np.float32)
    y = 0.5 * X if learnable else rng.standard_normal(X.shape)
    network = UNetRegressor(
        filters=(16, 16),
        dilations=(1,),
        bottleneck_units=None,
        dropout=0.0,
        learning_rate=0.02,
        batch_size=4,
        epochs=30,
        early_stopping=True,
        validation_fraction=0.3,
        random_state=0,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        network.fit(X, y)
    told = [str(w.message) for w in caught if "by heart" in str(w.message)]
    assert len(told) == (0 if learnable else 1)
    if told:
        best = int(np.argmin(network.history_["val_loss"])) + 1
        assert f"after epoch {best} the loss" in told[0]
        assert [w.filename for w in caught if "by heart" in str(w.message)] == [__file__]


def test_rows_made_anew_are_not_learnt_by_heart(rng):
    X = rng.standard_normal((12, 9, 8)).astype(np.float32)
    network = UNetRegressor(
        filters=(16, 16), dilations=(), learning_rate=0.02, batch_size=4, epochs=8,
        early_stopping=True, random_state=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        network.fit_batches(lambda step: (X[:4], X[4:8]), 8, (X[8:], X[:4]))


class TestRowsInFiles:
    """Rows in files train as they would in memory."""

    @staticmethod
    def in_files(*arrays):
        files = [FileArray(array.shape) for array in arrays]
        for file, array in zip(files, arrays, strict=True):
            file[:] = array
        return files

    @pytest.mark.parametrize("n_rows", [48, 43])
    @pytest.mark.parametrize("early_stopping", [False, True])
    def test_results_are_equal_bit_for_bit(
        self, make_network, smooth_problem, n_rows, early_stopping, monkeypatch
    ):
        monkeypatch.setattr("skse.networks._rows._MOMENT_SIZE", 500)
        X, y = (rows[:n_rows] for rows in smooth_problem)
        options = {**SMALL, "epochs": 2, "early_stopping": early_stopping}
        options["validation_fraction"] = 1 / 3
        one, other = make_network(**options), make_network(**options)
        one.fit(X, y), other.fit(*self.in_files(X, y))
        np.testing.assert_array_equal(other.predict(X), one.predict(X))
        assert other.history_ == one.history_
        one.partial_fit(X, 2 * y), other.partial_fit(*self.in_files(X, 2 * y))
        np.testing.assert_array_equal(other.predict(X), one.predict(X))
        assert other.n_features_in_ == X.shape[1]

    def test_validation_rows_may_be_in_files(self, make_network, smooth_problem):
        X, y = smooth_problem
        networks = [make_network(**SMALL, epochs=2, early_stopping=True) for _ in range(2)]
        for network, held_out in zip(networks, ((X, y), self.in_files(X, y)), strict=True):
            network.fit_batches(lambda step: (X[:8], y[:8]), 24, held_out)
        assert networks[0].history_ == networks[1].history_

    def test_what_is_wrong_with_them_is_found(self, make_network, smooth_problem, monkeypatch):
        monkeypatch.setattr("skse.networks._rows._MOMENT_SIZE", 500)
        X, y = smooth_problem
        broken = X.copy()
        broken[-1, 3, 2] = np.nan
        with pytest.raises(ValueError, match="NaN"):
            make_network().fit(*self.in_files(broken, y))
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            make_network().fit(*self.in_files(X, y[1:]))


@pytest.mark.parametrize("n_good", [0, 1, 5])
def test_a_batch_that_cannot_be_made_is_the_error(make_network, smooth_problem, n_good):
    """As it was raised, not as TensorFlow wraps it; and what was fitted before is left."""
    X, y = smooth_problem
    network = make_network(**SMALL).fit(X, y)
    before, calls = network.predict(X), []

    def make_batch(step):
        calls.append(step)
        if len(calls) > 2 + 2 + n_good:  # those that are looked at first
            raise ValueError("X[3]: talk.wav: gone.")
        return X[:8], y[:8]

    with pytest.raises(ValueError, match=r"^X\[3\]: talk\.wav: gone\.$") as error:
        network.set_params(epochs=20).fit_batches(make_batch, 16)
    assert n_good or error.value.trained is None
    np.testing.assert_array_equal(network.predict(X), before)


@pytest.mark.parametrize("further", [False, True])
def test_what_was_trained_before_a_batch_that_cannot_be_made_is_with_the_error(
    make_network, smooth_problem, further
):
    """The network as after the epochs that were finished, to the bit; the other as it was."""
    X, y = smooth_problem
    options = {**SMALL, "learning_rate_schedule": "constant", "random_state": 0}
    n_looked_at, n_steps = 2 + 2, 2  # by skse, and by Keras

    def fit(network, epochs, n_good):
        calls = []

        def make_batch(step):
            calls.append(step)
            if len(calls) > n_looked_at + n_good:
                raise ValueError("gone")
            return X[:8], y[:8]

        rows = (X[8:], y[8:]) if further else None
        fit_batches = network.partial_fit_batches if further else network.fit_batches
        network.set_params(epochs=epochs)
        return fit_batches(make_batch, 16, rows)

    def start():
        network = make_network(**options, epochs=1)
        return network.fit(X, y) if further else network

    two = fit(start(), 2, math.inf)
    network = start()
    before = network.predict(X) if further else None
    # Batches are made some way ahead.
    with pytest.raises(ValueError, match=r"^gone$") as error:
        fit(network, 50, 2 * n_steps + 1)
    trained = error.value.trained
    assert trained.n_iter_ == two.n_iter_ == 2 + further
    assert {k: v[: 1 + further] for k, v in trained.history_.items()} == {
        k: v[: 1 + further] for k, v in two.history_.items()
    }
    np.testing.assert_array_equal(trained.predict(X), two.predict(X))
    if further:
        np.testing.assert_array_equal(network.predict(X), before)
    else:
        assert not hasattr(network, "regressor_")


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interruption_has_the_network_as_of_then(make_network, smooth_problem, error):
    """Other errors have not: processes send them to each other, and a network with them."""
    from keras.callbacks import Callback

    class Interrupt(Callback):
        def __init__(self, n_epochs):
            super().__init__()
            self.n_epochs = n_epochs

        def on_train_batch_end(self, batch, logs=None):
            if len(self.model.history.epoch) == self.n_epochs and batch == 1:
                raise error

    options = {**SMALL, "learning_rate_schedule": "constant", "random_state": 0}
    two = make_network(**options, epochs=2).fit(*smooth_problem)
    for n_epochs in (0, 2):
        network = make_network(**options, epochs=9, callbacks=[Interrupt(n_epochs)])
        with pytest.raises(error) as raised:
            network.fit(*smooth_problem)
        assert not hasattr(network, "regressor_")
        if error is RuntimeError:
            assert not hasattr(raised.value, "trained")
        elif n_epochs == 0:
            assert raised.value.trained is None
        else:
            trained = raised.value.trained
            assert trained.n_iter_ == 2
            X = smooth_problem[0]
            np.testing.assert_array_equal(trained.predict(X), two.predict(X))
