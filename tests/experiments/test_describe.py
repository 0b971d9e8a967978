import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from skse.enhancement import SpeechEnhancer
from skse.experiments import describe
from skse.features import STFTFeaturizer
from skse.networks import UNetRegressor
from skse.recipes import get_recipe
from skse.targets import IdealMaskTarget


class Holder(BaseEstimator):
    def __init__(self, a=None):
        self.a = a


def test_defaults_are_spelled_out():
    described = describe(SpeechEnhancer(STFTFeaturizer(), IdealMaskTarget("ibm"), UNetRegressor()))
    assert described["class"] == "SpeechEnhancer"
    assert described["target"] == "IdealMaskTarget"
    assert (described["target__mask"], described["regressor__epochs"]) == ("ibm", 25)
    assert described["segment_frames"] == 64


def test_another_default_is_another_description(monkeypatch):
    before = describe(IdealMaskTarget())
    init = IdealMaskTarget.__init__
    monkeypatch.setitem(init.__kwdefaults__, "bound", 7.0)
    after = describe(IdealMaskTarget())
    assert {name for name in after if after[name] != before[name]} == {"bound"}


def test_parameters_survive_json_and_tell_recipes_apart():
    described = {name: describe(get_recipe(name).enhancer) for name in ("seed-02", "seed-03-mse")}
    again = describe(get_recipe("seed-02").enhancer)
    assert json.loads(json.dumps(described["seed-02"])) == again == described["seed-02"]
    one, other = described.values()
    assert {k for k in one if one[k] != other[k]} == {"regressor__activation"}
    assert one["regressor__optimizer"]["beta_1"] == 0.5


def test_description_is_the_same_in_another_process():
    code = (
        "from skse import *; from skse.experiments import describe;"
        "print(describe(SpeechEnhancer(target=IdealMaskTarget('ibm'), regressor=UNetRegressor())))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = describe(SpeechEnhancer(target=IdealMaskTarget("ibm"), regressor=UNetRegressor()))
    assert run.stdout.strip() == str(here)


@pytest.mark.parametrize(
    ("value", "other"),
    [
        ([STFTFeaturizer()], [STFTFeaturizer(hop_length=64)]),
        ({"x": (1, np.float32(2))}, {"x": (1, np.float32(3))}),
        (np.arange(3), np.arange(1, 4)),
        (np.abs, np.square),
        (np.float32, np.float64),
        (np.random.RandomState(0), np.random.RandomState(1)),
    ],
)
def test_values_are_told_apart(value, other):
    one, same, another = (describe(Holder(a)) for a in (value, value, other))
    assert json.dumps(one) == json.dumps(same) != json.dumps(another)


def test_what_cannot_be_told_apart_is_not_taken_for_the_same():
    from threading import Lock

    lock = Lock()
    assert describe(Holder(lock)) != describe(Holder(lock))
