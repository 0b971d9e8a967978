import numpy as np
import pytest
from sklearn import config_context
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skse import (
    AutoencoderRegressor,
    FeatureScaler,
    IdealMaskTarget,
    SignalApproximationTarget,
    SpectrumTarget,
    UNetRegressor,
    WaveformTarget,
)
from skse.enhancement._regressors import (
    check_loss,
    fit_rows,
    for_frames,
    network_of,
    receptive_field,
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
        if routing:
            np.testing.assert_array_equal(Recorder.seen, groups)  # of the refit


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
