"""Scores as CSV and as a table: a row a file, units in the names, the means below."""

import csv
import math

from sklearn.utils import Bunch

from skse.files._table import format_scores, write_scores
from skse.metrics import METRICS

CHOSEN = [METRICS[key] for key in ("snr_gain", "stoi")]
SCORES = Bunch(
    rows=[
        {"file": "sub/a.wav", "snr_gain": 6.125, "stoi": 0.5},
        {"file": "b, c.flac", "snr_gain": -0.75, "stoi": math.nan},
    ],
    mean={"snr_gain": 2.6875, "stoi": 0.5},
    noisy_mean={"snr_gain": 0.0, "stoi": 0.25},
)


def test_csv_keeps_every_digit_and_every_name(tmp_path):
    path = tmp_path / "scores.csv"
    write_scores(SCORES, CHOSEN, path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["file", "snr_gain_db", "stoi"]
    assert [row["file"] for row in rows] == ["sub/a.wav", "b, c.flac"]
    assert [float(row["snr_gain_db"]) for row in rows] == [6.125, -0.75]
    assert float(rows[0]["stoi"]) == 0.5
    assert list(tmp_path.iterdir()) == [path]


def test_table_has_every_file_and_the_means():
    lines = format_scores(SCORES, CHOSEN).splitlines()
    assert len({len(line.rstrip()) for line in lines}) == 1  # numbers end below each other
    assert lines[0].split() == ["snr_gain_db", "stoi"]
    cells = [line.rsplit(maxsplit=2) for line in lines[1:]]
    assert [name.strip() for name, *_ in cells] == [
        "sub/a.wav",
        "b, c.flac",
        "mean",
        "mean of noisy",
    ]
    assert [gain for _, gain, _ in cells] == ["+6.12", "-0.75", "+2.69", "+0.00"]
    assert [stoi for *_, stoi in cells] == ["0.500", "nan", "0.500", "0.250"]


def test_a_column_for_channels_where_there_are_any(tmp_path):
    rows = [{**row, "channel": 2} for row in SCORES.rows]
    scores = Bunch(**{**SCORES, "rows": rows})
    lines = format_scores(scores, CHOSEN).splitlines()
    assert lines[0].split() == ["channel", "snr_gain_db", "stoi"]
    assert [line.split()[-3] for line in lines[1:3]] == ["2", "2"]
    assert lines[3].split() == ["mean", "+2.69", "0.500"]
    write_scores(scores, CHOSEN, tmp_path / "s.csv")
    assert (
        (tmp_path / "s.csv").read_text().startswith("file,channel,snr_gain_db,stoi\nsub/a.wav,2,")
    )


def test_no_line_of_the_noisy_where_there_is_none():
    table = format_scores(Bunch(**{**SCORES, "noisy_mean": None}), CHOSEN)
    assert "mean of noisy" not in table
    assert len(table.splitlines()) == 4
