import numpy as np
import pytest

from skse.metrics import METRICS
from skse.report._rows import Scores

NAN = float("nan")


def row(name, gain, **changes):
    return {"name": name, "kind": "candidate", "snr_gain": gain, **changes}


def test_means_by_condition():
    scores = Scores(
        [
            row("a", 1.0, noise="car", snr_db=0),
            row("a", 2.0, noise="white", snr_db=0),
            row("a", 6.0, noise="car", snr_db=5.0),
            row("a", NAN, noise="white", snr_db=5.0),
        ]
    )
    metric = METRICS["snr_gain"]
    assert (scores.levels, scores.noises, scores.rounded) == ([0, 5], ["car", "white"], False)
    assert scores.mean("a", metric) == 3.0
    assert scores.mean("a", metric, snr_db=0.0) == 1.5
    assert scores.mean("a", metric, noise="car") == 3.5
    assert np.isnan(scores.mean("a", metric, snr_db=5.0, noise="white"))


def test_rows_weigh_as_much_as_they_have_utterances():
    scores = Scores([row("a", 1.0, n_utterances=3), row("a", 5.0, n_utterances=1)])
    assert scores.mean("a", METRICS["snr_gain"]) == 2.0


def test_order_and_best():
    rows = [row("a", 1.0, rmse=0.3), row("b", NAN, rmse=0.1), row("c", 2.0, rmse=0.2)]
    scores = Scores([*rows, row("noisy", 0.0) | {"kind": "noisy"}])
    assert scores.names == ["c", "a", "noisy", "b"]  # undefined last
    assert scores.best("candidate") == "c"
    assert scores.best("candidate", METRICS["rmse"]) == "b"  # of errors the smallest
    assert scores.best("ceiling") is None


def test_metrics_known_first_then_others_as_they_are_called():
    scores = Scores([{"name": "a", "kind": "candidate", "mos": 3, "stoi": 0.5, "snr_gain": 1}])
    assert [metric.key for metric in scores.metrics] == ["snr_gain", "stoi", "mos"]
    assert scores.metrics[2].label == "mos"


def test_gains_decide_the_order_before_scores_and_scores_before_errors():
    values = dict.fromkeys(["rmse", "stoi", "fit_time", "si_sdr", "si_sdr_gain"], 1.0)
    scores = Scores([{"name": "a", "kind": "candidate", **values}])
    keys = [metric.key for metric in scores.metrics]
    assert keys == ["si_sdr_gain", "si_sdr", "stoi", "rmse", "fit_time"]


def test_measured_ratios_are_rounded():
    scores = Scores([row("a", 1.0, snr_db=level) for level in np.linspace(-1, 11, 25)])
    assert scores.rounded
    assert scores.levels == [0, 5, 10]


def test_a_row_of_no_ratio_does_not_count_as_a_level():
    rows = [row("a", 1.0, snr_db=level) for level in range(12)]
    scores = Scores([*rows, {"name": "a", "kind": "candidate", "fit_time": 3.0}])
    assert (scores.rounded, len(scores.levels)) == (False, 12)


def test_unknown_ratio_is_no_level():
    assert Scores([row("a", 1.0, snr_db=NAN), row("a", 1.0, snr_db=None, noise=None)]).levels == []


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([], "rows is empty; expected one dict"),
        ([{"kind": "candidate", "stoi": 1.0}], r"rows\[0\] has name=None; expected a string"),
        ([row("a", 1.0) | {"kind": "best"}], r"rows\[0\]\['kind'\]='best' is not allowed; choose"),
        ([row("a", 1.0), row("b", "2")], r"rows\[1\]\['snr_gain'\]='2'; expected a number"),
        ([row("a", 1.0, snr_db="0 dB")], r"rows\[0\]\['snr_db'\]='0 dB'; expected a number"),
        ([row("a", 1.0, n_utterances=0)], "'n_utterances'.=0; expected a positive"),
        ([{"name": "a", "kind": "noisy", "noise": "car"}], "hold no scores; expected keys such as"),
        ([row("a", 1.0), row("a", 1.0) | {"kind": "noisy"}], "rows name 'a' both 'candidate' and"),
    ],
)
def test_bad_rows(rows, match):
    with pytest.raises(ValueError, match=match):
        Scores(rows)


def test_pesq_of_older_results_is_the_narrow_band_one():
    (metric,) = Scores([{"name": "a", "kind": "candidate", "pesq": 2.5}]).metrics
    assert (metric.key, metric.heading) == ("pesq", "Narrow-band PESQ (MOS)")
