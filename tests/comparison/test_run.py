import csv
import sys

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Bunch

from skse import IdealMaskTarget, SpectralSubtraction
from skse.comparison import _fits, _run, compare, spread_subset
from skse.comparison._fits import Fit
from skse.datasets import load_harvard
from skse.networks import NETWORKS

try:  # joblib before 1.6 brings its own
    from joblib.externals import cloudpickle
except ImportError:
    import cloudpickle

OPTIONS = {
    "networks": ["unet"],
    "targets": ["irm"],
    "losses": ["mse", "bce"],
    "epochs": 1,
    "n_splits": 2,
    "progress": False,
}


@pytest.fixture(scope="module")
def data():
    return spread_subset(load_harvard(noises=("white", "car"), snr_db=(0, 5)), 12)


class MeanNetwork(RegressorMixin, BaseEstimator):
    """Predicts the mean of the training targets: milliseconds in place of seconds."""

    def __init__(self, loss="mse", epochs=1, batch_size=1, random_state=None):
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state

    def fit(self, X, y):
        self.mean_ = y.mean(axis=0)
        return self

    def predict(self, X):
        return np.tile(self.mean_, (len(X), 1))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


@pytest.fixture(autouse=True)
def quick_network(monkeypatch):
    monkeypatch.setitem(NETWORKS, "unet", Bunch(regressor=MeanNetwork, label="U-Net"))


@pytest.fixture
def scored(monkeypatch):
    """Names of what was fitted and scored, in order; `stop_after` of them interrupts."""

    class Scored(list):
        stop_after = np.inf

    names = Scored()

    compute = _fits.Fit.compute

    def watch(fit, **scoring):
        if len(names) >= names.stop_after:
            raise KeyboardInterrupt
        names.append(fit.candidate.name)
        return compute(fit, **scoring)

    monkeypatch.setattr(_fits.Fit, "compute", watch)
    return names


def test_interrupted_then_resumed_then_repeated(data, tmp_path, scored):
    scored.stop_after = 3
    with pytest.raises(KeyboardInterrupt):
        compare(data, out=tmp_path, **OPTIONS)
    assert scored == ["U-Net, IRM, MSE"] * 2 + ["U-Net, IRM, BCE"]
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "records").iterdir()}
    assert len(kept) == 3
    assert not (tmp_path / "results.csv").exists()

    scored.stop_after = np.inf
    results = compare(data, out=tmp_path, report=tmp_path / "report.html", **OPTIONS)
    assert len(scored) == 14  # 7 candidates in 2 folds, none twice
    assert all(path.stat().st_mtime_ns == time for path, time in kept.items())
    check_results(results, data, tmp_path)

    n_scored, model_time = len(scored), (tmp_path / "best.joblib").stat().st_mtime_ns
    again = compare(data, out=tmp_path, **OPTIONS)
    assert len(scored) == n_scored
    assert (tmp_path / "best.joblib").stat().st_mtime_ns == model_time
    assert again.rows == results.rows

    compare(data, out=tmp_path, **{**OPTIONS, "losses": ["mse"]}, restart=True)
    assert scored[n_scored:].count("U-Net, IRM, MSE") == 2


def check_results(results, data, out):
    assert {row["name"] for row in results.rows} == {
        "U-Net, IRM, MSE",
        "U-Net, IRM, BCE",
        "noisy",
        "spectral subtraction",
        "Wiener filter",
        "log-MMSE",
        "ceiling of IRM",
    }
    gains = [row["snr_gain_db_mean"] for row in results.rows]
    assert gains == sorted(gains, reverse=True)
    assert results.rows[0]["name"] == "ceiling of IRM"
    noisy = next(row for row in results.rows if row["name"] == "noisy")
    assert noisy["snr_gain_db_mean"] == 0
    assert 2 < noisy["si_sdr_db_mean"] < 3  # 0 and 5 dB in equal parts

    with (out / "results.csv").open(newline="") as file:
        columns = next(csv.reader(file))
    for column in ("snr_gain_db_mean", "snr_gain_db_std", "si_sdr_db_mean", "rmse_mean"):
        assert column in columns
    assert {"network", "target", "loss", "kind", "stoi_mean", "fit_time_s_mean"} <= set(columns)

    assert all(path.stat().st_size > 0 for path in results.files)
    names = {path.name for path in results.files}
    assert {"results.csv", "scores.csv", "best.joblib", "comparison.png"} <= names
    assert {"spectrograms.png", "report.html"} <= names
    check_scores(results, data, out)
    waves = [path for path in results.files if path.suffix == ".wav"]
    assert len(waves) == 9  # 3 examples: noisy, the best of one target, clean
    for path in waves:
        waveform, rate = soundfile.read(path)
        assert rate == 8000
        assert np.abs(waveform).max() > 0.01

    enhanced = joblib.load(out / "best.joblib").predict(data.noisy)
    assert [len(x) for x in enhanced] == [len(x) for x in data.noisy]


def check_scores(results, data, out):
    """scores.csv holds the scores of results.csv, taken apart by noise and SNR."""
    with (out / "scores.csv").open(newline="") as file:
        scores = list(csv.DictReader(file))
    assert len(scores) == len(results.scores)
    conditions = set(zip(data.noise, data.snr_db, strict=True))
    for row in results.rows:
        own = [x for x in scores if x["name"] == row["name"]]
        assert {(x["noise"], float(x["snr_db"])) for x in own} == conditions
        counts = [int(x["n_utterances"]) for x in own]
        assert sum(counts) == len(data.noisy)
        # Both folds are equally large, so that the mean over folds is that over utterances.
        mean = np.average([float(x["snr_gain_db"]) for x in own], weights=counts)
        assert mean == pytest.approx(row["snr_gain_db_mean"], abs=1e-6)


def test_nothing_stale_is_shown(data, tmp_path, scored, monkeypatch):
    """Other recordings in one fold: it is tested anew, and the others are trained anew."""
    monkeypatch.setattr(_run, "_show", lambda *results: [])
    options = {**OPTIONS, "losses": ["mse"]}
    before = compare(data, out=tmp_path / "out", **options)
    first = np.isin(data.sentence, data.sentence[0])
    noisy = [
        x + (0.5 * (x - s) if f else 0)
        for x, s, f in zip(data.noisy, data.clean, first, strict=True)
    ]
    changed = Bunch(**{**data, "noisy": noisy})
    again = compare(changed, out=tmp_path / "out", **options)
    expected = compare(changed, out=tmp_path / "elsewhere", **options)
    for name in ("rows", "scores"):
        for row, other in zip(expected[name], again[name], strict=True):
            same = {column for column in row if not column.startswith("fit_time")}
            assert {column: other[column] for column in same} == {c: row[c] for c in same}
    assert again.rows != before.rows
    n_scored = len(scored)
    compare(data, out=tmp_path / "out", **options)
    assert len(scored) == n_scored  # what was scored before is still there


def test_objects_of_ones_own(data, tmp_path, scored):
    options = {
        "networks": {"mean": MeanNetwork(batch_size=2)},
        "targets": {"wiener mask": IdealMaskTarget(beta=1.0)},
        "losses": {"plain": "mse"},
        "baselines": {"gate": SpectralSubtraction(strength=0.5)},
        "n_splits": 2,
        "progress": False,
        "out": tmp_path,
        "report": tmp_path / "report.html",
    }
    results = compare(data, **options)
    assert {row["name"]: row["kind"] for row in results.rows} == {
        "mean, wiener mask, plain": "candidate",
        "ceiling of wiener mask": "ceiling",
        "gate": "baseline",
        "noisy": "noisy",
    }
    assert results.best == "mean, wiener mask, plain"
    assert joblib.load(tmp_path / "best.joblib").target.beta == 1.0
    assert len(scored) == 8
    compare(data, **{**options, "targets": {"wiener mask": IdealMaskTarget(beta=2.0)}})
    assert scored[8:] == ["mean, wiener mask, plain"] * 2 + ["ceiling of wiener mask"] * 2


def test_two_processes_score_the_same(data, tmp_path):
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # workers cannot import tests
    options = {**OPTIONS, "losses": ["mse"]}
    one = compare(data, out=tmp_path / "one", **options)
    two = compare(data, out=tmp_path / "two", n_jobs=2, **options)
    assert [row["name"] for row in one.rows] == [row["name"] for row in two.rows]
    for row, other in zip(one.rows, two.rows, strict=True):
        assert row["snr_gain_db_mean"] == pytest.approx(other["snr_gain_db_mean"], abs=1e-6)


def test_one_process_scores_in_many(data, tmp_path, monkeypatch):
    asked, original = [], _run.default_jobs
    options = {**OPTIONS, "losses": ["mse"]}
    one = compare(data, out=tmp_path, **options)

    def default_jobs(speech_seconds):
        asked.append(speech_seconds)
        assert original(speech_seconds) == 1
        return 2

    monkeypatch.setattr(_run, "default_jobs", default_jobs)
    many = compare(data, out=tmp_path, restart=True, **options)
    n_rows = len(one.rows)
    seconds = sum(map(len, data.noisy)) / data.sampling_rate
    assert asked == [pytest.approx(n_rows * seconds)]
    for row, other in zip(one.rows, many.rows, strict=True):
        assert row["name"] == other["name"]
        assert row["stoi_mean"] == pytest.approx(other["stoi_mean"], abs=1e-12)
    monkeypatch.setattr(Fit, "compute", None)  # how many there were is no part of the records
    assert compare(data, out=tmp_path, **options).rows == many.rows
    assert asked[1:] == [0]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"epochs": 0}, "compare: epochs"),
        ({"n_splits": 1}, "compare: n_splits"),
        ({"n_jobs": -1}, "compare: n_jobs"),
        ({"random_state": 0.5}, "compare: random_state"),
        ({"group_by": "noise"}, "group_by='noise' is not allowed; choose from 'sentence'"),
        ({"n_splits": 99}, "n_splits=99 folds need as many groups, but data has 12 different"),
        ({"n_splits": 99, "group_by": "speaker"}, "different speakers.*, or group_by='sentence'"),
        ({"targets": ["log"], "losses": ["bce"]}, "bce needs a target between 0 and 1"),
    ],
)
def test_bad_parameter(data, tmp_path, change, match):
    with pytest.raises(ValueError, match=match):
        compare(data, out=tmp_path / "out", **{**OPTIONS, **change})
    assert not (tmp_path / "out").exists()
