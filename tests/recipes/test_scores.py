import numpy as np
import pytest

from skse.recipes._scores import format_scores


def row(name, noise, snr_db, n, gain):
    return {
        "name": name,
        "kind": "candidate",
        "noise": noise,
        "snr_db": snr_db,
        "n_utterances": n,
        "snr_gain": gain,
    }


def test_levels_are_averaged_over_utterances():
    rows = [
        row("a", "car", 0.0, 1, 1.0),
        row("a", "train", 0.0, 3, 5.0),
        row("a", "car", 5.0, 2, 2),
    ]
    summary = [{"name": "a", "kind": "candidate", "snr_gain": 3.3, "seed_rmse": np.float64(7)}]
    lines = [line.split() for line in format_scores(rows, summary).splitlines()]
    assert lines[1:] == [["a", "0", "+4.00"], ["a", "5", "+2.00"], ["a", "all", "+3.30", "7.000"]]


def test_one_level_is_one_line():
    rows = [row("a", "car", 15.0, 1, 1.0)]
    summary = [{"name": "a", "kind": "candidate", "snr_gain": 1.0}]
    assert format_scores(rows, summary).splitlines()[1].split() == ["a", "all", "+1.00"]


@pytest.mark.parametrize("value", [np.nan])
def test_undefined_score_is_shown(value):
    assert "nan" in format_scores([], [{"name": "a", "snr_gain": value}])


def test_what_has_no_level_is_one_line_at_the_end():
    rows = [row("a", "room", np.nan, 1, 1.0), row("a", "x", float("nan"), 1, 3.0)]
    rows += [row("a", "car", 0.0, 2, 5.0)]
    lines = format_scores(rows, [{"name": "a", "snr_gain": 3.5}]).splitlines()[1:]
    assert [line.split() for line in lines] == [
        ["a", "0", "+5.00"],
        ["a", "nan", "+2.00"],
        ["a", "all", "+3.50"],
    ]
