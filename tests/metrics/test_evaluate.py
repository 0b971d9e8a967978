import numpy as np
import pytest

from skse import metrics
from skse.metrics import METRICS, Metric, _base, evaluate


@pytest.fixture
def waveforms(rng):
    clean, noise = rng.standard_normal((2, 2, 8000))
    return clean, clean + 0.5 * noise, clean + noise


def test_evaluate_gives_what_the_functions_give(waveforms):
    clean, enhanced, noisy = waveforms
    scores = evaluate(clean, enhanced, noisy, sampling_rate=8000)
    assert set(METRICS) - set(scores) <= {"pesq_nb", "pesq_wb"}
    np.testing.assert_array_equal(
        scores["snr_gain"], metrics.snr_gain_score(clean, enhanced, noisy)
    )
    np.testing.assert_array_equal(
        scores["stoi"], metrics.stoi_score(clean, enhanced, sampling_rate=8000)
    )
    np.testing.assert_array_equal(scores["rmse"], metrics.rmse_error(clean, enhanced))


@pytest.mark.parametrize("sampling_rate", [8000, 16000])
def test_evaluate_takes_pesq_where_it_is_possible(waveforms, sampling_rate):
    pytest.importorskip("pesq")
    clean, enhanced, _ = waveforms
    scores = evaluate(*waveforms, sampling_rate=sampling_rate)
    for mode in ("nb", "wb") if sampling_rate == 16000 else ("nb",):
        np.testing.assert_array_equal(
            scores[f"pesq_{mode}"],
            metrics.pesq_score(clean, enhanced, sampling_rate=sampling_rate, mode=mode),
        )
    asked = evaluate(*waveforms, sampling_rate=sampling_rate, metrics=["pesq"])
    np.testing.assert_array_equal(asked["pesq"], scores["pesq_nb"])


def test_evaluate_takes_what_can_be_computed(waveforms):
    assert "pesq_nb" not in evaluate(*waveforms, sampling_rate=11025)
    without = evaluate(*waveforms[:2], sampling_rate=11025)
    assert set(METRICS) - set(without) == {"pesq_nb", "pesq_wb", "srmr", "snr_gain", "si_sdr_gain"}
    with pytest.raises(ValueError, match=r"metrics holds 'snr_gain', .* but noisy is None"):
        evaluate(*waveforms[:2], sampling_rate=8000, metrics=["snr", "snr_gain"])


def test_evaluate_takes_metrics_of_ones_own(waveforms):
    def loudness_error(clean, enhanced, sampling_rate, noisy):
        assert noisy is waveforms[2]
        return np.array([sampling_rate * 1.0, 2.0])

    own = Metric("own", lambda clean, enhanced: np.array([3.0, 4.0]), "Own")
    scores = evaluate(
        *waveforms, sampling_rate=8000, metrics=[loudness_error, own, metrics.stoi_score, "snr"]
    )
    assert list(scores) == ["loudness", "own", "stoi", "snr"]
    assert scores["loudness"].tolist() == [8000, 2]
    assert scores["own"].tolist() == [3, 4]


def test_evaluate_shares_what_takes_long_and_nothing_else(waveforms, monkeypatch):
    expected = evaluate(*waveforms, sampling_rate=8000)
    given = []

    def count(caller, n_jobs):
        given.append((caller, n_jobs))
        return 1

    monkeypatch.setattr(_base, "count_jobs", count)
    scores = evaluate(*waveforms, sampling_rate=8000, n_jobs=2)
    asked = {name for name, n_jobs in given if n_jobs == 2}
    assert asked - {"pesq_nb_score"} == {"stoi_score", "estoi_score", "srmr_score"}
    for name, values in expected.items():
        np.testing.assert_allclose(scores[name], values, rtol=1e-12)
    with pytest.raises(ValueError, match=r"^evaluate: n_jobs=0 must be None"):
        evaluate(*waveforms, sampling_rate=8000, metrics=["snr"], n_jobs=0)


def test_evaluate_leaves_the_jobs_of_ones_own_metric_alone_unless_told(waveforms):
    def own_score(clean, enhanced, n_jobs=5):
        return np.full(2, n_jobs)

    for n_jobs, expected in ((None, 5), (-1, -1)):
        scores = evaluate(*waveforms, sampling_rate=8000, metrics=[own_score], n_jobs=n_jobs)
        assert scores["own"].tolist() == [expected] * 2


def test_evaluate_keeps_the_order_asked_for(waveforms):
    scores = evaluate(*waveforms, sampling_rate=8000, metrics=["rmse", "snr"])
    assert list(scores) == ["rmse", "snr"]


def test_evaluate_refuses_unknown_metrics(waveforms):
    with pytest.raises(ValueError, match="metrics='sdr' is not allowed; choose from 'c"):
        evaluate(*waveforms, sampling_rate=8000, metrics=["snr", "sdr"])
