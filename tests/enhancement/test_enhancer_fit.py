"""What SpeechEnhancer keeps, takes over and refuses when it is fitted again."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.pipeline import make_pipeline

from skse import (
    FeatureScaler,
    PeakNormalize,
    Remix,
    SpeechEnhancer,
    STFTFeaturizer,
    StreamingEnhancer,
    UNetRegressor,
)
from skse.metrics import snr_gain_score

SMALL = {"filters": (4,), "dilations": (), "epochs": 1, "batch_size": 4, "random_state": 0}


@pytest.fixture
def pairs(rng):
    """Ragged tones that glide, in white noise."""
    noisy, clean = [], []
    for i in range(8):
        times = np.arange(6000 + 500 * i) / 8000
        s = 0.3 * np.sin(2 * np.pi * (rng.uniform(300, 900) * times + 300 * times**2))
        clean.append(s.astype(np.float32))
        noisy.append((s + 0.1 * rng.standard_normal(len(s))).astype(np.float32))
    return noisy, clean


class Interrupted(Ridge):
    """Fails in the middle of its second training."""

    n_fits = 0

    def fit(self, X, y):
        type(self).n_fits += 1
        if type(self).n_fits > 1:
            raise KeyboardInterrupt
        return super().fit(X, y)


def test_a_refused_or_interrupted_refit_leaves_the_old_model_whole(pairs):
    noisy, clean = pairs
    Interrupted.n_fits = 0
    enhancer = SpeechEnhancer(STFTFeaturizer(), regressor=Interrupted()).fit(noisy, clean)
    before = enhancer.predict(noisy)
    enhancer.set_params(featurizer__n_fft=128, featurizer__hop_length=64)
    with pytest.raises(KeyboardInterrupt):
        enhancer.fit(noisy, clean)
    np.testing.assert_array_equal(enhancer.predict(noisy)[0], before[0])
    enhancer.set_params(regressor=UNetRegressor(loss="snr"))
    with pytest.raises(ValueError, match="needs waveforms"):
        enhancer.fit(noisy, clean)
    np.testing.assert_array_equal(enhancer.predict(noisy)[0], before[0])


def test_not_fitted_after_a_refused_first_fit(pairs):
    enhancer = SpeechEnhancer(regressor=UNetRegressor(loss="snr"))
    with pytest.raises(ValueError, match="needs waveforms"):
        enhancer.fit(*pairs)
    with pytest.raises(NotFittedError):
        enhancer.predict(pairs[0])
    assert not hasattr(enhancer, "featurizer_")


def test_what_fit_decided_stays(pairs):
    noisy, clean = pairs
    enhancer = SpeechEnhancer(regressor=Ridge()).fit(noisy, clean)
    before = enhancer.predict(noisy)
    enhancer.set_params(normalize_level=False, segment_overlap=0.5, context_frames=0)
    np.testing.assert_array_equal(enhancer.predict(noisy)[0], before[0])
    stream = StreamingEnhancer(enhancer, level=0.1)  # the level that fit divided by
    assert stream.level == 0.1
    enhancer.set_params(strength=0.0)
    np.testing.assert_allclose(enhancer.predict(noisy)[0], noisy[0], atol=1e-5)


def test_warm_start_goes_on(pairs):
    noisy, clean = pairs
    network = UNetRegressor(**SMALL | {"epochs": 3, "warm_start": True})
    enhancer = SpeechEnhancer(regressor=network).fit(noisy, clean)
    first = enhancer.regressor_
    enhancer.fit(noisy, clean)
    assert enhancer.regressor_.n_iter_ == 6
    losses = enhancer.regressor_.history_["loss"]
    assert losses[3] < losses[0]
    assert first.n_iter_ == 3
    enhancer.set_params(regressor=GridSearchCV(network, {"epochs": [1]}))
    with pytest.raises(ValueError, match="warm_start=True inside GridSearchCV"):
        enhancer.fit(noisy, clean)


def test_a_search_as_regressor_has_sigmoid_and_groups(pairs):
    noisy, clean = pairs
    search = GridSearchCV(UNetRegressor(**SMALL), {"batch_size": [2, 4]}, cv=2, scoring="r2")
    search.scoring = lambda network, X, y: -float(np.mean((network.predict(X) - y) ** 2))
    enhancer = SpeechEnhancer(regressor=search).fit(noisy, clean)
    assert enhancer.regressor_.best_estimator_.output_activation == "sigmoid"
    assert isinstance(enhancer.regressor_.cv, GroupKFold)
    assert np.isfinite(enhancer.predict(noisy)[0]).all()
    assert search.cv == 2


@pytest.mark.parametrize("wrapped", ["alone", "pipeline", "search", "routed search"])
def test_groups_of_the_caller_reach_the_split(pairs, wrapped, monkeypatch):
    noisy, clean = pairs
    seen = []
    original = UNetRegressor.fit

    def fit(self, X, y, groups=None):
        seen.append(groups)
        return original(self, X, y, groups)

    monkeypatch.setattr(UNetRegressor, "fit", fit)
    groups = [0, 0, 1, 1, 2, 2, 3, 3]
    network = UNetRegressor(**SMALL, early_stopping=True)
    enhancer = SpeechEnhancer(regressor=network, segment_frames=1000, remix=False)
    folds = [(range(len(noisy)), range(2))]
    if wrapped == "alone":
        enhancer.fit(noisy, clean, groups=groups)
    elif wrapped == "pipeline":
        make_pipeline(PeakNormalize(), enhancer.set_params(match_level=True)).fit(
            noisy, clean, speechenhancer__groups=groups
        )
    elif wrapped == "search":
        GridSearchCV(make_pipeline(enhancer), {}, cv=folds, refit=False).fit(
            noisy, clean, speechenhancer__groups=groups
        )
    else:
        with config_context(enable_metadata_routing=True):
            enhancer.set_fit_request(groups=True)
            GridSearchCV(enhancer, {}, cv=GroupKFold(2)).fit(noisy, clean, groups=groups)
    np.testing.assert_array_equal(np.unique(groups, return_inverse=True)[1], seen[-1])


def test_match_level_never_validates_on_a_sentence_it_trains_on(pairs, monkeypatch):
    noisy, clean = pairs
    noisy = [gain * x for gain in (0.3, 1.0) for x in noisy]
    seen = []
    original = UNetRegressor.fit

    def fit(self, X, y, groups=None):
        seen.append(groups)
        return original(self, X, y, groups)

    monkeypatch.setattr(UNetRegressor, "fit", fit)
    network = UNetRegressor(**SMALL, early_stopping=True)
    SpeechEnhancer(regressor=network, match_level=True, segment_frames=1000, remix=False).fit(
        noisy, [2 * s for s in [*clean, *clean]]
    )
    n = len(clean)
    np.testing.assert_array_equal(seen[0][:n], seen[0][n:])


@pytest.mark.parametrize("level", [0.01, 1.0])
@pytest.mark.parametrize("remix", [False, Remix(n_mixtures=32, babble=0)])
def test_fine_tuning_is_never_worse_than_its_start(pairs, level, remix):
    """On held-out pairs; at any level of the recordings, which is normalised as in `fit`."""
    noisy, clean = ([level * x for x in waveforms] for waveforms in pairs)
    network = UNetRegressor(**SMALL | {"filters": (8, 8), "epochs": 10, "learning_rate": 0.01})
    enhancer = SpeechEnhancer(regressor=network, segment_frames=32).fit(noisy, clean)
    before = snr_gain_score(clean, enhancer.predict(noisy), noisy).mean()
    assert before > 1
    chain, first = enhancer.chain_, enhancer.regressor_
    # A step size that ruins the network: the weights that it began with come back.
    enhancer.set_params(regressor__learning_rate=1.0, regressor__epochs=2, remix=remix)
    enhancer.partial_fit(noisy, clean)
    assert enhancer.chain_ is chain
    assert enhancer.n_utterances_ == 2 * len(noisy)
    ruined = snr_gain_score(clean, enhancer.predict(noisy), noisy).mean()
    assert ruined == pytest.approx(before, abs=1e-3)
    enhancer.set_params(regressor__learning_rate=2e-3, regressor__epochs=5, remix=False)
    enhancer.partial_fit(noisy, clean)
    assert snr_gain_score(clean, enhancer.predict(noisy), noisy).mean() > before - 0.2
    assert first.n_iter_ == 10


def test_fine_tuning_of_other_regressors(pairs):
    noisy, clean = pairs
    enhancer = SpeechEnhancer(STFTFeaturizer(n_fft=64, hop_length=32), regressor=Ridge())
    enhancer.partial_fit(noisy, clean)  # the first is a fit
    with pytest.raises(ValueError, match="partial_fit needs a regressor that has it, but Ridge"):
        enhancer.partial_fit(noisy, clean)
    enhancer.set_params(regressor=SGDRegressor(random_state=0, eta0=1e-4)).fit(noisy, clean)
    steps = [sgd.t_ for sgd in enhancer.regressor_.estimators_]
    old = enhancer.regressor_
    enhancer.partial_fit(noisy[:2], clean[:2])
    assert all(sgd.t_ > t for sgd, t in zip(enhancer.regressor_.estimators_, steps, strict=True))
    assert [sgd.t_ for sgd in old.estimators_] == steps


def test_fine_tuning_in_a_pipeline_and_after_a_search(pairs):
    noisy, clean = pairs
    network = UNetRegressor(**SMALL)
    enhancer = SpeechEnhancer(regressor=make_pipeline(FeatureScaler(), network)).fit(noisy, clean)
    scaler = enhancer.regressor_[0].mean_
    enhancer.partial_fit(noisy, clean)
    assert enhancer.regressor_[-1].n_iter_ == 2
    np.testing.assert_array_equal(enhancer.regressor_[0].mean_, scaler)
    search = GridSearchCV(network, {}, cv=2, scoring=lambda *_: 0.0)
    enhancer = SpeechEnhancer(regressor=search).fit(noisy, clean).partial_fit(noisy, clean)
    assert enhancer.regressor_.n_iter_ == 2
