import numpy as np
import pytest

from skse import SpectrumTarget

FORMULAS = {"magnitude": np.abs, "power": lambda s: np.abs(s) ** 2, "log": lambda s: np.log(abs(s))}


@pytest.fixture
def clean(rng):
    return (rng.standard_normal((2, 5, 7)) + 1j * rng.standard_normal((2, 5, 7))).astype("c8")


@pytest.mark.parametrize("scale", FORMULAS)
def test_formula(clean, scale):
    target = SpectrumTarget(scale).fit_transform(2 * clean, clean)
    assert target.dtype == np.float32
    np.testing.assert_allclose(target, FORMULAS[scale](clean), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("scale", FORMULAS)
def test_inverse_has_predicted_magnitude_and_noisy_phase(clean, scale):
    noisy = clean * np.exp(0.7j).astype("c8") * 3
    target = SpectrumTarget(scale)
    back = target.inverse_transform(target.fit_transform(noisy, clean), noisy)
    np.testing.assert_allclose(np.abs(back), np.abs(clean), rtol=1e-4)
    np.testing.assert_allclose(np.angle(back / noisy), 0, atol=1e-5)


def test_log_floor():
    silence = np.zeros((1, 3), complex)
    target = SpectrumTarget("log", floor_db=-40).fit_transform(silence, silence)
    np.testing.assert_allclose(target, np.log(0.01), rtol=1e-6)


@pytest.mark.parametrize("scale", FORMULAS)
def test_silence_and_wild_predictions_stay_finite(scale):
    noisy = np.array([[0.0, 1e-20, 1.0]], dtype="c8")
    for value in (-1e4, 0.0, 1e4):
        back = SpectrumTarget(scale).inverse_transform(np.full((1, 3), value, "f4"), noisy)
        assert np.isfinite(back).all()
        assert back[0, 0] == 0


@pytest.mark.parametrize(
    ("scale", "expected"), [("log", (-np.inf, np.inf)), ("magnitude", (0, np.inf))]
)
def test_output_range(scale, expected):
    assert SpectrumTarget(scale).output_range == expected


def test_unknown_scale_lists_the_allowed(clean):
    with pytest.raises(ValueError, match=r"scale='mel' is not allowed; choose from 'log', 'magn"):
        SpectrumTarget("mel").fit(clean, clean)
