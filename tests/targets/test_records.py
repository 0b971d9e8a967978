import numpy as np
import pytest

from skse import IdealMaskTarget, SpectrumTarget
from skse.targets._records import MASKS, SPECTRA

RECORDS = [
    *((record, IdealMaskTarget(name)) for name, record in MASKS.items()),
    *((record, SpectrumTarget(name)) for name, record in SPECTRA.items()),
]


@pytest.fixture
def stfts(rng):
    parts = rng.standard_normal((4, 2, 5, 7))
    noisy, clean = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    return noisy.astype(np.complex64), clean.astype(np.complex64)


@pytest.mark.parametrize(("record", "target"), RECORDS, ids=lambda x: getattr(x, "name", ""))
def test_a_record_says_what_the_target_is(stfts, record, target):
    computed = target.fit_transform(*stfts)
    assert computed.shape == stfts[0].shape + (2,) * (record.n_channels == 2)
    assert target.n_output_channels == record.n_channels
    assert computed.dtype == np.float32
    assert not np.shares_memory(computed, stfts[1])
    low, high = target.output_range
    assert low <= computed.min() <= computed.max() <= high
    assert (record.features, target.inverse_transform(computed, stfts[0]).dtype.kind) == (
        {"real": "real", "complex": "complex", "cirm": "complex"}.get(record.name, "log"),
        "c",
    )


@pytest.mark.parametrize(("record", "target"), RECORDS, ids=lambda x: getattr(x, "name", ""))
def test_features_tell_the_phase_where_the_target_depends_on_it(stfts, record, target):
    """Turn noisy and clean phase alike: only a target that depends on the phase changes."""
    noisy, clean = stfts
    turn = np.exp(1j * np.linspace(0, 3, 7)).astype(np.complex64)
    same = np.allclose(
        target.fit_transform(noisy, clean),
        target.fit_transform(turn * noisy, turn * clean),
        atol=1e-4,
    )
    assert same == (record.name not in ("real", "complex"))


def test_names_and_labels_are_unlike():
    records = [*MASKS.values(), *SPECTRA.values()]
    assert len({record.name for record in records}) == len(records) == 12
    assert len({record.label for record in records}) == len(records)
    assert [name for name, record in MASKS.items() if record.learns] == ["tbm"]
