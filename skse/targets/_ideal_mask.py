"""IdealMaskTarget: a gain per time-frequency unit."""

from numbers import Real

import numpy as np

from skse.targets._base import BaseTarget
from skse.targets._masks import ideal_binary_mask, ideal_ratio_mask, mixture_ratio_mask
from skse.utils import check_choice, check_number

MASKS = ("ibm", "irm")
CRITERIA = ("local_snr", "mixture_ratio")


class IdealMaskTarget(BaseTarget):
    """An ideal mask as training target: masking.

    The network learns a gain between 0 and 1 for every time-frequency unit;
    the enhanced STFT is the gain times the noisy STFT.

    Parameters
    ----------
    mask : {"ibm", "irm"}, default="irm"
        "ibm" is the ideal binary mask (:func:`ideal_binary_mask`), "irm" the
        ideal ratio mask (:func:`ideal_ratio_mask`).
    beta : float, default=0.5
        Exponent of the ratio mask. 0.5 gives the mask of the literature, 1 the
        gain of the Wiener filter.
    criterion : {"local_snr", "mixture_ratio"}, default="local_snr"
        What decides the binary mask: the SNR of the unit, or the ratio of the
        clean magnitude to the mixture's (:func:`mixture_ratio_mask`).
    local_criterion : float, default=0.0
        For ``criterion="local_snr"``: the unit is kept above this SNR in dB.
    mixture_threshold : float, default=0.5
        For ``criterion="mixture_ratio"``: the unit is kept from this ratio of
        magnitudes on.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    output_activation : str
        Activation that a network must end in: ``"sigmoid"``.
    output_range : tuple of float
        Smallest and largest value of the target: ``(0.0, 1.0)``.
    n_output_channels : int
        Number of channels of the target: 1.

    See Also
    --------
    SpectrumTarget : The clean spectrum itself as target.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import IdealMaskTarget
    >>> clean = np.array([[1.0 + 0j, 2.0]])
    >>> noisy = clean + np.array([[1.0, 0.0]])
    >>> target = IdealMaskTarget(mask="irm", beta=1.0)
    >>> mask = target.fit_transform(noisy, clean)
    >>> mask
    array([[0.5, 1. ]], dtype=float32)
    >>> target.inverse_transform(mask, noisy)
    array([[1.+0.j, 2.+0.j]])
    """

    output_activation = "sigmoid"
    output_range = (0.0, 1.0)

    def __init__(
        self,
        mask="irm",
        *,
        beta=0.5,
        criterion="local_snr",
        local_criterion=0.0,
        mixture_threshold=0.5,
    ):
        self.mask = mask
        self.beta = beta
        self.criterion = criterion
        self.local_criterion = local_criterion
        self.mixture_threshold = mixture_threshold

    def _check_params(self):
        check_choice(self, "mask", self.mask, MASKS)
        check_choice(self, "criterion", self.criterion, CRITERIA)
        check_number(self, "beta", self.beta, Real, min_val=0, include_boundaries="neither")
        check_number(self, "local_criterion", self.local_criterion, Real)
        check_number(
            self,
            "mixture_threshold",
            self.mixture_threshold,
            Real,
            min_val=0,
            include_boundaries="neither",
        )

    def _transform(self, noisy, clean):
        if self.mask == "irm":
            return ideal_ratio_mask(noisy, clean, beta=self.beta)
        if self.criterion == "mixture_ratio":
            return mixture_ratio_mask(noisy, clean, threshold=self.mixture_threshold)
        return ideal_binary_mask(noisy, clean, local_criterion=self.local_criterion)

    def _inverse_transform(self, mask, noisy):
        return np.clip(mask, *self.output_range) * noisy
