import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skse import metrics
from skse.metrics import Metric, make_multimetric_scorer, make_waveform_scorer

SCORERS = [name for name in metrics.__all__ if name.endswith("_scorer") and "make" not in name]


class Gain(RegressorMixin, BaseEstimator):
    def __init__(self, gain=1.0, sampling_rate=8000):
        self.gain = gain
        self.sampling_rate = sampling_rate

    def fit(self, X, y):
        self.is_fitted_ = True
        return self

    def predict(self, X):
        return [np.float32(self.gain) * x for x in X]


@pytest.fixture
def pairs(rng):
    clean = [rng.standard_normal(8000 + 10 * i).astype(np.float32) for i in range(6)]
    noisy = [2 * x + 0.1 * rng.standard_normal(len(x)).astype(np.float32) for x in clean]
    return noisy, clean


@pytest.mark.parametrize("name", SCORERS)
def test_each_scorer_is_the_mean_of_its_metric(name, pairs):
    if name.startswith("pesq"):
        pytest.importorskip("pesq")
    noisy, clean = pairs
    key = name.removesuffix("_scorer")
    rate = 16000 if key == "pesq_wb" else 8000
    expected = metrics.evaluate(
        clean, [0.5 * x for x in noisy], noisy, sampling_rate=rate, metrics=[key]
    )[key].mean()
    scorer = getattr(metrics, name)
    score = scorer(Gain(0.5, rate), noisy, clean)
    assert isinstance(score, float)
    # pystoi draws noise of 1e-16, hence not to the last bit
    sign = -1 if hasattr(metrics, f"{key}_error") else 1
    assert score == pytest.approx(sign * expected, rel=1e-12)
    again = pickle.loads(pickle.dumps(scorer))(Gain(0.5, rate), noisy, clean)
    assert again == pytest.approx(score, rel=1e-12)


def test_every_metric_has_a_scorer():
    functions = {n.rpartition("_")[0] for n in metrics.__all__ if n.endswith(("_score", "_error"))}
    assert functions == {name.removesuffix("_scorer") for name in SCORERS}


def test_scorers_ignore_nan(pairs):
    noisy, clean = pairs
    expected = metrics.snr_gain_scorer(Gain(0.5), noisy, clean)
    silence = [np.zeros(8000, np.float32)]
    with pytest.warns(UndefinedMetricWarning, match="1 of 7"):
        score = metrics.snr_gain_scorer(Gain(0.5), noisy + silence, clean + silence)
    assert score == expected
    with pytest.warns(UndefinedMetricWarning, match="1 of 1"):
        assert np.isnan(metrics.snr_gain_scorer(Gain(), silence, silence))


def test_grid_search_over_ragged_lists(pairs):
    noisy, clean = pairs
    search = GridSearchCV(
        Gain(),
        {"gain": [0.25, 0.5, 1.0]},
        scoring={
            "snr_gain": metrics.snr_gain_scorer,
            "rmse": metrics.rmse_scorer,
            "stoi": metrics.stoi_scorer,
        },
        refit="snr_gain",
        cv=GroupKFold(3),
    ).fit(noisy, clean, groups=[0, 0, 1, 1, 2, 2])
    assert search.best_params_ == {"gain": 0.5}
    assert search.cv_results_["rank_test_rmse"][1] == 1
    assert (search.cv_results_["mean_test_rmse"] < 0).all()
    assert metrics.stoi_scorer(search, noisy, clean) > 0.9


def test_the_multimetric_scorer_predicts_once_and_agrees(pairs):
    class Counting(Gain):
        n_calls = 0

        def predict(self, X):
            Counting.n_calls += 1
            return super().predict(X)

    noisy, clean = pairs
    scores = make_multimetric_scorer()(Counting(0.5), noisy, clean)
    assert Counting.n_calls == 1
    assert scores == {
        key: getattr(metrics, f"{key}_scorer")(Gain(0.5), noisy, clean) for key in scores
    }
    assert list(scores) == ["snr_gain", "si_sdr", "rmse", "stoi"]


def test_the_multimetric_scorer_in_a_grid_search(pairs):
    search = GridSearchCV(
        Gain(), {"gain": [0.5, 1.0]}, scoring=make_multimetric_scorer(), refit="rmse", cv=2
    ).fit(*pairs)
    assert search.best_params_ == {"gain": 0.5}
    with pytest.raises(ValueError, match="metrics='mse' is not allowed"):
        make_multimetric_scorer(["mse"])


def test_the_sampling_rate_is_found_in_a_pipeline_and_in_a_search(pairs):
    noisy, clean = pairs
    pipeline = make_pipeline(FunctionTransformer(), Gain(0.5, sampling_rate=16000))
    pipeline.fit(noisy, clean)
    expected = metrics.stoi_score(clean, [0.5 * x for x in noisy], sampling_rate=16000).mean()
    assert metrics.stoi_scorer(pipeline, noisy, clean) == expected
    search = GridSearchCV(
        pipeline, {"gain__gain": [0.5]}, scoring=metrics.snr_gain_scorer, cv=2
    ).fit(noisy, clean)
    assert metrics.stoi_scorer(search, noisy, clean) == expected
    assert len(cross_val_score(pipeline, noisy, clean, scoring=metrics.stoi_scorer, cv=3)) == 3


def test_without_a_sampling_rate_the_error_says_how_to_state_it(pairs):
    pipeline = make_pipeline(FunctionTransformer(lambda X: X))
    pipeline.predict = lambda X: X
    with pytest.raises(ValueError, match=r"stoi_score.* needs a sampling rate, but Pipeline has"):
        metrics.stoi_scorer(pipeline, *pairs)
    scorer = make_waveform_scorer(metrics.stoi_score, sampling_rate=8000)
    assert 0 < scorer(pipeline, *pairs) <= 1


def test_the_sign_follows_the_name_or_the_argument(pairs):
    noisy, clean = pairs
    rmse = metrics.rmse_error(clean, noisy).mean()
    assert make_waveform_scorer(metrics.rmse_error)(Gain(), noisy, clean) == -rmse
    flipped = make_waveform_scorer(metrics.rmse_error, greater_is_better=True)
    assert flipped(Gain(), noisy, clean) == rmse
    assert make_waveform_scorer(partial(metrics.rmse_error))(Gain(), noisy, clean) == rmse
    assert make_waveform_scorer("rmse")(Gain(), noisy, clean) == -rmse
    with pytest.raises(ValueError, match="make_waveform_scorer: metric='mse' is not allowed"):
        make_waveform_scorer("mse")


def half_error(clean, enhanced):
    return np.full(len(clean), 0.5)


def test_metrics_of_ones_own_are_scored_with_their_sign(pairs):
    noisy, clean = pairs
    loss = Metric("loss", half_error, "Loss", greater_is_better=False)
    gain = Metric("gain", half_error, "Gain")
    scorer = make_multimetric_scorer([loss, gain, half_error, "rmse"])
    assert repr(scorer) == "make_multimetric_scorer(['loss', 'gain', 'half', 'rmse'])"
    scores = pickle.loads(pickle.dumps(scorer))(Gain(), noisy, clean)
    assert scores == {
        "loss": -0.5,
        "gain": 0.5,
        "half": -0.5,
        "rmse": metrics.rmse_scorer(Gain(), noisy, clean),
    }
    assert make_waveform_scorer(gain)(Gain(), noisy, clean) == 0.5
    assert make_waveform_scorer(loss)(Gain(), noisy, clean) == -0.5


def test_scorers_say_how_they_were_made():
    assert repr(metrics.rmse_scorer) == "make_waveform_scorer(rmse_error, greater_is_better=False)"
    assert repr(metrics.pesq_scorer) == "make_waveform_scorer(pesq_score, greater_is_better=True)"


def test_scorers_hand_on_what_they_are_told_to_ask_for():
    """A copy asks, and gives it to predict; the scorer itself never does."""
    from sklearn import config_context
    from sklearn.utils.metadata_routing import get_routing_for_object

    class Louder:
        sampling_rate = 8000

        def predict(self, X, gain=1.0):
            return gain * X

    clean = np.sin(np.arange(8000))[None]
    for scorer in (metrics.rmse_scorer, make_multimetric_scorer(["rmse"])):
        with config_context(enable_metadata_routing=True):
            asking = scorer.set_score_request(gain=True)
            assert get_routing_for_object(asking).score.requests == {"gain": True}
            assert get_routing_for_object(scorer).score.requests == {}
        values = [
            made["rmse"] if isinstance(made, dict) else made
            for made in (asking(Louder(), clean, clean, gain=3.0), scorer(Louder(), clean, clean))
        ]
        assert values[1] == 0
        assert values[0] == pytest.approx(-2 * np.sqrt(np.mean(clean**2)))
        assert pickle.loads(pickle.dumps(asking)).requests == {"gain": True}
