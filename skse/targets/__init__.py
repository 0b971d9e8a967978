"""What a network learns to output, computed from the noisy and the clean STFT."""

from skse.targets._base import BaseTarget
from skse.targets._ideal_mask import IdealMaskTarget
from skse.targets._in_network import (
    SignalApproximationTarget,
    TrainedFourierTarget,
    WaveformTarget,
)
from skse.targets._masks import (
    ideal_binary_mask,
    ideal_ratio_mask,
    mixture_ratio_mask,
    target_binary_mask,
)
from skse.targets._mixture_masks import (
    complex_ratio_mask,
    compress_complex_mask,
    expand_complex_mask,
    phase_sensitive_mask,
    spectral_magnitude_mask,
)
from skse.targets._records import TargetRecord
from skse.targets._samples import SamplesTarget
from skse.targets._spectrum import SpectrumTarget
from skse.targets._table import TARGETS

__all__ = [
    "BaseTarget",
    "TARGETS",
    "IdealMaskTarget",
    "SamplesTarget",
    "SignalApproximationTarget",
    "SpectrumTarget",
    "TargetRecord",
    "TrainedFourierTarget",
    "WaveformTarget",
    "complex_ratio_mask",
    "compress_complex_mask",
    "expand_complex_mask",
    "ideal_binary_mask",
    "ideal_ratio_mask",
    "mixture_ratio_mask",
    "phase_sensitive_mask",
    "spectral_magnitude_mask",
    "target_binary_mask",
]
