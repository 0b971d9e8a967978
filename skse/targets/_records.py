"""A record of every mask and every spectrum that can be learned: what it is, there and back.

In their functions ``t`` is the target that has the parameters, an IdealMaskTarget or a
SpectrumTarget, and ``x`` is a prediction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from skse.targets import _masks, _mixture_masks
from skse.targets._spectra import LARGEST_LOG, phase_of, to_channels


@dataclass(frozen=True)
class TargetRecord:
    """What a target is called, and what it is.

    Parameters
    ----------
    name : str
        Short name, such as "irm": the parameter `mask` of :class:`IdealMaskTarget`, or
        `scale` of :class:`SpectrumTarget`.
    label : str
        Name in tables, such as "IRM".
    compute : callable
        ``compute(noisy, clean, t)``: STFTs, or their real parts, to the target.
        ``compute(noisy, clean, t, ltass)`` where `learns`.
    apply : callable
        ``apply(x, noisy, t)``: prediction and noisy STFT to the enhanced one.
    range : callable
        ``range(t)``: smallest and largest value.
    n_channels : int, default=1
        Channels of the target.
    features : str, default="log"
        Scale of :class:`~skse.STFTFeaturizer` that tells what the target depends on:
        "log" unless that is the phase.
    learns : bool, default=False
        Whether it compares with the long-term average speech spectrum that `fit` learns.
    make : callable or None, default=None
        ``make()`` gives the target with its default parameters.

    Examples
    --------
    >>> from skse.targets import TARGETS
    >>> TARGETS["cirm"].label, TARGETS["cirm"].features, TARGETS["cirm"].make()
    ('cIRM', 'complex', IdealMaskTarget(mask='cirm'))
    >>> [name for name, record in TARGETS.items() if record.is_probability]
    ['ibm', 'tbm', 'irm', 'smm', 'psm']
    """

    name: str
    label: str
    compute: Callable
    apply: Callable
    range: Callable
    n_channels: int = 1
    features: str = "log"
    learns: bool = False
    make: Any = None

    @property
    def is_probability(self) -> bool:
        """Whether it lies between 0 and 1, as the cross-entropy needs it."""
        return self.make().output_range == (0.0, 1.0)


def _gain(x, noisy, t):
    return np.clip(x, *t.output_range) * noisy


def _up_to_1(t):
    return (0.0, 1.0)


def _binary(noisy, clean, t):
    if t.criterion == "mixture_ratio":
        return _masks.mixture_ratio_mask(noisy, clean, threshold=t.mixture_threshold)
    return _masks.ideal_binary_mask(noisy, clean, local_criterion=t.local_criterion)


def _target_binary(noisy, clean, t, ltass):
    return _masks.target_binary_mask(clean, ltass, local_criterion=t.local_criterion)


def _ratio(noisy, clean, t):
    return _masks.ideal_ratio_mask(noisy, clean, beta=t.beta, ratio_to=t.ratio_to)


def _magnitude_ratio(noisy, clean, t):
    return _mixture_masks.spectral_magnitude_mask(noisy, clean, bound=t.bound)


def _up_to_bound(t):
    return (0.0, float(t.bound))


def _in_phase(noisy, clean, t):
    return _mixture_masks.phase_sensitive_mask(noisy, clean, bound=t.bound, truncate=t.truncate)


def _within_bound(t):
    return (0.0 if t.truncate else -float(t.bound), float(t.bound))


def _complex_ratio(noisy, clean, t):
    mask = _mixture_masks.complex_ratio_mask(noisy, clean)
    return _mixture_masks.compress_complex_mask(mask, k=t.compression_k, c=t.compression_c)


def _turn(x, noisy, t):
    return _mixture_masks.expand_complex_mask(x, k=t.compression_k, c=t.compression_c) * noisy


def _within_k(t):
    return (-float(t.compression_k), float(t.compression_k))


def _log(noisy, clean, t):
    return np.log(np.maximum(np.abs(clean), 10 ** (t.floor_db / 20)))


def _from_log(x, noisy, t):
    return np.exp(np.minimum(x, LARGEST_LOG)) * phase_of(noisy)


def _magnitude(noisy, clean, t):
    return np.abs(clean)


def _from_magnitude(x, noisy, t):
    return np.maximum(x, 0) * phase_of(noisy)


def _power(noisy, clean, t):
    return np.square(np.abs(clean))


def _from_power(x, noisy, t):
    return np.sqrt(np.maximum(x, 0)) * phase_of(noisy)


def _compressed(noisy, clean, t):
    return np.abs(clean) ** t.compression


def _from_compressed(x, noisy, t):
    largest = np.exp(LARGEST_LOG * t.compression)
    return np.minimum(np.maximum(x, 0), largest) ** (1 / t.compression) * phase_of(noisy)


def _real(noisy, clean, t):
    return clean.real.astype(np.float32)  # a copy always


def _from_real(x, noisy, t):
    if not np.iscomplexobj(noisy):
        return x
    enhanced = np.zeros_like(noisy)
    enhanced.real = x
    if t.imaginary == "rescale":
        level = np.abs(noisy.real)
        gain = np.clip(x, -level, level)
        np.divide(gain, noisy.real, out=gain, where=level > 0)
        enhanced.imag = gain * noisy.imag
    return enhanced


def _complex(noisy, clean, t):
    return to_channels(clean)


def _from_complex(x, noisy, t):
    if not np.iscomplexobj(noisy):
        return x[..., 0]
    enhanced = np.zeros_like(noisy)
    enhanced.real, enhanced.imag = x[..., 0], x[..., 1]
    return enhanced


def _positive(t):
    return (0.0, np.inf)


def _any(t):
    return (-np.inf, np.inf)


MASKS = {
    record.name: record
    for record in (
        TargetRecord("ibm", "IBM", _binary, _gain, _up_to_1),
        TargetRecord("tbm", "TBM", _target_binary, _gain, _up_to_1, learns=True),
        TargetRecord("irm", "IRM", _ratio, _gain, _up_to_1),
        TargetRecord("smm", "SMM", _magnitude_ratio, _gain, _up_to_bound),
        TargetRecord("psm", "PSM", _in_phase, _gain, _within_bound),
        TargetRecord("cirm", "cIRM", _complex_ratio, _turn, _within_k, 2, "complex"),
    )
}
SPECTRA = {
    record.name: record
    for record in (
        TargetRecord("log", "log spectrum", _log, _from_log, _any),
        TargetRecord("magnitude", "magnitude", _magnitude, _from_magnitude, _positive),
        TargetRecord("power", "power spectrum", _power, _from_power, _positive),
        TargetRecord(
            "compressed", "compressed magnitude", _compressed, _from_compressed, _positive
        ),
        TargetRecord("real", "real part", _real, _from_real, _any, 1, "real"),
        TargetRecord("complex", "complex spectrum", _complex, _from_complex, _any, 2, "complex"),
    )
}
