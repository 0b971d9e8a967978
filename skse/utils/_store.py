"""Arrays that are kept because they cost more to make than to hold, up to a size."""

from random import Random
from threading import Lock


class Store:
    """Arrays by key; where they are too many, any of them is dropped.

    The oldest would be the wrong one: a search comes to its data in the same order again
    and again, and would always find that dropped which it needs next.
    """

    def __init__(self):
        self.n_bytes = 0
        self._arrays, self._keys = {}, []
        self._random, self._lock = Random(0), Lock()

    def get(self, key, compute, max_bytes):
        """Return the array of `key`, from the store or else from `compute`, read-only."""
        with self._lock:
            if key in self._arrays:
                return self._arrays[key]
        array = compute()
        array.flags.writeable = False
        with self._lock:
            if key not in self._arrays and array.nbytes <= max_bytes:
                while self.n_bytes + array.nbytes > max_bytes:
                    self._drop_one()
                self._arrays[key] = array
                self._keys.append(key)
                self.n_bytes += array.nbytes
        return array

    def clear(self):
        """Drop all."""
        with self._lock:
            while self._keys:
                self._drop_one()

    def _drop_one(self):
        i = self._random.randrange(len(self._keys))
        self._keys[i], self._keys[-1] = self._keys[-1], self._keys[i]
        self.n_bytes -= self._arrays.pop(self._keys.pop()).nbytes
