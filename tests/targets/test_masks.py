"""The masks against their formulas, unit by unit."""

import numpy as np
import pytest

from skse.targets import (
    ideal_binary_mask,
    ideal_ratio_mask,
    mixture_ratio_mask,
    target_binary_mask,
)

SNRS_DB = [-20.0, -5.1, -5.0, 0.0, 0.1, 7.0, 30.0]


def units(snr_db):
    """A unit of speech and one of noise with a given SNR, out of phase."""
    clean = np.full((1, 1), np.exp(1j))
    noise = np.full((1, 1), np.exp(2j) * 10 ** (-snr_db / 20))
    return clean + noise, clean


@pytest.mark.parametrize("snr_db", SNRS_DB)
@pytest.mark.parametrize("local_criterion", [-5.05, 0.05, 6.0])
def test_binary_mask_is_one_above_the_local_criterion(snr_db, local_criterion):
    mask = ideal_binary_mask(*units(snr_db), local_criterion=local_criterion)
    assert mask.item() == float(snr_db > local_criterion)


@pytest.mark.parametrize("snr_db", SNRS_DB)
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_ratio_mask_closed_form(snr_db, beta):
    snr = 10 ** (snr_db / 10)
    mask = ideal_ratio_mask(*units(snr_db), beta=beta)
    assert mask.item() == pytest.approx((snr / (1 + snr)) ** beta, rel=1e-6)


@pytest.mark.parametrize("snr_db", SNRS_DB)
@pytest.mark.parametrize("beta", [0.5, 1.0])
def test_ratio_to_the_mixture_closed_form(snr_db, beta):
    noisy, clean = units(snr_db)
    # Law of cosines: speech and noise of one unit are 1 radian apart.
    noise = 10 ** (-snr_db / 20)
    mixture = 1 + noise**2 + 2 * noise * np.cos(1)
    mask = ideal_ratio_mask(noisy, clean, beta=beta, ratio_to="mixture")
    assert mask.item() == pytest.approx((1 / (1 + mixture)) ** beta, rel=1e-6)


@pytest.mark.parametrize("level_db", [-10.0, -0.1, 0.1, 4.9, 5.1])
@pytest.mark.parametrize("local_criterion", [-5.0, 0.0, 5.0])
def test_target_binary_mask_compares_with_the_average(level_db, local_criterion):
    ltass = np.array([[0.01], [4.0]])
    clean = np.sqrt(ltass) * 10 ** (level_db / 20) * np.exp(2j)
    mask = target_binary_mask(clean, ltass, local_criterion=local_criterion)
    np.testing.assert_array_equal(mask, float(level_db > local_criterion))


def test_target_binary_mask_of_silence_is_zero():
    for ltass in (0.0, 1.0):
        mask = target_binary_mask(np.zeros((2, 3), np.complex64), np.full((2, 1), ltass))
        assert mask.dtype == np.float32
        np.testing.assert_array_equal(mask, 0)


@pytest.mark.parametrize(("ratio", "expected"), [(0.49, 0), (0.5, 1), (0.51, 1), (3.0, 1)])
def test_mixture_ratio_compares_magnitudes(ratio, expected):
    noisy = np.array([[2.0 * np.exp(0.3j)]])
    clean = np.array([[2.0 * ratio * np.exp(-1j)]])
    assert mixture_ratio_mask(noisy, clean, threshold=0.5).item() == expected


@pytest.mark.parametrize("mask", [ideal_binary_mask, ideal_ratio_mask, mixture_ratio_mask])
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.float32])
def test_silence_gives_zero_and_dtype_float32(mask, dtype):
    silence = np.zeros((3, 4), dtype)
    out = mask(silence, silence)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, 0)


def test_ratio_mask_of_clean_speech_is_one():
    clean = np.array([[1.0, 1j, -3.0]])
    np.testing.assert_array_equal(ideal_ratio_mask(clean, clean), 1)
