import time

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge

from skse import SpeechEnhancer, STFTFeaturizer, UNetRegressor
from skse.comparison._candidates import Candidate
from skse.comparison._fits import make_folds, measure, plan_fits
from skse.enhancement import _shared_stfts
from skse.features import _noise_channels
from skse.utils import ArrayStore

SCORING = {"sampling_rate": 8000, "metrics": ["snr_gain", "rmse"]}


class Halver(RegressorMixin, BaseEstimator):
    """Returns half of its input; counts its fits."""

    def __init__(self, a=1):
        self.a = a

    def fit(self, X, y):
        return self

    def predict(self, X):
        return [x / 2 for x in X]


@pytest.fixture
def pairs(rng):
    clean = [rng.standard_normal(n).astype(np.float32) for n in (300, 400, 500, 600)]
    return [x + np.float32(0.1) for x in clean], clean


def plan(folder, pairs, *, examples=(2,), scoring=SCORING, kind="candidate", a=1):
    folds = make_folds(*pairs, ["x", "x", "y", "z"], 2, list(examples))
    (fits,) = plan_fits([Candidate("half", kind, Halver(a))], folds, folder, **scoring)
    return fits


def keys(fits):
    return [fit.record.key for fit in fits]


def test_folds_keep_groups_together(pairs, tmp_path):
    fits = plan(tmp_path, pairs)
    assert sorted(tuple(fit.fold.places) for fit in fits) == [(0, 1), (2, 3)]
    for fit in fits:
        lengths = [len(x) for x in fit.fold.test[0]]
        assert lengths == [len(pairs[0][i]) for i in fit.fold.places]
        assert len(fit.fold.train[1]) == 2


def test_fit_leaves_its_scores_and_examples(pairs, tmp_path):
    for fit in plan(tmp_path, pairs):
        assert not fit.record.path.exists()
        name, gain_db = fit.compute(**SCORING)
        seconds, scores, examples = fit.read()
        assert seconds >= 0
        halves = zip(*fit.fold.test, strict=True)
        expected = [np.sqrt(np.mean((s - x / 2) ** 2)) for x, s in halves]
        np.testing.assert_allclose(scores["rmse"], expected, rtol=1e-5)
        assert (name, gain_db) == ("half", pytest.approx(scores["snr_gain"].mean()))
        assert list(examples) == [i for i in (2,) if i in fit.fold.places]
        for place, waveform in examples.items():
            np.testing.assert_array_equal(waveform, pairs[0][place] / 2)


def test_key_depends_on_everything_that_matters(pairs, tmp_path):
    noisy, clean = pairs
    fits = plan(tmp_path, pairs)
    changes = [
        {"a": 2},
        {"kind": "baseline"},
        {"scoring": {**SCORING, "metrics": ["snr_gain"]}},
        {"scoring": {**SCORING, "sampling_rate": 16000}},
    ]
    for change in changes:
        assert not set(keys(plan(tmp_path, pairs, **change))) & set(keys(fits))
    for changed in (([*noisy[:3], -noisy[3]], clean), (noisy, [*clean[:3], -clean[3]])):
        # One is trained on it and the other is tested on it.
        assert not set(keys(plan(tmp_path, changed))) & set(keys(fits))
    assert keys(plan(tmp_path, pairs)) == keys(fits)


def test_key_depends_on_the_examples_of_the_fold_alone(pairs, tmp_path):
    before, after = keys(plan(tmp_path, pairs)), keys(plan(tmp_path, pairs, examples=(3,)))
    assert len(set(before) & set(after)) == 1


@pytest.mark.parametrize(
    ("kind", "estimator", "expected"),
    [
        ("candidate", SpeechEnhancer(regressor=UNetRegressor()), True),
        ("candidate", SpeechEnhancer(regressor=Halver()), False),
        ("ceiling", SpeechEnhancer(), False),
        ("baseline", Halver(), False),
    ],
)
def test_tensorflow_is_started_for_networks_only(pairs, tmp_path, kind, estimator, expected):
    folds = make_folds(*pairs, [0, 1, 2, 3], 2, [])
    (fits,) = plan_fits([Candidate("a", kind, estimator)], folds, tmp_path, **SCORING)
    assert fits[0].trains_a_network == expected


def test_features_are_computed_once_and_their_time_counts_for_all(rng, monkeypatch):
    monkeypatch.setattr(_shared_stfts, "STFTS", ArrayStore())
    calls, push = [], _noise_channels.NoiseChannels.push

    def slow(self, S):
        calls.append(len(S))
        time.sleep(0.2)
        return push(self, S)

    monkeypatch.setattr(_noise_channels.NoiseChannels, "push", slow)
    clean = [rng.standard_normal(4000).astype(np.float32) for _ in range(3)]
    pairs = [x + rng.standard_normal(4000).astype(np.float32) for x in clean], clean
    featurizer = STFTFeaturizer(noise_channels=["noise"])
    times = []
    for alpha in (1, 2):
        enhancer = SpeechEnhancer(featurizer, regressor=Ridge(alpha), sampling_rate=8000)
        candidate = Candidate("ridge", "candidate", enhancer)
        train, test = ([x[chosen] for x in pairs] for chosen in (slice(2), slice(2, 3)))
        results, _ = measure(candidate, train, test, [], 8000, ["snr_gain"])
        times.append(results["fit_time"])
    assert calls == [2, 1]
    assert min(times) >= 0.2
