import csv

import pytest

from skse.utils import align, write_csv


def test_columns_are_aligned():
    assert align(
        [["", "a", "bb"], ["long name", "1.5", ""], ["x", "-10 ± 2", "3"]]
    ).splitlines() == [
        "                 a  bb",
        "long name      1.5",
        "x          -10 ± 2   3",
    ]
    assert align([["only"]]) == "only"
    with pytest.raises(ValueError, match="shorter"):
        align([["a", "b"], ["c"]])


def test_csv_gives_the_rows_back_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "new" / "scores.csv"
    rows = [{"file": "ä, b", "snr_db": 1 / 3}, {"file": "c\nd", "snr_db": float("nan")}]
    write_csv(rows, path)
    write_csv(rows, str(path))
    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    assert [row["file"] for row in read] == ["ä, b", "c\nd"]
    assert float(read[0]["snr_db"]) == 1 / 3
    assert [found.name for found in path.parent.iterdir()] == ["scores.csv"]


def test_a_csv_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "scores.csv"
    write_csv([{"a": 1}], path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="'b'"):
        write_csv([{"a": 1}, {"b": 2}], path)
    assert path.read_bytes() == before
