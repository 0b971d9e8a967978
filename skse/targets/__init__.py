"""What a network learns to output, computed from the noisy and the clean STFT."""

from skse.targets._ideal_mask import IdealMaskTarget
from skse.targets._masks import ideal_binary_mask, ideal_ratio_mask, mixture_ratio_mask
from skse.targets._spectrum import SpectrumTarget

__all__ = [
    "IdealMaskTarget",
    "SpectrumTarget",
    "ideal_binary_mask",
    "ideal_ratio_mask",
    "mixture_ratio_mask",
]
