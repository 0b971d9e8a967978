"""What a network learns to output, computed from the noisy and the clean STFT."""

from skse.targets._base import BaseTarget
from skse.targets._ideal_mask import IdealMaskTarget
from skse.targets._in_network import SignalApproximationTarget, WaveformTarget
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
from skse.targets._spectrum import SpectrumTarget

__all__ = [
    "BaseTarget",
    "IdealMaskTarget",
    "SignalApproximationTarget",
    "SpectrumTarget",
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


# TEMPORARY
from typing import NamedTuple as _NamedTuple
from functools import partial as _partial


class TargetRecord(_NamedTuple):
    name: str
    label: str
    features: str
    make: object


TARGETS = {
    name: TargetRecord(name, label, features, _partial(make, name))
    for make, name, label, features in (
        (SpectrumTarget, "log", "log spectrum", "log"),
        (SpectrumTarget, "magnitude", "magnitude", "log"),
        (SpectrumTarget, "compressed", "compressed magnitude", "log"),
        (SpectrumTarget, "real", "real part", "real"),
        (SpectrumTarget, "complex", "complex spectrum", "complex"),
        (IdealMaskTarget, "ibm", "IBM", "log"),
        (IdealMaskTarget, "tbm", "TBM", "log"),
        (IdealMaskTarget, "irm", "IRM", "log"),
        (IdealMaskTarget, "smm", "SMM", "log"),
        (IdealMaskTarget, "psm", "PSM", "log"),
        (IdealMaskTarget, "cirm", "cIRM", "complex"),
    )
}
