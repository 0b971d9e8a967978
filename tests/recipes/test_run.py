import csv
import json

import joblib
import numpy as np
import pytest
import soundfile

from skse.comparison._records import digest
from skse.recipes import _run, run_recipe
from skse.recipes import _training as training_module
from skse.recipes._data import prepare_pairs
from skse.recipes._training import read_history

pytestmark = pytest.mark.training
N_PAIRS = 12


@pytest.fixture
def interrupt(monkeypatch):
    """Interrupt training when so many epochs are finished."""

    def install(n_epochs):
        begin = training_module.TrainingLog.on_epoch_begin

        def stop(self, epoch, logs=None):
            if epoch == n_epochs:
                raise KeyboardInterrupt
            begin(self, epoch, logs)

        monkeypatch.setattr(training_module.TrainingLog, "on_epoch_begin", stop)

    return install


@pytest.fixture(scope="module")
def finished(harvard, tmp_path_factory):
    """Folder and results of a small recipe; must not be changed."""
    from skse.recipes import get_recipe

    from .conftest import SMALL

    recipe = get_recipe("seed-03-bce")
    recipe.enhancer.set_params(**SMALL)
    out = tmp_path_factory.mktemp("finished") / "there"
    return out, run_recipe(recipe, harvard, out=out, limit=N_PAIRS, progress=False)


def test_everything_is_written(finished, harvard):
    out, results = finished
    names = {path.name for path in results.files}
    assert {"enhancer.joblib", "settings.json", "history.csv", "history.png"} <= names
    assert {"scores.csv", "summary.csv", "spectrograms.png", "masks.png"} <= names
    assert all(path.stat().st_size > 0 for path in results.files)
    assert not (out / "training").exists()

    assert [(row["name"], row["kind"]) for row in results.summary] == [
        ("noisy", "noisy"),
        ("seed-03-bce", "candidate"),
        ("ceiling of seed-03-bce", "ceiling"),
    ]
    noisy, enhanced, ceiling = results.summary
    assert noisy["snr_gain"] == ceiling["seed_rmse"] == 0
    assert noisy["si_sdr"] == pytest.approx(15, abs=1)
    assert ceiling["snr_gain"] > max(2, enhanced["snr_gain"])
    assert {"rmse", "stoi"} <= enhanced.keys()
    with (out / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(results.rows)
    assert {row["snr_db"] for row in rows} == {"15.0"}

    history = read_history(out / "history.csv")
    assert [row["epoch"] for row in history] == [1, 2]
    assert results.enhancer.regressor_.history_["loss"] == [row["loss"] for row in history]
    waveform, rate = soundfile.read(next(p for p in results.files if "noisy.wav" in p.name))
    assert (rate, len(waveform)) == (16000, 63 * 128)

    content = json.loads((out / "settings.json").read_text())
    assert content["settings"]["parameters"]["regressor__epochs"] == 2
    assert content["figures"]["total_s"] > content["figures"]["training_s"] > 0
    assert content["figures"]["peak_memory_mb"] > 50
    assert "keras" in content["versions"]


def test_held_out_loss_and_measure_are_those_of_the_network(finished, harvard):
    out, results = finished
    last = read_history(out / "history.csv")[-1]
    assert results.summary[1]["seed_rmse"] == pytest.approx(last["held_out_seed_rmse"], rel=1e-4)
    protocol = {**_run.get_recipe("seed-03-bce").protocol, "n_times": 63 * 128}
    _, test = prepare_pairs(harvard, _run.Bunch(**protocol), limit=N_PAIRS)
    rows, targets = _run.network_rows(results.enhancer, test.noisy, test.clean)
    p = np.clip(results.enhancer.regressor_.predict(rows).astype(float), 1e-7, 1 - 1e-7)
    expected = -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    assert last["held_out_loss"] == pytest.approx(expected, rel=1e-4)


def test_model_on_disk_is_the_model(finished, harvard):
    out, results = finished
    loaded = joblib.load(out / "enhancer.joblib")
    assert loaded.regressor.callbacks is None
    x = harvard.noisy[:2]
    for a, b in zip(loaded.predict(x), results.enhancer.predict(x), strict=True):
        np.testing.assert_array_equal(a, b)


def test_finished_training_is_not_repeated(finished, small_recipe, harvard, monkeypatch):
    out, results = finished
    monkeypatch.delattr(training_module, "train")
    monkeypatch.setattr(training_module, "train", None, raising=False)
    before = (out / "settings.json").read_text()
    again = run_recipe(small_recipe, harvard, out=out, limit=N_PAIRS, progress=False)
    assert again.summary == results.summary
    assert (out / "settings.json").read_text() == before
    with pytest.raises(FileExistsError, match=r"other settings \(regressor__epochs 2, not 1\)"):
        run_recipe(small_recipe, harvard, out=out, limit=N_PAIRS, epochs=1)
    with pytest.raises(FileExistsError, match="n_test 3, not 2"):
        run_recipe(small_recipe, harvard, out=out, limit=N_PAIRS - 3)
    other = harvard.copy()
    other.noisy = [x * np.float32(0.5) for x in harvard.noisy]
    with pytest.raises(FileExistsError, match="other data"):
        run_recipe(small_recipe, other, out=out, limit=N_PAIRS)


def test_interrupted_training_goes_on(small_recipe, harvard, tmp_path, interrupt, monkeypatch):
    options = {"out": tmp_path, "limit": N_PAIRS, "progress": False, "epochs": 3}
    with monkeypatch.context() as patch:
        patch.setattr(training_module.TrainingLog, "on_epoch_begin", None)
        with pytest.raises(TypeError):
            run_recipe(small_recipe, harvard, **options)  # fails before the first epoch
    with monkeypatch.context():
        interrupt(2)
        with pytest.raises(KeyboardInterrupt):
            run_recipe(small_recipe, harvard, **options)
    kept = (tmp_path / "history.csv").read_text()
    assert [row["epoch"] for row in read_history(tmp_path / "history.csv")] == [1, 2]
    assert json.loads((tmp_path / "training" / "training_metadata.json").read_text())["epoch"] == 2
    with pytest.raises(FileExistsError):
        run_recipe(small_recipe, harvard, **{**options, "epochs": 4})

    monkeypatch.undo()
    results = run_recipe(small_recipe, harvard, **options)
    history = read_history(tmp_path / "history.csv")
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert (tmp_path / "history.csv").read_text().startswith(kept)
    assert history[2]["loss"] < history[0]["loss"]
    assert results.enhancer.regressor_.n_iter_ == 3
    assert results.figures["training_s"] == pytest.approx(sum(row["seconds"] for row in history))


def test_training_that_was_interrupted_when_done_is_only_written(
    small_recipe, harvard, tmp_path, monkeypatch
):
    def stop(*arguments):
        raise KeyboardInterrupt

    options = {"out": tmp_path, "limit": N_PAIRS, "progress": False}
    with monkeypatch.context() as patch:
        patch.setattr(_run.joblib, "dump", stop)
        with pytest.raises(KeyboardInterrupt):
            run_recipe(small_recipe, harvard, **options)
    kept = (tmp_path / "history.csv").read_text()
    results = run_recipe(small_recipe, harvard, **options)
    assert (tmp_path / "history.csv").read_text() == kept
    last = read_history(tmp_path / "history.csv")[-1]
    assert results.summary[1]["seed_rmse"] == pytest.approx(last["held_out_seed_rmse"], rel=1e-4)


def test_restart_and_seed(small_recipe, harvard, tmp_path):
    options = {"out": tmp_path, "limit": 4, "epochs": 1, "progress": False}
    one = run_recipe(small_recipe, harvard, **options)
    same = run_recipe(small_recipe, harvard, restart=True, **options)
    assert digest(one.enhancer.predict(harvard.noisy[:1])) == digest(
        same.enhancer.predict(harvard.noisy[:1])
    )
    other = run_recipe(small_recipe, harvard, restart=True, random_state=1, **options)
    assert other.summary[1]["seed_rmse"] != one.summary[1]["seed_rmse"]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"recipe": "seed"}, "run_recipe: name='seed' is not a recipe; did you mean"),
        ({"epochs": 0}, "run_recipe: epochs == 0, must be >= 1"),
        ({"random_state": -1}, "run_recipe: random_state == -1"),
        ({"limit": 1}, "limit == 1, must be >= 2"),
        ({"data": {"noisy": [], "clean": []}}, "data has no sentence, speaker, noise, snr_db"),
    ],
)
def test_bad_parameter(small_recipe, harvard, tmp_path, change, match):
    options = {"recipe": small_recipe, "data": harvard, "out": tmp_path / "out", **change}
    with pytest.raises(ValueError, match=match):
        run_recipe(options.pop("recipe"), options.pop("data"), **options)
    assert not (tmp_path / "out").exists()
