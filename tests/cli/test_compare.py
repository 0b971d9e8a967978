import csv
import subprocess
import sys
from functools import partial

import pytest
from click.testing import CliRunner
from sklearn.utils import Bunch

from skse import UNetRegressor, cli, comparison
from skse.cli import _compare
from skse.experiments import find_part
from skse.networks import NETWORKS
from skse.utils import SchedulerError


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    return lambda *arguments: CliRunner().invoke(cli.main, list(arguments))


def test_help_names_the_files_and_options(run):
    text = run("compare", "--help").output
    for word in ("results.csv", "best.joblib", "--networks", "--epochs", "autoencoder,unet"):
        assert word in text


def test_help_loads_no_network_and_no_picture():
    code = (
        "import sys\nfrom skse.cli import main\n"
        "try:\n    main(['compare', '--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_names_are_those_of_the_engine():
    assert set(_compare.NETWORKS) == set(NETWORKS)
    for loss in _compare.LOSSES:
        assert find_part("loss", loss, caller="compare").name == loss


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--networks", "cnn"], "'cnn' is not one of autoencoder, unet, densenet"),
        (["--targets", "irm,wiener"], "'wiener' is not one of log, magnitude, power, compressed"),
        (["--losses", "mse,mse"], "'mse,mse' holds a name twice"),
        (
            ["--targets", "log,cirm", "--losses", "bce"],
            "--losses bce needs a mask: add one of ibm, tbm, irm, smm, psm to --targets",
        ),
        (["--epochs", "0"], "0 is not in the range x>=1"),
        (["--epochs", "many"], "'many' is not a valid integer"),
        (["--folds", "1"], "1 is not in the range x>=2"),
        (
            ["--folds", "7", "--hold-out", "speaker"],
            "--folds 7 is more than the 6 speakers that there are; --hold-out",
        ),
        (["--data", "timit"], "'timit' is not one of 'harvard', 'noizeus'"),
        (["--data-home", "somewhere"], "--data-home goes with --data noizeus only"),
        (["--seed", "-1"], "-1 is not in the range"),
        (["--colour"], "No such option"),
    ],
)
def test_bad_option(run, tmp_path, arguments, message):
    result = run("compare", *arguments)
    assert result.exit_code == 2
    assert message in result.output.replace("\n", " ")
    assert "Traceback" not in result.output
    assert list(tmp_path.iterdir()) == []


def test_missing_corpus(run, monkeypatch):
    def refuse(**options):
        raise OSError(f"NOIZEUS under {options['data_home']} is not complete.")

    monkeypatch.setattr("skse.datasets.fetch_noizeus", refuse)
    result = run("compare", "--data", "noizeus", "--data-home", "nowhere")
    assert result.exit_code == 1
    assert result.output == "Error: NOIZEUS under nowhere is not complete.\n"


def test_interrupted(run, monkeypatch):
    def interrupt(data, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison, "compare", interrupt)
    result = run("compare", "--out", "there")
    assert result.exit_code == 130
    assert "Finished fits are kept in there; the same command goes on from there." in result.output


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], None),
        (["--report"], "there/report.html"),
        (["--report", "page.html"], "page.html"),
        (["--report", "--limit", "9"], "there/report.html"),
    ],
)
def test_where_the_report_goes(run, monkeypatch, arguments, expected):
    seen = {}

    def look(data, **options):
        seen.update(options)
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison, "compare", look)
    run("compare", "--out", "there", *arguments)
    assert seen["report"] == expected


@pytest.mark.noizeus
def test_noizeus_is_cut_to_a_size_that_can_be_waited_for(run, monkeypatch, noizeus_home):
    seen = {}

    def look(data, **options):
        seen.update(n=len(data.noisy), sentences=len(set(data.sentence)), **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison, "compare", look)
    run("compare", "--data", "noizeus", "--data-home", str(noizeus_home), "--jobs", "3")
    assert (seen["n"], seen["sentences"], seen["n_jobs"]) == (240, 30, 3)


@pytest.mark.training
def test_compare(run, tmp_path, monkeypatch):
    small = partial(UNetRegressor, filters=(4,), dilations=(), top_filters=2)
    monkeypatch.setitem(NETWORKS, "unet", Bunch(regressor=small, label="U-Net"))
    arguments = ["--networks", "unet", "--targets", "irm", "--losses", "mse,bce", "--epochs", "1"]
    arguments += ["--limit", "8", "--folds", "2", "--jobs", "1", "--out", "results"]
    result = run("compare", *arguments, "--report")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "results" / "report.html").read_text(encoding="utf-8")
    assert "U-Net, IRM, BCE" in page
    assert "U-Net, IRM, BCE" in result.stdout
    assert "ceiling of IRM" in result.stdout
    assert "harvard: 8 pairs" in result.stderr
    assert "8/8" not in result.stdout  # the bar stays on stderr
    with (tmp_path / "results" / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 7
    assert all(row["name"] in result.stdout for row in rows)
    again = run("compare", *arguments, "--report")
    assert again.stdout == result.stdout


@pytest.mark.parametrize(("midway", "code"), [(False, 2), (True, 1)])
def test_a_cluster_that_cannot_be_used(run, monkeypatch, midway, code):
    """One line, and what became of what was begun."""
    seen = {}

    def fail(*arguments, **options):
        seen.update(options)
        raise SchedulerError("tcp://10.0.0.1:8786: gone.", midway)

    monkeypatch.setattr(comparison, "compare", fail)
    result = run("compare", "--limit", "8", "--scheduler", "tcp://10.0.0.1:8786")
    assert result.exit_code == code
    kept = (
        "Finished fits are kept in skse-compare; the same command goes on from there.\n"
        if midway
        else ""
    )
    described = result.stderr.splitlines(keepends=True)[0]
    assert result.stderr == described + kept + "Error: tcp://10.0.0.1:8786: gone.\n"
    assert (seen["scheduler"], seen["n_jobs"]) == ("tcp://10.0.0.1:8786", 1)


def test_scheduler_and_jobs_exclude_each_other(run):
    result = run("compare", "--limit", "8", "--scheduler", "tcp://10.0.0.1:8786", "--jobs", "2")
    assert result.exit_code == 2
    assert "--scheduler goes without --jobs only." in result.stderr
