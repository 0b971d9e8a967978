"""What all targets share: checking STFTs, and working on arrays and lists alike."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array


class BaseTarget(TransformerMixin, BaseEstimator):
    """Base class of the targets.

    A subclass gives ``_check_params``, ``_transform(noisy, clean)``,
    ``_inverse_transform(prediction, noisy)`` for one array of any number of
    units, and says what a network must end in. One that learns from the clean
    STFTs has ``_reset()`` and ``_learn(clean)`` too, and the tag ``requires_fit``.
    One that sets ``needs_reference`` has ``network_head(featurizer)`` and
    ``_ideal_prediction(noisy, clean)`` too.
    """

    n_output_channels = 1
    # Whether the network must see the noisy STFT itself.
    needs_reference = False
    # Whether the loss compares waveforms, made of what the network puts out.
    gives_waveforms = False

    def fit(self, X, y):
        """Check the parameters and the two STFTs.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the noisy waveforms.
        y : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the clean waveforms.

        Returns
        -------
        self : object
        """
        vars(self).pop("n_features_in_", None)
        self._reset()
        return self.partial_fit(X, y)

    def partial_fit(self, X, y):
        """Go on with a `fit`, so that not all STFTs must be in memory at once.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of further noisy waveforms.
        y : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of their clean waveforms.

        Returns
        -------
        self : object
        """
        X, y = self._check_pair(X, y)
        if not hasattr(self, "n_features_in_"):
            self._reset()
            self.n_features_in_ = _n_frequencies(X)
        for clean in y if isinstance(y, list) else [y]:
            self._learn(clean)
        return self

    def fit_transform(self, X, y):
        """Fit, then compute the target.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the noisy waveforms.
        y : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the clean waveforms.

        Returns
        -------
        target : ndarray of shape (n_samples, n_frequencies, n_frames[, n_channels]) or list
            float32.
        """
        return self.fit(X, y).transform(X, y)

    def transform(self, X, y):
        """Compute the target from noisy and clean STFT.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the noisy waveforms. A single STFT ``(n_frequencies,
            n_frames)`` works too: every unit is treated by itself.
        y : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the clean waveforms.

        Returns
        -------
        target : ndarray of shape (n_samples, n_frequencies, n_frames[, n_channels]) or list
            float32.
        """
        X, y = self._check_pair(X, y)
        if isinstance(X, list):
            return [self._transform(a, b) for a, b in zip(X, y, strict=True)]
        return self._transform(X, y)

    def ideal_prediction(self, X, y):
        """Best that a network can predict: the target itself, where it can be reached.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the noisy waveforms, or a single one.
        y : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the clean waveforms.

        Returns
        -------
        prediction : ndarray or list of ndarray
            Of the shape of the target. Where a mask is applied inside the network, what
            the best mask gives: it cannot restore all of clean speech.
        """
        X, y = self._check_pair(X, y)
        if isinstance(X, list):
            return [self._ideal_prediction(a, b) for a, b in zip(X, y, strict=True)]
        return self._ideal_prediction(X, y)

    def inverse_transform(self, X, noisy):
        """Turn a prediction of the target into the enhanced STFT.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_frequencies, n_frames[, n_channels]) or list
            Predicted target.
        noisy : array-like of shape (n_samples, n_frequencies, n_frames) or list of arrays
            STFT of the noisy waveforms.

        Returns
        -------
        enhanced : ndarray of shape (n_samples, n_frequencies, n_frames) or list of ndarray
            Enhanced STFT, complex where `noisy` is.
        """
        self._check_params()
        channels = () if self.n_output_channels == 1 else (self.n_output_channels,)
        X, noisy = check_stft_pair(X, noisy, names=("X", "noisy"), channels=channels)
        if isinstance(X, list):
            return [self._inverse_transform(a, b) for a, b in zip(X, noisy, strict=True)]
        return self._inverse_transform(X, noisy)

    def _check_pair(self, X, y):
        self._check_params()
        X, y = check_stft_pair(X, y, names=("X", "y"))
        fitted_with = getattr(self, "n_features_in_", None)
        if fitted_with not in (None, _n_frequencies(X)):
            raise ValueError(
                f"X has {_n_frequencies(X)} features, but {type(self).__name__} is expecting "
                f"{fitted_with} features as input: the number of frequencies it was fitted with."
            )
        return X, y

    def _ideal_prediction(self, noisy, clean):
        return self._transform(noisy, clean)

    def _reset(self):
        """Forget what earlier fits have learned."""

    def _learn(self, clean):
        """Learn from the clean STFT of one or more waveforms, an array."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        tags.transformer_tags.preserves_dtype = []
        tags.requires_fit = False
        return tags


def frequency_axis(X):
    """Axis along which the frequencies of an array lie."""
    # A real 2-D array is scikit-learn's: a frame a row. Anything else is an STFT.
    return -1 if X.ndim == 2 and not np.iscomplexobj(X) else -2


def check_stft_pair(X, y, names, channels=()):
    """Check two STFTs (or a prediction and an STFT) that belong together.

    Parameters
    ----------
    X, y : array-like or list of arrays
        What is checked.
    names : tuple of str
        What error messages call them.
    channels : tuple of int, default=()
        Axes that X has behind those of y.
    """
    if y is None:
        raise ValueError(
            f"requires y to be passed, but the target y is None: a target is computed from the "
            f"noisy STFT {names[0]} and the clean STFT {names[1]}."
        )
    X, y = _check_stft(X, names[0], 2 + len(channels)), _check_stft(y, names[1], 2)
    if isinstance(X, list) != isinstance(y, list) or len(X) != len(y):
        raise ValueError(
            f"{names[0]} and {names[1]} must agree in container and number of samples; got "
            f"{_describe(X)} and {_describe(y)}."
        )
    pairs = zip(X, y, strict=True) if isinstance(X, list) else [(X, y)]
    for i, (a, b) in enumerate(pairs):
        if a.shape != (*b.shape, *channels):
            index = f"[{i}]" if isinstance(X, list) else ""
            expected = (
                f"must have the shape of {names[1]}{index} and {channels[0]} channels behind"
                if channels
                else f"and {names[1]}{index} must have the same shape"
            )
            raise ValueError(f"{names[0]}{index} {expected}; got {a.shape} and {b.shape}.")
    return X, y


def _check_stft(X, name, ndim):
    if isinstance(X, (list, tuple)) and len(X) and all(np.ndim(x) == ndim for x in X):
        return [_check_array(x, f"{name}[{i}]") for i, x in enumerate(X)]
    return _check_array(X, name)


def _check_array(X, name):
    X = X if hasattr(X, "dtype") else np.asarray(X)
    if getattr(X, "dtype", None) is not None and X.dtype.kind == "c" and X.ndim >= 2:
        if not (np.isfinite(X.real).all() and np.isfinite(X.imag).all()):
            raise ValueError(f"{name} contains NaN or inf; expected a finite STFT.")
        return X
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float64
    return check_array(X, dtype=dtype, allow_nd=True, input_name=name)


def _n_frequencies(X):
    X = X[0] if isinstance(X, list) else X
    return X.shape[frequency_axis(X)]


def _describe(X):
    return f"a list of {len(X)} arrays" if isinstance(X, list) else f"an array of shape {X.shape}"
