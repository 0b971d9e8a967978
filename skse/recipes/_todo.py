"""The seed's list of what was to be done: one U-Net, four targets."""

from sklearn.utils import Bunch

from skse.enhancement import SpeechEnhancer
from skse.features import STFTFeaturizer
from skse.recipes._seed import unet
from skse.targets import IdealMaskTarget, SpectrumTarget

_SAMPLING_RATE = 7000
_HOP_LENGTH = 128
# Frames that fit into the shortest sentence of NOIZEUS, of 14812 samples.
_N_FRAMES = 116


def todo_unet_real() -> tuple[SpeechEnhancer, Bunch]:
    """Clean real spectrum (mapping), U-Net, at 7 kHz.

    The U-Net sees the real part of the noisy STFT and learns that of the clean one; the
    imaginary part is dropped.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    The list of what was to be done names sampling rate, `n_fft` and `hop_length`, the split into
    660 and 60 files, the network and "only real value parts, binary mask, ratio mask, phase
    conserving". All else is taken over from experiment 04 (:func:`seed_04`), the mean squared
    error for all four included, so that only the target differs; a spectrum needs a linear
    output. At 129 frequencies and 116 frames nothing is cropped: the network takes any size.

    Examples
    --------
    >>> from skse.recipes import todo_unet_real
    >>> enhancer, protocol = todo_unet_real()
    >>> enhancer.featurizer
    STFTFeaturizer(scale='real')
    >>> protocol.sampling_rate
    7000
    """
    return _recipe(SpectrumTarget(scale="real", imaginary="drop"))


def todo_unet_ibm() -> tuple[SpeechEnhancer, Bunch]:
    """Ideal binary mask, U-Net, at 7 kHz.

    The mask of :func:`seed_04`; real and imaginary part are multiplied by the estimated gain.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    For what is taken over from where see :func:`todo_unet_real`.

    Examples
    --------
    >>> from skse.recipes import todo_unet_ibm
    >>> enhancer, protocol = todo_unet_ibm()
    >>> enhancer.target.mask, enhancer.target.mixture_threshold
    ('ibm', 0.8)
    """
    return _recipe(
        IdealMaskTarget(
            mask="ibm",
            criterion="mixture_ratio",
            mixture_threshold=0.8,
            part="real",
            imaginary="rescale",
        )
    )


def todo_unet_irm() -> tuple[SpeechEnhancer, Bunch]:
    """Ratio mask of clean to clean + mixture, U-Net, at 7 kHz.

    The mask is the seed's, ``sqrt(S² / (S² + Y²))`` of the real parts S of the clean and Y of
    the noisy STFT: it has the mixture where the textbook has the noise, and is 0.71, not 1,
    where there is no noise.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    For what is taken over from where see :func:`todo_unet_real`.

    Examples
    --------
    >>> from skse.recipes import todo_unet_irm
    >>> enhancer, protocol = todo_unet_irm()
    >>> enhancer.target.mask, enhancer.target.ratio_to
    ('irm', 'mixture')
    """
    return _recipe(
        IdealMaskTarget(mask="irm", beta=0.5, ratio_to="mixture", part="real", imaginary="rescale")
    )


def todo_unet_phase() -> tuple[SpeechEnhancer, Bunch]:
    """Clean magnitude with the noisy phase conserved (mapping), U-Net, at 7 kHz.

    The U-Net sees the magnitude of the noisy STFT and learns that of the clean one; the
    phase of the noisy STFT is conserved.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    protocol : :class:`~sklearn.utils.Bunch`
        As :func:`prepare_pairs` takes it.

    Notes
    -----
    "Phase conserving" is not explained where it is listed. The other three see the real part
    alone, whose sign is all that they know of the phase; this reading is the counterpart
    that leaves every phase as it was. For all else see :func:`todo_unet_real`.

    Examples
    --------
    >>> from skse.recipes import todo_unet_phase
    >>> enhancer, protocol = todo_unet_phase()
    >>> enhancer.featurizer.scale, enhancer.target.scale
    ('magnitude', 'magnitude')
    """
    return _recipe(SpectrumTarget(scale="magnitude"), scale="magnitude")


def _recipe(target, scale="real"):
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=256, hop_length=_HOP_LENGTH, scale=scale),
        target,
        unet("mse"),
        sampling_rate=_SAMPLING_RATE,
        segment_frames=_N_FRAMES,
        normalize_level=False,
        remix=False,
    )
    n_times = (_N_FRAMES - 1) * _HOP_LENGTH
    return enhancer, Bunch(split="seed-660-60", sampling_rate=_SAMPLING_RATE, n_times=n_times)
