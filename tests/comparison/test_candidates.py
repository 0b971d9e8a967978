import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge

from skse import IdealMaskTarget, SpectralSubtraction, SpeechEnhancer, UNetRegressor, oracle_predict
from skse.comparison._candidates import BASELINES, Candidate, make_candidates
from skse.targets import TARGETS, BaseTarget

OPTIONS = {"sampling_rate": 8000, "epochs": 2, "random_state": 3}


class OwnMask(BaseTarget):
    output_range = (0.0, 1.0)

    def __init__(self, floor=0.1):
        self.floor = floor


def own_loss(y_true, y_pred):
    return (y_true - y_pred) ** 2


own_loss.compares = "probabilities"


def candidates_of(networks, targets, losses, baselines=tuple(BASELINES)):
    return make_candidates(networks, targets, losses, baselines, **OPTIONS)


def test_default_candidates():
    made = candidates_of(
        ["autoencoder", "unet"], ["log", "ibm", "irm", "waveform"], ["mse", "bce", "snr"]
    )
    found = {(c.network, c.target, c.loss) for c in made if c.kind == "candidate"}
    per_network = {("log", "mse"), *((m, x) for m in ("ibm", "irm") for x in ("mse", "bce"))}
    per_network.add(("waveform", "snr"))
    assert found == {(n, *rest) for n in ("autoencoder", "unet") for rest in per_network}
    assert [c.name for c in made if c.kind in ("noisy", "baseline")] == [
        "noisy",
        "spectral subtraction",
        "Wiener filter",
        "log-MMSE",
    ]
    assert {c.target for c in made if c.kind == "ceiling"} == {
        "log", "ibm", "irm", "waveform"
    }  # fmt: skip
    assert len({c.name for c in made}) == len(made) == 20
    for candidate in made:
        if candidate.kind == "candidate":
            system, network = candidate.estimator, candidate.estimator.regressor
            assert (network.epochs, network.random_state, system.sampling_rate) == (2, 3, 8000)
            sizes = {"unet": (32, 8), "autoencoder": (8, 64)}[candidate.network]
            assert (system.segment_frames, network.batch_size) == sizes
            assert system.featurizer.noise_channels == ("posterior_snr", "prior_snr")


@pytest.mark.parametrize("name", ["densenet", "wideresnet", "noiseembedding"])
def test_other_networks_take_as_small_batches(name):
    made = candidates_of([name], ["log", "cirm", "waveform"], ["mse", "snr"])
    systems = [c.estimator for c in made if c.kind == "candidate"]
    assert [(s.segment_frames, s.regressor.batch_size) for s in systems] == [(32, 8)] * 3
    assert systems[1].featurizer.scale == "complex"
    assert {s.environment for s in systems} == {"auto" if name == "noiseembedding" else None}


def test_target_without_fitting_loss_is_left_out():
    made = candidates_of(["unet"], ["log", "irm"], ["bce"])
    assert [c.target for c in made if c.kind == "candidate"] == ["irm"]


def test_what_cannot_apply_a_mask_does_not_learn_one_inside():
    made = candidates_of({"ridge": Ridge()}, ["log", "waveform"], ["mse", "snr"])
    assert [c.name for c in made if c.kind == "candidate"] == ["ridge, log spectrum"]
    with pytest.raises(ValueError, match=r"snr and si_sdr need .waveform., and"):
        candidates_of({"ridge": Ridge()}, ["waveform"], ["mse"])


def test_waveforms_are_compared_by_what_is_made_for_them():
    for losses, expected in (
        (["mse", "bce"], ["mse"]),
        (["mse", "snr", "si_sdr"], ["snr", "si_sdr"]),
    ):
        made = candidates_of(["unet"], ["waveform"], losses)
        assert [c.loss for c in made if c.kind == "candidate"] == expected


def test_every_target_can_be_compared():
    made = candidates_of(["unet"], list(TARGETS), ["mse", "bce"])
    with_bce = {c.target for c in made if c.loss == "bce"}
    assert with_bce == {"ibm", "tbm", "irm", "smm", "psm"}
    assert {c.target for c in made if c.loss == "mse"} == set(TARGETS)
    for candidate in made:
        if candidate.kind == "candidate":
            scale = candidate.estimator.featurizer.scale
            assert scale == TARGETS[candidate.target].features


def test_objects_are_called_what_they_are_given_as():
    network, mask = UNetRegressor(filters=(4,), dilations=(), batch_size=3), OwnMask(0.2)
    made = candidates_of(
        {"mine": network, "standard": "unet", "ridge": Ridge()},
        {"floored": mask, "spectrum": "log"},
        {"careful": own_loss, "plain": "mse"},
        {"gate": SpectralSubtraction(), "old": "log-mmse"},
    )
    assert [c.name for c in made] == [
        "mine, floored, careful",
        "mine, floored, plain",
        "mine, spectrum, plain",
        "standard, floored, careful",
        "standard, floored, plain",
        "standard, spectrum, plain",
        "ridge, floored",
        "ridge, spectrum",
        "noisy",
        "gate",
        "old",
        "ceiling of floored",
        "ceiling of spectrum",
    ]
    first, _, _, standard, *_ = made
    assert (first.network, first.target, first.loss) == ("mine", "floored", "careful")
    regressor = first.estimator.regressor
    assert (regressor.loss, regressor.epochs, regressor.random_state) == (own_loss, 2, 3)
    assert (regressor.filters, regressor.batch_size) == ((4,), 3)
    assert standard.estimator.regressor.batch_size == 8
    assert first.estimator.target.floor == 0.2
    assert (network.epochs, network.loss) == (25, "mse")
    assert made[9].estimator.sampling_rate == 8000


@pytest.mark.parametrize(
    ("choice", "match"),
    [
        ((["cnn"], ["irm"], ["mse"]), "networks='cnn' is not allowed; choose from 'autoencoder'"),
        ((["unet"], ["wiener"], ["mse"]), "targets='wiener' is not allowed; choose from 'cirm'"),
        ((["unet"], ["irm"], ["l3"]), "losses='l3' is not allowed; choose from 'bce'"),
        ((["unet"], ["irm"], ["mse"], ["none"]), "baselines='none' is not allowed; choose from"),
        (
            ([UNetRegressor()], ["irm"], ["mse"]),
            r"networks holds UNetRegressor\(\), which has no name",
        ),
        ((["unet"], [], ["mse"]), r"targets=\[\] must be a selection"),
        ((["unet", "unet"], ["irm"], ["mse"]), "networks=.* without repeats"),
        ((["unet"], ["log"], ["bce"]), "bce needs a target between 0 and 1"),
        ((["unet"], ["irm"], ["mae", "mean_absolute_error"]), "'U-Net, IRM, MAE' names two"),
        ((["unet"], ["irm"], ["mse"], {"noisy": SpectralSubtraction()}), "'noisy' names two"),
        ((["unet"], ["irm"], ["mse"], {"a": Ridge()}), "baselines='a': Ridge.* is no enhancer"),
        ((["unet"], {"a": Ridge()}, ["mse"]), r"targets=Ridge\(\) is no target; expected a"),
        ((["unet"], {"a": BaseTarget}, ["mse"]), "targets=.*BaseTarget.* is no target"),
        ((["unet"], ["irm"], {"a": 3}), "losses=3 is no loss; expected a function"),
        (({"a": IdealMaskTarget()}, ["irm"], ["mse"]), "is no network; expected a regressor"),
    ],
)
def test_bad_choice(choice, match):
    with pytest.raises(ValueError, match=match):
        candidates_of(*choice)


def test_ceiling_is_the_oracle(rng):
    clean = rng.standard_normal((3, 2000)).astype(np.float32)
    noisy = clean + rng.standard_normal((3, 2000)).astype(np.float32)
    enhancer = SpeechEnhancer(target=IdealMaskTarget())
    ceiling = Candidate("ceiling", "ceiling", enhancer)
    expected = oracle_predict(enhancer, noisy, clean)
    np.testing.assert_array_equal(ceiling.enhance(clone(enhancer), noisy, clean), expected)
