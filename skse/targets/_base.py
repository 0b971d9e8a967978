"""What all targets share: checking STFTs, and working on arrays and lists alike."""

from typing import TYPE_CHECKING, Self

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import check_array

from skse.utils.typing import ArrayOrList, Arrays


class BaseTarget(TransformerMixin, BaseEstimator):
    """Base class of the targets: what a regressor learns, from the noisy and the clean STFT.

    A subclass fills in :meth:`compute` and :meth:`apply`, sets `output_range` and
    `n_output_channels` where they differ, and adds the checks of its own parameters to
    :meth:`check_params`. One that learns from clean speech has :meth:`learn`, :meth:`reset`
    and the tag ``requires_fit`` besides. One that sets `needs_reference` is applied inside
    the network: it has ``network_head(featurizer)`` and :meth:`best_prediction`.

    Attributes
    ----------
    output_range : tuple of float
        Smallest and largest value of the target.
    n_output_channels : int
        Channels of the target; 1 stands for an array without an axis for them.
    needs_reference : bool
        Whether the network must see the noisy STFT itself.

    See Also
    --------
    IdealMaskTarget, SpectrumTarget : Targets for every regressor.

    Examples
    --------
    A mask that keeps whatever is louder than the noise, or else a tenth of it:

    >>> import numpy as np
    >>> from skse.targets import BaseTarget
    >>> class SoftBinaryMask(BaseTarget):
    ...     output_range = (0.0, 1.0)
    ...
    ...     def __init__(self, floor=0.1):
    ...         self.floor = floor
    ...
    ...     def compute(self, noisy, clean):
    ...         louder = np.abs(clean) > np.abs(noisy - clean)
    ...         return np.where(louder, 1, self.floor).astype(np.float32)
    ...
    ...     def apply(self, prediction, noisy):
    ...         return np.clip(prediction, self.floor, 1) * noisy
    >>> clean = np.array([[3.0 + 0j, 1.0]])
    >>> noisy = clean + np.array([[1.0, 2.0]])
    >>> SoftBinaryMask().fit_transform(noisy, clean)
    array([[1. , 0.1]], dtype=float32)
    """

    needs_reference = False
    # Whether the loss compares waveforms, made of what the network puts out.
    gives_waveforms = False

    if TYPE_CHECKING:  # a subclass may make properties of them

        @property
        def output_range(self) -> tuple[float, float]: ...
        @property
        def n_output_channels(self) -> int: ...
    else:
        output_range = (-np.inf, np.inf)
        n_output_channels = 1

    @property
    def output_activation(self) -> str:
        """Activation that a network must end in."""
        return "sigmoid" if tuple(self.output_range) == (0, 1) else "linear"

    @property
    def gives(self) -> str:
        """What a loss is given: "waveforms", "probabilities", "spectra" or "anything"."""
        low, high = self.output_range
        if self.gives_waveforms:
            return "waveforms"
        if low >= 0 and high <= 1:
            return "probabilities"
        unbounded = (low, high) == (-np.inf, np.inf)
        return "spectra" if self.n_output_channels == 2 and unbounded else "anything"

    def compute(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        """Compute the target: the hook that a subclass fills in.

        Parameters
        ----------
        noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
            STFTs, checked.

        Returns
        -------
        target : ndarray of shape (..., n_frequencies, n_frames[, n_channels])
            float32.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method compute.")

    def apply(self, prediction: np.ndarray, noisy: np.ndarray) -> np.ndarray:
        """Turn a prediction into the enhanced STFT: the hook that a subclass fills in.

        Parameters
        ----------
        prediction : ndarray of shape (..., n_frequencies, n_frames[, n_channels])
            Of the target; any number may come.
        noisy : ndarray of shape (..., n_frequencies, n_frames)
            Noisy STFT.

        Returns
        -------
        enhanced : ndarray of the shape of `noisy`
        """
        raise NotImplementedError(f"{type(self).__name__} has no method apply.")

    def check_params(self) -> None:
        """Raise a ValueError for a parameter out of its range; a subclass adds its own."""

    def best_prediction(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        """Return the best prediction: the target, unless it cannot be reached.

        Parameters
        ----------
        noisy, clean : ndarray of shape (..., n_frequencies, n_frames)
            STFTs, checked.

        Returns
        -------
        prediction : ndarray of the shape of the target
        """
        return self.compute(noisy, clean)

    def reset(self) -> None:
        """Forget what earlier fits have learned."""

    def learn(self, clean: np.ndarray) -> None:
        """Learn from clean speech.

        Parameters
        ----------
        clean : ndarray of shape (..., n_frequencies, n_frames)
            Clean STFT of one or more waveforms.
        """

    def fit(self, X: Arrays, y: Arrays) -> Self:
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
        self.__dict__.pop("n_features_in_", None)
        self.reset()
        return self.partial_fit(X, y)

    def partial_fit(self, X: Arrays, y: Arrays) -> Self:
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
            self.reset()
            self.n_features_in_ = _n_frequencies(X)
        for clean in y if isinstance(y, list) else [y]:
            self.learn(clean)
        return self

    def fit_transform(self, X: Arrays, y: Arrays) -> ArrayOrList:
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

    def transform(self, X: Arrays, y: Arrays) -> ArrayOrList:
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
            return [self._computed(a, b) for a, b in zip(X, y, strict=True)]
        return self._computed(X, y)

    def _computed(self, noisy, clean):
        target = self.compute(noisy, clean)
        if np.iscomplexobj(target):
            raise ValueError(
                f"{type(self).__name__}: compute gives complex numbers, which no regressor "
                "predicts; stack real and imaginary part as the last axis, and set "
                "n_output_channels to 2."
            )
        return target

    def ideal_prediction(self, X: Arrays, y: Arrays) -> ArrayOrList:
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
            return [self.best_prediction(a, b) for a, b in zip(X, y, strict=True)]
        return self.best_prediction(X, y)

    def inverse_transform(self, X: Arrays, noisy: Arrays) -> ArrayOrList:
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
        self.check_params()
        channels = () if self.n_output_channels == 1 else (self.n_output_channels,)
        X, noisy = check_stft_pair(X, noisy, names=("X", "noisy"), channels=channels)
        if isinstance(X, list):
            return [self.apply(a, b) for a, b in zip(X, noisy, strict=True)]
        return self.apply(X, noisy)

    def _check_pair(self, X, y):
        self.check_params()
        X, y = check_stft_pair(X, y, names=("X", "y"))
        fitted_with = getattr(self, "n_features_in_", None)
        if fitted_with not in (None, _n_frequencies(X)):
            raise ValueError(
                f"X has {_n_frequencies(X)} features, but {type(self).__name__} is expecting "
                f"{fitted_with} features as input: the number of frequencies it was fitted with."
            )
        return X, y

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
    plain = type(X) is np.ndarray and X.dtype in (np.float32, np.float64)
    if plain and X.ndim >= 2 and X.size and np.isfinite(X).all():
        return X  # as check_array would, which takes as long as a frame of a stream
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float64
    return check_array(X, dtype=dtype, allow_nd=True, input_name=name)


def _n_frequencies(X):
    X = X[0] if isinstance(X, list) else X
    return X.shape[frequency_axis(X)]


def _describe(X):
    return f"a list of {len(X)} arrays" if isinstance(X, list) else f"an array of shape {X.shape}"
