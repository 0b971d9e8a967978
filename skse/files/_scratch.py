"""Waveforms too long for memory, in temporary files."""

import errno
import os
import tempfile

import numpy as np


class FileWaveform:
    """A waveform of which only the slices asked for are in memory.

    It has what the enhancers use of a waveform: its length, ``waveform[begin:end]`` and
    ``waveform[begin:end] = values``. What was never written reads as zeros. The file has no
    name that could be left behind: it is gone when the process is, however that ends.

    Parameters
    ----------
    n_times : int
        Samples.
    dtype : dtype, default=numpy.float32
        Of the samples.
    folder : path-like, default=None
        Where the file lies. None stands for the system's folder for temporary files.
    """

    def __init__(self, n_times, dtype=np.float32, *, folder=None):
        self._n_times, self._dtype = n_times, np.dtype(dtype)
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._file.truncate(n_times * self._dtype.itemsize)

    def __len__(self):
        return self._n_times

    def __getitem__(self, part):
        begin, end, _ = part.indices(self._n_times)
        values = np.empty(max(end - begin, 0), self._dtype)
        self._file.seek(begin * self._dtype.itemsize)
        self._file.readinto(values.data)
        return values

    def __setitem__(self, part, values):
        begin, end, _ = part.indices(self._n_times)
        values = np.ascontiguousarray(np.broadcast_to(values, end - begin), self._dtype)
        self._file.seek(begin * self._dtype.itemsize)
        if self._file.write(values.data) < values.nbytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
