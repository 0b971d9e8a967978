import csv
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from skse import metrics
from skse.files import score_folders


@pytest.fixture
def folders(write, tmp_path, rng):
    """Two clean recordings; enhanced and noisy ones of them in two noises."""
    made = {}
    for name in "ab":
        clean = 0.2 * rng.standard_normal(8000).astype(np.float32)
        write(f"clean/{name}.wav", clean, subtype="FLOAT")
        for noise in ("x", "y"):
            noisy = clean + 0.1 * rng.standard_normal(8000).astype(np.float32)
            enhanced = clean + 0.3 * (noisy - clean)
            write(f"noisy/s/{name}_{noise}.flac", noisy, subtype="PCM_24")
            write(f"enhanced/s/{name}_{noise}.wav", enhanced, subtype="FLOAT")
            made[f"s/{name}_{noise}.wav"] = clean, enhanced, noisy
    return made


def score(tmp_path, **options):
    options.setdefault("match", "^(.)_")
    return score_folders(tmp_path / "clean", tmp_path / "enhanced", **options)


def test_scores_are_those_of_the_metrics(folders, tmp_path):
    scores = score(tmp_path, noisy_dir=tmp_path / "noisy", sampling_rate=8000)
    assert [row["file"] for row in scores.rows] == sorted(folders)
    assert scores.sampling_rate == 8000
    for row in scores.rows:
        clean, enhanced, noisy = folders[row["file"]]
        expected = metrics.evaluate(clean, enhanced, noisy, sampling_rate=8000)
        assert set(scores.metrics) == set(expected)
        for name, value in expected.items():
            assert row[name] == pytest.approx(value, abs=0.01, nan_ok=True)
        assert row["snr_gain"] == pytest.approx(-20 * np.log10(0.3), abs=0.01)
    for row in scores.noisy_rows:
        clean, _, noisy = folders[row["file"]]
        assert row["snr"] == pytest.approx(metrics.snr_score(clean, noisy), abs=0.01)
        assert row["snr_gain"] == 0
    snr = [row["snr"] for row in scores.rows]
    assert scores.mean["snr"] == pytest.approx(np.mean(snr))
    assert scores.noisy_mean["snr_gain"] == 0
    assert scores.skipped == scores.unused == []


def test_without_noisy_recordings(folders, tmp_path):
    scores = score(tmp_path, metrics=["rmse", "stoi"])
    assert list(scores.rows[0]) == ["file", "rmse", "stoi"]
    assert (scores.noisy_rows, scores.noisy_mean) == ([], {})
    assert "snr_gain" not in score(tmp_path).metrics
    with pytest.raises(ValueError, match=r"metrics=\['snr_gain'\] need noisy_dir"):
        score(tmp_path, metrics=["snr_gain"])


def test_what_is_not_defined_is_nan_and_counted(folders, write, tmp_path):
    write("clean/c.wav", np.zeros(8000))
    write("enhanced/c_x.wav", np.ones(8000) / 2)
    scores = score(tmp_path, metrics=["snr", "rmse"])
    assert np.isnan(scores.rows[0]["snr"])
    assert scores.rows[0]["file"] == "c_x.wav"
    assert scores.n_undefined == {"snr": 1}
    assert scores.mean["snr"] == pytest.approx(np.mean([row["snr"] for row in scores.rows[1:]]))
    lines = scores.table.splitlines()
    assert lines[0].split() == ["snr_db", "rmse"]
    assert lines[1].split() == ["c_x.wav", "nan", "0.5000"]
    assert lines[-1].split()[0] == "mean"


def half_error(clean, enhanced, noisy):
    return 0.5


def test_metrics_of_ones_own(folders, tmp_path):
    own = metrics.Metric("peak", lambda clean, enhanced: float(np.max(enhanced)), "Peak", "dB")
    noisy_dir, path = tmp_path / "noisy", tmp_path / "scores.csv"
    scores = score(tmp_path, noisy_dir=noisy_dir, metrics=[own, half_error], csv_file=path)
    assert scores.metrics == ["peak", "half"]
    assert scores.mean["half"] == 0.5
    assert scores.table.splitlines()[0].split() == ["peak_db", "half"]
    assert path.read_text().startswith("file,peak_db,half")
    with pytest.raises(ValueError, match=r"metrics=\['half'\] need noisy_dir"):
        score(tmp_path, metrics=["snr", half_error])


def test_what_cannot_be_scored_is_named(folders, write, tmp_path):
    stereo = write("enhanced/a_z.wav", np.zeros((8000, 2)))
    alone = write("enhanced/q_x.wav", np.zeros(8000))
    short = write("enhanced/b_z.wav", np.zeros(7000))
    unused = write("clean/d.wav", np.zeros(8000))
    write("enhanced/b_w.wav", np.ones(8000))
    (tmp_path / "enhanced" / "notes.txt").write_text("about")
    scores = score(tmp_path, noisy_dir=tmp_path / "noisy", metrics=["snr", "snr_gain"])
    reasons = dict(scores.skipped)
    assert set(reasons) == {str(stereo), str(alone), str(short), "b_w.wav"}
    assert "2 channels" in reasons[str(stereo)]
    assert "no clean recording" in reasons[str(alone)]
    assert "7000 samples" in reasons[str(short)]
    assert "no usable noisy recording" in reasons["b_w.wav"]
    assert scores.unused == [str(unused)]
    row = next(row for row in scores.rows if row["file"] == "b_w.wav")
    assert np.isfinite(row["snr"])
    assert np.isnan(row["snr_gain"])


def test_csv(folders, tmp_path):
    path = tmp_path / "new" / "scores.csv"
    scores = score(tmp_path, metrics=["snr", "stoi"], csv_file=path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["file", "snr_db", "stoi"]
    assert [float(row["snr_db"]) for row in rows] == [row["snr"] for row in scores.rows]


def test_report(folders, tmp_path, monkeypatch):
    seen = {}

    def write_report(path, **options):
        seen.update(path=path, **options)

    monkeypatch.setitem(sys.modules, "skse.report", SimpleNamespace(write_report=write_report))
    scores = score(
        tmp_path, noisy_dir=tmp_path / "noisy", metrics=["snr"], report=tmp_path / "r.html"
    )
    assert seen["path"] == tmp_path / "r.html"
    assert seen["rows"] == [
        {"name": "enhanced", "kind": "candidate", "snr": scores.mean["snr"]},
        {"name": "noisy", "kind": "noisy", "snr": scores.noisy_mean["snr"]},
    ]
    assert len(seen["examples"]) == 3
    for title, waveforms in seen["examples"].items():
        assert list(waveforms) == ["noisy", "enhanced", "clean"]
        np.testing.assert_array_equal(waveforms["clean"], folders[title][0])
    assert seen["sampling_rate"] == 8000
    assert all(isinstance(value, str) for value in seen["settings"].values())
