import importlib.util
import math
from functools import partial

import pytest

from skse import metrics
from skse.metrics import FIT_TIME, METRICS, Metric, available_metrics, get_metric

# Names of columns in files that users have: they stay.
COLUMNS = {
    "snr": "snr_db",
    "snr_gain": "snr_gain_db",
    "segmental_snr": "segmental_snr_db",
    "si_sdr": "si_sdr_db",
    "si_sdr_gain": "si_sdr_gain_db",
    "rmse": "rmse",
    "log_spectral_distance": "log_spectral_distance_db",
    "cepstral_distance": "cepstral_distance_db",
    "log_likelihood_ratio": "log_likelihood_ratio",
    "fw_segmental_snr": "fw_segmental_snr_db",
    "srmr": "srmr",
    "stoi": "stoi",
    "estoi": "estoi",
    "pesq_nb": "pesq_nb_mos",
    "pesq_wb": "pesq_wb_mos",
}


def test_every_function_has_a_record_and_its_direction():
    functions = {name for name in metrics.__all__ if name.endswith(("_score", "_error"))}
    functions.remove("pesq_score")  # both scales under one name
    assert {metric.function.__name__ for metric in METRICS.values()} == functions
    for key, metric in METRICS.items():
        assert metric.key == key
        assert (
            metric.function.__name__ == f"{key}_{'score' if metric.greater_is_better else 'error'}"
        )


def test_columns():
    assert {key: metric.column for key, metric in METRICS.items()} == COLUMNS
    assert FIT_TIME.column == "fit_time_s"


def test_headings():
    assert METRICS["snr_gain"].heading == "SNR gain (dB)"
    assert METRICS["pesq_nb"].heading == "Narrow-band PESQ (MOS)"
    assert METRICS["stoi"].heading == "STOI"


def test_needs():
    with_noisy = {key for key, metric in METRICS.items() if "noisy" in metric.needs}
    with_rate = {key for key, metric in METRICS.items() if "sampling_rate" in metric.needs}
    assert with_noisy == {"snr_gain", "si_sdr_gain"}
    on_samples = {"snr", "snr_gain", "si_sdr", "si_sdr_gain", "rmse", "log_spectral_distance"}
    assert with_rate == METRICS.keys() - on_samples
    with_jobs = {key for key, metric in METRICS.items() if "n_jobs" in metric.needs}
    assert with_jobs == {"stoi", "estoi", "pesq_nb", "pesq_wb", "srmr"}
    assert FIT_TIME.needs == set()


@pytest.mark.parametrize(
    ("key", "value", "written", "spelled"),
    [
        ("snr_gain", 1.234, "+1.23", "+1.23"),
        ("snr_gain", -1.236, "-1.24", "−1.24"),
        ("snr", 1.234, "1.23", "1.23"),
        ("stoi", 0.98765, "0.988", "0.988"),
        ("rmse", 0.012345, "0.0123", "0.0123"),
        ("pesq_wb", math.nan, "nan", "–"),
    ],
)
def test_numbers(key, value, written, spelled):
    assert METRICS[key].write(value) == written
    assert METRICS[key].spell(value) == spelled


def test_a_deviation_has_no_sign():
    assert METRICS["snr_gain"].write(6.04, 0.312) == "+6.04 ± 0.31"
    assert METRICS["rmse"].write(0.1, 0.02) == "0.1000 ± 0.0200"


def test_best_comes_first_and_what_is_not_defined_last():
    values = [1.0, math.nan, 3.0, 2.0]
    assert sorted(values, key=METRICS["snr"].rank)[:3] == [3, 2, 1]
    assert sorted(values, key=METRICS["rmse"].rank)[:3] == [1, 2, 3]


def test_clean_waveforms_go_to_functions_that_take_them():
    def own_error(enhanced, sampling_rate):
        return enhanced, sampling_rate

    def other_error(enhanced, clean, window=3):  # in whatever order its author names them
        return enhanced, clean

    def any_error(*waveforms):
        return waveforms

    given = {"noisy": "noisy", "sampling_rate": 1}
    for metric in (get_metric(own_error), Metric("own", own_error, "Own")):
        assert metric("clean", "enhanced", **given) == ("enhanced", 1)
    for function in (other_error, any_error):
        assert get_metric(function)("clean", "enhanced", **given) == ("clean", "enhanced")
    alone = Metric("alone", lambda x, power=2, *, noisy: (x, power, noisy), "Alone")
    assert alone("clean", "enhanced", power=1, **given) == ("enhanced", 1, "noisy")


def test_what_is_available(monkeypatch):
    others = [key for key in METRICS if not key.startswith(("pesq", "srmr"))]
    assert available_metrics(11025) == others
    assert set(others) - set(available_metrics(11025, with_noisy=False)) == {
        "snr_gain",
        "si_sdr_gain",
    }
    find_spec = importlib.util.find_spec
    for found in (None, find_spec("sklearn")):
        monkeypatch.setattr(
            "skse.metrics._records.find_spec",
            lambda name, found=found: found if name == "pesq" else find_spec(name),
        )
        for rate in (8000, 16000):
            assert "srmr" in available_metrics(rate)
            assert ("pesq_nb" in available_metrics(rate)) == (found is not None)
        assert ("pesq_wb" in available_metrics(16000)) == (found is not None)
        assert "pesq_wb" not in available_metrics(8000)
        assert available_metrics(48000) == others


def test_a_record_is_found_or_made():
    assert get_metric("stoi") is get_metric(metrics.stoi_score) is METRICS["stoi"]
    own = Metric("own", None, "Own")
    assert get_metric(own) is own

    def click_error(clean, enhanced):
        return 0.0

    made = get_metric(click_error)
    assert (made.key, made.label, made.function) == ("click", "click", click_error)
    assert not made.greater_is_better
    assert get_metric(partial(click_error)).key.startswith("functools.partial")
    with pytest.raises(ValueError, match="get_metric: metric='sdr' is not allowed; choose from"):
        get_metric("sdr")
    with pytest.raises(ValueError, match="evaluate: metrics=3 is not allowed"):
        get_metric(3, caller="evaluate", name="metrics")


def test_pesq_is_the_narrow_band_one_and_its_column_says_so():
    record = get_metric("pesq")
    assert record is get_metric(metrics.pesq_score)
    assert (record.key, record.column) == ("pesq_nb", "pesq_nb_mos")
    assert record.sampling_rates == METRICS["pesq_nb"].sampling_rates == (8000, 16000)


def test_what_is_measured_cannot_be_computed():
    with pytest.raises(ValueError, match="'fit_time' is measured, not computed from waveforms"):
        FIT_TIME([0.0], [0.0])
