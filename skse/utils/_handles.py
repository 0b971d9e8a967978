"""What a handle is: a waveform that is read when it is needed."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


class WaveformHandle(NDArrayOperatorsMixin, ABC):
    """Base class of the handles: waveforms that are read when they are needed, whole or in part.

    Whatever takes waveforms takes handles, and holds the samples of few at a time. NumPy
    makes an array of one (``np.asarray(handle)``), a slice of one is a handle, and
    arithmetic reads it. A subclass says how many samples there are, how they are read, and
    what tells them from any others: handles are equal where their `address` is, and travel
    to other processes without samples.

    Attributes
    ----------
    address : hashable
        What tells the samples from those of any other handle of this class.
    sampling_rate : float or None
        Hz, where it is known.

    See Also
    --------
    skse.datasets.AudioFile : A recording in a file, or a part of one.

    Examples
    --------
    A waveform that is computed:

    >>> import numpy as np
    >>> from skse.utils import WaveformHandle
    >>> class Tone(WaveformHandle):
    ...     def __init__(self, frequency, n_times):
    ...         self.address = frequency, n_times
    ...
    ...     def __len__(self):
    ...         return self.address[1]
    ...
    ...     def read(self, start=0, stop=None):
    ...         frequency, n_times = self.address
    ...         return np.sin(frequency * np.arange(n_times)[start:stop]).astype(np.float32)
    >>> tone = Tone(0.1, 1000)
    >>> len(tone[200:300]), tone == Tone(0.1, 1000)
    (100, True)
    >>> bool((np.asarray(tone[200:300]) == np.asarray(tone)[200:300]).all())
    True
    """

    __slots__ = ()
    ndim = 1
    dtype = np.dtype(np.float32)
    sampling_rate: float | None = None
    address: Any = None

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Read samples.

        Parameters
        ----------
        start : int, default=0
            The first.
        stop : int, default=None
            The one after the last. None is the end.

        Returns
        -------
        x : ndarray of shape (n_times,)
            float32, full scale ±1: every time the same.

        Raises
        ------
        UnusableFileError
            Where they cannot be read.
        """

    def part(self, start: int, stop: int) -> "WaveformHandle":
        """Return a handle to some of the samples, as a slice does.

        Parameters
        ----------
        start, stop : int
            The first, and the one after the last; ``0 <= start <= stop <= len(self)``.

        Returns
        -------
        handle : WaveformHandle
        """
        return _Part(self, start, stop)

    @property
    def shape(self) -> tuple[int]:
        """Of the array that it becomes."""
        return (len(self),)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return self.part(start, max(start, stop))
        return self.read()[index]

    def __iter__(self) -> Iterator[np.float32]:
        return iter(self.read())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError(f"{self!r} is no array yet: it cannot become one without a copy.")
        return self.read().astype(self.dtype if dtype is None else dtype, copy=False)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        read = [np.asarray(x) if isinstance(x, WaveformHandle) else x for x in inputs]
        return getattr(ufunc, method)(*read, **options)

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, WaveformHandle):
            return NotImplemented
        return type(self) is type(other) and self.address == other.address

    def __ne__(self, other: object) -> Any:
        return NotImplemented if (equal := self.__eq__(other)) is NotImplemented else not equal

    def __hash__(self) -> int:
        return hash((type(self), self.address))


class _Derived(WaveformHandle):
    """A handle to what another one gives."""

    __slots__ = ("address",)

    @property
    def sampling_rate(self):  # type: ignore[override]
        return self.address[0].sampling_rate


class _Part(_Derived):
    """Samples `start` to `stop` of another handle."""

    __slots__ = ()

    def __init__(self, handle, start, stop):
        self.address = handle, start, stop

    def __len__(self):
        return self.address[2] - self.address[1]

    def read(self, start=0, stop=None):
        handle, first, _ = self.address
        start, stop, _ = slice(start, stop).indices(len(self))
        return handle.read(first + start, first + max(start, stop))

    def part(self, start, stop):
        handle, first, _ = self.address
        return _Part(handle, first + start, first + stop)

    def __repr__(self):
        handle, start, stop = self.address
        return f"{handle!r}[{start}:{stop}]"


class Scaled(_Derived):
    """Another handle, times a factor in float32.

    Parameters
    ----------
    handle : WaveformHandle
        The other one.
    factor : float
        The factor.
    """

    __slots__ = ()

    def __init__(self, handle, factor):
        self.address = handle, float(np.float32(factor))

    def __len__(self):
        return len(self.address[0])

    def read(self, start=0, stop=None):
        """Read samples."""
        handle, factor = self.address
        return handle.read(start, stop) * np.float32(factor)

    def part(self, start, stop):
        """Return a handle to some of the samples."""
        handle, factor = self.address
        return Scaled(handle.part(start, stop), factor)

    def __repr__(self):
        handle, factor = self.address
        return f"{factor:g} * {handle!r}"
