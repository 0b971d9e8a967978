"""Complex spectra: power-law compression, channels, the best mask from one to another."""

import numpy as np

# exp() of this is far above any spectrum and far below float32's largest number.
LARGEST_LOG = 40.0


def compress(spectrum, exponent):
    r"""Raise the magnitudes to a power and keep the phases: :math:`|S|^p e^{j \varphi}`."""
    if exponent == 1:
        return spectrum
    magnitude = np.abs(spectrum)
    loud = np.where(magnitude > 0, magnitude, 1)
    return (spectrum * loud ** (exponent - 1)).astype(spectrum.dtype, copy=False)


def expand(compressed, exponent):
    """Undo :func:`compress`, up to magnitudes of e^40."""
    if exponent == 1:
        return compressed
    level = np.abs(compressed)
    return phase_of(compressed) * np.minimum(level, np.exp(LARGEST_LOG * exponent)) ** (
        1 / exponent
    )


def phase_of(spectrum):
    """Return a spectrum with magnitude 1, 0 where it is silent."""
    level = np.abs(spectrum)
    return np.divide(spectrum, level, out=np.zeros_like(spectrum), where=level > 0)


def to_channels(spectrum):
    """Real and imaginary part as the last axis, float32."""
    return np.stack([np.real(spectrum), np.imag(spectrum)], axis=-1).astype(np.float32, copy=False)


def from_channels(channels):
    """Complex spectrum of real and imaginary part."""
    return channels[..., 0] + 1j * channels[..., 1]


def best_mask(noisy, clean, *, mask, bound):
    r"""Mask with the least squared error per unit: :math:`\min_M |M Y - S|^2`.

    Parameters
    ----------
    noisy, clean : ndarray
        :math:`Y` and :math:`S`.
    mask : {"real", "complex"}
        Whether the mask is a gain or also turns the phase.
    bound : float or None
        Largest magnitude of the mask; a real one is then at least 0.

    Returns
    -------
    mask : ndarray
        0 where the noisy unit is silent.
    """
    power = np.square(np.abs(noisy))
    ratio = np.divide(
        clean * np.conj(noisy), power, out=np.zeros_like(noisy * clean), where=power > 0
    )
    if mask == "real":
        gain = np.real(ratio)
        return gain if bound is None else np.clip(gain, 0, bound)
    if bound is None:
        return ratio
    size = np.abs(ratio)
    return ratio * np.where(size > bound, bound / np.maximum(size, bound), 1)
