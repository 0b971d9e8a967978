import csv
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from skse import metrics
from skse.datasets import load_harvard
from skse.files import _score, score_folders


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
    write("clean/a.wav", np.stack([next(iter(folders.values()))[0]] * 3, 1))
    alone = write("enhanced/q_x.wav", np.zeros(8000))
    short = write("enhanced/b_z.wav", np.ones(5000) / 2)
    unused = write("clean/d.wav", np.zeros(8000))
    lonely = write("enhanced/b_w.wav", np.ones(8000))
    notes = tmp_path / "enhanced" / "notes.txt"
    notes.write_text("about")
    scores = score(tmp_path, noisy_dir=tmp_path / "noisy", metrics=["snr", "snr_gain"])
    reasons = dict(scores.skipped)
    mono = [str(tmp_path / "enhanced" / "s" / f"a_{noise}.wav") for noise in "xy"]
    assert set(reasons) == {str(stereo), *mono, str(alone), str(short), str(lonely), str(notes)}
    assert "--ignore-others" in reasons[str(notes)]
    assert "number of channels 2 where its clean file" in reasons[str(stereo)]
    assert "no clean recording" in reasons[str(alone)]
    assert "5000 samples" in reasons[str(short)]
    assert reasons[str(lonely)] == "no noisy recording belongs to it"
    assert scores.unused == [str(unused)]
    row = next(row for row in scores.rows if row["file"] == "b_w.wav")
    assert np.isfinite(row["snr"])
    assert np.isnan(row["snr_gain"])


@pytest.fixture
def speech():
    """Clean and noisy sentences as files hold them, by name."""
    data = load_harvard(noises=["white"], snr_db=5)
    pairs = zip(data.clean[:3], data.noisy[:3], strict=True)
    return {name: tuple(map(np.float32, pair)) for name, pair in zip("abc", pairs, strict=True)}


def score_speech(write, tmp_path, speech, change, **options):
    for name, (clean, noisy) in speech.items():
        write(f"clean/{name}.wav", clean, subtype="FLOAT")
        write(f"enhanced/{name}.wav", change(noisy), subtype="FLOAT")
    return score_folders(tmp_path / "clean", tmp_path / "enhanced", metrics=["snr"], **options)


@pytest.mark.parametrize("n", [120, -120])
@pytest.mark.parametrize("polarity", [1, -1])
def test_aligned_scores_are_those_of_what_was_not_delayed(write, tmp_path, speech, n, polarity):
    def change(x):
        return polarity * np.concatenate([np.zeros(max(n, 0), x.dtype), x[max(-n, 0) :]])[: len(x)]

    told = score_speech(write, tmp_path, speech, change)
    scores = score_speech(write, tmp_path, speech, change, align=True)
    assert len(told.remarks) == len(scores.remarks) == (n < 0) + 1 + (polarity < 0)
    assert "3 of 3 recordings" in told.remarks[-1]
    assert all("120 samples" in result.remarks[0] for result in (told, scores))
    for row, bad, (clean, noisy) in zip(scores.rows, told.rows, speech.values(), strict=True):
        part = slice(0, -120) if n > 0 else slice(120, None)
        expected = metrics.snr_score(clean[part], noisy[part])
        assert row["snr"] == pytest.approx(expected, abs=1e-4)
        assert bad["snr"] < expected - 5
    assert told.skipped == scores.skipped == []


@pytest.mark.parametrize("extra", [-87, 306])
def test_the_common_part_is_scored(write, tmp_path, speech, extra):
    def change(x):
        return np.concatenate([x, np.zeros(extra, x.dtype)]) if extra > 0 else x[:extra]

    scores = score_speech(write, tmp_path, speech, change)
    assert scores.skipped == []
    assert scores.remarks == [
        f"3 of 3 recordings differ in length from their clean ones, by {abs(extra)} samples at "
        "most: the part they share is used."
    ]
    for row, (clean, noisy) in zip(scores.rows, speech.values(), strict=True):
        n_times = len(clean) + min(extra, 0)
        expected = metrics.snr_score(clean[:n_times], noisy[:n_times])
        assert row["snr"] == pytest.approx(expected, abs=1e-4)


def test_gains_are_of_what_all_three_share(write, tmp_path, speech):
    """The enhanced recording lags by 120 samples, the noisy one leads by 40."""
    for name, (clean, noisy) in speech.items():
        better = clean + 0.5 * (noisy - clean)
        write(f"clean/{name}.wav", clean, subtype="FLOAT")
        write(f"enhanced/{name}.wav", np.r_[np.zeros(120), better][: len(clean)], subtype="FLOAT")
        write(f"noisy/{name}.wav", noisy[40:], subtype="FLOAT")
    folders = [tmp_path / name for name in ("clean", "enhanced", "noisy")]
    scores = score_folders(
        *folders[:2], noisy_dir=folders[2], align=True, metrics=["snr", "snr_gain"]
    )
    for row, noisy_row, (clean, noisy) in zip(
        scores.rows, scores.noisy_rows, speech.values(), strict=True
    ):
        assert row["snr_gain"] == pytest.approx(20 * np.log10(2), abs=0.01)
        part = slice(40, -120)
        expected = metrics.snr_score(clean[part], noisy[part])
        assert noisy_row["snr"] == pytest.approx(expected, abs=1e-3)
    assert [line.split(" recordings")[0] for line in scores.remarks] == [
        "3 of 3",
        "3 of 3 noisy",
        "3 of 3 noisy",
    ]


def test_channels_are_scored_one_by_one(write, tmp_path, speech):
    for name, (clean, noisy) in list(speech.items())[:2]:
        channels = 1 if name == "b" else 2
        write(f"clean/{name}.wav", np.stack([clean, 0.5 * clean][:channels], 1), subtype="FLOAT")
        write(f"enhanced/{name}.wav", np.stack([noisy, clean][:channels], 1), subtype="FLOAT")
        write(f"noisy/{name}.wav", np.stack([noisy, noisy][:channels], 1), subtype="FLOAT")
    folders = [tmp_path / name for name in ("clean", "enhanced", "noisy")]
    csv_file = tmp_path / "s.csv"
    scores = score_folders(*folders[:2], noisy_dir=folders[2], metrics=["snr"], csv_file=csv_file)
    found = [(row["file"], row["channel"]) for row in scores.rows]
    assert found == [("a.wav", 1), ("a.wav", 2), ("b.wav", 1)]
    expected = [
        metrics.snr_score(*speech["a"]),
        0.0,  # twice as loud
        metrics.snr_score(*speech["b"]),
    ]
    assert [row["snr"] for row in scores.rows] == pytest.approx(expected, abs=1e-3)
    assert scores.mean["snr"] == pytest.approx(np.mean(expected), abs=1e-3)
    assert scores.table.splitlines()[0].split() == ["channel", "snr_db"]
    assert csv_file.read_text().splitlines()[2].startswith("a.wav,2,")
    write("noisy/a.wav", np.zeros((1000, 3)) + 0.1)
    scores = score_folders(*folders[:2], noisy_dir=folders[2], metrics=["snr", "snr_gain"])
    assert scores.skipped[0][1].startswith("no usable noisy recording: ")
    assert len(scores.rows) == 3


@pytest.mark.parametrize(
    "rule",
    [
        {"match": "^(.*)_enh$"},
        {"match": "^(.*)_enh$", "clean_name": "{1}", "noisy_name": "{1}.wav"},
        {"match": "^(.)(.*)_enh$", "clean_name": "{1}{2}", "noisy_name": "{1}{2}"},
    ],
)
def test_noisy_recordings_by_rule(write, tmp_path, speech, rule):
    for name, (clean, noisy) in speech.items():
        write(f"clean/x{name}.wav", clean)
        write(f"deep/noisy/x{name}.wav", noisy)
        write(f"enhanced/x{name}_enh.wav", noisy)
    folders = [tmp_path / name for name in ("clean", "enhanced", "deep")]
    scores = score_folders(*folders[:2], noisy_dir=folders[2], metrics=["snr_gain"], **rule)
    assert scores.skipped == []
    assert scores.mean["snr_gain"] == scores.noisy_mean["snr_gain"] == 0


def test_a_noisy_recording_in_another_noise_is_not_taken(folders, write, tmp_path):
    """What names the sentence alone does not find the recording."""
    write("enhanced/s/a_w.wav", np.ones(8000))
    (tmp_path / "noisy" / "s" / "a_y.flac").unlink()
    scores = score(tmp_path, noisy_dir=tmp_path / "noisy", metrics=["snr_gain"])
    assert [reason for _, reason in scores.skipped] == ["no noisy recording belongs to it"] * 2


def test_a_metric_that_fails_leaves_the_rest(folders, tmp_path):
    def moody_score(clean, enhanced):
        if enhanced[0] == folders["s/a_y.wav"][1][0]:
            raise RuntimeError("not today")
        return 1.0

    scores = score(tmp_path, metrics=[moody_score, "snr"])
    assert scores.skipped == [
        (str(tmp_path / "enhanced" / "s" / "a_y.wav"), "moody failed: not today")
    ]
    assert scores.n_undefined == {"moody": 1}
    assert scores.mean["moody"] == 1
    assert np.isfinite([row["snr"] for row in scores.rows]).all()


def test_wide_band_pesq_of_narrow_band_recordings(folders, tmp_path):
    scores = score(tmp_path, metrics=["pesq_wb", "snr"])
    reasons = {reason for _, reason in scores.skipped}
    assert (len(scores.skipped), reasons) == (4, {"pesq_wb is defined at 16000 Hz, not 8000"})
    assert np.isfinite(scores.mean["snr"])
    reasons = {
        reason for _, reason in score(tmp_path, metrics=["pesq"], sampling_rate=48000).skipped
    }
    assert reasons == {
        "pesq_nb is defined at 8000 or 16000 Hz, not 48000; sampling_rate=16000 (--sampling-rate "
        "16000) resamples"
    }


def test_both_scales_of_pesq(write, tmp_path):
    pesq = pytest.importorskip("pesq")
    import soxr

    data = load_harvard(noises=["white"], snr_db=5)
    clean, noisy = (soxr.resample(x[0], 8000, 16000) for x in (data.clean, data.noisy))
    write("clean/a.wav", clean, 16000, subtype="FLOAT")
    write("enhanced/a.wav", noisy, 16000, subtype="FLOAT")
    scores = score_folders(tmp_path / "clean", tmp_path / "enhanced", metrics=["pesq", "pesq_wb"])
    assert scores.table.splitlines()[0].split() == ["pesq_nb_mos", "pesq_wb_mos"]
    for mode in ("nb", "wb"):
        expected = pesq.pesq(16000, clean, noisy, mode)
        assert scores.rows[0][f"pesq_{mode}"] == pytest.approx(expected, abs=1e-3)


def test_no_noisy_recording_that_can_be_used(folders, tmp_path):
    for path in (tmp_path / "noisy" / "s").iterdir():
        path.write_text("text")
    scores = score(tmp_path, noisy_dir=tmp_path / "noisy", metrics=["snr", "snr_gain"])
    assert len(scores.skipped) == 4
    assert all("not an audio file" in reason for _, reason in scores.skipped)
    assert scores.noisy_rows == []
    assert np.isfinite(scores.mean["snr"])


def test_as_many_processes_as_are_worth_their_start(folders, tmp_path, monkeypatch):
    expected, asked = score(tmp_path, metrics=["stoi"]).rows, []

    def default_jobs(speech_seconds):
        asked.append(speech_seconds)
        return 2

    monkeypatch.setattr(_score, "default_jobs", default_jobs)
    assert score(tmp_path, metrics=["stoi"], n_jobs=None).rows == expected
    score(tmp_path, metrics=["snr", "rmse"], n_jobs=None)
    score(tmp_path, metrics=["stoi"], n_jobs=1)
    assert asked == [4, 0]
    for n_jobs in (0, -1, 1.5):
        with pytest.raises(ValueError, match="score_folders: n_jobs"):
            score(tmp_path, n_jobs=n_jobs)


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
