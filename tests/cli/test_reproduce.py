import csv
import subprocess
import sys

import pytest
from click.testing import CliRunner

from skse import cli, recipes


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    return lambda *arguments: CliRunner().invoke(cli.main, ["reproduce", *arguments])


def test_help_names_the_files_and_options(run):
    text = run("--help").output
    for word in ("scores.csv", "enhancer.joblib", "--data-home", "--epochs", "--restart"):
        assert word in text


def test_list(run):
    lines = run("--list").output.splitlines()
    assert [line.split()[0] for line in lines] == list(recipes.list_recipes())
    assert "Ideal binary mask, U-Net, mean squared error." in lines[4]


def test_list_loads_no_tensorflow():
    code = (
        "import sys\nfrom skse.cli import main\n"
        "try:\n    main(['reproduce', '--list'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'tensorflow', 'keras', 'librosa', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name a recipe; --list shows them."),
        (["seed-3-bce"], "'seed-3-bce' is not a recipe; did you mean 'seed-03-bce'"),
        (["nope"], "'nope' is not a recipe; choose from 'seed-01'"),
        (["seed-01", "--epochs", "0"], "0 is not in the range x>=1"),
        (["seed-01", "--limit", "1"], "1 is not in the range x>=2"),
        (["seed-01", "--data", "timit"], "'timit' is not one of 'noizeus', 'harvard'"),
        (["seed-01", "--data", "harvard", "--data-home", "x"], "--data noizeus only"),
        (["seed-01", "--seed", "-1"], "-1 is not in the range"),
        (["seed-01", "--imaginary", "drop"], "seed-01 has no parameter 'imaginary'; it has none."),
        (["seed-04", "--imaginary", "keep"], "'keep' is not one of 'drop', 'rescale'"),
        (["seed-01", "seed-02"], "Got unexpected extra argument"),
    ],
)
def test_bad_usage(run, tmp_path, arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_missing_corpus(run, monkeypatch):
    def refuse(**options):
        raise OSError(f"NOIZEUS under {options['data_home']} is not complete.")

    monkeypatch.setattr("skse.datasets.fetch_noizeus", refuse)
    result = run("seed-01", "--data-home", "nowhere")
    assert result.exit_code == 1
    assert "Error: NOIZEUS under nowhere is not complete.\n" in result.output


@pytest.mark.parametrize(
    ("arguments", "imaginary", "out"),
    [
        ([], None, "seed-04"),
        (["--imaginary", "drop"], "drop", "seed-04"),
        (["--imaginary", "rescale"], "rescale", "seed-04-rescale"),
        (["--imaginary", "rescale", "--out", "there"], "rescale", "there"),
    ],
)
def test_imaginary_part(run, monkeypatch, arguments, imaginary, out):
    seen = {}

    def look(recipe, data, **options):
        seen.update(options, recipe=recipe)
        raise KeyboardInterrupt

    monkeypatch.setattr(recipes, "run_recipe", look)
    run("seed-04", "--data", "harvard", *arguments)
    assert seen["out"].rpartition("/")[2] == out
    if imaginary is None:
        assert seen["recipe"] == "seed-04"
    else:
        assert seen["recipe"].name == "seed-04"
        assert seen["recipe"].enhancer.target.imaginary == imaginary


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "Interrupted. No epoch was finished, and nothing is kept."),
        (
            {"training-state/training_metadata.json": '{"epoch": 7, "batch": 0}'},
            "The training up to epoch 7 is kept in there; the same command goes on",
        ),
        ({"enhancer.joblib": ""}, "The trained enhancer is kept in there; the same command"),
    ],
)
def test_interrupted(run, tmp_path, monkeypatch, files, message):
    def interrupt(recipe, data, **options):
        for name, text in files.items():
            path = tmp_path / options["out"] / name
            path.parent.mkdir(parents=True)
            path.write_text(text)
        raise KeyboardInterrupt

    monkeypatch.setattr(recipes, "run_recipe", interrupt)
    monkeypatch.setattr("skse.datasets.load_harvard", dict)
    result = run("seed-01", "--data", "harvard", "--out", "there")
    assert result.exit_code == 130
    assert message in result.output


@pytest.mark.training
def test_reproduce(run, tmp_path, monkeypatch):
    small = recipes.get_recipe("seed-03-bce")
    small.enhancer.set_params(
        regressor__filters=(2, 2, 2, 2),
        regressor__strides=(4, 4),
        regressor__dense_units=(4,),
        segment_frames=64,
    )
    for picture in ("draw_history", "draw_masks", "draw_spectrograms"):
        monkeypatch.setattr(f"skse.recipes._run.{picture}", lambda *arguments: None)
    real = recipes.run_recipe
    monkeypatch.setattr(
        recipes, "run_recipe", lambda name, data, **options: real(small, data, **options)
    )
    arguments = ["seed-03-bce", "--data", "harvard", "--epochs", "1", "--limit", "6"]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert "ceiling of seed-03-bce" in result.stdout
    assert "peak memory" in result.stdout
    assert "training: " in result.stderr
    out = tmp_path / "skse-reproduce" / "seed-03-bce"
    with (out / "summary.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3
    again = run(*arguments)
    assert again.stdout == result.stdout
    assert "training: " not in again.stderr
    other = run(*arguments, "--seed", "1")
    assert other.exit_code == 1
    assert "holds a training with other settings" in other.output
