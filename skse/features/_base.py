"""What all featurizers share: waveforms to STFT and back."""

from numbers import Integral

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from skse.features._framing import analyse, count_frames, largest_hop, make_window, synthesise
from skse.utils import check_number, check_waveforms


class BaseFeaturizer(TransformerMixin, BaseEstimator):
    """Base class of the featurizers: a subclass adds ``_check_params`` and ``_features``.

    The STFT follows librosa: frame t is centred at sample ``t * hop_length``
    (``center=True``), zeros are added at both ends, the window is periodic.
    """

    def fit(self, X, y=None):
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
        self._checked_window()
        X = check_waveforms(X)
        self.n_features_in_ = X.shape[1] if isinstance(X, np.ndarray) else None
        return self

    def transform(self, X):
        """Compute the features of waveforms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Waveforms of any length.

        Returns
        -------
        features : ndarray of shape (n_samples, n_frequencies, n_frames[, n_channels]) or list
            float32; a list of ``(n_frequencies, n_frames[, n_channels])`` where
            lengths differ.
        """
        check_is_fitted(self)
        S = self.stft(X)
        return [self.features(s) for s in S] if isinstance(S, list) else self.features(S)

    def features(self, S):
        """Compute the features of an STFT. Every frame is treated by itself.

        Parameters
        ----------
        S : ndarray of shape (..., 1 + n_fft // 2, n_frames)
            Complex STFT.

        Returns
        -------
        features : ndarray of shape (..., n_frequencies, n_frames[, n_channels])
            float32.
        """
        self._check_params()
        return self._features(S)

    def stft(self, X):
        """Short-time Fourier transform of waveforms.

        Equal to ``librosa.stft(x, n_fft=n_fft, hop_length=hop_length,
        window=window)`` of every waveform, but computed for all waveforms of one
        length at a time. Needs no fit.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Waveforms.

        Returns
        -------
        S : ndarray of shape (n_samples, 1 + n_fft // 2, 1 + n_times // hop_length) or list
            complex64; a list of 2-D arrays where lengths differ. complex128 for
            those lengths whose last samples lie under the faint end of a single
            window: single precision could not be inverted to 1e-6 there.
        """
        window = self._checked_window()
        X = check_waveforms(X)
        if isinstance(X, np.ndarray):
            return np.swapaxes(analyse(X, window, self.hop_length), 1, 2)
        by_length = {}
        for i, x in enumerate(X):
            by_length.setdefault(len(x), []).append(i)
        stfts = [None] * len(X)
        for members in by_length.values():
            together = analyse([X[i] for i in members], window, self.hop_length)
            for i, spectrum in zip(members, together, strict=True):
                stfts[i] = spectrum.T
        return stfts

    def istft(self, S, n_times):
        """Waveforms of short-time Fourier transforms.

        The least-squares inverse: ``istft(stft(x), len(x))`` gives x back to
        1e-6 for every length. Needs no fit.

        Parameters
        ----------
        S : array-like of shape (n_samples, 1 + n_fft // 2, n_frames) or list of 2-D arrays
            Complex STFT.
        n_times : int or sequence of int
            Length of the waveforms, one for all or one for each.

        Returns
        -------
        waveforms : ndarray of shape (n_samples, n_times) or list of ndarray
            float32; a list where lengths differ.

        Raises
        ------
        ValueError
            Where number of frequencies, of frames, or of lengths do not agree.
        """
        window = self._checked_window()
        n_samples = len(S)
        lengths = [n_times] * n_samples if np.ndim(n_times) == 0 else list(n_times)
        if len(lengths) != n_samples:
            raise ValueError(
                f"n_times must be an int or hold one length per STFT; got {len(lengths)} lengths "
                f"for {n_samples} STFTs."
            )
        for i, n in enumerate(lengths):
            check_number(self, f"n_times[{i}]", n, Integral, min_val=1)
            self._check_stft(np.asarray(S[i]), n, i)
        if isinstance(S, np.ndarray) and len(set(lengths)) == 1:
            return synthesise(np.swapaxes(S, 1, 2), window, self.hop_length, lengths[0])
        waveforms = [
            synthesise(np.asarray(s).T[None], window, self.hop_length, n)[0]
            for s, n in zip(S, lengths, strict=True)
        ]
        return np.stack(waveforms) if len(set(lengths)) == 1 else waveforms

    def _checked_window(self):
        check_number(self, "n_fft", self.n_fft, Integral, min_val=2)
        check_number(self, "hop_length", self.hop_length, Integral, min_val=1)
        self._check_params()
        window = make_window(self, self.window, self.n_fft)
        largest = largest_hop(window)
        if self.hop_length > largest:
            raise ValueError(
                f"{type(self).__name__}: hop_length={self.hop_length!r} cannot be inverted with "
                f"n_fft={self.n_fft} and window={self.window!r}; choose at most {largest}."
            )
        return window

    def _check_stft(self, S, n_times, i):
        expected = (1 + self.n_fft // 2, count_frames(n_times, self.n_fft, self.hop_length))
        if S.shape != expected:
            raise ValueError(
                f"S[{i}] has shape {S.shape}; expected {expected} (n_frequencies, n_frames) for "
                f"n_fft={self.n_fft}, hop_length={self.hop_length} and n_times={n_times}."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []
        return tags
