"""Compressed spectra and the best mask, against formulas and a search."""

import numpy as np
import pytest

from skse.targets._spectra import (
    best_mask,
    compress,
    expand,
    from_channels,
    phase_of,
    to_channels,
)


@pytest.fixture
def spectra(rng):
    parts = rng.standard_normal((4, 5, 6))
    noisy, clean = parts[0] + 1j * parts[1], parts[2] + 1j * parts[3]
    noisy[0, 0] = clean[0, 1] = 0
    return noisy.astype(np.complex64), clean.astype(np.complex64)


@pytest.mark.parametrize("exponent", [1, 0.5, 0.3])
def test_compression_keeps_the_phase_and_is_undone(spectra, exponent):
    S, _ = spectra
    compressed = compress(S, exponent)
    expected = np.abs(S) ** exponent * np.exp(1j * np.angle(S))
    np.testing.assert_allclose(compressed, expected, atol=1e-6)
    assert compressed.dtype == S.dtype
    np.testing.assert_allclose(expand(compressed, exponent), S, atol=1e-5)
    magnitude = np.abs(S)
    np.testing.assert_allclose(expand(magnitude**exponent, exponent), magnitude, atol=1e-5)


def test_expansion_stays_finite():
    assert np.isfinite(expand(np.array([1e10, -1e10, 0], np.float32), 0.1)).all()


def test_channels(spectra):
    S, _ = spectra
    channels = to_channels(S)
    assert channels.shape == (*S.shape, 2)
    assert channels.dtype == np.float32
    np.testing.assert_array_equal(from_channels(channels), S)


@pytest.mark.parametrize("mask", ["real", "complex"])
@pytest.mark.parametrize("bound", [0.7, 1.0, 3.0, None])
def test_no_other_mask_is_better(spectra, mask, bound):
    noisy, clean = spectra
    M = best_mask(noisy, clean, mask=mask, bound=bound)
    least = np.abs(M * noisy - clean)
    sizes = np.linspace(0, 20 if bound is None else bound, 201)
    turns = np.exp(2j * np.pi * np.arange(60) / 60) if mask == "complex" else np.array([1.0])
    if mask == "real" and bound is None:
        turns = np.array([1.0, -1.0])
    for factor in (sizes[:, None] * turns).ravel():
        assert (least <= np.abs(factor * noisy - clean) + 1e-5).all()
    if bound is not None:
        assert np.abs(M).max() <= bound + 1e-6
    assert (M[0, 0] == 0).all()


def test_phase_has_magnitude_1_but_in_silence(spectra):
    S, _ = spectra
    phase = phase_of(S)
    assert phase.dtype == S.dtype
    np.testing.assert_allclose(phase * np.abs(S), S, atol=1e-6)
    assert set(np.abs(phase).round(5).ravel()) == {0, 1}
