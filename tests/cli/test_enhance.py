import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
import soundfile
from click.testing import CliRunner

import skse
from skse import LogMMSE, WienerFilter, cli, files
from skse.cli import _enhance
from skse.files import METHODS
from skse.files._choice import DEFAULT_METHOD
from skse.models import load_model
from skse.utils import SchedulerError


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(cli.main, ["enhance", *arguments])


@pytest.fixture
def recordings(tmp_path, rng):
    """Three recordings of 1 s in a folder and its subfolder."""
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.wav", "b.flac", "sub/c.wav"):
        soundfile.write(tmp_path / "in" / name, 0.1 * rng.standard_normal(8000), 8000)


def test_a_folder(run, recordings, tmp_path):
    result = run("in", "--out", "out")
    assert result.exit_code == 0, result.output
    assert result.stdout == "3 enhanced (0.1 min) in out, 0 failed.\n"
    using = "Using speech-8k below 12 kHz, speech-16k from there on, log-mmse below 4 kHz."
    assert using in result.stderr
    assert "3/3" in result.stderr
    found = {p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")}
    assert found == {"a.wav", "b.flac", "sub/c.wav"}
    x = soundfile.read("in/a.wav", dtype="float32")[0]
    y = soundfile.read("out/a.wav", dtype="int16")[0]
    expected = load_model("speech-8k").predict([x])[0]
    np.testing.assert_array_equal(y, np.rint(expected * 32768))


def test_the_rate_chooses_the_model(run, recordings):
    result = run("in/a.wav", "--out", "out", "--model", "auto")
    assert result.exit_code == 0, result.output
    assert "Using speech-8k below 12 kHz, speech-16k from there on." in result.stderr
    result = run("in/a.wav", "--out", "out2")
    y, same = (soundfile.read(f"{out}/a.wav", dtype="int16")[0] for out in ("out", "out2"))
    np.testing.assert_array_equal(y, same)


def test_method(run, recordings):
    result = run("in/a.wav", "--out", "out", "--method", "wiener", "--strength", "0.5",
                 "--mask-floor-db", "-10")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Using wiener, which needs no training." in result.stderr
    x = soundfile.read("in/a.wav", dtype="float32")[0]
    y = soundfile.read("out/a.wav", dtype="int16")[0]
    expected = WienerFilter(8000, strength=0.5, mask_floor_db=-10).fit([x]).predict([x])[0]
    np.testing.assert_array_equal(y, np.rint(expected * 32768))


def test_wpe_without_its_package_is_one_line(run, recordings, monkeypatch):
    monkeypatch.setitem(sys.modules, "nara_wpe", None)
    result = run("in/a.wav", "--out", "out", "--method", "wpe")
    assert result.exit_code == 1
    assert "Error: method 'wpe' (--method wpe)" in result.stderr
    assert 'pip install "skse[rooms]"' in result.stderr.splitlines()[-1]
    assert not os.path.exists("out")


def test_a_model_by_name(run, recordings):
    result = run("in/a.wav", "--out", "out", "--model", "speech-16k", "--strength", "0.5",
                 "--mask-floor-db", "-10")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Using" not in result.stderr
    files.enhance_files("in/a.wav", "out2", model="speech-16k", strength=0.5, mask_floor_db=-10)
    y, expected = (soundfile.read(f"{out}/a.wav", dtype="int16")[0] for out in ("out", "out2"))
    np.testing.assert_array_equal(y, expected)


def test_noise(run, recordings):
    result = run("in/a.wav", "--out", "out", "--noise", "start")
    assert result.exit_code == 0, result.output
    assert "Using log-mmse, which needs no training." in result.stderr
    x = soundfile.read("in/a.wav", dtype="float32")[0]
    y = soundfile.read("out/a.wav", dtype="int16")[0]
    expected = LogMMSE(8000, noise="start").fit([x]).predict([x])[0]
    np.testing.assert_array_equal(y, np.rint(expected * 32768))
    result = run("in/a.wav", "--out", "out2", "--noise", "start", "--model", "m.skse")
    assert result.exit_code == 2
    assert "--noise goes without --model only" in result.stderr


@pytest.mark.parametrize(
    ("name", "mixtures", "ahead_in"),
    [
        ("speech-8k", "NOIZEUS", ["snr_gain_db", "si_sdr_gain_db", "stoi"]),
        ("speech-16k", "wide band", ["snr_gain_db", "si_sdr_gain_db", "pesq"]),
    ],
)
def test_the_default_is_ahead_of_log_mmse(name, mixtures, ahead_in):
    table = pd.read_csv("benchmarks/results/shipped_models.csv")
    scores = table[table["set"] == mixtures].set_index(["enhancer", "snr_db"])[ahead_in]
    assert (scores.loc[name] > scores.loc["log-MMSE"]).all(axis=None)


def test_the_method_of_noise_alone_is_the_best_of_the_benchmark():
    """As --help says."""
    assert _enhance.DEFAULT_METHOD == DEFAULT_METHOD == "log-mmse"
    table = pd.read_csv("benchmarks/results/classical_noizeus.csv")
    names = {"spectral-subtraction": "spectral subtraction", "log-mmse": "log-MMSE",
             "wiener": "Wiener"}  # fmt: skip
    mean = table.groupby("enhancer").mean().loc[list(names.values())]
    assert mean["pesq"].idxmax() == names["log-mmse"]
    for metric in ("snr_gain_db", "si_sdr_gain_db", "stoi"):
        assert mean[metric].idxmax() == names["spectral-subtraction"]
    assert mean["real_time_factor"].idxmin() == names["spectral-subtraction"]
    assert METHODS.keys() == names.keys() | {"wpe"}  # which leaves noise


def test_what_fails_is_one_line_each_and_exit_code_1(run, recordings, tmp_path):
    (tmp_path / "in" / "text.wav").write_text("text")
    result = run("in", "none.wav", "--out", "out")
    assert result.exit_code == 1
    assert result.stdout == "3 enhanced (0.1 min) in out, 2 failed.\n"
    lines = result.stderr.splitlines()
    assert "none.wav: no such file" in lines
    assert sum(line.startswith("in/text.wav: not an audio file") for line in lines) == 1
    again = run("in", "--out", "out", "--resume")
    assert again.exit_code == 1
    assert again.stdout == "0 enhanced (0.0 min) in out, 3 done before, 1 failed.\n"
    again = run("in/a.wav", "--out", "out")
    assert again.exit_code == 1
    assert "in/a.wav: out/a.wav exists; --force overwrites it" in again.stderr
    assert run("in/a.wav", "--out", "out", "--force").exit_code == 0


def test_what_is_turned_down_is_said_and_counted(run, monkeypatch):
    turned = files.FileResult("a.wav", "out/a.wav", "enhanced", seconds=60.0, gain_db=-1.25)
    monkeypatch.setattr(files, "enhance_files", lambda *arguments, **options: [turned])
    result = run("a.wav", "--out", "out")
    assert result.exit_code == 0
    assert result.stdout == (
        "1 enhanced (1.0 min) in out, 1 turned down so as not to clip, 0 failed.\n"
    )
    assert "a.wav: would have clipped; its result is turned down by 1.2 dB" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'IN...'"),
        (["in"], "Missing option '--out'"),
        (["in", "--out", "in"], "would take the place of the recording in/a.wav"),
        (["in", "--out", "in/a.wav"], "is a file, not a folder"),
        (["in", "--out", "out", "--force", "--resume"], "contradict each other"),
        (["in", "--out", "out", "--method", "dnn"], "'dnn' is not one of"),
        (["in", "--out", "out", "--method", "wiener", "--model", "m.skse"], "without --model"),
        (["in", "--out", "out", "--sampling-rate", "8000"], "goes with --model only"),
        (["in", "--out", "out", "--trust", "a.B"], "goes with a .skse file as model only"),
        (["in", "--out", "out", "--model", "m.joblib", "--trust", "a.B"], "with a .skse file as"),
        (["in", "--out", "out", "--strength", "2"], "2.0 is not in the range"),
        (["in", "--out", "out", "--mask-floor-db", "3"], "3.0 is not in the range"),
        (["in", "--out", "out", "--jobs", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage(run, recordings, tmp_path, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert sorted(os.listdir(tmp_path)) == ["in"]


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("speech16k", "model='speech16k' is neither a file nor a model of skse (speech-8k, speech"),
        ("https://a.org/a.skse", "model='https://a.org/a.skse' must end in #sha256="),
    ],
)
def test_a_model_that_is_not_there(run, recordings, tmp_path, model, message):
    result = run("in", "--out", "out", "--model", model)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {message}")
    assert len(result.stderr.splitlines()) == 1
    assert sorted(os.listdir(tmp_path)) == ["in"]


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no such file"), (b"nonsense", "cannot be loaded")]
)
def test_a_model_that_cannot_be_used(run, recordings, tmp_path, content, message):
    if content is not None:
        (tmp_path / "m.joblib").write_bytes(content)
    result = run("in", "--out", "out", "--model", "m.joblib")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: m.joblib: {message}")
    assert len(result.stderr.splitlines()) == 1


def test_trust(run, recordings, tmp_path, monkeypatch):
    (tmp_path / "ownfilters.py").write_text(
        "import skse\nclass A(skse.WienerFilter): pass\nclass B(skse.PeakNormalize): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import ownfilters

    enhancer = ownfilters.A(8000).fit(np.ones((1, 4000)))
    enhancer.beside_ = ownfilters.B().fit(np.ones((1, 4000)))
    skse.save(enhancer, "m.skse")
    options = ["in/a.wav", "--out", "out", "--model", "m.skse"]
    result = run(*options, "--trust", "ownfilters.A")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: m.skse cannot be loaded: it needs classes")
    assert "ownfilters.B; where you trust" in result.stderr
    result = run(*options, "--trust", "ownfilters.A", "--trust", "ownfilters.B")
    assert result.exit_code == 0, result.output


def test_a_target_that_cannot_be_written_to(run, recordings):
    result = run("in/b.flac", "--out", "in/a.wav/out")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert "Not a directory" in result.stderr


def test_interruption(run, recordings, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "enhance_files", interrupt)
    result = run("in", "--out", "out")
    assert result.exit_code == 130
    assert "What is finished is kept in out; --resume goes on from there." in result.stderr


def test_a_killed_run_leaves_no_half_file(recordings, tmp_path, rng):
    """Kill it while it works; what is there is whole, and --resume finishes the rest."""
    x = 0.1 * rng.standard_normal(8000 * 30)
    for i in range(15):
        soundfile.write(tmp_path / "in" / f"long{i:02}.wav", x, 8000)
    command = [sys.executable, "-c", "from skse.cli import main; main()", "enhance", "in",
               "--out", "out"]  # fmt: skip
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 100
    while len(list(tmp_path.glob("out/long*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    finished = [path for path in tmp_path.glob("out/**/*.*") if not path.name.startswith(".")]
    assert 2 <= len(finished) < 16
    for path in finished:
        assert soundfile.info(path).frames in (8000, len(x))
        assert len(soundfile.read(path)[0]) == soundfile.info(path).frames
    again = subprocess.run([*command, "--resume"], cwd=tmp_path, capture_output=True, text=True,
                           check=True)  # fmt: skip
    assert f"{len(finished)} done before" in again.stdout
    written = [name for name in os.listdir(tmp_path / "out") if not name.startswith(".")]
    assert sorted(os.listdir(tmp_path / "in")) == sorted(written)


def test_help_and_a_run_load_nothing_heavy(recordings, tmp_path):
    code = (
        "import sys\nfrom skse.cli import main\n"
        "for arguments in ('--help', 'in --out a --method wiener', 'in --out b --model auto'):\n"
        "    try:\n        main(['enhance', *arguments.split()])\n    except SystemExit as error:\n"
        "        assert not error.code\n"
        "    print(sorted({'tensorflow', 'keras', 'librosa', 'numba', 'matplotlib'}"
        " & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True,
                         text=True, check=True)  # fmt: skip
    assert [line for line in run.stdout.splitlines() if "[" in line[:1]] == 3 * ["[]"]


@pytest.mark.parametrize(("midway", "code"), [(False, 2), (True, 1)])
def test_a_cluster_that_cannot_be_used(run, recordings, monkeypatch, midway, code):
    """One line, and what became of what was begun."""
    seen = {}

    def fail(*arguments, **options):
        seen.update(options)
        raise SchedulerError("tcp://10.0.0.1:8786: gone.", midway)

    monkeypatch.setattr(files, "enhance_files", fail)
    result = run("in", "--out", "out", "--scheduler", "tcp://10.0.0.1:8786")
    assert result.exit_code == code
    kept = "What is finished is kept in out; --resume goes on from there.\n" if midway else ""

    assert (
        result.stderr
        == "Using speech-8k below 12 kHz, speech-16k from there on, log-mmse below 4 kHz.\n"
        + kept
        + "Error: tcp://10.0.0.1:8786: gone.\n"
    )
    assert (seen["scheduler"], seen["n_jobs"]) == ("tcp://10.0.0.1:8786", 1)


def test_scheduler_and_jobs_exclude_each_other(run, recordings):
    result = run("in", "--out", "out", "--scheduler", "tcp://10.0.0.1:8786", "--jobs", "2")
    assert result.exit_code == 2
    assert "--scheduler goes without --jobs only." in result.stderr
