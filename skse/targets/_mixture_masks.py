"""Masks that are a ratio of clean to noisy STFT, as pure functions."""

import numpy as np
from numpy.typing import ArrayLike

# A magnitude below this counts as silence.
_SILENCE = np.finfo(np.float32).tiny
# The largest float32 below 1: what keeps an inverse hyperbolic tangent finite.
_BELOW_ONE = np.nextafter(np.float32(1), np.float32(0))


def spectral_magnitude_mask(
    noisy: np.ndarray, clean: np.ndarray, *, bound: float = 1.0
) -> np.ndarray:
    r"""Ratio of the clean magnitude to the mixture's.

    .. math:: M = \min(|S| / |Y|, b)

    Times the noisy STFT it gives the clean magnitude, wherever it is not
    bounded. Where speech and noise cancel it exceeds 1.

    Parameters
    ----------
    noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
        STFTs :math:`Y` and :math:`S`, or their real parts.
    bound : float, default=1.0
        Largest value :math:`b`.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        In [0, bound], float32; 0 where the mixture is silent.

    References
    ----------
    Wang, Y., Narayanan, A. and Wang, D. (2014). On training targets for
    supervised speech separation. IEEE/ACM TASLP 22(12), 1849-1858 (named
    FFT-MASK there).

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import spectral_magnitude_mask
    >>> clean, noisy = np.array([[1.0, 1j, 3.0]]), np.array([[2.0, 1.0, 1.0]])
    >>> spectral_magnitude_mask(noisy, clean, bound=2.0)
    array([[0.5, 1. , 2. ]], dtype=float32)
    """
    return np.minimum(np.abs(complex_ratio_mask(noisy, clean)), bound).astype(np.float32)


def phase_sensitive_mask(
    noisy: np.ndarray, clean: np.ndarray, *, bound: float = 1.0, truncate: bool = True
) -> np.ndarray:
    r"""Real gain that brings the noisy unit as close as possible to the clean one.

    .. math:: M = \frac{|S|}{|Y|} \cos(\theta_S - \theta_Y) = \operatorname{Re} \frac{S}{Y}

    It is smaller than the ratio of magnitudes the more the noisy phase is off,
    and negative where the phase is off by more than a right angle.

    Parameters
    ----------
    noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
        STFTs :math:`Y` and :math:`S`, or their real parts.
    bound : float, default=1.0
        Largest value.
    truncate : bool, default=True
        Cut negative values to 0; else at ``-bound``.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        In [0, bound], or [-bound, bound] with ``truncate=False``, float32; 0
        where the mixture is silent.

    References
    ----------
    Erdogan, H., Hershey, J. R., Watanabe, S. and Le Roux, J. (2015).
    Phase-sensitive and recognition-boosted speech separation using deep
    recurrent neural networks. ICASSP, 708-712.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import phase_sensitive_mask
    >>> clean, noisy = np.array([[1.0, 1j, -3.0]]), np.array([[2.0, 1.0, 4.0]])
    >>> phase_sensitive_mask(noisy, clean)
    array([[0.5, 0. , 0. ]], dtype=float32)
    >>> phase_sensitive_mask(noisy, clean, truncate=False)
    array([[ 0.5 ,  0.  , -0.75]], dtype=float32)
    """
    gain = complex_ratio_mask(noisy, clean).real
    return np.clip(gain, 0.0 if truncate else -bound, bound).astype(np.float32)


def complex_ratio_mask(noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
    r"""Complex gain that turns the noisy STFT into the clean one.

    .. math:: M = S / Y

    Parameters
    ----------
    noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
        STFTs :math:`Y` and :math:`S`.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        complex128, or float64 of real arrays; not bounded, see
        :func:`compress_complex_mask`. 0 where the mixture is silent (below
        the smallest normal float32, :math:`1.2 \cdot 10^{-38}`).

    References
    ----------
    Williamson, D. S., Wang, Y. and Wang, D. (2016). Complex ratio masking for
    monaural speech separation. IEEE/ACM TASLP 24(3), 483-492.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import complex_ratio_mask
    >>> complex_ratio_mask(np.array([[2.0, 1j, 0.0]]), np.array([[1.0, 1.0, 1.0]]))
    array([[0.5+0.j, 0. -1.j, 0. +0.j]])
    """
    # In double precision, a ratio to the faintest unit that is not silent stays finite.
    dtype = np.result_type(noisy, clean, np.float64)
    ratio = np.zeros(np.broadcast_shapes(np.shape(noisy), np.shape(clean)), dtype)
    audible = np.abs(noisy) >= _SILENCE
    return np.divide(clean, noisy, out=ratio, where=audible, dtype=dtype)


def compress_complex_mask(mask: np.ndarray, *, k: float = 10.0, c: float = 0.1) -> np.ndarray:
    r"""Compress real and imaginary part of a complex mask into a bounded range.

    .. math:: O = K \frac{1 - e^{-C M}}{1 + e^{-C M}} = K \tanh(C M / 2)

    Parameters
    ----------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        Complex mask.
    k : float, default=10.0
        The compressed values lie within :math:`\pm K`.
    c : float, default=0.1
        Steepness :math:`C`. For small values, :math:`O = M K C / 2`.

    Returns
    -------
    compressed : ndarray of shape (..., n_frequencies, n_frames, 2)
        Real and imaginary part, float32.

    See Also
    --------
    expand_complex_mask : The inverse.

    References
    ----------
    Williamson, D. S., Wang, Y. and Wang, D. (2016). Complex ratio masking for
    monaural speech separation. IEEE/ACM TASLP 24(3), 483-492 (compression of
    the complex ideal ratio mask with K = 10, C = 0.1).

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import compress_complex_mask
    >>> compress_complex_mask(np.array([[0.0, 1000.0 - 1000.0j]]))
    array([[[  0.,   0.],
            [ 10., -10.]]], dtype=float32)
    """
    parts = np.stack([np.real(mask), np.imag(mask)], axis=-1)
    return (k * np.tanh(c / 2 * parts)).astype(np.float32)


def expand_complex_mask(compressed: ArrayLike, *, k: float = 10.0, c: float = 0.1) -> np.ndarray:
    r"""Invert :func:`compress_complex_mask`.

    .. math:: M = -\frac{1}{C} \ln \frac{K - O}{K + O} = \frac{2}{C} \operatorname{artanh}(O / K)

    Parameters
    ----------
    compressed : ndarray of shape (..., n_frequencies, n_frames, 2)
        Real and imaginary part. What lies beyond :math:`\pm K (1 - 2^{-24})`,
        the largest float32 below, is set to it: an expanded part is at most
        :math:`17.3 / C`.
    k : float, default=10.0
        As in the compression.
    c : float, default=0.1
        As in the compression.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        complex64.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import compress_complex_mask, expand_complex_mask
    >>> mask = np.array([[0.5 - 2.0j, 0.25j]])
    >>> bool(np.allclose(expand_complex_mask(compress_complex_mask(mask)), mask))
    True
    """
    ratio = np.clip(np.asarray(compressed, np.float64) / k, -_BELOW_ONE, _BELOW_ONE)
    parts = (2 / c * np.arctanh(ratio)).astype(np.float32)
    return parts[..., 0] + np.complex64(1j) * parts[..., 1]
