"""FeaturizerUnion: features of several kinds and window lengths, one below the other."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.utils.metaestimators import _BaseComposition

from skse.features._base import BaseFeaturizer, FeatureStream
from skse.features._other_windows import make_view
from skse.utils.typing import Window


class FeaturizerUnion(BaseFeaturizer, _BaseComposition):
    """Features of several featurizers, one below the other, on the frames of the first.

    The STFT of the first featurizer is what an enhancer works on: enhanced speech is made of
    it. The others may have windows of other lengths, but the same hop. What every one
    gives of a frame is joined along frequency, channels as further rows.

    Parameters
    ----------
    featurizers : list of (str, featurizer)
        Names and featurizers, in order. A parameter of one is searched as ``name__parameter``.

    Attributes
    ----------
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    See Also
    --------
    STFTFeaturizer : One view of a waveform.
    skse.WideResNetRegressor : A network for which rows need no order.

    Notes
    -----
    Several views of speech as the input of one network are those of Ribas et al. [1]_. How
    their frames lie is ours: a window that is shorter than the first one lies in the middle of
    it, and its features are those of the featurizer alone. A longer one ends with it, so that
    no later sample is seen and a stream needs no more time: its features are those of the
    featurizer alone on a waveform that is ``(n_fft - first_n_fft) / 2`` samples late. They then
    depend on the frames before, see :attr:`carries_state`.

    All samples are taken from the STFT of the first featurizer; a frequency that it leaves out
    is taken for 0. Where its window fades out before another one does, as a Hann window does
    before a Hamming window of the same length, they cannot be had; this is refused.

    References
    ----------
    .. [1] D. Ribas, J. Llombart, A. Miguel and L. Vicente, "Deep speech enhancement for
       reverberated and noisy signals using wide residual networks", arXiv:1901.00660, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import FeaturizerUnion, MelFeaturizer, MFCCFeaturizer, STFTFeaturizer
    >>> union = FeaturizerUnion([
    ...     ("stft", STFTFeaturizer(256, 64)),
    ...     ("mel", MelFeaturizer(8000, 512, 64, n_mels=40)),
    ...     ("mfcc", MFCCFeaturizer(8000, 768, 64, n_mfcc=20)),
    ... ])
    >>> X = np.random.default_rng(0).uniform(-1, 1, (2, 8000))
    >>> union.fit_transform(X).shape
    (2, 189, 126)
    """

    def __init__(self, featurizers: Sequence[tuple[str, BaseFeaturizer]]) -> None:
        self.featurizers = featurizers

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Get the parameters, those of the featurizers as ``name__parameter``.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the featurizers by name, and their parameters.

        Returns
        -------
        params : dict of str to object
        """
        return self._get_params("featurizers", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters, featurizers by name, and parameters of these.

        Parameters
        ----------
        **params : dict
            As `get_params` names them.

        Returns
        -------
        self : object
        """
        return self._set_params("featurizers", **params)

    @property
    def n_fft(self) -> int:
        """Length of a frame in samples: that of the first featurizer."""
        return self._first.n_fft

    @property
    def hop_length(self) -> int:
        """Samples from one frame to the next."""
        return self._first.hop_length

    @property
    def window(self) -> Window:
        """Window of the first featurizer."""
        return self._first.window

    @property
    def n_frequencies(self) -> int:
        return self._first.n_frequencies

    @property
    def sampling_rate(self) -> float | None:
        """Sampling rate in Hz, None where no featurizer needs one."""
        rates = [getattr(featurizer, "sampling_rate", None) for _, featurizer in self._checked()]
        return next((rate for rate in rates if rate is not None), None)

    @property
    def carries_state(self) -> bool:
        return any(f.n_fft > self.n_fft or f.carries_state for _, f in self._checked())

    def check_params(self) -> np.ndarray:
        named = self._checked()
        windows = [featurizer.check_params() for _, featurizer in named]
        hop_length = named[0][1].hop_length
        for name, featurizer in named:
            if featurizer.hop_length != hop_length:
                fitting = min(f.n_fft for _, f in named) // 2
                raise ValueError(
                    f"FeaturizerUnion: {_shown(name, featurizer)} has "
                    f"hop_length={featurizer.hop_length}, but {_shown(*named[0])} has "
                    f"hop_length={hop_length}, so that their frames are not the same ones; give "
                    f"all the same hop_length, such as {min(hop_length, fitting)}."
                )
        rated = [pair for pair in named if getattr(pair[1], "sampling_rate", None) is not None]
        for name, featurizer in rated:
            if featurizer.sampling_rate != self.sampling_rate:
                raise ValueError(
                    f"FeaturizerUnion: {_shown(name, featurizer)} has "
                    f"sampling_rate={featurizer.sampling_rate!r}, but {_shown(*rated[0])} has "
                    f"sampling_rate={self.sampling_rate!r}; give all the same."
                )
        self._make_views(windows)
        return windows[0]

    def compute(self, S: np.ndarray) -> np.ndarray:
        several = S.reshape(-1, *S.shape[-2:])
        features = self.open_stream(len(several)).push(several)
        return features.reshape(*S.shape[:-2], *features.shape[1:])

    def open_stream(self, n_samples: int = 1) -> FeatureStream:
        named = self._checked()
        views = self._make_views([featurizer.check_params() for _, featurizer in named])
        streams = [featurizer.open_stream(n_samples) for _, featurizer in named]
        return _UnionStream(views, streams, [f.n_frequencies for _, f in named])

    @property
    def _first(self):
        return self._checked()[0][1]

    def _make_views(self, windows):
        return [
            make_view(f"FeaturizerUnion: {_shown(*pair)}", window, windows[0], self.hop_length)
            for pair, window in zip(self._checked(), windows, strict=True)
        ]

    def _checked(self):
        """Return the featurizers with their names."""
        named = self.featurizers
        if not (
            isinstance(named, (list, tuple))
            and named
            and all(isinstance(pair, (list, tuple)) and len(pair) == 2 for pair in named)
            and all(isinstance(n, str) and isinstance(f, BaseFeaturizer) for n, f in named)
        ):
            raise ValueError(
                f"FeaturizerUnion: featurizers={named!r:.120} must be a list of names and "
                "featurizers, such as [('stft', STFTFeaturizer()), ('mel', MelFeaturizer())]."
            )
        self._validate_names([name for name, _ in named])
        return named


class _UnionStream:
    """The features of all, piece by piece."""

    def __init__(self, views, streams, n_frequencies):
        self._parts = list(zip(views, streams, n_frequencies, strict=True))

    def push(self, S):
        """Compute the features of the next frames."""
        n_samples, _, n_frames = S.shape
        rows = []
        for view, stream, n_frequencies in self._parts:
            features = stream.push(view.push(S)[:, :n_frequencies])
            if features.ndim > S.ndim:
                features = np.moveaxis(features, -1, 1).reshape(n_samples, -1, n_frames)
            rows.append(features)
        return np.concatenate(rows, axis=1)


def _shown(name, featurizer):
    return f"{name!r} ({type(featurizer).__name__})"
