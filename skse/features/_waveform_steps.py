"""Steps of a waveform Pipeline before the enhancer: waveforms in, waveforms out."""

from abc import ABC, abstractmethod
from numbers import Real
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skse.utils import check_number, check_sampling_rate, check_waveforms, restore_container
from skse.utils.typing import ArrayOrList, Waveforms


class BaseWaveformStep(TransformerMixin, BaseEstimator, ABC):
    """Base class: a subclass adds ``check_params`` and ``_transform_one``."""

    @abstractmethod
    def check_params(self) -> None:
        """Raise a ValueError where a parameter is out of its range."""

    def fit(self, X: Waveforms, y: Any = None) -> Self:
        """Check the parameters and the waveforms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Waveforms.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        self.check_params()
        X = check_waveforms(X)
        self.n_features_in_ = X.shape[1] if isinstance(X, np.ndarray) else None
        return self

    def transform(self, X: Waveforms) -> ArrayOrList:
        """Transform every waveform.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Waveforms of any length.

        Returns
        -------
        X : list, tuple or ndarray
            float32 waveforms in the container of `X`.
        """
        check_is_fitted(self)
        self.check_params()
        return restore_container([self._transform_one(x) for x in check_waveforms(X)], X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class Resample(BaseWaveformStep):
    """Change the sampling rate, with the soxr library.

    Parameters
    ----------
    original_rate : float, default=16000
        Sampling rate of the input in Hz.
    target_rate : float, default=8000
        Sampling rate of the output in Hz.

    Attributes
    ----------
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    Notes
    -----
    A Pipeline transforms the noisy waveforms only: pass the clean ones to `fit`
    at the target rate, and expect predictions at it.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import Resample
    >>> Resample(16000, 8000).fit_transform(np.zeros((2, 16000))).shape
    (2, 8000)
    """

    def __init__(self, original_rate: float = 16000, target_rate: float = 8000) -> None:
        self.original_rate = original_rate
        self.target_rate = target_rate

    def check_params(self) -> None:
        check_sampling_rate(self, self.original_rate, name="original_rate")
        check_sampling_rate(self, self.target_rate, name="target_rate")

    def _transform_one(self, x):
        import soxr

        n_times = max(1, round(len(x) * self.target_rate / self.original_rate))
        out = soxr.resample(x, self.original_rate, self.target_rate)[:n_times]
        return np.pad(out, (0, n_times - len(out))).astype(np.float32, copy=False)


class PeakNormalize(BaseWaveformStep):
    """Scale every waveform to a given peak; silence stays silence.

    Parameters
    ----------
    peak : float, default=1.0
        Largest absolute value afterwards.

    Attributes
    ----------
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    Notes
    -----
    A Pipeline scales the noisy waveforms only: give the
    :class:`~skse.SpeechEnhancer` behind it ``match_level=True``.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import PeakNormalize
    >>> PeakNormalize(peak=0.5).fit_transform(np.array([[0.0, 2.0, -4.0]]))
    array([[ 0.  ,  0.25, -0.5 ]], dtype=float32)
    """

    def __init__(self, peak: float = 1.0) -> None:
        self.peak = peak

    def check_params(self) -> None:
        check_number(self, "peak", self.peak, Real, min_val=0, include_boundaries="neither")

    def _transform_one(self, x):
        largest = float(np.abs(x).max())
        return (x / largest * np.float32(self.peak)) if largest > 0 else x.copy()
