"""STFTs and features that the candidates of a search share, instead of computing each anew.

A search fits clones on slices of the data, so that nothing but the content of a waveform tells
that its STFT was computed before. The STFTs are kept by that content in the process (each
worker of a search in several processes has its own), and no more of them than was allowed.
So are features that follow the noise, which take much longer than the STFTs.
"""

import threading
import time
from functools import partial

import joblib
import numpy as np

from skse.enhancement._blocks import Recording
from skse.features import BaseFeaturizer, STFTFeaturizer
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


class Saved(threading.local):
    """How long it took to compute the features that this thread found."""

    seconds = 0.0


STFTS, SAVED = ArrayStore(), Saved()


def seconds_saved():
    """Return the seconds that it took to compute all features that this thread has found so far."""
    return SAVED.seconds


def can_share(x, featurizer):
    """Tell whether the STFT depends on nothing but what a SharedRecording looks at."""
    return type(x) is np.ndarray and type(featurizer).stft is BaseFeaturizer.stft


def can_share_features(featurizer):
    """Tell whether features take long, and depend on nothing but the STFT and parameters."""
    return type(featurizer) is STFTFeaturizer and featurizer.carries_state


def shared_features(featurizer, stfts, compute, max_bytes):
    """Return the features of whole recordings, computed only where they are not kept.

    Parameters
    ----------
    featurizer : STFTFeaturizer
        Fitted, one for which `can_share_features` is true.
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
    parameters = joblib.hash(featurizer.get_params())
    keys = [("features", parameters, stft.shape, digest([stft])) for stft in stfts]
    shared = {key: pair for key in keys if (pair := STFTS.find(key)) is not None}
    SAVED.seconds += sum(float(seconds) for _, seconds in shared.values())
    missing = {key: x for key, x in zip(keys, stfts, strict=True) if key not in shared}
    begin = time.perf_counter()
    new = compute(list(missing.values()))
    seconds = (time.perf_counter() - begin) / max(len(new), 1)
    for key, features in zip(missing, new, strict=True):
        # A copy, as those of a group of recordings may be parts of one array.
        pair = np.array(features, order="C"), np.array(seconds)
        shared[key] = STFTS.get(key, partial(tuple, pair), max_bytes)
    return [shared[key][0] for key in keys]
