"""Tables of the four papers, from rows alone."""

import csv

import papers_study_figures as figures
import pytest

SCORES = {"snr_gain": 2.0, "si_sdr": 9.0, "stoi": 0.8, "pesq_nb": 2.0, "srmr": 5.0}


def make_row(**changed):
    row = {"paper": "05", "candidate": "U-Net, psm", "seed": 0, "noise": "car", "snr_db": 5}
    row |= {"n_utterances": 10, "epochs": 4, "processor_s": 60, "settings": "a"} | SCORES | changed
    return {name: str(value) for name, value in row.items()}


def test_means_count_files_and_leave_out_what_is_missing():
    rows = [
        make_row(snr_gain=1, n_utterances=10),
        make_row(snr_gain=4, n_utterances=20),
        make_row(snr_gain="nan"),
        make_row(snr_gain=""),
        make_row(snr_gain=7, seed=2),
    ]
    assert figures.by_seed(rows, "snr_gain") == {0: 3, 2: 7}
    assert figures.spell(rows, "snr_gain") == "+5.00 ± 2.83"
    assert figures.spell(rows[:1], "snr_gain") == "+1.00"
    assert figures.spell([make_row(snr_gain=-1)], "snr_gain") == "−1.00"
    assert figures.spell(rows[2:4], "snr_gain") == "–"
    assert figures.minutes(rows) == "1.0"
    assert figures.seeds_of(rows) == "2"


def test_speech_that_is_almost_clean_is_in_no_mean_of_noisy_speech():
    rows = [
        make_row(),
        make_row(noise="noise", snr_db=20.0, pesq_nb=3),
        make_row(noise="clean", snr_db="inf", pesq_nb=4),
        make_row(noise="room", snr_db="nan", pesq_nb=1),
        make_row(noise="car + room", pesq_nb=1.5),
    ]
    line = figures.candidates_table("05", rows).splitlines()[-2]
    assert line.strip() == '"U-Net, psm","1","4","1.0","+2.00","0.800","1.50","5.00","–"'
    line = figures.conditions_table("05", rows).splitlines()[5]
    assert line.strip() == '"U-Net, psm","2.00","1.00","1.50","3.00","–","–","4.00"'


def test_differences_are_taken_seed_by_seed():
    rows = []
    for seed, (gain, without) in enumerate([(5, 4), (3, 1), (9, 6)]):
        rows.append(make_row(seed=seed, candidate="the same, masking", snr_gain=gain))
        rows.append(make_row(seed=seed, snr_gain=without))
    lines = figures.differences_table("05", rows).splitlines()
    assert lines[5].strip() == (
        '"the same, masking − U-Net, psm","3","+2.00 (−0.48 to +4.48)",'
        '"+0.00 (+0.00 to +0.00)","+0.00 (+0.00 to +0.00)"'
    )


def test_seeds_that_are_not_in_both_are_no_difference():
    rows = [make_row(candidate="the same, masking"), make_row(seed=1)]
    assert figures.differences_table("05", rows).splitlines()[5].strip() == (
        '"the same, masking − U-Net, psm","0","–","–","–"'
    )


def test_rows_of_several_settings_are_refused():
    rows = [make_row(settings="a"), make_row(settings="a", noise="bus")]
    rows += [make_row(seed=1, settings="b")]
    figures.check_alike(rows)
    for other in ({"epochs": 1}, {"settings": "c"}):
        with pytest.raises(SystemExit, match="'U-Net, psm': rows of several settings"):
            figures.check_alike([*rows, make_row(**{"settings": "a"} | other)])


@pytest.mark.parametrize("papers", [["05"], ["04", "05"]])
def test_a_page_is_made_of_what_has_been_run(tmp_path, monkeypatch, papers):
    rows = [make_row(paper=paper, seed=seed, tone_db=3) for paper in papers for seed in (0, 1)]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    arguments = ["figures", "--csv", str(tmp_path / "a.csv"), "--docs", str(tmp_path / "docs")]
    monkeypatch.setattr("sys.argv", arguments)
    figures.main()
    for paper in figures.PARTS:
        text = (tmp_path / "docs/guide/four_papers" / f"paper_{paper}.inc").read_text()
        assert ("not been run" in text) == (paper not in papers)
        picture = tmp_path / "docs/_static/papers" / f"paper_{paper}.png"
        assert picture.exists() == (paper in papers)
