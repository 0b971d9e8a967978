"""Masks that tell speech from noise by their energies, as pure functions of STFTs."""

import numpy as np


def ideal_binary_mask(
    noisy: np.ndarray, clean: np.ndarray, *, local_criterion: float = 0.0
) -> np.ndarray:
    r"""Mark the time-frequency units in which speech exceeds the noise.

    .. math:: M = 1 \text{ where } 10 \log_{10} (|S|^2 / |Y - S|^2) > LC, \text{ else } 0

    Parameters
    ----------
    noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
        STFTs :math:`Y` and :math:`S`. The noise is their difference.
    local_criterion : float, default=0.0
        Local criterion :math:`LC` in dB.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        0 or 1 in float32; 0 where speech and noise are both silent.

    References
    ----------
    Wang, D. (2005). On ideal binary mask as the computational goal of auditory
    scene analysis. In Speech Separation by Humans and Machines, 181-197.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import ideal_binary_mask
    >>> clean = np.array([[1.0, 1.0, 0.0]])
    >>> noise = np.array([[0.5, 2.0, 1.0]])
    >>> ideal_binary_mask(clean + noise, clean)
    array([[1., 0., 0.]], dtype=float32)
    """
    return (_power(clean) > 10 ** (local_criterion / 10) * _power(noisy - clean)).astype(np.float32)


def mixture_ratio_mask(
    noisy: np.ndarray, clean: np.ndarray, *, threshold: float = 0.5
) -> np.ndarray:
    r"""Mark the units in which the clean magnitude is a large part of the mixture's.

    .. math:: M = 1 \text{ where } |S| \geq \theta |Y| \text{ and } |S| > 0, \text{ else } 0

    Parameters
    ----------
    noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
        STFTs :math:`Y` and :math:`S`, or their real parts.
    threshold : float, default=0.5
        :math:`\theta`, a ratio of magnitudes.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        0 or 1 in float32; 0 where the clean unit is silent.

    Notes
    -----
    A ratio to the mixture is not a local SNR: where speech and noise cancel,
    the mixture is small and the unit is kept however noisy it is.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import mixture_ratio_mask
    >>> mixture_ratio_mask(np.array([[2.0, 2.0, 0.0]]), np.array([[1.5, 0.5, 0.0]]))
    array([[1., 0., 0.]], dtype=float32)
    """
    speech = np.abs(clean)
    return ((speech >= threshold * np.abs(noisy)) & (speech > 0)).astype(np.float32)


def target_binary_mask(
    clean: np.ndarray, ltass: np.ndarray, *, local_criterion: float = 0.0
) -> np.ndarray:
    r"""Mark the units in which speech is stronger than it is on average at that frequency.

    .. math:: M = 1 \text{ where } 10 \log_{10} (|S|^2 / L) > LC, \text{ else } 0

    The noise does not matter: speech is compared with its long-term average
    speech spectrum (LTASS), the mean power at every frequency.

    Parameters
    ----------
    clean : ndarray of shape (..., n_frequencies, n_frames)
        STFT :math:`S`, or its real part.
    ltass : ndarray
        :math:`L`, a power, of a shape that broadcasts with `clean`: such as
        ``(n_frequencies, 1)``.
    local_criterion : float, default=0.0
        Local criterion :math:`LC` in dB.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        0 or 1 in float32; 0 where speech is silent.

    References
    ----------
    Kjems, U., Boldt, J. B., Pedersen, M. S., Lunner, T. and Wang, D. (2009).
    Role of mask pattern in intelligibility of ideal binary-masked noisy speech.
    JASA 126(3), 1415-1426 (the reference there is noise with the long-term
    spectrum of the speech).

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import target_binary_mask
    >>> clean = np.array([[1.0, 3.0], [0.1, 0.3]])
    >>> target_binary_mask(clean, np.array([[5.0], [0.05]]))
    array([[0., 1.],
           [0., 1.]], dtype=float32)
    """
    return (_power(clean) > 10 ** (local_criterion / 10) * ltass).astype(np.float32)


def ideal_ratio_mask(
    noisy: np.ndarray, clean: np.ndarray, *, beta: float = 1.0, ratio_to: str = "noise"
) -> np.ndarray:
    r"""Share of speech in the energy of each time-frequency unit.

    .. math:: M = \left( \frac{|S|^2}{|S|^2 + |D|^2} \right)^\beta

    with :math:`D = Y - S` (``ratio_to="noise"``, the definition of the
    literature) or :math:`D = Y` (``ratio_to="mixture"``).

    Parameters
    ----------
    noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
        STFTs :math:`Y` and :math:`S`. The noise is their difference.
    beta : float, default=1.0
        Exponent :math:`\beta`. 1 gives the gain of the Wiener filter, 0.5 the mask of the
        reference.
    ratio_to : {"noise", "mixture"}, default="noise"
        What speech is compared with. With the mixture, clean speech gets
        :math:`2^{-\beta}`, not 1.

    Returns
    -------
    mask : ndarray of shape (..., n_frequencies, n_frames)
        In [0, 1], float32; 0 where speech and noise are both silent.

    References
    ----------
    Wang, Y., Narayanan, A. and Wang, D. (2014). On training targets for
    supervised speech separation. IEEE/ACM TASLP 22(12), 1849-1858, equation 6.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.targets import ideal_ratio_mask
    >>> clean = np.array([[1.0, 1.0, 0.0]])
    >>> noise = np.array([[0.0, 1.0, 0.0]])
    >>> ideal_ratio_mask(clean + noise, clean)
    array([[1. , 0.5, 0. ]], dtype=float32)
    """
    speech = _power(clean)
    total = speech + _power(noisy if ratio_to == "mixture" else noisy - clean)
    ratio = np.divide(speech, total, out=np.zeros_like(total), where=total > 0)
    return np.power(ratio, beta, out=ratio).astype(np.float32, copy=False)


def _power(x):
    if np.iscomplexobj(x):
        return np.square(x.real) + np.square(x.imag)
    return np.square(x)
