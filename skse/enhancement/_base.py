"""What all enhancers share: noisy waveforms in, enhanced waveforms out, checked."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from skse.metrics import si_sdr_scorer
from skse.utils import check_sampling_rate, check_waveforms, restore_container


class BaseEnhancer(RegressorMixin, BaseEstimator):
    """Base class of the enhancers: a subclass adds ``fit`` and ``_enhance(waveforms, allocate)``.

    `allocate` makes what each enhanced waveform is written to, as for `Recording`.
    """

    def predict(self, X, sampling_rate=None):
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
            float32 waveforms, in the container and of the lengths of `X`.

        Raises
        ------
        ValueError
            For waveforms that are not finite and mono, and for a sampling rate
            other than the one fitted with.
        """
        self._check_ready(sampling_rate)
        as_fitted = isinstance(X, np.ndarray) and X.ndim == 2 and X.shape[1] == self.n_features_in_
        waveforms = check_waveforms(X, two_rows_are="utterances" if as_fitted else "stereo")
        return restore_container(self._enhance(waveforms), X)

    def score(self, X, y):
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

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.target_tags.single_output = False
        tags.regressor_tags.poor_score = True
        return tags

    def _check_ready(self, sampling_rate=None):
        """Check all that `predict` checks but the waveforms."""
        check_is_fitted(self)
        self._check_params()
        self._check_rate(sampling_rate)

    def _check_params(self):
        if self.sampling_rate is not None:
            check_sampling_rate(self, self.sampling_rate)

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
