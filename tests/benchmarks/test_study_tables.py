import math

import pytest
import seed_study_figures
from study import tables
from study.records import COLUMNS, Records
from study.summary import by_seed, mean, spread, systems_of

SCORES = {"snr_gain_db": 2.0, "si_sdr_gain_db": 1.0, "stoi": 0.8, "pesq": 2.0, "rmse": 0.1}


def make_row(**changed):
    row = dict.fromkeys(COLUMNS, "") | {"part": "losses", "candidate": "ibm", "variant": "mse"}
    row |= {"protocol": "unseen", "noise": "babble", "snr_db": 0, "n_files": 10} | SCORES | changed
    return {name: str(value) for name, value in row.items()}


def test_means_count_files_and_leave_out_what_is_missing():
    rows = [
        make_row(snr_gain_db=1, n_files=10),
        make_row(snr_gain_db=4, n_files=20),
        make_row(snr_gain_db="nan"),
        make_row(snr_gain_db=""),
    ]
    assert mean(rows, "snr_gain_db") == 3
    assert math.isnan(mean(rows[2:], "snr_gain_db"))


def test_spread_is_that_of_the_seeds():
    rows = [make_row(seed=seed, snr_gain_db=gain) for seed, gain in ((0, 1), (0, 3), (1, 4))]
    assert by_seed(rows, "snr_gain_db") == {0: 2, 1: 4}
    assert spread(rows, "snr_gain_db") == pytest.approx(math.sqrt(2))
    assert math.isnan(spread(rows[:2], "snr_gain_db"))


@pytest.mark.parametrize(
    ("value", "metric", "expected"),
    [
        (1.234, "snr_gain_db", "+1.23"),
        (-1.236, "si_sdr_gain_db", "−1.24"),
        (0.98765, "stoi", "0.988"),
        (math.nan, "pesq", "–"),
    ],
)
def test_numbers(value, metric, expected):
    assert tables.number(value, metric) == expected


def test_variants_are_systems_of_their_own():
    rows = [make_row(), make_row(variant=""), make_row(seed=1)]
    assert {name: len(own) for name, own in systems_of(rows).items()} == {"ibm, mse": 2, "ibm": 1}


def test_losses_are_compared_seed_by_seed():
    gains = {"mse": (1.0, 2.0, 3.0), "dice": (2.0, 2.5, 4.5)}
    rows = [
        make_row(variant=loss, seed=seed, snr_gain_db=gain)
        for loss, values in gains.items()
        for seed, gain in enumerate(values)
    ]
    text = tables.losses(rows)
    assert '"ibm","mse","3","+2.00 ± 1.00","+1.00","0.800","2.00"' in text
    # Mean of 1, 0.5 and 1.5; 4.303 standard errors of 0.5 / sqrt(3) on either side
    assert '"ibm","dice","3","+1.00","−0.24","+2.24"' in text


def test_masking_is_compared_with_mapping_seed_by_seed():
    gains = {
        "irm, beta 0.5": ("masking", (3.0, 4.0, 5.0)),
        "magnitude": ("mapping", (2.0, 3.5, 3.5)),
    }
    rows = [
        make_row(candidate=name, variant=kind, seed=seed, snr_gain_db=gain - snr_db, snr_db=snr_db)
        for name, (kind, values) in gains.items()
        for seed, gain in enumerate(values)
        for snr_db in (0, 5)
    ]
    text = tables.mapping(rows)
    assert '"irm, beta 0.5, masking","+1.50 ± 1.00"' in text
    for level in ("0 dB", "5 dB", "all"):
        assert f'"irm, beta 0.5 − magnitude","{level}","3","+1.00","−0.24","+2.24"' in text
    # With one seed there is nothing to compare
    assert "minus" not in tables.mapping([row for row in rows if row["seed"] == "0"])


def test_page_is_made_from_the_csv_alone(tmp_path, monkeypatch, capsys):
    rows = [
        make_row(part=part, candidate=name, variant=variant, snr_db=snr_db, **more)
        for snr_db in (0, 15)
        for part, name, variant, more in [
            ("ceilings", "noisy", "", {}),
            ("ceilings", "ibm", "hop 64", {}),
            ("ceilings", "ibm", "hop 128", {"snr_gain_db": 7.77}),
            ("mapping", "log", "mapping", {"seed": 0}),
            ("mapping", "ibm", "masking", {"seed": 0, "protocol": "seed-660-60"}),
            ("losses", "ibm", "mse", {"seed": 0}),
            ("losses", "ibm", "dice", {"seed": 1}),
            ("voice", "good system", "with binary decisions", {"snr_gain_db": 1.5}),
            ("voice", "good system", "", {}),
            ("approximation", "seed's way", "", {"seed": 0}),
            ("best", "psm", "", {"seed": 0}),
        ]
    ]
    figures = {"n_parameters": 2_500_000, "training_s": 120, "peak_memory_mb": 3100, "epochs": 2}
    rows.append(make_row(part="recipes", candidate="seed-04", variant="2 epochs", **figures))
    monkeypatch.setattr(Records, "read", lambda self: rows)
    monkeypatch.setattr(seed_study_figures, "count_done", lambda *args: {"voice": (2, 17)})
    seed_study_figures.main(["--docs", str(tmp_path)])
    folder = tmp_path / "guide" / "five_questions"
    text = {path.stem: path.read_text("utf-8") for path in folder.iterdir()}
    assert set(text) == {*tables.TABLES, "status"}
    assert {name for name in text if text[name] == tables.NOT_RUN} == {"voice_trained", "selection"}
    assert '"ibm","+7.77","+1.00","0.800","2.00"' in text["ceilings"]
    assert '"with binary decisions","+1.50","+1.00","0.800","2.00","−0.50"' in text["voice"]
    assert text["voice"].index('"good system","') < text["voice"].index('"with binary')
    assert '"2.5","2","3.1"' in text["recipes"]
    assert '"``voice``","2 of 17","partial"' in text["status"]
    pictures = {path.stem for path in (tmp_path / "_static" / "study").iterdir()}
    assert pictures == {"approximation", "ceilings", "losses", "mapping", "voice"}
    for name in pictures:
        assert text[name].startswith(f".. image:: /_static/study/{name}.png")
