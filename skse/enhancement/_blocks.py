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


def reach_of(featurizer):
    """Return how many frames on either side of its own a sample can depend on."""
    half_window = featurizer.n_fft - featurizer.n_fft // 2
    return -(-half_window // featurizer.hop_length)


def stft_of_part(x, offset, featurizer, begin, end, gain):
    """STFT of frames `begin` to `end`, as the STFT of the whole has them.

    Parameters
    ----------
    x : ndarray
        Samples; silence follows them.
    offset : int
        Where in the recording they begin: at frame ``begin - reach`` or before.
    featurizer : object
        Has ``n_fft``, ``hop_length`` and ``stft``.
    begin, end : int
        Frames, counted from the beginning of the recording.
    gain : float
        Factor applied to the samples.
    """
    hop_length, reach = featurizer.hop_length, reach_of(featurizer)
    first, last = max(begin - reach, 0), end - 1 + reach
    # A window of odd length has its centre on a sample and needs that sample too.
    piece = np.zeros((last - first) * hop_length + featurizer.n_fft % 2, dtype=np.float32)
    samples = x[first * hop_length - offset : last * hop_length - offset]
    np.multiply(samples, np.float32(gain), out=piece[: len(samples)])
    return featurizer.stft(piece[None])[0][:, begin - first : end - first]


class Synthesis:
    """The way from frames back to samples, in blocks of frames.

    Parameters
    ----------
    featurizer : object
        Has ``n_fft``, ``hop_length`` and ``istft``.
    gain : float, default=1.0
        Factor that is taken back from the samples.
    """

    def __init__(self, featurizer, gain=1.0):
        self.featurizer, self.gain = featurizer, gain
        self._kept = None  # frames that later samples still need
        self._first_kept = 0
        self.n_done = 0  # samples returned so far

    def add(self, frames, n_times=None):
        """Take the next frames; return all samples that they complete.

        Parameters
        ----------
        frames : ndarray of shape (n_frequencies, n_frames)
            Enhanced STFT.
        n_times : int or None, default=None
            Length of the recording, where these are its last frames.

        Returns
        -------
        samples : ndarray of shape (n_new_times,)
            They follow those returned before.
        """
        n_fft, hop_length = self.featurizer.n_fft, self.featurizer.hop_length
        if self._kept is not None:
            frames = np.concatenate([self._kept, frames], axis=1)
        after = self._first_kept + frames.shape[1]
        n_done = after * hop_length - n_fft // 2 if n_times is None else n_times
        n_new = max(n_done - self.n_done, 0)
        if n_new:
            begin = self.n_done - self._first_kept * hop_length
            wave = self.featurizer.istft(
                frames[None], (frames.shape[1] - 1) * hop_length + n_fft % 2
            )[0]
            samples = wave[begin : begin + n_new] / np.float32(self.gain)
        else:
            samples = np.zeros(0, dtype=np.float32)
        self.n_done += n_new
        keep = max(self.n_done // hop_length - reach_of(self.featurizer), self._first_kept)
        self._kept = frames[:, keep - self._first_kept :]
        self._first_kept = keep
        return samples


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
        self.n_frames = n_frames_of(len(x), featurizer.hop_length)
        self._synthesis = Synthesis(featurizer, gain)
        self._n_added = 0

    def stft(self, begin=0, end=None):
        """STFT of frames `begin` to `end`, as the STFT of the whole has them."""
        end = self.n_frames if end is None else end
        return stft_of_part(self.x, 0, self.featurizer, begin, end, self.gain)

    def add(self, frames):
        """Take the next enhanced frames; all samples that they complete are written."""
        if self._n_added == 0:
            self.enhanced = self._allocate(len(self.x), dtype=np.float32)
        self._n_added += frames.shape[1]
        complete = self._n_added == self.n_frames
        begin = self._synthesis.n_done
        samples = self._synthesis.add(frames, len(self.x) if complete else None)
        self.enhanced[begin : begin + len(samples)] = samples
        return complete
