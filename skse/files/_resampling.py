"""Another sampling rate, block by block: the numbers are those of soxr.resample on the whole."""

import numpy as np
import soxr

from skse.audio import BLOCK


def resampled_length(n_times, rate, new_rate):
    """Return the number of samples at another rate; at least one."""
    return max(1, round(n_times * new_rate / rate))


class ResamplingWriter:
    """Takes the blocks of a waveform and writes them, resampled, to another.

    Parameters
    ----------
    rate, new_rate : float
        Sampling rates before and after, in Hz.
    destination : waveform
        Slices of it are assigned. Its length decides what is cut off or left over at the end.
    """

    def __init__(self, rate, new_rate, destination):
        self.destination = destination
        self.n_done = 0
        self._stream = None
        if rate != new_rate:
            self._stream = soxr.ResampleStream(rate, new_rate, 1, dtype="float32")

    def write(self, block, *, last=False):
        """Take the next block; `last` says that no other follows."""
        if self._stream is not None:
            block = self._stream.resample_chunk(np.ascontiguousarray(block), last=last)
        block = block[: len(self.destination) - self.n_done]
        if len(block):
            self._put(block)
        if last and self.n_done < len(self.destination):  # soxr may round down
            self._put(np.zeros(len(self.destination) - self.n_done, np.float32))

    def _put(self, block):
        self.destination[self.n_done : self.n_done + len(block)] = block
        self.n_done += len(block)


def resample(source, rate, new_rate, destination):
    """Resample a waveform into another."""
    writer = ResamplingWriter(rate, new_rate, destination)
    for begin in range(0, len(source), BLOCK):
        end = min(begin + BLOCK, len(source))
        writer.write(source[begin:end], last=end == len(source))
