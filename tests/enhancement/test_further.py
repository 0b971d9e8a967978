"""Going on from what was fitted: what holds, what stays, and what is refused in words."""

import numpy as np
import pytest
from sklearn.linear_model import SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

import skse
from skse import (
    AutoencoderRegressor,
    FeatureScaler,
    IdealMaskTarget,
    Remix,
    SignalApproximationTarget,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
)

SMALL = {"epochs": 1, "batch_size": 4, "random_state": 0}
TINY = {**SMALL, "filters": (4,), "dilations": ()}


@pytest.fixture(scope="module")
def pairs():
    """Ragged tones that glide, in white noise."""
    rng = np.random.default_rng(0)
    noisy, clean = [], []
    for i in range(6):
        times = np.arange(4000 + 500 * i) / 8000
        s = 0.3 * np.sin(2 * np.pi * (rng.uniform(300, 900) * times + 300 * times**2))
        clean.append(s.astype(np.float32))
        noisy.append((s + 0.1 * rng.standard_normal(len(s))).astype(np.float32))
    return noisy, clean


def fitted(pairs, regressor=None, **options):
    options = {"sampling_rate": 8000, "segment_frames": 32, **options}
    return SpeechEnhancer(regressor=regressor or UNetRegressor(**TINY), **options).fit(*pairs)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sampling_rate": 16000}, "sampling_rate"),
        (
            {"regressor": SGDRegressor()},
            r"\(UNetRegressor\), but now there is another \(MultiOut",
        ),
        ({"regressor": AutoencoderRegressor()}, r"another \(AutoencoderRegressor\)"),
        (
            {"regressor": make_pipeline(FeatureScaler(), UNetRegressor())},
            "Pipeline of FeatureSc",
        ),
        ({"regressor__loss": "mae"}, "goes on with loss='mse' of the last fit, but now .*'mae'"),
        ({"regressor__optimizer": "sgd"}, "goes on with optimizer='adam'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_fine_tuning_of_something_else_is_refused(pairs, parameters, message):
    enhancer = fitted(pairs)
    before = enhancer.predict(pairs[0])[0]
    enhancer.set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        enhancer.partial_fit(*pairs)
    assert enhancer.sampling_rate_ == 8000
    enhancer.sampling_rate = 8000
    np.testing.assert_array_equal(enhancer.predict(pairs[0])[0], before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (SignalApproximationTarget(), IdealMaskTarget()),
        (IdealMaskTarget("irm"), SignalApproximationTarget()),
        (SpectrumTarget(), IdealMaskTarget("irm")),
    ],
    ids=lambda target: type(target).__name__,
)
def test_fine_tuning_keeps_the_target_and_what_the_network_ends_in(pairs, before, after, tmp_path):
    enhancer = fitted(pairs, target=before)
    ends = enhancer.regressor_.head, enhancer.regressor_.output_activation
    enhancer.set_params(target=after, featurizer=STFTFeaturizer(n_fft=512), segment_frames=8)
    enhancer.partial_fit(*pairs)
    assert (enhancer.regressor_.head, enhancer.regressor_.output_activation) == ends
    assert type(enhancer.target_) is type(before)
    assert enhancer.featurizer_.n_fft == 256
    loaded = skse.load(skse.save(enhancer, tmp_path / "model.skse"))
    loaded.partial_fit(*pairs)
    assert loaded.regressor_.n_iter_ == 3
    assert loaded.predict(pairs[0])[0].shape == pairs[0][0].shape


def test_fine_tuning_on_mixtures_as_long_as_the_segments_were(pairs):
    network = AutoencoderRegressor(**SMALL, filters=(4,), dense_units=(4,), strides=(2, 2))
    enhancer = fitted(pairs, network)
    enhancer.set_params(remix=True, segment_frames=16).partial_fit(*pairs)
    assert enhancer.regressor_.n_iter_ == 2


def test_parameters_reach_the_regressors_of_every_output(pairs):
    sgd = SGDRegressor(random_state=0, eta0=1e-4)
    enhancer = fitted(pairs, sgd, featurizer=STFTFeaturizer(n_fft=64, hop_length=32))
    enhancer.set_params(regressor__eta0=1e-6).partial_fit(*pairs)
    assert {one.eta0 for one in enhancer.regressor_.estimators_} == {1e-6}


def test_after_a_search_the_best_goes_on_again_and_again(pairs):
    inner = make_pipeline(FeatureScaler(), UNetRegressor(**TINY))
    search = GridSearchCV(inner, {}, cv=2, scoring=lambda *_: 0.0)
    enhancer = fitted(pairs, search).partial_fit(*pairs).partial_fit(*pairs)
    assert enhancer.regressor_[-1].n_iter_ == 3


def test_a_pipeline_whose_network_held_out_groups_is_saved(pairs, tmp_path):
    inner = make_pipeline(FeatureScaler(), UNetRegressor(**TINY, early_stopping=True))
    enhancer = fitted(pairs, inner)
    loaded = skse.load(skse.save(enhancer, tmp_path / "model.skse"))
    loaded.partial_fit(*pairs)
    assert loaded.regressor_[-1].n_iter_ == 2


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"target": SpectrumTarget()}, "target"),
        ({"target": IdealMaskTarget("psm")}, "target"),
        ({"featurizer": STFTFeaturizer(scale="magnitude")}, "featurizer"),
        ({"normalize_level": False}, "normalize_level"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_warm_start_on_something_else_is_refused(pairs, parameters, name):
    enhancer = fitted(pairs, UNetRegressor(**TINY, warm_start=True))
    enhancer.set_params(**parameters)
    with pytest.raises(ValueError, match=f"warm_start=True, but the last fit had {name}="):
        enhancer.fit(*pairs)
    enhancer.set_params(regressor__warm_start=False).fit(*pairs)
    assert enhancer.regressor_.n_iter_ == 1


def test_a_warm_start_on_the_same_goes_on(pairs):
    enhancer = fitted(pairs, UNetRegressor(**TINY, warm_start=True))
    enhancer.set_params(target=IdealMaskTarget(), segment_frames=16).fit(*pairs)
    assert enhancer.regressor_.n_iter_ == 2


@pytest.mark.parametrize("warm_start", [True, False])
def test_what_a_model_of_before_masks_without_bound_stays(pairs, tmp_path, monkeypatch, warm_start):
    """Its head does not say that the mask begins at 1; what it learnt was the mask as a whole."""
    network_head = SignalApproximationTarget.network_head

    def head_of_before(self, featurizer):
        head = network_head(self, featurizer)
        return {name: value for name, value in head.items() if name not in ("offset", "scale")}

    monkeypatch.setattr(SignalApproximationTarget, "network_head", head_of_before)
    target = SignalApproximationTarget("complex", mask="complex", bound=None)
    network = UNetRegressor(**TINY, warm_start=warm_start)
    old = fitted(pairs, network, target=target, remix=False)
    monkeypatch.undo()
    path = skse.save(old, tmp_path / "old.skse")
    expected = old.predict(pairs[0])
    loaded = skse.load(path)
    for enhanced, before in zip(loaded.predict(pairs[0]), expected, strict=True):
        np.testing.assert_allclose(enhanced, before, atol=1e-5)
    still = {"learning_rate": 1e-30, "learning_rate_schedule": "constant"}
    loaded.regressor.set_params(**still)
    further = loaded.fit if warm_start else loaded.partial_fit
    # What batch normalisation has seen moves whatever the learning rate.
    assert farthest(further(*pairs).predict(pairs[0]), expected) < 0.3
    assert "offset" not in skse.load(skse.save(loaded, tmp_path / "new.skse")).regressor_.head
    new = fitted(pairs, UNetRegressor(**TINY | still), target=target, remix=False)
    assert new.regressor_.head["offset"] == 1
    assert farthest(new.predict(pairs[0]), pairs[0]) < 0.5


def farthest(waveforms, others):
    """Return the largest relative distance of two waveforms."""
    distances = [
        np.linalg.norm(x - y) / np.linalg.norm(y) for x, y in zip(waveforms, others, strict=True)
    ]
    return max(distances)


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_an_interrupted_training_goes_on_as_if_it_had_not_been(pairs, tmp_path, dropout):
    """With the mixtures and the step size that follow, not with the first ones again."""
    from keras.callbacks import BackupAndRestore, Callback

    class Interrupt(Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    def trained(*callbacks):
        options = {**TINY, "epochs": 3, "dropout": dropout, "callbacks": list(callbacks)}
        enhancer = fitted(pairs, UNetRegressor(**options), remix=Remix(n_mixtures=8))
        return enhancer.regressor_.keras_model().get_weights()

    kept = BackupAndRestore(tmp_path, delete_checkpoint=False)
    with pytest.raises(KeyboardInterrupt):
        trained(kept, Interrupt())
    for went_on, whole in zip(trained(kept), trained(), strict=True):
        np.testing.assert_array_equal(went_on, whole)
