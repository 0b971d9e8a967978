import numpy as np
import pytest

from skse import SpectrumTarget

FORMULAS = {
    "magnitude": np.abs,
    "power": lambda s: np.abs(s) ** 2,
    "log": lambda s: np.log(abs(s)),
    "compressed": lambda s: np.abs(s) ** 0.3,
}


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


@pytest.mark.parametrize("compression", [0.1, 0.5, 1.0])
def test_compression(clean, compression):
    target = SpectrumTarget("compressed", compression=compression)
    compressed = target.fit_transform(clean, clean)
    np.testing.assert_allclose(compressed, np.abs(clean) ** compression, rtol=1e-5)
    np.testing.assert_allclose(target.inverse_transform(compressed, clean), clean, rtol=1e-4)


def test_complex_is_both_parts_and_restores_them(clean):
    target = SpectrumTarget("complex")
    parts = target.fit_transform(2 * clean, clean)
    assert parts.dtype == np.float32
    np.testing.assert_array_equal(parts, np.stack([clean.real, clean.imag], axis=-1))
    np.testing.assert_array_equal(target.inverse_transform(parts, 2 * clean), clean)
    ragged = target.inverse_transform([parts[0], parts[1, :, :3]], [clean[0], clean[1, :, :3]])
    np.testing.assert_array_equal(ragged[1], clean[1, :, :3])
    with pytest.raises(ValueError, match="X must have the shape of noisy and 2 channels behind"):
        target.inverse_transform(parts[..., 0], clean)


def test_real_drops_the_imaginary_part(clean):
    target = SpectrumTarget("real", imaginary="drop")
    real = target.fit_transform(2 * clean, clean)
    np.testing.assert_array_equal(real, clean.real)
    np.testing.assert_array_equal(target.inverse_transform(real, 2 * clean), clean.real)


def test_real_rescales_the_imaginary_part_within_one():
    noisy = np.array([[2 + 4j, 2 + 4j, 2 + 4j, 2 + 4j, 4j, 1e-40 + 4j, -2 + 4j]], "c8")
    real = np.array([[1, -1, 3, 0, 1, 1, 1]], "f4")
    enhanced = SpectrumTarget("real").inverse_transform(real, noisy)
    np.testing.assert_array_equal(enhanced.real, real)
    np.testing.assert_array_equal(enhanced.imag, [[2, -2, 4, 0, 0, 4, -2]])


def test_log_floor():
    silence = np.zeros((1, 3), complex)
    target = SpectrumTarget("log", floor_db=-40).fit_transform(silence, silence)
    np.testing.assert_allclose(target, np.log(0.01), rtol=1e-6)


@pytest.mark.parametrize("scale", [*FORMULAS, "real"])
def test_silence_and_wild_predictions_stay_finite(scale):
    noisy = np.array([[0.0, 1e-20, 1.0]], dtype="c8")
    for value in (-1e4, 0.0, 1e4):
        back = SpectrumTarget(scale).inverse_transform(np.full((1, 3), value, "f4"), noisy)
        assert np.isfinite(back).all()
        assert back[0, 0] == 0 or scale == "real"


@pytest.mark.parametrize(
    ("scale", "lowest", "n_channels"),
    [
        ("log", -np.inf, 1),
        ("magnitude", 0, 1),
        ("power", 0, 1),
        ("compressed", 0, 1),
        ("real", -np.inf, 1),
        ("complex", -np.inf, 2),
    ],
)
def test_output(clean, scale, lowest, n_channels):
    target = SpectrumTarget(scale)
    assert target.output_range == (lowest, np.inf)
    assert target.output_activation == "linear"
    assert target.n_output_channels == n_channels
    assert target.fit_transform(clean, clean).shape == clean.shape + (2,) * (n_channels == 2)


def test_unknown_scale_lists_the_allowed(clean):
    with pytest.raises(ValueError, match=r"scale='mel' is not allowed; choose from 'complex', 'c"):
        SpectrumTarget("mel").fit(clean, clean)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"compression": 0}, "compression == 0, must be > 0"),
        ({"compression": 1.1}, "compression == 1.1, must be <= 1"),
        ({"imaginary": "keep"}, "imaginary='keep' is not allowed; choose from 'drop', 'rescale'"),
    ],
)
def test_bad_parameters(clean, params, message):
    with pytest.raises(ValueError, match=message):
        SpectrumTarget("real", **params).fit(clean, clean)
