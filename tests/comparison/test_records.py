import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skse.comparison import _records
from skse.comparison._records import RecordedEstimator, score_recorded, spell
from skse.enhancement import SpeechEnhancer
from skse.networks import UNetRegressor
from skse.targets import IdealMaskTarget
from skse.utils import digest


class Halver(BaseEstimator):
    """Returns half of its input; counts its fits."""

    n_fits = 0

    def __init__(self, a=1):
        self.a = a

    def fit(self, X, y):
        Halver.n_fits += 1
        return self

    def predict(self, X):
        return [x / 2 for x in X]


@pytest.fixture
def pairs(rng):
    clean = [rng.standard_normal(n).astype(np.float32) for n in (300, 400, 500)]
    return [x + np.float32(0.1) for x in clean], clean


def make_recorded(folder, pairs, **changes):
    options = {"estimator": Halver(), "folder": str(folder), "sampling_rate": 8000}
    options |= {"metrics": ("snr_gain", "rmse"), "examples": (digest([pairs[0][1]]),)}
    return RecordedEstimator(**{**options, **changes})


def test_second_fit_is_found(tmp_path, pairs):
    Halver.n_fits = 0
    first = score_recorded(make_recorded(tmp_path, pairs).fit(*pairs), *pairs)
    again = score_recorded(make_recorded(tmp_path, pairs).fit(*pairs), *pairs)
    assert Halver.n_fits == 1
    assert first == again
    assert set(first) == {"snr_gain", "rmse", "fit_time"}
    expected = np.mean([np.sqrt(np.mean((s - x / 2) ** 2)) for x, s in zip(*pairs, strict=True)])
    assert first["rmse"] == pytest.approx(expected, rel=1e-5)


def test_record_holds_the_examples(tmp_path, pairs):
    recorded = make_recorded(tmp_path, pairs).fit(*pairs)
    score_recorded(recorded, *pairs)
    examples = recorded.record_.read_examples()
    assert list(examples) == [digest([pairs[0][1]])]
    np.testing.assert_array_equal(examples[digest([pairs[0][1]])], pairs[0][1] / 2)


def test_record_holds_every_utterance(tmp_path, pairs):
    recorded = make_recorded(tmp_path, pairs).fit(*pairs)
    scores = score_recorded(recorded, *pairs)
    utterances = recorded.record_.read_utterances()
    expected = [np.sqrt(np.mean((s - x / 2) ** 2)) for x, s in zip(*pairs, strict=True)]
    np.testing.assert_allclose(utterances["rmse"], expected, rtol=1e-5)
    assert utterances["snr_gain"].mean() == pytest.approx(scores["snr_gain"])


def test_record_of_another_format_is_not_looked_at(tmp_path, pairs, monkeypatch):
    recorded = make_recorded(tmp_path, pairs)
    path = recorded.record_for(digest(*pairs)).path
    monkeypatch.setattr(_records, "_FORMAT", 1)
    before = recorded.record_for(digest(*pairs)).path
    assert before != path
    np.savez(before, scores="{}")  # it had nothing of single utterances
    monkeypatch.undo()
    score_recorded(recorded.fit(*pairs), *pairs)
    assert recorded.record_.read_utterances()


def test_nothing_is_left_of_a_fit_that_was_not_scored(tmp_path, pairs):
    make_recorded(tmp_path, pairs).fit(*pairs)
    assert list(tmp_path.iterdir()) == []


def test_key_depends_on_everything_that_matters(tmp_path, pairs):
    data = digest(*pairs)
    changes = [{}, {"estimator": Halver(a=2)}, {"metrics": ("rmse",)}, {"examples": ()}]
    paths = [make_recorded(tmp_path, pairs, **change).record_for(data).path for change in changes]
    paths.append(make_recorded(tmp_path, pairs).record_for(digest(pairs[1], pairs[0])).path)
    assert len(set(paths)) == 5


def test_spelling_is_the_same_in_another_process():
    code = (
        "from skse import *; from skse.comparison._records import spell;"
        "print(spell(SpeechEnhancer(target=IdealMaskTarget('ibm'), regressor=UNetRegressor())))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = spell(SpeechEnhancer(target=IdealMaskTarget("ibm"), regressor=UNetRegressor()))
    assert run.stdout.strip() == here
    assert "mask='ibm'" in here
    assert "epochs=30" in here
