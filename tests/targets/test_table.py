import pytest

from skse import IdealMaskTarget, SpectrumTarget, WaveformTarget
from skse.targets import TARGETS
from skse.targets._records import MASKS, SPECTRA


def test_every_mask_and_every_spectrum_has_its_name():
    assert list(TARGETS) == [*SPECTRA, *MASKS, "waveform"]


@pytest.mark.parametrize("name", TARGETS)
def test_a_name_makes_its_target(name):
    record = TARGETS[name]
    target = record.make()
    assert record.name == name
    assert target is not record.make()
    if name in MASKS:
        assert isinstance(target, IdealMaskTarget)
        assert (target.mask, record.label) == (name, MASKS[name].label)
    elif name == "waveform":
        assert isinstance(target, WaveformTarget)
        assert (record.n_channels, record.label) == (target.n_output_channels, "waveform")
    else:
        assert isinstance(target, SpectrumTarget)
        assert (target.scale, record.label) == (name, SPECTRA[name].label)
    assert record.is_probability == (name in ("ibm", "tbm", "irm", "smm", "psm"))
    assert record.features == {"real": "real", "complex": "complex", "cirm": "complex"}.get(
        name, "log"
    )
