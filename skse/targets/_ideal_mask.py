"""IdealMaskTarget: a gain per time-frequency unit."""

from numbers import Real

import numpy as np
from sklearn.exceptions import NotFittedError

from skse.targets._base import BaseTarget, frequency_axis
from skse.targets._records import MASKS
from skse.utils import check_choice, check_number

CRITERIA = ("local_snr", "mixture_ratio")


class IdealMaskTarget(BaseTarget):
    r"""An ideal mask as training target: masking.

    The network learns a gain for every time-frequency unit; the enhanced STFT
    is the gain times the noisy STFT.

    Parameters
    ----------
    mask : {"irm", "ibm", "tbm", "smm", "psm", "cirm"}, default="irm"
        What is learned:

        - "irm": the ideal ratio mask (:func:`ideal_ratio_mask`),
        - "ibm": the ideal binary mask (:func:`ideal_binary_mask`),
        - "tbm": the target binary mask (:func:`target_binary_mask`), against the
          long-term average speech spectrum that `fit` learns,
        - "smm": the spectral magnitude mask (:func:`spectral_magnitude_mask`),
        - "psm": the phase-sensitive mask (:func:`phase_sensitive_mask`),
        - "cirm": the complex ideal ratio mask (:func:`complex_ratio_mask`),
          compressed (:func:`compress_complex_mask`), in two channels.
    beta : float, default=1.0
        Exponent of "irm". 1 gives the gain of the Wiener filter, with which networks gain more
        SNR; 0.5 the mask of Wang et al. (2014), which is gentler.
    criterion : {"local_snr", "mixture_ratio"}, default="local_snr"
        What decides "ibm": the SNR of the unit, or the ratio of the clean
        magnitude to the mixture's (:func:`mixture_ratio_mask`).
    local_criterion : float, default=0.0
        For "tbm", and "ibm" with ``criterion="local_snr"``: the unit is kept
        above this SNR (this ratio to the long-term average) in dB.
    mixture_threshold : float, default=0.5
        For "ibm" with ``criterion="mixture_ratio"``: the unit is kept from this
        ratio of magnitudes on.
    bound : float, default=1.0
        Largest value of "smm" and "psm". With 1, no unit is ever amplified.
    truncate : bool, default=True
        Whether "psm" is cut at 0 below; else at ``-bound``.
    compression_k : float, default=10.0
        The values of "cirm" lie between ``-compression_k`` and `compression_k`.
    compression_c : float, default=0.1
        Steepness of the compression of "cirm".
    ratio_to : {"noise", "mixture"}, default="noise"
        What "irm" compares speech with.
    part : {"magnitude", "real"}, default="magnitude"
        "real" computes the mask from the real parts of both STFTs, as if they
        were all there is. Not for "cirm".
    imaginary : {"rescale", "drop"}, default="rescale"
        "rescale" multiplies real and imaginary part of the noisy STFT by the
        gain; "drop" keeps only the real part of the product.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    ltass_ : ndarray of shape (n_frequencies,) or None
        For "tbm": mean power of the clean STFTs (with ``part="real"`` of their
        real parts) over all frames seen in `fit`.
    n_frames_seen_ : int
        Frames that `ltass_` is the mean over.
    output_activation : str
        Activation that a network must end in: ``"sigmoid"`` where the target
        lies between 0 and 1, else ``"linear"``.
    output_range : tuple of float
        Smallest and largest value of the target: ``(0.0, 1.0)``, but
        ``(0.0, bound)`` for "smm" and "psm", ``(-bound, bound)`` for "psm"
        that is not truncated, ``(-compression_k, compression_k)`` for "cirm".
    n_output_channels : int
        Number of channels of the target: 2 for "cirm", else 1.

    See Also
    --------
    SpectrumTarget : The clean spectrum itself as target.

    Notes
    -----
    A target that may leave [0, 1] ends in a linear activation, and a prediction
    is cut to `output_range`. The values of such masks crowd near one end of the
    range or around 0: a linear unit, which the networks standardise to the
    training data, is as steep there as anywhere; a sigmoid stretched over the
    range is not.

    "tbm" compares levels. :class:`~skse.SpeechEnhancer` brings every noisy
    recording to an RMS of 1 first, for `fit` and for the mask alike.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import IdealMaskTarget
    >>> clean = np.array([[1.0 + 0j, 2.0]])
    >>> noisy = clean + np.array([[1.0, 0.0]])
    >>> target = IdealMaskTarget(mask="irm")
    >>> mask = target.fit_transform(noisy, clean)
    >>> mask
    array([[0.5, 1. ]], dtype=float32)
    >>> target.inverse_transform(mask, noisy)
    array([[1.+0.j, 2.+0.j]])
    """

    def __init__(
        self,
        mask: str = "irm",
        *,
        beta: float = 1.0,
        criterion: str = "local_snr",
        local_criterion: float = 0.0,
        mixture_threshold: float = 0.5,
        bound: float = 1.0,
        truncate: bool = True,
        compression_k: float = 10.0,
        compression_c: float = 0.1,
        ratio_to: str = "noise",
        part: str = "magnitude",
        imaginary: str = "rescale",
    ) -> None:
        self.mask = mask
        self.beta = beta
        self.criterion = criterion
        self.local_criterion = local_criterion
        self.mixture_threshold = mixture_threshold
        self.bound = bound
        self.truncate = truncate
        self.compression_k = compression_k
        self.compression_c = compression_c
        self.ratio_to = ratio_to
        self.part = part
        self.imaginary = imaginary

    @property
    def output_range(self) -> tuple[float, float]:
        """Smallest and largest value of the target."""
        self.check_params()
        return self._record().range(self)

    @property
    def n_output_channels(self) -> int:
        """Number of channels of the target."""
        return self._record().n_channels

    def _record(self):
        check_choice(self, "mask", self.mask, MASKS)
        return MASKS[self.mask]

    def check_params(self) -> None:
        self._record()
        check_choice(self, "criterion", self.criterion, CRITERIA)
        check_choice(self, "ratio_to", self.ratio_to, ("noise", "mixture"))
        check_choice(self, "part", self.part, ("magnitude", "real"))
        check_choice(self, "imaginary", self.imaginary, ("rescale", "drop"))
        check_number(self, "local_criterion", self.local_criterion, Real)
        for name in ("beta", "mixture_threshold", "bound", "compression_k", "compression_c"):
            value = getattr(self, name)
            check_number(self, name, value, Real, min_val=0, include_boundaries="neither")
        if not isinstance(self.truncate, (bool, np.bool_)):
            raise ValueError(f"IdealMaskTarget: truncate={self.truncate!r} must be True or False.")
        if self.mask == "cirm" and self.part == "real":
            raise ValueError(
                "IdealMaskTarget: mask='cirm' is the ratio of complex STFTs and cannot be computed "
                "with part='real'; use part='magnitude', or another mask."
            )

    def reset(self) -> None:
        self.ltass_, self.n_frames_seen_ = None, 0

    def learn(self, clean: np.ndarray) -> None:
        if not self._record().learns:
            return
        axis = frequency_axis(clean)
        amplitude = np.abs(self._part(clean)).astype(np.float64, copy=False)
        power = np.square(np.moveaxis(amplitude, axis, 0)).reshape(clean.shape[axis], -1)
        before = 0 if self.ltass_ is None else self.ltass_ * self.n_frames_seen_
        self.n_frames_seen_ += power.shape[1]
        self.ltass_ = (before + power.sum(axis=1)) / self.n_frames_seen_

    def compute(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        record, parts = self._record(), (self._part(noisy), self._part(clean))
        if record.learns:
            beside_frames = [1] * (-1 - frequency_axis(clean))
            return record.compute(*parts, self, self._fitted_ltass().reshape(-1, *beside_frames))
        return record.compute(*parts, self)

    def apply(self, mask: np.ndarray, noisy: np.ndarray) -> np.ndarray:
        enhanced = self._record().apply(mask, noisy, self)
        if not np.iscomplexobj(noisy):
            return enhanced.real
        if self.imaginary == "drop":
            enhanced.imag = 0
        return enhanced

    def _part(self, stft):
        return stft.real if self.part == "real" else stft

    def _fitted_ltass(self):
        if getattr(self, "ltass_", None) is None:
            raise NotFittedError(
                "This IdealMaskTarget instance is not fitted yet: mask='tbm' compares with the "
                "long-term average of clean speech. Call 'fit' with the training speech first."
            )
        return self.ltass_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        record = MASKS.get(self.mask)
        tags.requires_fit = record is not None and record.learns
        return tags
