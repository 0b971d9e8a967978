"""The ratios to the mixture against their formulas, unit by unit."""

import numpy as np
import pytest

from skse.targets import (
    complex_ratio_mask,
    compress_complex_mask,
    expand_complex_mask,
    phase_sensitive_mask,
    spectral_magnitude_mask,
)

MASKS = [spectral_magnitude_mask, phase_sensitive_mask, complex_ratio_mask]


def unit(magnitude, phase):
    """A noisy unit of magnitude 3, and a clean one that stands so to it."""
    noisy = np.full((1, 1), 3 * np.exp(0.4j))
    return noisy, noisy * magnitude * np.exp(1j * phase)


@pytest.mark.parametrize("ratio", [0.0, 0.3, 1.0, 1.7, 40.0])
@pytest.mark.parametrize("phase", [0.0, 1.0, np.pi / 2, 2.5, np.pi])
class TestOneUnit:
    @pytest.mark.parametrize("bound", [0.5, 1.0, 10.0])
    def test_spectral_magnitude(self, ratio, phase, bound):
        mask = spectral_magnitude_mask(*unit(ratio, phase), bound=bound)
        assert mask.item() == pytest.approx(min(ratio, bound), rel=1e-6)

    @pytest.mark.parametrize("bound", [0.5, 1.0, 10.0])
    def test_phase_sensitive(self, ratio, phase, bound):
        gain = min(ratio * np.cos(phase), bound)
        mask = phase_sensitive_mask(*unit(ratio, phase), bound=bound)
        assert mask.item() == pytest.approx(max(gain, 0), rel=1e-6, abs=1e-6)
        mask = phase_sensitive_mask(*unit(ratio, phase), bound=bound, truncate=False)
        assert mask.item() == pytest.approx(max(gain, -bound), rel=1e-6, abs=1e-6)

    def test_complex(self, ratio, phase):
        mask = complex_ratio_mask(*unit(ratio, phase))
        assert mask.item() == pytest.approx(ratio * np.exp(1j * phase), rel=1e-12, abs=1e-12)


def test_phase_sensitive_gain_is_the_best_real_one(rng):
    noisy, clean = (rng.standard_normal(20) + 1j * rng.standard_normal(20) for _ in range(2))
    best = phase_sensitive_mask(noisy, clean, bound=100, truncate=False)
    for step in (-0.01, 0.01):
        assert (abs((best + step) * noisy - clean) > abs(best * noisy - clean)).all()


@pytest.mark.parametrize("k", [1.0, 10.0])
@pytest.mark.parametrize("c", [0.1, 0.5, 5.0])
class TestCompression:
    def test_formula(self, k, c, rng):
        mask = 4 * (rng.standard_normal((5, 7)) + 1j * rng.standard_normal((5, 7)))
        compressed = compress_complex_mask(mask, k=k, c=c)
        for channel, part in enumerate((mask.real, mask.imag)):
            expected = k * (1 - np.exp(-c * part)) / (1 + np.exp(-c * part))
            np.testing.assert_allclose(compressed[..., channel], expected, rtol=1e-6)
        assert compressed.dtype == np.float32

    def test_inverse(self, k, c, rng):
        # To 8 / C the mask keeps its digits; what is beyond runs into the end of the range.
        reach = 8 / c
        mask = rng.uniform(-reach, reach, 200) + 1j * rng.uniform(-reach, reach, 200)
        back = expand_complex_mask(compress_complex_mask(mask, k=k, c=c), k=k, c=c)
        assert back.dtype == np.complex64
        np.testing.assert_allclose(back, mask, rtol=1e-3)
        small = mask / 20
        back = expand_complex_mask(compress_complex_mask(small, k=k, c=c), k=k, c=c)
        np.testing.assert_allclose(back, small, rtol=1e-6)

    def test_beyond_the_range_is_finite(self, k, c):
        wild = np.array([[k, -k], [np.inf, -np.inf], [1e30, -2 * k]], np.float32)
        mask = expand_complex_mask(wild, k=k, c=c)
        np.testing.assert_allclose(mask, np.full(3, 1 - 1j) * 17.3 / c, rtol=0.01)


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.float32])
@pytest.mark.parametrize("speech", [0.0, 1.0, 1e30])
def test_silent_mixture_gives_zero(mask, dtype, speech):
    silence = np.zeros((3, 4), dtype)
    silence[0] = 1e-42  # too faint for float32 to divide by
    out = mask(silence, np.full((3, 4), speech, dtype))
    np.testing.assert_array_equal(out, 0)


@pytest.mark.parametrize("mask", MASKS[:2])
def test_faint_units_stay_within_bounds(mask):
    noisy = np.array([[1e-30, -1e-30j, 1e-37]], np.complex64)
    clean = np.array([[1e30, 1e-30, -1e20]], np.complex64)
    out = mask(noisy, clean, bound=2.0)
    assert out.dtype == np.float32
    assert (out >= 0).all()
    assert (out <= 2).all()
