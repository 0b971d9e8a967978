import csv
import json
import shutil
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.base import clone
from sklearn.utils import Bunch

from skse.experiments import start_tensorflow
from skse.networks import BaseNetworkRegressor
from skse.recipes import _run, run_recipe
from skse.recipes import _training as training_module
from skse.recipes._data import prepare_pairs
from skse.recipes._training import read_history

pytestmark = pytest.mark.training
N_PAIRS = 12


@pytest.fixture
def interrupt(monkeypatch):
    """Interrupt a run where a function is called for the n-th time, counted from 0."""

    @contextmanager
    def install(owner, name, n):
        function, calls = getattr(owner, name), []

        def stop(*arguments, **options):
            if len(calls) == n:
                raise KeyboardInterrupt
            calls.append(1)
            return function(*arguments, **options)

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, stop)
            with pytest.raises(KeyboardInterrupt):
                yield

    return install


@pytest.fixture
def no_pictures(monkeypatch):
    for name in ("draw_history", "draw_masks", "draw_spectrograms"):
        monkeypatch.setattr(_run, name, lambda *arguments: None)


@pytest.fixture(scope="module")
def finished(small_recipe, harvard, tmp_path_factory):
    """Folder and results of a small recipe; must not be changed."""
    out = tmp_path_factory.mktemp("finished") / "there"
    return out, run_recipe(small_recipe, harvard, out=out, limit=N_PAIRS, progress=False)


def test_everything_is_written(finished, harvard):
    out, results = finished
    names = {path.name for path in results.files}
    assert {"enhancer.joblib", "settings.json", "history.csv", "history.png"} <= names
    assert {"scores.csv", "summary.csv", "spectrograms.png", "masks.png"} <= names
    assert all(path.stat().st_size > 0 for path in results.files)
    assert not (out / "training-state").exists()

    assert [(row["name"], row["kind"]) for row in results.summary] == [
        ("noisy", "noisy"),
        ("seed-03-bce", "candidate"),
        ("ceiling of seed-03-bce", "ceiling"),
    ]
    noisy, enhanced, ceiling = results.summary
    assert noisy["snr_gain"] == ceiling["seed_rmse"] == 0
    assert noisy["si_sdr"] == pytest.approx(15, abs=1)
    assert ceiling["snr_gain"] > enhanced["snr_gain"]
    assert {"rmse", "stoi"} <= enhanced.keys()
    with (out / "scores.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(results.rows)
    assert {row["snr_db"] for row in rows} == {"15.0"}

    history = read_history(out / "history.csv")
    assert [row["epoch"] for row in history] == [1, 2]
    assert results.enhancer.regressor_.history_["loss"] == [row["loss"] for row in history]
    waveform, rate = soundfile.read(next(p for p in results.files if "noisy.wav" in p.name))
    assert (rate, len(waveform)) == (16000, 99 * 128)

    content = json.loads((out / "settings.json").read_text())
    assert content["settings"]["parameters"]["regressor__epochs"] == 2
    assert content["figures"]["total_s"] > content["figures"]["training_s"] > 0
    assert content["figures"]["peak_memory_mb"] > 50
    assert "keras" in content["versions"]


def test_held_out_loss_and_measure_are_those_of_the_network(finished, harvard):
    out, results = finished
    last = read_history(out / "history.csv")[-1]
    assert results.summary[1]["seed_rmse"] == pytest.approx(last["held_out_seed_rmse"], rel=1e-4)
    protocol = {**_run.get_recipe("seed-03-bce").protocol, "n_times": 99 * 128}
    _, test = prepare_pairs(harvard, Bunch(**protocol), limit=N_PAIRS)
    rows, targets, _ = results.enhancer.chain_.rows(test.noisy, test.clean)
    p = np.clip(results.enhancer.regressor_.predict(rows).astype(float), 1e-7, 1 - 1e-7)
    expected = -np.mean(targets * np.log(p) + (1 - targets) * np.log(1 - p))
    assert last["held_out_loss"] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "change", [{"normalize_level": True}, {"segment_frames": 120}, {"match_level": True}]
)
def test_what_is_watched_goes_the_way_of_what_is_trained_on(
    small_recipe, harvard, tmp_path, monkeypatch, change
):
    """The network of a recipe that was changed sees held-out rows as it sees its training rows."""
    start_tensorflow()
    seen = {}

    class Stop(Exception):  # noqa: N818
        pass

    def keep(self, rows, targets, *more):
        seen.update(watched=(rows, targets))

    def stop(self, X, y, groups=None):
        seen.update(trained=(X, y))
        raise Stop

    monkeypatch.setattr(training_module.TrainingLog, "__init__", keep)
    monkeypatch.setattr(training_module.TrainingLog, "close", lambda self: None)
    monkeypatch.setattr(BaseNetworkRegressor, "fit", stop)
    # The same pairs on either side: what is watched must be what is trained on.
    prepare = prepare_pairs
    monkeypatch.setattr(_run, "prepare_pairs", lambda *x, **more: (prepare(*x, **more)[0],) * 2)
    recipe = Bunch(**{**small_recipe, "enhancer": clone(small_recipe.enhancer)})
    recipe.enhancer.set_params(**change)
    scale = 0.5 if "match_level" in change else 1
    data = Bunch(**{**harvard, "clean": [scale * x for x in harvard.clean]})
    with pytest.raises(Stop):
        run_recipe(recipe, data, out=tmp_path, limit=6, progress=False)
    assert len(seen["trained"][0]) == 5
    for watched, trained in zip(seen["watched"], seen["trained"], strict=True):
        np.testing.assert_array_equal(watched, trained)


def test_model_on_disk_is_the_model(finished, harvard):
    out, results = finished
    loaded = joblib.load(out / "enhancer.joblib")
    assert loaded.regressor.callbacks is None
    x = harvard.noisy[:2]
    for a, b in zip(loaded.predict(x), results.enhancer.predict(x), strict=True):
        np.testing.assert_array_equal(a, b)


def test_finished_training_is_not_repeated(
    finished, small_recipe, harvard, no_pictures, monkeypatch
):
    out, results = finished
    monkeypatch.setattr(training_module, "train", None)
    before = (out / "settings.json").read_text()
    again = run_recipe(small_recipe, harvard, out=out, limit=N_PAIRS, progress=False)
    assert again.summary == results.summary
    assert (out / "settings.json").read_text() == before
    with pytest.raises(FileExistsError, match=r"other settings \(regressor__epochs 2, not 1\)"):
        run_recipe(small_recipe, harvard, out=out, limit=N_PAIRS, epochs=1)
    with pytest.raises(FileExistsError, match="n_test 3, not 2"):
        run_recipe(small_recipe, harvard, out=out, limit=N_PAIRS - 3)
    other = Bunch(**{**harvard, "noisy": [x / 2 for x in harvard.noisy]})
    with pytest.raises(FileExistsError, match="other data"):
        run_recipe(small_recipe, other, out=out, limit=N_PAIRS)


def test_interrupted_training_goes_on(
    small_recipe, harvard, tmp_path, interrupt, no_pictures, monkeypatch
):
    options = {"out": tmp_path, "limit": N_PAIRS, "progress": False, "epochs": 3}
    with interrupt(training_module.TrainingLog, "on_epoch_begin", 2):
        run_recipe(small_recipe, harvard, **options)
    path = tmp_path / "history.csv"
    kept = path.read_text()
    assert [row["epoch"] for row in read_history(path)] == [1, 2]
    assert (
        json.loads((tmp_path / "training-state" / "training_metadata.json").read_text())["epoch"]
        == 2
    )
    with pytest.raises(FileExistsError, match="regressor__epochs 3, not 4"):
        run_recipe(small_recipe, harvard, **{**options, "epochs": 4})

    # On for the last epoch, and interrupted again where the model is written.
    with interrupt(_run.joblib, "dump", 0):
        run_recipe(small_recipe, harvard, **options)
    history = read_history(path)
    assert path.read_text().startswith(kept)
    assert [row["epoch"] for row in history] == [1, 2, 3]
    assert history[2]["loss"] < history[0]["loss"]
    assert not (tmp_path / "enhancer.joblib").exists()

    results = run_recipe(small_recipe, harvard, **options)
    assert read_history(path) == history
    assert results.enhancer.regressor_.n_iter_ == 3
    assert results.figures["training_s"] == pytest.approx(sum(row["seconds"] for row in history))
    assert results.figures["total_s"] > results.figures["training_s"]
    measure = history[2]["held_out_seed_rmse"]
    assert results.summary[1]["seed_rmse"] == pytest.approx(measure, rel=1e-4)
    assert not (tmp_path / "training-state").exists()


def test_nothing_is_lost_before_the_first_epoch(small_recipe, harvard, tmp_path, interrupt):
    options = {"out": tmp_path, "limit": 4, "progress": False}
    torn = tmp_path / "training-state" / "latest.weights.h5"
    for epochs in (2, 1):  # so that other settings may follow
        torn.parent.mkdir()
        torn.write_bytes(b"half")
        with interrupt(training_module.TrainingLog, "on_train_begin", 0):
            run_recipe(small_recipe, harvard, epochs=epochs, **options)
        assert not torn.parent.exists()
    assert not (tmp_path / "history.csv").exists()


def test_restart_trains_anew(finished, small_recipe, harvard, tmp_path, no_pictures):
    out, before = finished
    copy = tmp_path / "copy"
    shutil.copytree(out, copy)
    options = {"out": copy, "limit": N_PAIRS, "random_state": 1, "epochs": 1, "progress": False}
    results = run_recipe(small_recipe, harvard, restart=True, **options)
    assert results.summary[1]["seed_rmse"] != before.summary[1]["seed_rmse"]
    assert len(read_history(copy / "history.csv")) == 1
    assert results.enhancer.regressor.random_state == 1


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
