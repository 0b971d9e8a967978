import numpy as np
import pytest

from skse.utils import ArrayStore


def test_memory_is_bounded_and_part_of_it_still_helps():
    store, computed = ArrayStore(), []

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


def test_what_is_kept_is_not_computed_again_and_cannot_be_changed():
    store = ArrayStore()
    assert store.find("a") is None
    first = store.get("a", lambda: np.zeros(10), max_bytes=1000)
    assert store.get("a", lambda: 1 / 0, max_bytes=1000) is first
    assert store.find("a") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
    assert store.get("b", lambda: np.ones(10), max_bytes=1000)[0] == 1


def test_arrays_that_belong_together_are_kept_and_dropped_together():
    store = ArrayStore()
    pair = store.get("pair", lambda: (np.zeros(10), np.zeros(5, bool)), max_bytes=100)
    assert store.n_bytes == 85
    assert not any(array.flags.writeable for array in pair)
    store.get("other", lambda: np.zeros(5), max_bytes=100)
    assert store.n_bytes == 40
    assert store.get("pair", lambda: np.ones(1), max_bytes=100) == 1
