import csv

import numpy as np

from skse.comparison import format_table
from skse.comparison._table import make_condition_rows, make_rows, name_with_units
from skse.utils import write_csv

LABELS = [
    {"name": name, "kind": kind, "network": "", "target": "", "loss": ""}
    for name, kind in [("a", "candidate"), ("b", "candidate"), ("noisy", "noisy")]
]
RESULTS = {
    f"{part}_test_{metric}": np.array(values)
    for metric, means in {
        "snr_gain": [1.0, 5.0, 0.0],
        "rmse": [0.1, 0.02, 0.2],
        "fit_time": [3.0, 4.0, 0.0],
    }.items()
    for part, values in {"mean": means, "std": [0.5, 0.25, 0.0]}.items()
}


def test_rows_are_sorted_and_named_with_units():
    rows = make_rows(LABELS, RESULTS, 3)
    assert [row["name"] for row in rows] == ["b", "a", "noisy"]
    assert rows[0]["snr_gain_db_mean"] == 5.0
    assert rows[0]["snr_gain_db_std"] == 0.25
    assert rows[0]["fit_time_s_mean"] == 4.0
    assert rows[0]["n_folds"] == 3
    assert "stoi_mean" not in rows[0]


def test_nan_comes_last():
    results = {**RESULTS, "mean_test_snr_gain": np.array([np.nan, -3.0, 0.0])}
    assert [row["name"] for row in make_rows(LABELS, results, 3)] == ["noisy", "b", "a"]


def test_csv_gives_the_rows_back(tmp_path):
    rows = make_rows(LABELS, RESULTS, 3)
    write_csv(rows, tmp_path / "results.csv")
    with (tmp_path / "results.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [list(row) for row in read] == [list(row) for row in rows]
    assert [float(row["rmse_mean"]) for row in read] == [row["rmse_mean"] for row in rows]
    assert [path.name for path in tmp_path.iterdir()] == ["results.csv"]
    assert format_table(read) == format_table(rows)


def test_table():
    assert format_table(make_rows(LABELS, RESULTS, 3)).splitlines() == [
        "       SNR gain (dB)             RMSE  Time to fit (s)",
        "b       +5.00 ± 0.25  0.0200 ± 0.2500        4.0 ± 0.2",
        "a       +1.00 ± 0.50  0.1000 ± 0.5000        3.0 ± 0.5",
        "noisy   +0.00 ± 0.00  0.2000 ± 0.0000                -",
    ]


def test_one_row_a_condition():
    nan = float("nan")
    noise = np.array(["white", "car", "car", "car", "white"])
    snr_db = np.array([0.0, 5.0, 5.0, 0.0, nan])
    scores = {"snr_gain": np.array([1.0, 2.0, 4.0, 8.0, 16.0]), "stoi": np.array([nan] * 5)}
    rows = make_condition_rows(
        LABELS[:2], [scores, {"snr_gain": -scores["snr_gain"]}], noise, snr_db
    )
    assert [row["name"] for row in rows] == ["a"] * 4 + ["b"] * 4
    read = [(r["noise"], str(r["snr_db"]), r["n_utterances"], r["snr_gain"]) for r in rows[:4]]
    assert read == [
        ("car", "0.0", 1, 8.0),
        ("car", "5.0", 2, 3.0),
        ("white", "nan", 1, 16.0),
        ("white", "0.0", 1, 1.0),
    ]
    assert np.isnan(rows[0]["stoi"])
    assert rows[4]["snr_gain"] == -8.0
    assert list(name_with_units(rows[0]))[-4:] == ["snr_db", "n_utterances", "snr_gain_db", "stoi"]
