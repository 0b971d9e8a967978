import numpy as np

from skse.experiments import condition_means


def test_one_row_a_condition():
    nan = float("nan")
    scores = {"snr_gain": np.array([1.0, 2.0, 4.0, 8.0, 16.0]), "stoi": np.array([nan] * 5)}
    scores["rmse"] = np.array([0.0, nan, 3.0, 1.0, 1.0])
    rows = condition_means(
        scores, ["white", "car", "car", "car", "white"], np.array([0.0, 5.0, 5.0, 0.0, nan])
    )
    assert [list(row) for row in rows] == [
        ["noise", "snr_db", "n_utterances", "snr_gain", "stoi", "rmse"]
    ] * 4
    assert [(r["noise"], str(r["snr_db"]), r["n_utterances"], r["snr_gain"]) for r in rows] == [
        ("car", "0.0", 1, 8.0),
        ("car", "5.0", 2, 3.0),
        ("white", "nan", 1, 16.0),
        ("white", "0.0", 1, 1.0),
    ]
    assert rows[1]["rmse"] == 3
    assert np.isnan([row["stoi"] for row in rows]).all()
