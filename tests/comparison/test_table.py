import csv

import numpy as np

from skse.comparison import format_table
from skse.comparison._candidates import Candidate
from skse.comparison._table import make_rows, make_scores, name_with_units
from skse.utils import write_csv

CANDIDATES = [
    Candidate(name, kind, None)
    for name, kind in [("a", "candidate"), ("b", "candidate"), ("noisy", "noisy")]
]


def results(**gains):
    """Seconds, scores and examples of two folds, a quarter on either side of their means."""
    means = {"a": (1.0, 0.1, 3.0), "b": (5.0, 0.02, 4.0), "noisy": (0.0, 0.2, 0.0)}
    return {
        name: [
            (
                seconds + 0.5 * sign,
                {
                    "snr_gain": np.array([gains.get(name, gain) + 0.25 * sign]),
                    "rmse": np.array([rmse, np.nan]),
                },
                {},
            )
            for sign in (-1, 1)
        ]
        for name, (gain, rmse, seconds) in means.items()
    }


def test_rows_are_sorted_and_named_with_units():
    rows = make_rows(CANDIDATES, results())
    assert [row["name"] for row in rows] == ["b", "a", "noisy"]
    assert rows[0]["snr_gain_db_mean"] == 5.0
    assert rows[0]["snr_gain_db_std"] == 0.25
    assert rows[0]["fit_time_s_mean"] == 4.0
    assert rows[0]["n_folds"] == 2
    assert "stoi_mean" not in rows[0]


def test_nan_comes_last():
    rows = make_rows(CANDIDATES, results(a=np.nan, b=-3.0))
    assert [row["name"] for row in rows] == ["noisy", "b", "a"]


def test_csv_gives_the_rows_back(tmp_path):
    rows = make_rows(CANDIDATES, results())
    write_csv(rows, tmp_path / "results.csv")
    with (tmp_path / "results.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [list(row) for row in read] == [list(row) for row in rows]
    assert [float(row["rmse_mean"]) for row in read] == [row["rmse_mean"] for row in rows]
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]
    assert format_table(read) == format_table(rows)


def test_table():
    assert format_table(make_rows(CANDIDATES, results())).splitlines() == [
        "       SNR gain (dB)             RMSE  Time to fit (s)",
        "b       +5.00 ± 0.25  0.0200 ± 0.0000        4.0 ± 0.5",
        "a       +1.00 ± 0.25  0.1000 ± 0.0000        3.0 ± 0.5",
        "noisy   +0.00 ± 0.25  0.2000 ± 0.0000                -",
    ]


def test_one_row_a_condition():
    folds = [(1.0, {"snr_gain": np.array(gains)}, {}) for gains in ([1.0, 2.0], [4.0])]
    rows = make_rows(CANDIDATES, results())[:2]
    scores = make_scores(
        rows, {"a": folds, "b": folds[::-1]}, ["car", "white", "car"], np.array([5.0, 0.0, 5.0])
    )
    read = [(r["name"], r["noise"], r["snr_db"], r["n_utterances"], r["snr_gain"]) for r in scores]
    assert read == [
        ("b", "car", 5.0, 2, 3.0),
        ("b", "white", 0.0, 1, 1.0),
        ("a", "car", 5.0, 2, 2.5),
        ("a", "white", 0.0, 1, 2.0),
    ]
    named = list(name_with_units(scores[0]))
    assert named[:5] == ["name", "kind", "network", "target", "loss"]
    assert named[5:] == ["noise", "snr_db", "n_utterances", "snr_gain_db"]
