from importlib.util import find_spec

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from skse import cli, files
from skse.utils import SchedulerError


@pytest.fixture
def run(tmp_path, monkeypatch, rng):
    """The command, beside two clean recordings, noisy and enhanced ones."""
    monkeypatch.chdir(tmp_path)
    for kind, level in (("clean", 0.0), ("noisy", 0.1), ("enhanced", 0.01)):
        (tmp_path / kind).mkdir()
        for name in "ab":
            x = 0.5 * np.sin(np.arange(8000) / 7) + level * rng.standard_normal(8000)
            soundfile.write(tmp_path / kind / f"{name}.wav", x, 8000)
    return lambda *arguments: CliRunner().invoke(cli.main, ["score", *arguments])


def test_table_and_summary(run, tmp_path):
    result = run("clean", "enhanced", "--noisy", "noisy", "--metrics", "snr,snr_gain",
                 "--csv", "s.csv")  # fmt: skip
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["snr_db", "a.wav", "b.wav", "mean"]
    assert lines[4].startswith("mean of noisy")
    assert lines[-1] == "2 files scored at 8000 Hz, 0 problems; see s.csv."
    assert "2/2" in result.stderr
    assert (tmp_path / "s.csv").read_text().startswith("file,snr_db,snr_gain_db\na.wav,3")


def test_problems_are_named_and_exit_code_1(run, tmp_path):
    (tmp_path / "enhanced" / "b.wav").write_text("text")
    soundfile.write(tmp_path / "clean" / "c.wav", np.zeros(800), 8000)
    soundfile.write(tmp_path / "enhanced" / "c.wav", np.ones(800) / 2, 8000)
    result = run("clean", "enhanced", "--metrics", "snr")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "2 files scored at 8000 Hz, 1 problems."
    assert "enhanced/b.wav: not an audio file that can be read" in result.stderr
    assert "snr is not defined for 1 of 2 files." in result.stderr


def test_names_by_rule_lengths_and_channels(run, tmp_path):
    for kind in ("enhanced", "noisy"):
        for name in "ab":
            path = tmp_path / kind / f"{name}.wav"
            x = soundfile.read(path)[0]
            soundfile.write(tmp_path / kind / f"x_{name}_1.wav", np.stack([x[:-50]] * 2, 1), 8000)
            path.unlink()
    for name in "ab":
        (tmp_path / "clean" / f"{name}.wav").rename(tmp_path / "clean" / f"clean_{name}.wav")
    result = run("clean", "enhanced", "--noisy", "noisy", "--metrics", "snr", "--match", "_(.)_",
                 "--clean-name", "clean_{1}", "--noisy-name", "x_{1}_1", "--align")  # fmt: skip
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["channel", "snr_db"]
    assert [line.split()[:2] for line in lines[1:3]] == [["x_a_1.wav", "1"], ["x_a_1.wav", "2"]]
    assert lines[-1] == "4 channels of 2 files scored at 8000 Hz, 0 problems."
    assert (
        "2 of 2 recordings differ in length from their clean ones, by 50 samples" in result.stderr
    )
    if find_spec("pesq"):
        result = run("clean", "enhanced", "--metrics", "pesq,snr", "--match", "_([ab])")
        assert "pesq_nb_mos" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["clean", "none"], 2, "'none' does not exist"),
        (
            ["clean", "enhanced", "--metrics", "snr,snr_gain"],
            2,
            "--metrics snr_gain: needs --noisy",
        ),
        (["clean", "enhanced", "--metrics", "mos"], 2, "'mos' is not one of"),
        (["clean", "enhanced", "--noisy-name", "{1}"], 2, "--noisy-name: needs --noisy"),
        (["clean", "enhanced", "--clean-name", "{9}"], 1, "clean_name='{9}' cannot be filled in"),
        (["clean", "empty"], 1, "Error: load_pairs found no pair"),
    ],
)
def test_wrong_usage_and_empty_folders(run, tmp_path, arguments, code, message):
    (tmp_path / "empty").mkdir()
    result = run(*arguments)
    assert result.exit_code == code
    assert message in result.stderr


def test_interruption(run, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "score_folders", interrupt)
    assert run("clean", "enhanced").exit_code == 130


@pytest.mark.parametrize(("midway", "code"), [(False, 2), (True, 1)])
def test_a_cluster_that_cannot_be_used(run, monkeypatch, midway, code):
    """One line, and what became of what was begun."""
    seen = {}

    def fail(*arguments, **options):
        seen.update(options)
        raise SchedulerError("tcp://10.0.0.1:8786: gone.", midway)

    monkeypatch.setattr(files, "score_folders", fail)
    result = run("clean", "enhanced", "--scheduler", "tcp://10.0.0.1:8786")
    assert result.exit_code == code
    assert result.stderr == "Error: tcp://10.0.0.1:8786: gone.\n"
    assert (seen["scheduler"], seen["n_jobs"]) == ("tcp://10.0.0.1:8786", None)


def test_scheduler_and_jobs_exclude_each_other(run):
    result = run("clean", "enhanced", "--scheduler", "tcp://10.0.0.1:8786", "--jobs", "2")
    assert result.exit_code == 2
    assert "--scheduler goes without --jobs only." in result.stderr
