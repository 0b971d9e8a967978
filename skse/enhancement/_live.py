"""A recording that is not over: samples in, enhanced samples out as early as can be."""

from numbers import Real

import numpy as np

from skse.enhancement._blocks import Synthesis, n_frames_of, reach_of, stft_of_part
from skse.utils import check_number

# Where float32 still holds the square of a level's inverse.
_LEAST_LEVEL = 1e-15
_GREATEST_LEVEL = 1e15


class LiveRecording:
    """The counterpart of :class:`Recording` where samples arrive little by little.

    Parameters
    ----------
    featurizer : object
        Has ``n_fft``, ``hop_length``, ``stft`` and ``istft``.
    gain : float
        Factor applied on the way in and taken back on the way out.
    frames : object
        Enhances frames. ``push(stft, first_sound, complete)`` takes the next frames
        and the first sample that is not 0 (None where there was none yet) and returns
        those that are finished: all where `complete` is true, and all but the last
        ``n_ahead`` at any time. Is best given ``n_at_once`` frames.
    """

    def __init__(self, featurizer, gain, frames):
        self.featurizer, self.gain, self.frames = featurizer, gain, frames
        # A frame covers n_fft samples, and the last but one of them may have to wait for it.
        self.latency = featurizer.n_fft - 1 + frames.n_ahead * featurizer.hop_length
        self._synthesis = Synthesis(featurizer, gain)
        self._samples = np.zeros(0, dtype=np.float32)  # those that later frames still need
        self._offset = 0
        self._n_received = 0
        self._first_sound = None
        self._n_frames = 0

    def push(self, x):
        """Take the next samples; return all enhanced samples that are final now."""
        n_at_once = self.frames.n_at_once * self.featurizer.hop_length
        if len(x) > n_at_once:
            pieces = [self.push(x[i : i + n_at_once]) for i in range(0, len(x), n_at_once)]
            return np.concatenate(pieces)
        if self._first_sound is None and x.any():
            self._first_sound = self._n_received + int(np.argmax(x != 0))
        self._samples = np.concatenate([self._samples, x])
        self._n_received += len(x)
        n_fft, hop_length = self.featurizer.n_fft, self.featurizer.hop_length
        end = (self._n_received - (n_fft - n_fft // 2)) // hop_length + 1
        if end <= self._n_frames:
            return np.zeros(0, dtype=np.float32)
        return self._synthesis.add(self._enhance(end, complete=False))

    def finish(self):
        """Return the rest of the enhanced samples."""
        if self._n_received == 0:
            return np.zeros(0, dtype=np.float32)
        end = n_frames_of(self._n_received, self.featurizer.hop_length)
        return self._synthesis.add(self._enhance(end, complete=True), self._n_received)

    def _enhance(self, end, complete):
        stft = stft_of_part(
            self._samples, self._offset, self.featurizer, self._n_frames, end, self.gain
        )
        self._n_frames = end
        offset = max(end - reach_of(self.featurizer), 0) * self.featurizer.hop_length
        self._samples, self._offset = self._samples[offset - self._offset :], offset
        return self.frames.push(stft, self._first_sound, complete)


class PassThrough:
    """What :class:`LiveRecording` is for an enhancer that leaves all as it is."""

    latency = 0

    def push(self, x):
        """Return the samples."""
        return x

    def finish(self):
        """Return that nothing was kept."""
        return np.zeros(0, dtype=np.float32)


def gain_for(level):
    """Factor that brings a recording of this RMS to an RMS of 1."""
    check_number(
        "StreamingEnhancer", "level", level, Real, min_val=_LEAST_LEVEL, max_val=_GREATEST_LEVEL
    )
    return 1 / float(level)
