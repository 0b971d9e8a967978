import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from skse import IdealMaskTarget, SpeechEnhancer, oracle_predict
from skse.comparison._candidates import OracleCeiling, describe, enhance, make_grid
from skse.comparison._records import RecordedEstimator
from skse.targets import TARGETS

OPTIONS = {"sampling_rate": 8000, "epochs": 2, "random_state": 0}


def labels_of(grid):
    labels = []
    for parameters in ParameterGrid(grid):
        values = {name: clone(value, safe=False) for name, value in parameters.items()}
        labels.append(describe(RecordedEstimator().set_params(**values).estimator))
    return labels


def test_default_grid():
    labels = labels_of(
        make_grid(["autoencoder", "unet"], ["log", "ibm", "irm"], ["mse", "bce"], **OPTIONS)
    )
    candidates = {tuple(x.values())[2:] for x in labels if x["kind"] == "candidate"}
    per_network = {("log", "mse"), *((m, x) for m in ("ibm", "irm") for x in ("mse", "bce"))}
    assert candidates == {(n, *rest) for n in ("autoencoder", "unet") for rest in per_network}
    assert [x["name"] for x in labels if x["kind"] in ("noisy", "baseline")] == [
        "noisy",
        "spectral subtraction",
        "Wiener filter",
        "log-MMSE",
    ]
    assert {x["target"] for x in labels if x["kind"] == "ceiling"} == {"log", "ibm", "irm"}
    assert len({x["name"] for x in labels}) == len(labels) == 17


def test_target_without_fitting_loss_is_left_out():
    labels = labels_of(make_grid(["unet"], ["log", "irm"], ["bce"], **OPTIONS))
    assert [x["target"] for x in labels if x["kind"] == "candidate"] == ["irm"]


def test_every_target_can_be_compared():
    labels = labels_of(make_grid(["unet"], list(TARGETS), ["mse", "bce"], **OPTIONS))
    assert len({x["name"] for x in labels}) == len(labels)
    with_bce = {x["target"] for x in labels if x["loss"] == "bce"}
    assert with_bce == {"ibm", "tbm", "irm", "smm", "psm"}
    assert {x["target"] for x in labels if x["loss"] == "mse"} == set(TARGETS)


def test_networks_see_the_phase_where_the_target_depends_on_it():
    scales = {}
    grid = make_grid(["unet", "autoencoder"], list(TARGETS), ["mse"], **OPTIONS)
    for parameters in ParameterGrid(grid):
        if "estimator__target" in parameters:
            target = parameters["estimator__target"]
            name = getattr(target, "mask", None) or target.scale
            scales.setdefault(name, set()).add(parameters["estimator__featurizer"].scale)
    seen = {"real": "real", "complex": "complex", "cirm": "complex"}
    assert scales == {name: {seen.get(name, "log")} for name in TARGETS}


@pytest.mark.parametrize(
    ("choice", "match"),
    [
        ((["cnn"], ["irm"], ["mse"]), "networks='cnn' is not allowed; choose from 'autoencoder'"),
        ((["unet"], ["wiener"], ["mse"]), "targets='wiener' is not allowed; choose from 'cirm'"),
        ((["unet"], ["irm"], ["mae"]), "losses='mae' is not allowed; choose from 'bce'"),
        ((["unet"], [], ["mse"]), r"targets=\[\] must be a selection"),
        ((["unet", "unet"], ["irm"], ["mse"]), "networks=.* without repeats"),
        ((["unet"], ["log"], ["bce"]), "bce needs a target between 0 and 1"),
    ],
)
def test_bad_choice(choice, match):
    with pytest.raises(ValueError, match=match):
        make_grid(*choice, **OPTIONS)


def test_ceiling_is_the_oracle(rng):
    clean = rng.standard_normal((3, 2000)).astype(np.float32)
    noisy = clean + rng.standard_normal((3, 2000)).astype(np.float32)
    enhancer = SpeechEnhancer(target=IdealMaskTarget())
    ceiling = OracleCeiling(enhancer).fit(noisy, clean)
    expected = oracle_predict(enhancer, noisy, clean)
    np.testing.assert_array_equal(enhance(ceiling, noisy, clean), expected)
