"""STFTs and features that the candidates of a search share, instead of computing each anew.

A search fits clones on slices of the data, so that nothing but the content of a waveform tells
that its STFT was computed before. The STFTs are kept by that content in the process (each
worker of a search in several processes has its own), and no more of them than was allowed.
So are features that carry a state from frame to frame, which take much longer than the STFTs.
"""

import joblib
import numpy as np

from skse.enhancement._blocks import Recording
from skse.features import BaseFeaturizer
from skse.utils import ArrayStore, digest


class SharedRecording(Recording):
    """A recording whose STFTs are looked up first, and kept.

    Parameters
    ----------
    x, featurizer, gain, allocate
        As for :class:`~skse.enhancement._blocks.Recording`.
    max_bytes : float
        Size that the STFTs kept in this process may have together.
    """

    def __init__(self, x, featurizer, gain, allocate, max_bytes):
        super().__init__(x, featurizer, gain, allocate)
        self._max_bytes = max_bytes
        window = featurizer.window
        self._key = (
            digest([x]),
            gain,
            featurizer.n_fft,
            featurizer.hop_length,
            featurizer.n_frequencies,
            window if isinstance(window, (str, tuple)) else np.asarray(window).tobytes(),
        )

    def stft(self, begin=0, end=None):
        """STFT of frames `begin` to `end`; not to be written to."""
        end = self.n_frames if end is None else end
        return STFTS.get(
            (*self._key, begin, end), lambda: super(SharedRecording, self).stft(begin, end),
            self._max_bytes,
        )  # fmt: skip


STFTS = ArrayStore()


def can_share(x, featurizer):
    """Tell whether the STFT depends on nothing but what a SharedRecording looks at."""
    return type(x) is np.ndarray and type(featurizer).stft is BaseFeaturizer.stft


def shared_features(featurizer, stfts, compute, max_bytes):
    """Return the features of whole recordings, computed only where they are not kept.

    Parameters
    ----------
    featurizer : BaseFeaturizer
        Fitted.
    stfts : list of ndarray of shape (n_frequencies, n_frames)
        Of the recordings.
    compute : callable
        Returns the features of a list of STFTs, each as if it were alone.
    max_bytes : float
        Size that STFTs and features kept in this process may have together.

    Returns
    -------
    features : list of ndarray
        Not to be written to.
    """
    own = type(featurizer), joblib.hash(featurizer)
    keys = [(*own, stft.shape, digest([stft])) for stft in stfts]
    kept = [STFTS.find(key) for key in keys]
    new = iter(compute([s for s, known in zip(stfts, kept, strict=True) if known is None]))
    return [
        STFTS.get(key, lambda: np.ascontiguousarray(next(new)), max_bytes)
        if known is None
        else known
        for key, known in zip(keys, kept, strict=True)
    ]
