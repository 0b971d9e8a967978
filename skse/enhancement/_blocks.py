"""A recording as frames: its STFT piece by piece, and the way back without seams."""

import numpy as np

# Samples summed at a time where a whole recording is measured.
_CHUNK = 1 << 16


def n_frames_of(n_times, hop_length):
    """Return the number of frames of a recording padded to a multiple of `hop_length`.

    The padding puts every sample under two windows. Without it the last ones
    lie under the faint end of one, and a modified spectrum clicks there.
    """
    return 1 + -(-n_times // hop_length)


def chunks_of(x):
    """Yield a waveform piece by piece: all that a waveform kept in a file can give."""
    for begin in range(0, len(x), _CHUNK):
        yield x[begin : begin + _CHUNK]


def root_mean_square(x):
    """Root mean square of a waveform in float64, in bounded memory."""
    peak = max(float(np.abs(chunk).max()) for chunk in chunks_of(x))
    if peak == 0:
        return 0.0
    total = sum(float(np.sum(np.square(c / peak, dtype=np.float64))) for c in chunks_of(x))
    return peak * float(np.sqrt(total / len(x)))


class Recording:
    """A waveform whose STFT is computed, and inverted, in blocks of frames.

    Parameters
    ----------
    x : ndarray of shape (n_times,)
        Waveform. Only its length and slices of it are asked for, so that it need
        not be in memory.
    featurizer : object
        Has ``n_fft``, ``hop_length``, ``stft`` and ``istft``.
    gain : float, default=1.0
        Factor applied on the way in and taken back on the way out.
    allocate : callable, default=numpy.empty
        ``allocate(n_times, dtype=numpy.float32)`` gives what the enhanced waveform
        is written to, slice by slice.
    """

    def __init__(self, x, featurizer, gain=1.0, allocate=np.empty):
        self.x, self.featurizer, self.gain = x, featurizer, gain
        self._allocate = allocate
        self.hop_length = featurizer.hop_length
        self.n_frames = n_frames_of(len(x), self.hop_length)
        half_window = featurizer.n_fft - featurizer.n_fft // 2
        self.reach = -(-half_window // self.hop_length)  # frames that a sample can depend on
        # A window of odd length has its centre on a sample and needs that sample too.
        self.extra = featurizer.n_fft % 2
        self._kept = None  # enhanced frames that later samples still need
        self._first_kept = 0
        self._n_done = 0

    def stft(self, begin=0, end=None):
        """STFT of frames `begin` to `end`, as the STFT of the whole has them."""
        end = self.n_frames if end is None else end
        first = max(begin - self.reach, 0)
        last = min(end - 1 + self.reach, self.n_frames - 1)
        piece = np.zeros((last - first) * self.hop_length + self.extra, dtype=np.float32)
        samples = self.x[first * self.hop_length : last * self.hop_length]
        np.multiply(samples, np.float32(self.gain), out=piece[: len(samples)])
        return self.featurizer.stft(piece[None])[0][:, begin - first : end - first]

    def add(self, frames):
        """Take the next enhanced frames; all samples that they complete are written."""
        if self._kept is None:
            self.enhanced = self._allocate(len(self.x), dtype=np.float32)
        else:
            frames = np.concatenate([self._kept, frames], axis=1)
        after = self._first_kept + frames.shape[1]
        complete = after == self.n_frames
        n_done = len(self.x) if complete else max(0, after - 1 - self.reach) * self.hop_length
        n_done = min(max(n_done, self._n_done), len(self.x))
        if n_done > self._n_done:
            offset = self._first_kept * self.hop_length
            n_times = (frames.shape[1] - 1) * self.hop_length + self.extra
            wave = self.featurizer.istft(frames[None], n_times)[0]
            self.enhanced[self._n_done : n_done] = wave[
                self._n_done - offset : n_done - offset
            ] / np.float32(self.gain)
            self._n_done = n_done
        keep = max(self._n_done // self.hop_length - self.reach, self._first_kept)
        self._kept = frames[:, keep - self._first_kept :]
        self._first_kept = keep
        return complete
