"""Arrays too large for memory, in temporary files."""

import math
import tempfile
from threading import Lock

import numpy as np


class FileArray:
    """An array of which only the rows asked for are in memory.

    ``array[begin:end]`` and ``array[indices]`` give rows, or samples of a waveform, and
    ``array[begin:end] = values`` sets them; threads may do so side by side. What was never
    written reads as zeros. The file has no name that could be left behind: it is gone when the
    process is, however that ends.

    Parameters
    ----------
    shape : int or tuple of int
        As of :func:`numpy.empty`.
    dtype : dtype, default=numpy.float32
        Of the elements.
    folder : path-like, default=None
        Where the file lies. None stands for the system's folder for temporary files.
    """

    def __init__(self, shape, dtype=np.float32, *, folder=None):
        self.shape = (shape,) if np.ndim(shape) == 0 else tuple(shape)
        self.dtype = np.dtype(dtype)
        self._n_bytes = math.prod(self.shape[1:]) * self.dtype.itemsize  # of a row
        self._rows = None
        self._lock = Lock()
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115
        self._file.truncate(self.shape[0] * self._n_bytes)

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def nbytes(self):
        """Bytes of all elements."""
        return len(self) * self._n_bytes

    def take(self, indices):
        """Return an array of some of the rows, in the same file.

        Parameters
        ----------
        indices : ndarray of int
            Which, in which order.
        """
        rows = indices if self._rows is None else self._rows[indices]
        twin = object.__new__(type(self))
        twin.__dict__.update(vars(self), _rows=rows, shape=(len(rows), *self.shape[1:]))
        return twin

    def __len__(self):
        return self.shape[0]

    def __getitem__(self, part):
        rows = self._rows_of(part)
        values = np.empty((len(rows), *self.shape[1:]), self.dtype)
        with self._lock:
            if isinstance(rows, range):
                self._read(rows.start, values)
            else:
                for i, row in enumerate(rows.tolist()):
                    self._read(row, values[i : i + 1])
        return values

    def __setitem__(self, part, values):
        rows = self._rows_of(part)
        shape = len(rows), *self.shape[1:]
        values = np.ascontiguousarray(np.broadcast_to(values, shape), self.dtype)
        with self._lock:
            self._file.seek(rows.start * self._n_bytes)
            content, n_done = _bytes_of(values), 0
            while n_done < len(content):
                n_done += self._file.write(content[n_done:])

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(self.dtype if dtype is None else dtype, copy=False)

    def _rows_of(self, part):
        """Return numbers of rows in the file: a range where they follow each other."""
        if not isinstance(part, slice):
            part = np.asarray(part)
            return part if self._rows is None else self._rows[part]
        begin, end, _ = part.indices(len(self))
        rows = range(begin, max(begin, end))
        return rows if self._rows is None else self._rows[rows.start : rows.stop]

    def _read(self, row, values):
        self._file.seek(row * self._n_bytes)
        content, n_done = _bytes_of(values), 0
        while n_done < len(content) and (n_read := self._file.readinto(content[n_done:])):
            n_done += n_read


def _bytes_of(values):
    return memoryview(values.reshape(-1).view(np.uint8))
