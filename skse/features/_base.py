"""What the featurizers share: waveforms to STFTs and back, fit and transform."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from numbers import Integral
from typing import Any, Protocol, Self

import numpy as np
from joblib import cpu_count
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from skse.features._framing import analyse, count_frames, largest_hop, make_window, synthesise
from skse.utils import check_number, check_waveforms
from skse.utils.typing import ArrayOrList, Arrays, Waveforms


class FeatureStream(Protocol):
    """What :meth:`BaseFeaturizer.open_stream` returns."""

    def push(self, S: np.ndarray) -> np.ndarray:
        """Compute the features of the next frames."""


class BaseFeaturizer(TransformerMixin, BaseEstimator):
    """Base class of the featurizers: waveform to STFT to features, and STFT to waveform.

    A subclass has the parameters ``n_fft``, ``hop_length`` and ``window``, computes its
    features in :meth:`compute` and adds the checks of its own parameters to
    :meth:`check_params`.

    See Also
    --------
    skse.STFTFeaturizer : The featurizer to begin with.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.features import BaseFeaturizer
    >>> class PhaseFeaturizer(BaseFeaturizer):
    ...     def __init__(self, n_fft=256, hop_length=128, window="hann"):
    ...         self.n_fft = n_fft
    ...         self.hop_length = hop_length
    ...         self.window = window
    ...
    ...     def compute(self, S):
    ...         return np.angle(S).astype(np.float32)
    >>> PhaseFeaturizer().fit_transform(np.ones((2, 1000))).shape
    (2, 129, 8)
    """

    def fit(self, X: Waveforms, y: Any = None) -> Self:
        """Check parameters and waveforms; nothing is learnt from them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Waveforms, full scale ±1.
        y : None
            Ignored.

        Returns
        -------
        self : object
        """
        self.check_params()
        waveforms = check_waveforms(X)
        if isinstance(waveforms, np.ndarray):
            columns = X if hasattr(X, "columns") else waveforms
            validate_data(self, columns, skip_check_array=True)
        else:
            self.n_features_in_ = None
            if hasattr(self, "feature_names_in_"):
                del self.feature_names_in_
        return self

    def transform(self, X: Waveforms) -> ArrayOrList:
        """Compute the features of waveforms of any length.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Waveforms, full scale ±1.

        Returns
        -------
        features : ndarray of shape (n_samples, n_bands, n_frames[, n_channels]) or list
            float32; an array where all waveforms are equally long, else a list.
        """
        check_is_fitted(self)
        spectra = self._analyse(check_waveforms(X), self.check_params())
        if isinstance(spectra, list):
            return [self.compute(S) for S in spectra]
        return self.compute(spectra)

    def stft(self, X: Waveforms) -> ArrayOrList:
        """Short-time Fourier transform of waveforms; needs no ``fit``.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Waveforms of any level. A single 1-D array is taken for one waveform.

        Returns
        -------
        S : ndarray of shape (n_samples, n_frequencies, n_frames) or list of ndarray
            complex64, and complex128 for those lengths (decided by n_times alone) whose
            last samples lie under the faint end of one window only, so that ``istft`` gives
            every sample back to 1e-6. An array where all waveforms are equally long, else a
            list; one STFT for a single waveform. Equal to ``librosa.stft``. Frames are
            contiguous in memory, and STFTs of one length may share their memory.
        """
        if isinstance(X, np.ndarray) and X.ndim == 1 and X.dtype != object:
            return self.stft([X])[0]
        window = self.check_params()
        return self._analyse(check_waveforms(X, any_level=True), window)

    def istft(self, S: Arrays, n_times: int | Sequence[int]) -> ArrayOrList:
        """Waveforms of STFTs by least-squares overlap-add [1]_; needs no ``fit``.

        Parameters
        ----------
        S : ndarray of shape (n_samples, n_frequencies, n_frames) or sequence of 2-D ndarray
            Complex STFTs, as ``stft`` gives them. A single 2-D array is taken for one STFT.
        n_times : int or sequence of int
            Length of the waveforms, in samples: one for all or one per utterance. A length
            that the frames exceed is cut, as ``librosa.istft`` cuts it.

        Returns
        -------
        X : ndarray of shape (n_samples, n_times) or list of ndarray
            float32 waveforms; an array where all lengths agree, else a list; one waveform
            for a single STFT.

        Raises
        ------
        ValueError
            Where `S` is not complex, has another number of frequencies than ``stft``
            gives, or too few frames for `n_times`.

        References
        ----------
        .. [1] D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time
           Fourier transform", IEEE Trans. ASSP 32(2), 236-243, 1984, equation 6.
        """
        window = self.check_params()
        single = isinstance(S, np.ndarray) and S.ndim == 2
        spectra, lengths = self._check_spectra([S] if single else S, n_times)
        waveforms: list[Any] = [None] * len(spectra)
        for indices in _group((s.shape, n) for s, n in zip(spectra, lengths, strict=True)):
            batch = np.stack([spectra[i].T for i in indices])
            missing = 1 + self.n_fft // 2 - batch.shape[2]
            if missing:
                batch = np.pad(batch, [(0, 0), (0, 0), (0, missing)])
            batch = synthesise(batch, window, self.hop_length, lengths[indices[0]])
            for i, x in zip(indices, batch, strict=True):
                waveforms[i] = x
        if single:
            return waveforms[0]
        return np.stack(waveforms) if len(set(lengths)) == 1 else waveforms

    def features(self, S: np.ndarray) -> np.ndarray:
        """Compute the features of the STFT of one recording; needs no ``fit``.

        Parameters
        ----------
        S : ndarray of shape (n_frequencies, n_frames)
            Complex STFT.

        Returns
        -------
        features : ndarray of shape (n_bands, n_frames[, n_channels])
            float32.
        """
        self.check_params()
        spectra, _ = self._check_spectra([S], 1)
        return self.compute(spectra[0])

    @property
    def n_frequencies(self) -> int:
        """Number of frequencies of an STFT; the inverse takes those above them for 0."""
        return 1 + self.n_fft // 2

    def compute(self, S: np.ndarray) -> np.ndarray:
        """Compute the features of STFTs: the hook that a subclass fills in.

        Parameters
        ----------
        S : ndarray of shape (..., n_frequencies, n_frames)
            Complex STFTs, checked.

        Returns
        -------
        features : ndarray of shape (..., n_bands, n_frames[, n_channels])
            float32, each frame from itself alone; see :attr:`carries_state`.
        """
        raise NotImplementedError(f"{type(self).__name__} has no method compute.")

    @property
    def carries_state(self) -> bool:
        """Whether a frame's features depend on the frames before it.

        A subclass where they do says so here, and overrides `open_stream`; its `compute`
        takes recordings from their first frame on.
        """
        return False

    def open_stream(self, n_samples: int = 1) -> FeatureStream:
        """Begin to compute the features of recordings piece by piece.

        Parameters
        ----------
        n_samples : int, default=1
            Recordings that run abreast.

        Returns
        -------
        stream : object
            ``stream.push(S)`` takes the STFTs of their next frames, of shape
            ``(n_samples, n_frequencies, n_frames)``, and returns the features, of shape
            ``(n_samples, n_bands, n_frames[, n_channels])``: together those of `compute`.
        """
        return _FrameByFrame(self)

    def check_params(self) -> np.ndarray:
        """Check the parameters; a subclass adds its own and returns what this returns.

        Returns
        -------
        window : ndarray of shape (n_fft,)
            float64.

        Raises
        ------
        ValueError
            For a parameter out of its range, and a `hop_length` that cannot be inverted.
        """
        check_number(self, "n_fft", self.n_fft, Integral, min_val=2)
        check_number(self, "hop_length", self.hop_length, Integral, min_val=1)
        window = make_window(self, self.window, self.n_fft)
        largest = largest_hop(window)
        if self.hop_length > largest:
            remedy = (
                f"hop_length must be from 1 to {largest} (n_fft // 2 at most)"
                if largest
                else "choose another window"
            )
            raise ValueError(
                f"{type(self).__name__}: hop_length={self.hop_length} cannot be inverted with "
                f"n_fft={self.n_fft} and window={self.window!r:.60}: the windows leave "
                f"some samples uncovered; {remedy}."
            )
        return window

    def _analyse(self, waveforms, window):
        kept = self.n_frequencies
        if isinstance(waveforms, np.ndarray):
            return analyse(waveforms, window, self.hop_length)[..., :kept].swapaxes(1, 2)
        spectra: list[Any] = [None] * len(waveforms)
        groups = list(_group(len(x) for x in waveforms))
        # NumPy and SciPy release the interpreter's lock: threads share the groups.
        with ThreadPoolExecutor(cpu_count()) as pool:
            batches = pool.map(
                lambda indices: analyse([waveforms[i] for i in indices], window, self.hop_length),
                groups,
            )
            for indices, batch in zip(groups, batches, strict=True):
                for i, S in zip(indices, batch, strict=True):
                    spectra[i] = S[:, :kept].T
        return spectra

    def _check_spectra(self, S, n_times):
        """Return a list of checked STFTs and a list of checked lengths."""
        if isinstance(S, (str, bytes)) or not hasattr(S, "__len__") or len(S) == 0:
            raise ValueError(
                "S must be an array of shape (n_samples, n_frequencies, n_frames) or a sequence "
                f"of 2-D STFTs; got {type(S).__name__}: {S!r:.60}."
            )
        if isinstance(n_times, Integral):
            n_times = [n_times] * len(S)
        if not hasattr(n_times, "__len__") or len(n_times) != len(S):
            raise ValueError(
                f"n_times must be an int or hold one int per STFT; got {n_times!r:.60} for "
                f"{len(S)} STFTs."
            )
        pairs = zip(S, n_times, strict=True)
        spectra = [self._check_spectrum(s, n, i) for i, (s, n) in enumerate(pairs)]
        return spectra, [int(n) for n in n_times]

    def _check_spectrum(self, S, n_times, i):
        S = np.asarray(S)
        if S.ndim != 2 or S.shape[0] != self.n_frequencies:
            raise ValueError(
                f"S[{i}] has shape {S.shape}; expected (n_frequencies, n_frames) with "
                f"{self.n_frequencies} frequencies for n_fft={self.n_fft}. Use the featurizer "
                "that made it."
            )
        if not np.iscomplexobj(S):
            raise ValueError(
                f"S[{i}] must be complex; got {S.dtype}. Multiply a magnitude by a phase, such as "
                "np.exp(1j * np.angle(noisy)), first."
            )
        if not np.isfinite(S).all():
            raise ValueError(f"S[{i}] contains NaN or inf; expected finite values.")
        check_number("istft", f"n_times[{i}]", n_times, Integral, min_val=1)
        needed = count_frames(n_times, self.n_fft, self.hop_length)
        if S.shape[1] < needed:
            raise ValueError(
                f"S[{i}] has {S.shape[1]} frames, too few for n_times={n_times}, which takes "
                f"{needed} (n_fft={self.n_fft}, hop_length={self.hop_length})."
            )
        return S

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class _FrameByFrame:
    """A stream of features that carry no state."""

    def __init__(self, featurizer):
        self._featurizer = featurizer

    def push(self, S):
        """Compute the features of the next frames."""
        return np.stack([self._featurizer.compute(frames) for frames in S])


def _group(keys):
    """Group the indices of equal keys, in the order of first appearance."""
    groups = {}
    for i, key in enumerate(keys):
        groups.setdefault(key, []).append(i)
    return groups.values()
