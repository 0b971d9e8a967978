"""FeatureScaler: zero mean and unit variance per frequency."""

from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils.validation import check_is_fitted, validate_data

from skse.utils import check_number

_BATCH_SIZE = 64  # rows measured at a time


class FeatureScaler(TransformerMixin, BaseEstimator):
    """Standardise features per frequency (and channel).

    The counterpart of :class:`~sklearn.preprocessing.StandardScaler` for
    features with a time axis: mean and standard deviation are taken over all
    utterances and frames.

    Parameters
    ----------
    with_mean : bool, default=True
        Subtract the mean.
    with_std : bool, default=True
        Divide by the standard deviation, where it is not 0.
    n_reference_channels : int, default=0
        Last channels to leave as they are. :class:`~skse.SpeechEnhancer` sets it where the
        network after the scaler needs the noisy STFT, which is appended to the features.

    Attributes
    ----------
    mean_ : ndarray of shape (n_frequencies,) or (n_frequencies, n_channels)
        Mean, float64; 0 with ``with_mean=False``.
    scale_ : ndarray of shape (n_frequencies,) or (n_frequencies, n_channels)
        Standard deviation, float64; 1 where it is 0 or with ``with_std=False``.
    n_features_in_ : int
        Number of frequencies seen in `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import FeatureScaler
    >>> X = np.arange(12.0).reshape(2, 2, 3)
    >>> FeatureScaler().fit(X).mean_
    array([4., 7.])
    """

    def __init__(
        self, *, with_mean: bool = True, with_std: bool = True, n_reference_channels: int = 0
    ) -> None:
        self.with_mean = with_mean
        self.with_std = with_std
        self.n_reference_channels = n_reference_channels

    def fit(self, X: ArrayLike, y: Any = None) -> Self:
        """Measure mean and standard deviation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies[, n_frames[, n_channels]])
            Features.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        X = validate_data(self, X, dtype=[np.float64, np.float32], allow_nd=True)
        axes = (0, 2) if X.ndim > 2 else (0,)
        mean = X.mean(axis=axes, dtype=np.float64)
        deviation = _deviation(X, mean, axes)
        # What rounding alone can leave of a constant.
        rounding = 10 * np.finfo(X.dtype).eps * np.abs(mean)
        self.mean_ = mean if self.with_mean else np.zeros_like(mean)
        self.scale_ = np.where(deviation > rounding, deviation, 1.0)
        if not self.with_std:
            self.scale_ = np.ones_like(mean)
        if self.n_reference_channels:
            self._leave_reference(X)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Standardise features.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies[, n_frames[, n_channels]])
            Features.

        Returns
        -------
        X : ndarray of the shape of `X`
            float32, or float64 where `X` is.
        """
        X, mean, scale = self._prepare(X)
        return (X - mean) / scale

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Undo the standardisation.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies[, n_frames[, n_channels]])
            Standardised features.

        Returns
        -------
        X : ndarray of the shape of `X`
            float32, or float64 where `X` is.
        """
        X, mean, scale = self._prepare(X)
        return X * scale + mean

    def receptive_field(self) -> tuple[int, int]:
        """How far the scaler looks along time.

        Returns
        -------
        field : tuple of (int, int)
            0 frames back and 0 frames ahead.
        """
        return 0, 0

    def _leave_reference(self, X):
        n = self.n_reference_channels
        n_channels = X.shape[3] if X.ndim == 4 else 1
        check_number(self, "n_reference_channels", n, Integral, min_val=0, max_val=n_channels - 1)
        self.mean_[..., -n:], self.scale_[..., -n:] = 0, 1

    def _prepare(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=[np.float64, np.float32], allow_nd=True)
        shape = self.mean_.shape
        if X.ndim > 2:
            shape = (shape[0], 1, *shape[1:])
        if X.ndim != 1 + len(shape) or X.shape[3:] != shape[2:]:
            raise ValueError(
                f"X has shape {X.shape}; expected (n_samples, {shape[0]}, n_frames) with as many "
                f"channels as in fit, where mean_ came out as of shape {self.mean_.shape}."
            )
        mean, scale = self.mean_.reshape(shape), self.scale_.reshape(shape)
        return X, mean.astype(X.dtype), scale.astype(X.dtype)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _deviation(X, mean, axes):
    """Measure the deviation in batches: X.std would hold a float64 copy of all of X."""
    mean = np.expand_dims(mean, axes)
    total = sum(
        np.square(X[rows] - mean).sum(axis=axes) for rows in gen_batches(len(X), _BATCH_SIZE)
    )
    return np.sqrt(total / np.prod([X.shape[axis] for axis in axes]))
