"""Arrays that are kept up to a size."""

import numpy as np

from skse.utils import Store


def test_memory_is_bounded_and_part_of_it_still_helps():
    store, computed = Store(), []

    def make(i):
        computed.append(i)
        return np.full(1000, i, np.float32)

    for _ in range(10):
        for i in range(100):
            assert store.get(i, lambda i=i: make(i), max_bytes=80 * 4000)[0] == i
            assert store.n_bytes <= 80 * 4000
    assert store.n_bytes == 80 * 4000
    assert len(computed) < 800  # the oldest dropped first would give all 1000
    store.get("large", lambda: np.zeros(10**6), max_bytes=80 * 4000)
    assert store.n_bytes == 80 * 4000
    store.get("small", lambda: np.zeros(10), max_bytes=10 * 4000)
    assert store.n_bytes <= 10 * 4000
    store.clear()
    assert store.n_bytes == 0
