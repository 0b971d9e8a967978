"""What was computed before is looked up instead, in memory that is bounded."""

from collections.abc import Callable, Hashable
from random import Random
from threading import Lock
from typing import Any, TypeVar

import numpy as np

Arrays = TypeVar("Arrays", np.ndarray, tuple[np.ndarray, ...])


class ArrayStore:
    """Arrays by key; where they are too many, any of them is dropped.

    The oldest would be the wrong one: a search comes to its data in the same order again
    and again, and would always find that dropped which it needs next.

    Attributes
    ----------
    n_bytes : int
        Size of what is kept.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.utils import ArrayStore
    >>> store = ArrayStore()
    >>> for _ in range(2):
    ...     ones = store.get("ones", lambda: np.ones(1000), max_bytes=1e6)
    >>> store.n_bytes
    8000
    """

    def __init__(self) -> None:
        self.n_bytes = 0
        self._arrays, self._keys = {}, []
        self._random, self._lock = Random(0), Lock()

    def get(self, key: Hashable, compute: Callable[[], Arrays], max_bytes: float) -> Arrays:
        """Return what belongs to a key, from the store or else computed.

        Parameters
        ----------
        key : hashable
            Whatever the arrays depend on, such as :func:`digest` of a waveform.
        compute : callable
            ``compute()`` returns an array or a tuple of arrays.
        max_bytes : float
            Size that all that is kept may have together.

        Returns
        -------
        arrays : ndarray or tuple of ndarray
            Read-only.
        """
        with self._lock:
            if key in self._arrays:
                return self._arrays[key]
        arrays = compute()
        for array in _listed(arrays):
            array.flags.writeable = False
        n_bytes = _n_bytes(arrays)
        with self._lock:
            if key not in self._arrays and n_bytes <= max_bytes:
                while self.n_bytes + n_bytes > max_bytes:
                    self._drop_one()
                self._arrays[key] = arrays
                self._keys.append(key)
                self.n_bytes += n_bytes
        return arrays

    def find(self, key: Hashable) -> Any:
        """Return what is kept for a key.

        Parameters
        ----------
        key : hashable
            As for `get`.

        Returns
        -------
        arrays : ndarray or tuple of ndarray or None
            Read-only; None where nothing is kept.
        """
        with self._lock:
            return self._arrays.get(key)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            while self._keys:
                self._drop_one()

    def _drop_one(self):
        i = self._random.randrange(len(self._keys))
        self._keys[i], self._keys[-1] = self._keys[-1], self._keys[i]
        self.n_bytes -= _n_bytes(self._arrays.pop(self._keys.pop()))


def _listed(arrays):
    return arrays if isinstance(arrays, tuple) else (arrays,)


def _n_bytes(arrays):
    return sum(array.nbytes for array in _listed(arrays))
