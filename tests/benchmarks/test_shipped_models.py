import csv

import shipped_models


def row(enhancer, snr_db=0, gain="1.0", name="wide band"):
    return {"set": name, "enhancer": enhancer, "snr_db": snr_db, "snr_gain_db": gain}


def test_rows_take_the_places_of_those_of_the_same_names(tmp_path):
    path = tmp_path / "rows.csv"
    assert shipped_models.joined([row("noisy")], path) == [row("noisy")]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row("noisy"))
        writer.writeheader()
        writer.writerows([row("noisy"), row("speech-16k"), row("DTLN", gain="2.0")])
    rows = shipped_models.joined([row("speech-16k", gain="3.0"), row("speech-16k", 5)], path)
    found = [(r["enhancer"], int(r["snr_db"]), r["snr_gain_db"]) for r in rows]
    assert found == [
        ("noisy", 0, "1.0"),
        ("speech-16k", 0, "3.0"),
        ("DTLN", 0, "2.0"),
        ("speech-16k", 5, "1.0"),
    ]
