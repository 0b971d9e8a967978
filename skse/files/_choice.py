"""Which enhancer is whose: a model that comes with skse, one of one's own, a classical one."""

import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from skse.enhancement import NOISES, WPE, LogMMSE, SpectralSubtraction, WienerFilter
from skse.files._model_io import find_file, load_model
from skse.models import LEAST_RATE, available_models, model_for
from skse.utils import check_choice, import_optional

METHODS = {
    "log-mmse": LogMMSE,
    "spectral-subtraction": SpectralSubtraction,
    "wiener": WienerFilter,
    "wpe": WPE,
}
DEFAULT_METHOD = "log-mmse"  # of the classical ones
# Length of a frame of the classical enhancers, in s, and what its number of samples divides by.
# WPE predicts late echo from earlier frames, for which it needs narrow bands.
_FRAME, _WPE_FRAME, _MULTIPLE = 0.032, 0.064, 64


@dataclass
class Settings:
    """What a process must know besides its files."""

    model: Any
    method: str | None
    noise: str | None
    sampling_rate: float | None
    strength: float | None
    mask_floor_db: float | None
    trusted: Sequence[str]
    scratch_folder: str
    n_blas_threads: int | None = None  # None: as many as this process has
    by_default: bool = False  # nothing was asked for: what no model fits gets DEFAULT_METHOD
    shipped: dict[str, Any] = field(default_factory=dict)

    def check(self):
        """Raise a ValueError for what is no choice, and for choices that exclude each other."""
        if self.method is not None:
            check_choice("enhance_files", "method", self.method, METHODS)
        if self.noise is not None:
            check_choice("enhance_files", "noise", self.noise, NOISES)
        if self.model is not None and self.method is not None:
            raise ValueError("enhance_files: model and method exclude each other; leave one out.")
        if self.noise is not None and self.model is not None:
            raise ValueError(
                f"enhance_files: noise={self.noise!r} goes with method only; leave model out."
            )
        if self.model is None and self.method is None and self.noise is not None:
            self.method = DEFAULT_METHOD
        self.by_default = self.model is None and self.method is None
        if self.by_default:
            self.model = "auto"
        if self.method == "wpe":
            self._check_wpe()
        if self.sampling_rate is not None and (self.model is None or _is_auto(self.model)):
            raise ValueError(
                "enhance_files: sampling_rate is that of a model of one's own (model); without "
                "one it is the recording's."
            )

        is_file = isinstance(self.model, (str, os.PathLike)) and not _is_auto(self.model)
        if self.trusted and (not is_file or str(self.model).endswith(".joblib")):
            raise ValueError(
                "enhance_files: trusted (--trust) goes with a .skse file as model only."
            )

    def _check_wpe(self):
        for name in ("noise", "strength", "mask_floor_db"):
            if getattr(self, name) is not None:
                raise ValueError(
                    f"enhance_files: method='wpe' takes no {name}={getattr(self, name)!r}, for it "
                    "takes away late echo and leaves noise as it is; leave one out."
                )
        import_optional("nara_wpe", caller="method 'wpe' (--method wpe)", extra="rooms")

    def find(self):
        """Find the files of models by their names, and check them, once for all recordings."""
        if _is_auto(self.model):
            self.model = None
            self.shipped = {name: find_file(name) for name in available_models()}
        elif isinstance(self.model, (str, os.PathLike)):
            self.model = find_file(self.model)

    def for_others(self):
        """Return the settings for a process elsewhere, which has no files of models."""
        trusted, folder = self.trusted, os.path.abspath(self.scratch_folder)
        model = None if self.model is None else load_model(self.model, trusted)
        shipped = {name: load_model(path) for name, path in self.shipped.items()}
        return replace(self, model=model, trusted=(), shipped=shipped, scratch_folder=folder)


def enhancer_for(settings, sampling_rate):
    """Return the enhancer of recordings of this sampling rate, and the one it works at."""
    limits = {"strength": settings.strength, "mask_floor_db": settings.mask_floor_db}
    limits = {name: value for name, value in limits.items() if value is not None}
    if settings.method is not None:
        noise = settings.noise or "tracked"
        return _classical(settings.method, noise, sampling_rate, **limits), sampling_rate
    model = settings.model
    if model is None:
        if settings.by_default and sampling_rate < LEAST_RATE:
            return _classical(DEFAULT_METHOD, "tracked", sampling_rate, **limits), sampling_rate
        model = settings.shipped[model_for(sampling_rate)]
    enhancer = load_model(model, settings.trusted)
    rate = enhancer.sampling_rate_ or settings.sampling_rate
    if rate is None:
        raise ValueError(
            f"enhance_files: the model was fitted without a sampling rate; pass the one of its "
            f"training data as sampling_rate (model={settings.model!r:.200})."
        )
    if enhancer.sampling_rate_ is None:
        limits["sampling_rate"] = rate
    return copy.copy(enhancer).set_params(**limits), rate


def _is_auto(model):
    return isinstance(model, str) and model == "auto"


@lru_cache(maxsize=16)
def _classical(method, noise, sampling_rate, **limits):
    n_fft = frame_length(sampling_rate, _WPE_FRAME if method == "wpe" else _FRAME)
    if method != "wpe":
        limits["noise"] = noise
    enhancer = METHODS[method](sampling_rate, n_fft=n_fft, hop_length=n_fft // 4, **limits)
    return enhancer.fit(np.zeros((1, 1), np.float32))


def frame_length(sampling_rate, seconds=_FRAME):
    """Return the samples in a frame of about so many seconds, a number that transforms fast."""
    return max(1, round(seconds * sampling_rate / _MULTIPLE)) * _MULTIPLE
