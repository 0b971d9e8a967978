import os
import subprocess
import sys

import pytest
import soundfile
from click.testing import CliRunner
from sklearn.utils import Bunch

from skse import cli, files
from skse.cli import _train as cli_train
from skse.experiments import find_part
from skse.networks import NETWORKS


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("noisy", "clean"):
        (tmp_path / name).mkdir()
    return lambda *arguments: CliRunner().invoke(cli.main, ["train", *arguments])


def test_names_are_those_of_the_engine():
    assert set(cli_train.NETWORKS) == set(NETWORKS)
    for loss in cli_train.LOSSES:
        assert find_part("loss", loss, caller="train").name == loss


@pytest.mark.parametrize(
    ("remix", "expected"), [((), "auto"), (("--remix",), True), (("--no-remix",), False)]
)
def test_options_reach_the_engine_and_the_result_is_told(run, monkeypatch, remix, expected):
    seen = {}
    for name in cli_train._THREAD_VARIABLES:
        monkeypatch.setenv(name, "")

    def train_from_folders(noisy_dir, clean_dir, out, **options):
        seen.update(noisy=noisy_dir, clean=clean_dir, out=out, **options)
        seen["threads"] = [os.environ[name] for name in cli_train._THREAD_VARIABLES]
        return Bunch(
            n_pairs=4,
            n_clean=2,
            seconds=90.0,
            sampling_rate=8000,
            history={"loss": [0.3, 0.2], "val_loss": [0.25, 0.26]},
            fit_time=12.3,
            skipped=[("noisy/x.wav", "truncated")],
            unmatched=["noisy/y.wav"],
            remarks=["1 of 4 recordings lag"],
            cut_short="noisy/z.wav: gone; training ended after epoch 2 of 9",
        )

    monkeypatch.setattr(files, "train_from_folders", train_from_folders)
    result = run("noisy", "clean", "--out", "m.skse", "--validation", "0.2", "--seed", "5",
                 "--match", "^(.)_", "--patience", "3", "--target", "ibm",
                 "--jobs", "1", *remix, "--align", "--clean-name", "c{1}",
                 "--from", "speech-8k")  # fmt: skip
    assert result.exit_code == 1, result.output  # something was left out
    assert result.stdout == (
        "m.skse: trained on 4 pairs (1.5 min at 8000 Hz, 2 clean recordings), 2 epochs in 12 s, "
        "best training loss 0.2, validation loss 0.25; 2 files left out.\n"
    )
    assert result.stderr.splitlines() == [
        "noisy/x.wav: left out: truncated",
        "noisy/y.wav: left out: no partner",
        "1 of 4 recordings lag",
        "noisy/z.wav: gone; training ended after epoch 2 of 9; m.skse is the model as of then.",
    ]
    assert (seen["validation_fraction"], seen["random_state"], seen["match"]) == (0.2, 5, "^(.)_")
    assert seen["threads"] == ["1", "1"]
    assert (seen["patience"], seen["target"], seen["network"]) == (3, "ibm", None)
    assert seen["remix"] == expected
    assert seen["align"] is True
    assert seen["start_from"] == "speech-8k"
    assert seen["clean_name"] == "c{1}"


@pytest.mark.parametrize(
    ("skipped", "unmatched", "cut_short", "code"),
    [
        ([], [], "", 0),
        ([], ["clean/z.wav"], "", 0),
        ([], ["noisy/z.wav"], "", 1),
        ([("a", "b")], [], "", 1),
        ([], [], "z.wav: gone", 1),
    ],
)
def test_exit_code_1_where_a_noisy_recording_was_left_out(
    run, monkeypatch, skipped, unmatched, cut_short, code
):
    told = {"skipped": skipped, "unmatched": unmatched, "remarks": [], "history": {"loss": [1.0]}}
    told["cut_short"] = cut_short
    counts = {"n_pairs": 4, "n_clean": 2, "seconds": 1.0, "sampling_rate": 8000, "fit_time": 1.0}
    monkeypatch.setattr(files, "train_from_folders", lambda *_, **__: Bunch(**told, **counts))
    assert run("noisy", "clean", "--out", "m.skse").exit_code == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["none", "clean", "--out", "m.skse"], "'none' does not exist"),
        (["noisy", "clean"], "Missing option '--out'"),
        (["noisy", "clean", "--out", "m.pkl"], "must be named .skse or .joblib"),
        (["noisy", "clean", "--out", "there.skse"], "exists; --force overwrites it"),
        (["noisy", "clean", "--out", "m.skse", "--loss", "bce", "--target", "log"], "needs a mask"),
        (
            ["noisy", "clean", "--out", "m.skse", "--loss", "snr", "--target", "irm"],
            "--loss snr compares waveforms: it needs --target waveform",
        ),
        (["noisy", "clean", "--out", "m.skse", "--target", "erm"], "'erm' is not one of 'log', "),
        (["noisy", "clean", "--out", "m.skse", "--validation", "1"], "is not in the range"),
    ],
)
def test_wrong_usage(run, tmp_path, arguments, message):
    (tmp_path / "there.skse").touch()
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_folders_without_pairs(run):
    result = run("noisy", "clean", "--out", "m.skse")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: load_pairs found no pair")


def test_a_recording_that_can_be_read_no_longer(run, monkeypatch):
    def vanish(*arguments, **options):
        raise ValueError("X[0]: noisy/a.wav: No such file or directory.")

    monkeypatch.setattr(files, "train_from_folders", vanish)
    result = run("noisy", "clean", "--out", "m.skse")
    assert result.exit_code == 1
    assert result.stderr == "Error: X[0]: noisy/a.wav: No such file or directory.\n"


def test_interruption(run, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "train_from_folders", interrupt)
    result = run("noisy", "clean", "--out", "m.skse")
    assert (result.exit_code, result.stderr) == (130, "\nInterrupted. Nothing was written.\n")
    interrupted = KeyboardInterrupt()
    interrupted.training = Bunch(cut_short="interrupted; training ended after epoch 2 of 9")

    def interrupt_later(*arguments, **options):
        raise interrupted

    monkeypatch.setattr(files, "train_from_folders", interrupt_later)
    result = run("noisy", "clean", "--out", "m.skse")
    told = "\nInterrupted; training ended after epoch 2 of 9; m.skse is the model as of then.\n"
    assert (result.exit_code, result.stderr) == (130, told)


@pytest.mark.training
def test_a_terminal_without_an_error_stream(tmp_path, rng):
    for name in "ab":
        for folder in ("noisy", "clean"):
            (tmp_path / folder).mkdir(exist_ok=True)
            soundfile.write(tmp_path / folder / f"{name}.wav", rng.uniform(-1, 1, 4000), 8000)
    arguments = ["train", "noisy", "clean", "--out", "m.skse", "--epochs", "1"]
    code = (
        "from functools import partial\n"
        "from sklearn.utils import Bunch\n"
        "from skse import cli, networks\n"
        "small = partial(networks.UNetRegressor, filters=(4,), dilations=())\n"
        "networks.NETWORKS['unet'] = Bunch(regressor=small, label='U-Net')\n"
        "cli.main()"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.close(2),
        text=True,
        timeout=300,
    )
    assert run.returncode == 0
    assert run.stdout.startswith("m.skse: trained on 2 pairs")
    assert (tmp_path / "m.skse").exists()
