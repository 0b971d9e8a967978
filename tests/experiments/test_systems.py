import pytest
from sklearn.linear_model import Ridge

from skse import (
    AutoencoderRegressor,
    IdealMaskTarget,
    SignalApproximationTarget,
    SpectrumTarget,
    UNetRegressor,
    WaveformTarget,
)
from skse.experiments import configured, find_part, fits, make_system
from skse.networks import LOSSES, NETWORKS
from skse.targets import TARGETS, BaseTarget


class OwnMask(BaseTarget):
    output_range = (0.0, 1.0)


@pytest.mark.parametrize(
    ("kind", "names"),
    [("network", NETWORKS), ("target", TARGETS), ("loss", {**LOSSES, "bce": None})],
)
def test_every_name_is_found(kind, names):
    for name in names:
        part = find_part(kind, name, caller="compare")
        assert part.name == name
        if kind == "network":
            assert isinstance(part.value, NETWORKS[name].regressor)
        elif kind == "target":
            assert repr(part.value) == repr(TARGETS[name].make())
        else:
            assert part.value == {"bce": "binary_crossentropy"}.get(name, name)
            assert part.label == LOSSES[part.value].label
    with pytest.raises(ValueError, match="compare: plural='none' is not allowed; choose from '"):
        find_part(kind, "none", caller="compare", parameter="plural")


def test_parameters_are_set_where_they_are():
    network, ridge = UNetRegressor(epochs=5), Ridge()
    values = {"epochs": 2, "alpha": 3.0, "random_state": 1}
    changed = configured(network, **values)
    assert (changed.epochs, changed.random_state, network.epochs) == (2, 1, 5)
    assert configured(ridge, **values).alpha == 3.0


@pytest.mark.parametrize(
    ("loss", "target", "expected"),
    [
        ("mse", SpectrumTarget(), True),
        ("binary_crossentropy", SpectrumTarget(), False),
        ("binary_crossentropy", OwnMask(), True),
        ("si_sdr", OwnMask(), False),
        ("si_sdr", WaveformTarget(), True),
    ],
)
def test_losses_fit_what_they_compare(loss, target, expected):
    assert fits(loss, target) == expected


@pytest.mark.parametrize(
    ("target", "scale"),
    [
        *((record.make(), record.features) for record in TARGETS.values()),
        (OwnMask(), "log"),
        (WaveformTarget(), "log"),
        (WaveformTarget("complex"), "complex"),
        (SignalApproximationTarget("complex", mask="complex"), "complex"),
    ],
)
def test_networks_see_the_phase_where_the_target_depends_on_it(target, scale):
    system = make_system(UNetRegressor(), target, training={"loss": "mse"}, stft={"n_fft": 512})
    assert (system.featurizer.n_fft, system.featurizer.scale) == (512, scale)


def test_system_is_what_was_asked_for():
    network, target = UNetRegressor(), IdealMaskTarget()
    training = {"loss": "dice", "epochs": 2}
    system = make_system(network, target, training=training, sampling_rate=8000, segment_frames=32)
    assert (system.sampling_rate, system.segment_frames) == (8000, 32)
    assert (system.regressor.loss, system.regressor.epochs, network.epochs) == ("dice", 2, 25)
    assert system.target is not target
    system = make_system(AutoencoderRegressor(), target, training={}, segment_frames=32)
    assert system.segment_frames == 8
    assert make_system(Ridge(), target, training=training).regressor.alpha == 1.0
