"""What all enhancers share: noisy waveforms in, enhanced waveforms out, checked."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from skse.metrics import si_sdr_scorer
from skse.utils import check_sampling_rate, check_waveforms, rate_of, restore_container
from skse.utils.typing import Allocate, ArrayOrList, Arrays, Waveforms


class BaseEnhancer(RegressorMixin, BaseEstimator):
    """Base class of the enhancers: noisy waveforms in, enhanced waveforms out.

    A subclass has the parameter ``sampling_rate``, adds ``fit``, which sets
    ``sampling_rate_`` and ``n_features_in_``, and fills in :meth:`enhance`; to work on
    streams, :meth:`open_stream`; where it returns some recordings as they are,
    :meth:`leaves_alone`; and it adds the checks of its own parameters to
    :meth:`check_params`.

    See Also
    --------
    BaseClassicalEnhancer : Needs no ``fit`` of its own.
    BaseGainEnhancer : A gain for every frame and frequency, in recordings and streams.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.enhancement import BaseEnhancer
    >>> class LearnedGain(BaseEnhancer):
    ...     def __init__(self, sampling_rate=None):
    ...         self.sampling_rate = sampling_rate
    ...
    ...     def fit(self, X, y):
    ...         self.gain_ = np.float32(np.sum(X * y) / np.sum(np.square(X)))
    ...         self.sampling_rate_, self.n_features_in_ = self.sampling_rate, X.shape[1]
    ...         return self
    ...
    ...     def enhance(self, waveforms, allocate=np.empty):
    ...         return [self.gain_ * x for x in waveforms]
    >>> noisy = np.ones((2, 4))
    >>> LearnedGain().fit(noisy, 0.5 * noisy).predict(noisy)
    array([[0.5, 0.5, 0.5, 0.5],
           [0.5, 0.5, 0.5, 0.5]], dtype=float32)
    """

    # Whether what is made of a recording does not depend, to the bit, on those beside it.
    enhances_side_by_side = False

    def predict(self, X: Waveforms, sampling_rate: float | None = None) -> ArrayOrList:
        """Enhance noisy waveforms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms of any length.
        sampling_rate : float, default=None
            Sampling rate of `X` in Hz, where it is known: checked against the
            one fitted with.

        Returns
        -------
        enhanced : list, tuple or ndarray
            float32 waveforms, in the container and of the lengths of `X`: an object array
            for a column of a table.

        Raises
        ------
        ValueError
            For waveforms that are not finite and mono, for PCM that is not of 16 bits,
            and for a sampling rate other than the one fitted with.

        Notes
        -----
        :func:`~sklearn.model_selection.cross_val_predict` cannot join lists of waveforms of
        unequal length. Pass it a column, ``pandas.Series(X)``, or an object array.
        """
        return restore_container(self.enhance(self._check_noisy(X, sampling_rate)), X)

    def score(self, X: Waveforms, y: Waveforms) -> float:
        """Mean SI-SDR of the enhanced waveforms in dB.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms.
        y : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Clean waveforms.

        Returns
        -------
        score : float
            Mean over all utterances that are not silent.
        """
        return si_sdr_scorer(self, X, y)

    def enhance(self, waveforms: Arrays, allocate: Allocate = np.empty) -> list[np.ndarray]:
        """Enhance checked waveforms: the hook that a subclass fills in.

        Parameters
        ----------
        waveforms : sequence of ndarray of shape (n_times,)
            Noisy, float32. Only their lengths and slices may be asked for: a recording may
            be in a file.
        allocate : callable, default=numpy.empty
            ``allocate(n_times, dtype=numpy.float32)`` gives what an enhanced waveform is
            written to, slice by slice.

        Returns
        -------
        enhanced : list of ndarray of shape (n_times,)
        """
        raise NotImplementedError(f"{type(self).__name__} has no method enhance.")

    def leaves_alone(self, n_times: int, sampling_rate: float | None = None) -> bool:
        """Say whether a recording of this length comes back as it is.

        Parameters
        ----------
        n_times : int
            Samples of the recording.
        sampling_rate : float, default=None
            Of the recording in Hz, where the enhancer has none.

        Returns
        -------
        is_left : bool
            False unless a subclass says otherwise.
        """
        return False

    def open_stream(self, level: float | None = None) -> Any:
        """Begin a stream: the hook of those that work on samples as they arrive.

        Parameters
        ----------
        level : float or None, default=None
            RMS to expect, full scale 1, where it is known.

        Returns
        -------
        live : object
            ``push(x)`` takes the next samples and returns those that are final, ``finish()``
            returns the rest; ``latency`` is the lag in samples.

        Raises
        ------
        ValueError
            Where the enhancer sees a recording as a whole.
        """
        raise ValueError(f"{type(self).__name__} enhances whole recordings only.")

    def check_params(self) -> None:
        """Raise a ValueError for a parameter out of its range; a subclass adds its own."""
        if self.sampling_rate is not None:
            check_sampling_rate(self, self.sampling_rate)

    def check_rate(self, waveforms: Arrays) -> None:
        """Check, before `fit`, the sampling rate that waveforms say they have.

        Parameters
        ----------
        waveforms : sequence of ndarray of shape (n_times,)
            Checked; handles may say so, arrays do not.

        Raises
        ------
        ValueError
            For another than the parameter `sampling_rate`.
        """
        rate = rate_of(waveforms)
        if None not in (rate, self.sampling_rate) and rate != self.sampling_rate:
            raise ValueError(
                f"{type(self).__name__}: sampling_rate={self.sampling_rate!r}, but X has {rate!r} "
                "Hz. Pass sampling_rate to skse.datasets.AudioFile, which resamples."
            )

    def check_ready(self, sampling_rate: float | None = None) -> None:
        """Check all that `predict` checks but the waveforms.

        Parameters
        ----------
        sampling_rate : float, default=None
            Of the waveforms, where it is known.

        Raises
        ------
        ValueError
            For a parameter out of its range, and another rate than the one fitted with.
        sklearn.exceptions.NotFittedError
            Before `fit`.
        """
        check_is_fitted(self)
        self.check_params()
        self._check_rate(sampling_rate)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.regressor_tags.poor_score = True
        return tags

    def _check_noisy(self, X, sampling_rate):
        """Return the waveforms that `predict` was given, checked."""
        self.check_ready(sampling_rate)
        as_fitted = isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == self.n_features_in_
        waveforms = check_waveforms(X, two_rows_are="utterances" if as_fitted else "stereo")
        self._check_rate(rate_of(waveforms))
        return waveforms

    def _check_rate(self, declared):
        if declared is not None:
            check_sampling_rate(self, declared)
        for rate in (declared, self.sampling_rate):
            if None not in (rate, self.sampling_rate_) and rate != self.sampling_rate_:
                raise ValueError(
                    f"{type(self).__name__} was fitted with sampling_rate="
                    f"{self.sampling_rate_!r}, but X is said to have {rate!r} Hz. Resample X "
                    "first, for example with skse.Resample."
                )
