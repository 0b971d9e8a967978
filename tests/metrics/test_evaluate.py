import importlib.util

import numpy as np
import pytest

from skse import metrics
from skse.metrics import evaluate
from skse.metrics._evaluate import METRICS


@pytest.fixture
def waveforms(rng):
    clean, noise = rng.standard_normal((2, 2, 8000))
    return clean, clean + 0.5 * noise, clean + noise


def test_evaluate_gives_what_the_functions_give(waveforms):
    clean, enhanced, noisy = waveforms
    scores = evaluate(clean, enhanced, noisy, sampling_rate=8000)
    assert set(METRICS) - set(scores) <= {"pesq"}
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
    np.testing.assert_array_equal(
        evaluate(*waveforms, sampling_rate=sampling_rate)["pesq"],
        metrics.pesq_score(clean, enhanced, sampling_rate=sampling_rate),
    )


def test_evaluate_leaves_out_pesq_where_it_is_not_possible(waveforms, monkeypatch):
    assert "pesq" not in evaluate(*waveforms, sampling_rate=11025)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "skse.metrics._evaluate.find_spec", lambda name: None if name == "pesq" else find_spec(name)
    )
    assert "pesq" not in evaluate(*waveforms, sampling_rate=8000)


def test_evaluate_keeps_the_order_asked_for(waveforms):
    scores = evaluate(*waveforms, sampling_rate=8000, metrics=["rmse", "snr"])
    assert list(scores) == ["rmse", "snr"]


def test_evaluate_refuses_unknown_metrics(waveforms):
    with pytest.raises(ValueError, match="metrics='sdr' is not allowed; choose from 'estoi'"):
        evaluate(*waveforms, sampling_rate=8000, metrics=["snr", "sdr"])
