import numpy as np
import pytest
from sklearn import config_context
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import (
    AutoencoderRegressor,
    FeatureScaler,
    IdealMaskTarget,
    SignalApproximationTarget,
    SpectrumTarget,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
)
from skse.enhancement._regressors import (
    check_loss,
    fit_rows,
    for_frames,
    network_of,
    receptive_field,
    set_ends,
    takes_segments,
)


@pytest.mark.parametrize(
    ("regressor", "expected"),
    [
        (Ridge(), False),
        (UNetRegressor(), True),
        (make_pipeline(FeatureScaler(), UNetRegressor()), True),
        (make_pipeline("passthrough", UNetRegressor()), True),
        (make_pipeline(StandardScaler(), UNetRegressor()), False),
        (make_pipeline(FeatureScaler(), Ridge()), False),
        (GridSearchCV(UNetRegressor(), {}), True),
        (TransformedTargetRegressor(Ridge()), False),
        (TransformedTargetRegressor(), False),
        (TransformedTargetRegressor(UNetRegressor()), False),  # it takes 2-D arrays only
    ],
)
def test_who_takes_segments(regressor, expected):
    assert takes_segments(regressor) == expected


def test_how_far_a_regressor_looks():
    network = UNetRegressor(causal=True)
    field = network.receptive_field()
    assert receptive_field(network) == field
    assert receptive_field(make_pipeline("passthrough", FeatureScaler(), network)) == field
    search = GridSearchCV(network, {})
    assert receptive_field(search) is None
    search.best_estimator_ = network
    assert receptive_field(search) == field
    assert receptive_field(AutoencoderRegressor()) is None
    assert receptive_field(make_pipeline(StandardScaler(), network)) is None


@pytest.mark.parametrize(
    ("regressor", "expected"),
    [
        (Ridge(), True),
        (HistGradientBoostingRegressor(), False),
        (MLPRegressor(), True),
        (make_pipeline(StandardScaler(), MLPRegressor()), True),
        (make_pipeline(StandardScaler(), HistGradientBoostingRegressor()), False),
    ],
)
def test_who_takes_many_outputs(regressor, expected):
    assert (for_frames(regressor) is regressor) == expected


class Recorder(UNetRegressor):
    """Remembers its groups."""

    seen = None

    def fit(self, X, y, groups=None):
        type(self).seen = groups
        self.n_features_in_ = X.shape[1]
        return self

    def predict(self, X):
        return np.zeros_like(X)


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize(
    "wrap", [lambda network: network, lambda network: make_pipeline(FeatureScaler(), network)]
)
def test_groups_go_to_the_network(wrap, routing, rng):
    X, groups = rng.standard_normal((4, 5, 3)), np.array([0, 0, 1, 1])
    with config_context(enable_metadata_routing=routing):
        fit_rows(wrap(Recorder()), X, X, groups)
    np.testing.assert_array_equal(Recorder.seen, groups)


@pytest.mark.parametrize("cv", [2, None])
@pytest.mark.parametrize("routing", [False, True])
def test_a_search_folds_by_groups(cv, routing, rng):
    groups = np.repeat(np.arange(5), 4)
    X = rng.standard_normal((20, 5, 3))
    search = GridSearchCV(
        Recorder(), {"epochs": [1]}, cv=cv, scoring=lambda *_: 0.0, error_score="raise"
    )
    with config_context(enable_metadata_routing=routing):
        fit_rows(search, X, X, groups)
        assert isinstance(search.cv, GroupKFold)
    np.testing.assert_array_equal(Recorder.seen, groups)  # of the refit


@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: make_pipeline(StandardScaler(), x)])
def test_a_search_over_a_regressor_of_many_outputs_is_one_search(wrap, rng):
    """Its folds are of whole groups, and no frame of one is on both sides."""
    groups = np.repeat(np.arange(6), 5)
    rng.shuffle(groups)
    X, sides = rng.standard_normal((30, 4)), []
    X[:, 0] = groups

    class Watched(Ridge):
        def fit(self, X, y):
            sides.append({*np.unique(X[:, 0]).round(3)})
            return super().fit(X, y)

    search = GridSearchCV(Watched(), {"alpha": [1.0, 2.0]}, cv=3)
    regressor = for_frames(wrap(search))
    assert network_of(regressor) is search.estimator
    fit_rows(regressor, X, X, groups)
    assert [len(side) for side in sides] == [4] * 6 + [6]
    assert search.best_params_ == {"alpha": 1.0}


def test_a_search_over_a_regressor_of_one_output_is_refused():
    search = GridSearchCV(HistGradientBoostingRegressor(), {"max_iter": [2]})
    for regressor in (search, make_pipeline(StandardScaler(), search)):
        with pytest.raises(ValueError, match=r"MultiOutputRegressor\(HistGradientBoosting"):
            for_frames(regressor)
    wrapped = GridSearchCV(MultiOutputRegressor(HistGradientBoostingRegressor()), {})
    assert for_frames(wrapped) is wrapped


@pytest.mark.parametrize("cv", [3, KFold(3), GroupKFold(3)])
def test_networks_inside_a_search_hold_out_whole_groups(cv, rng):
    groups = np.repeat(np.arange(6), 2)
    X, seen = rng.standard_normal((12, 5, 3)), []

    class Held(Recorder):
        def fit(self, X, y, groups=None):
            seen.append(groups)
            return super().fit(X, y, groups)

    for network in (Held(), make_pipeline(FeatureScaler(), Held())):
        search = GridSearchCV(network, {}, cv=cv, scoring=lambda *_: 0.0, error_score="raise")
        fit_rows(search, X, X, groups)
    assert len(seen) == 8
    assert all(g is not None for g in seen)
    whole = [np.unique(g, return_counts=True)[1].max() for g in seen]
    assert whole == [2] * 8


@pytest.mark.parametrize("target", [IdealMaskTarget("irm"), SignalApproximationTarget()])
def test_what_a_search_puts_in_the_place_of_a_network_has_its_ends(target):
    networks = [UNetRegressor(), AutoencoderRegressor(), make_pipeline(UNetRegressor())]
    search = GridSearchCV(
        make_pipeline(UNetRegressor()),
        [{"unetregressor": networks}, {"unetregressor__output_activation": ["auto", "linear"]}],
    )
    set_ends(search, target, STFTFeaturizer().fit([[0.0]]), 32, 2)
    found = [network_of(x) for x in (search, *networks)]
    for network in found:
        assert network.output_activation == target.output_activation
        assert (network.head is not None) == target.needs_reference
    tried = search.param_grid[1]["unetregressor__output_activation"]
    assert tried == [target.output_activation, "linear"]
    search.param_grid[0]["unetregressor"].append(UNetRegressor(loss="si_sdr"))
    with pytest.raises(ValueError, match="needs waveforms"):
        check_loss(search, target)


def test_the_innermost_network():
    network = UNetRegressor()
    assert network_of(network) is network
    assert network_of(make_pipeline(FeatureScaler(), network)) is network
    assert network_of(GridSearchCV(make_pipeline(FeatureScaler(), network), {})) is network


def test_loss_is_found_in_a_pipeline():
    pipeline = make_pipeline(FeatureScaler(), UNetRegressor(loss="binary_crossentropy"))
    with pytest.raises(ValueError, match="ranges from 0 to inf"):
        check_loss(pipeline, SpectrumTarget("power"))
    check_loss(pipeline.set_params(unetregressor__loss="mse"), SpectrumTarget("power"))


@pytest.mark.parametrize(
    ("loss", "fitting"),
    [
        ("binary_crossentropy", {"mask"}),
        ("dice", {"mask"}),
        ("bce_dice", {"mask"}),
        ("compressed_spectrum", {"complex", "approximation"}),
        ("si_sdr", {"waveform"}),
        ("snr", {"waveform"}),
        ("mse", {"mask", "cirm", "log", "magnitude", "complex", "approximation", "waveform"}),
    ],
)
def test_which_loss_goes_with_which_target(loss, fitting):
    targets = {
        "mask": IdealMaskTarget("irm"),
        "cirm": IdealMaskTarget("cirm"),
        "log": SpectrumTarget("log"),
        "magnitude": SignalApproximationTarget("magnitude"),
        "complex": SpectrumTarget("complex"),
        "approximation": SignalApproximationTarget(),
        "waveform": WaveformTarget(),
    }
    for name, target in targets.items():
        if name in fitting:
            check_loss(UNetRegressor(loss=loss), target)
            continue
        with pytest.raises(ValueError, match=f"UNetRegressor: loss='{loss}' needs ") as caught:
            check_loss(UNetRegressor(loss=loss), target)
        message = str(caught.value)
        assert f"but {target!r} " in message
        assert "Use loss='mse', or as target" in message


def test_losses_that_are_objects():
    import keras

    from skse.networks._losses import bce_dice

    for loss in (keras.losses.Dice(), keras.losses.BinaryCrossentropy(), bce_dice):
        with pytest.raises(ValueError, match="needs a target between 0 and 1"):
            check_loss(UNetRegressor(loss=loss), SpectrumTarget("log"))
    check_loss(UNetRegressor(loss=keras.losses.LogCosh()), SpectrumTarget("log"))
