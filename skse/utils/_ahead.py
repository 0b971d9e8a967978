"""Results in order, of threads that work ahead of who takes them."""

from collections import deque
from concurrent.futures import ThreadPoolExecutor

import joblib

# Threads that read and compute beside whoever needs the results: more are slowed down by the
# interpreter's lock.
_MOST_THREADS = 4
# Cores for each thread beside work that takes them all, as training does.
_CORES = 4
# Results that wait to be taken, for each thread.
_WAITING = 2


def n_threads():
    """Return the number of threads that work ahead."""
    return min(joblib.cpu_count(), _MOST_THREADS)


def n_threads_beside():
    """Return their number where others take the cores."""
    return max(1, min(joblib.cpu_count() // _CORES, _MOST_THREADS))


def in_threads(function, items, sizes=None, most=0):
    """Apply a function to items, a bounded way ahead of whoever takes the results.

    Parameters
    ----------
    function : callable
        Safe to call in threads.
    items : iterable
        What it is called with.
    sizes : iterable of int, default=None
        Size of every result.
    most : int, default=0
        Size that those may have together that wait; one may always wait.

    Yields
    ------
    result : object
        ``function(item)``, in the order of the items.
    """
    waiting, total, items = deque(), 0, iter(items)
    sizes = None if sizes is None else iter(sizes)
    pool = ThreadPoolExecutor(n_threads())
    try:
        for item in items:
            size = 0 if sizes is None else next(sizes)
            while waiting and (len(waiting) >= _WAITING * n_threads() or total + size > most >= 1):
                future, taken = waiting.popleft()
                total -= taken
                yield future.result()
            waiting.append((pool.submit(function, item), size))
            total += size
        for future, _ in waiting:
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Ahead:
    """A function of a counter, of which threads compute the next results while one is in use.

    Parameters
    ----------
    function : callable
        ``function(i)``, safe to call in threads.
    """

    def __init__(self, function):
        self._function, self._futures = function, {}
        self._n_threads = n_threads_beside()

    def __enter__(self):
        self._pool = ThreadPoolExecutor(self._n_threads)
        return self

    def __exit__(self, *error):
        self._pool.shutdown(cancel_futures=True)

    def __call__(self, i):
        """Return ``function(i)``."""
        for j in range(i, i + 1 + _WAITING * self._n_threads):
            if j not in self._futures:
                self._futures[j] = self._pool.submit(self._function, j)
        # What was begun for a counter that never came is of no use.
        for j in [j for j in self._futures if j < i]:
            del self._futures[j]
        return self._futures.pop(i).result()
