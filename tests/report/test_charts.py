import numpy as np
import pytest

from skse.report._charts import WIDTH, charts_by_noise, charts_by_snr, make_series
from skse.report._rows import Scores


@pytest.fixture
def drawn(rows):
    scores = Scores(rows)
    series = make_series(scores)
    return series, charts_by_snr(scores, series), charts_by_noise(scores, series)


def value_at(ticks, place):
    """Read a value off an axis, as a reader does."""
    places = [tick["at"] for tick in ticks]
    values = [float(tick["text"].replace("−", "-")) for tick in ticks]
    order = np.argsort(places)
    slope = (values[order[-1]] - values[order[0]]) / (places[order[-1]] - places[order[0]])
    return values[order[0]] + slope * (place - places[order[0]])


def test_lines_are_where_the_axis_says(drawn):
    chart = drawn[1][0]
    assert chart["metric"].key == "snr_gain"
    assert [tick["text"] for tick in chart["x_ticks"]] == ["0", "10"]
    line = next(line for line in chart["lines"] if line["name"] == "U-Net, IRM")
    read = [value_at(chart["y_ticks"], point["y"]) for point in line["points"]]
    assert read == pytest.approx([7.5, 5.5], abs=0.1)
    assert line["points"][0]["title"] == "U-Net, IRM, 0 dB SNR: SNR gain +7.50 dB"
    assert [point["x"] for point in line["points"]] == [t["at"] for t in chart["x_ticks"]]


def test_points_are_where_the_axis_says(drawn):
    chart = drawn[2][0]
    assert [tick["text"] for tick in chart["y_ticks"]] == ["car", "white"]
    line = next(line for line in chart["lines"] if line["name"] == "log-MMSE")
    read = [value_at(chart["x_ticks"], point["x"]) for point in line["points"]]
    assert read == pytest.approx([2.5, 3.5], abs=0.1)


def test_everything_is_inside_the_frame(drawn):
    for chart in [*drawn[1], *drawn[2]]:
        for line in chart["lines"]:
            for point in line["points"]:
                assert chart["left"] <= point["x"] <= chart["right"] < WIDTH
                assert chart["top"] <= point["y"] <= chart["bottom"] < chart["height"]


def test_undefined_scores_are_left_out(drawn):
    chart = next(chart for chart in drawn[1] if chart["metric"].key == "pesq_nb")
    ceiling = next(line for line in chart["lines"] if line["kind"] == "ceiling")
    assert (ceiling["points"], ceiling["path"]) == ([], "")


def test_one_condition_is_no_chart():
    scores = Scores([{"name": "a", "kind": "candidate", "noise": "car", "snr_db": 0, "stoi": 1.0}])
    series = make_series(scores)
    assert charts_by_snr(scores, series) == charts_by_noise(scores, series) == []


def test_equal_scores_can_be_drawn():
    rows = [
        {"name": "a", "kind": "candidate", "snr_db": level, "stoi": 0.5, "pesq_nb": float("nan")}
        for level in (0, 5)
    ]
    charts = charts_by_snr(Scores(rows), make_series(Scores(rows)))
    assert [chart["metric"].key for chart in charts] == ["stoi"]  # nothing of PESQ is defined


def test_looks_differ_and_few_are_shown():
    rows = [{"name": f"{i}", "kind": "candidate", "stoi": -float(i)} for i in range(30)]
    series = make_series(Scores(rows)).values()
    assert len({(one["look"], one["marker"]) for one in series}) == 30
    assert [one["name"] for one in series if one["shown"]] == ["0", "1", "2"]
