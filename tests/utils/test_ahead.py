"""Threads that work ahead: the order of results, how far ahead, and what fails."""

import threading
import time

import pytest

from skse.utils import Ahead
from skse.utils._ahead import in_threads, n_threads, n_threads_beside


def test_results_come_in_the_order_of_the_items():
    def slow_at_first(i):
        time.sleep(0.02 * (i % 3 == 0))
        return i * i

    assert list(in_threads(slow_at_first, range(20))) == [i * i for i in range(20)]
    assert list(in_threads(slow_at_first, [])) == []


def test_no_more_is_begun_than_may_wait():
    begun = []
    results = in_threads(begun.append, range(1000))
    next(results)
    assert len(begun) <= 1 + 2 * n_threads()
    results.close()
    time.sleep(0.05)
    assert len(begun) <= 1 + 2 * n_threads()


@pytest.mark.parametrize(("most", "n_begun"), [(10, 1), (19, 1), (20, 2), (1000, 2 * n_threads())])
def test_what_waits_is_bounded_by_its_size(most, n_begun):
    begun = []
    results = in_threads(begun.append, range(100), [10] * 100, most)
    next(results)
    time.sleep(0.05)
    assert len(begun) <= n_begun
    results.close()
    assert list(in_threads(abs, range(100), [10] * 100, most)) == list(range(100))


def test_an_error_comes_in_its_turn():
    results = in_threads(lambda i: 1 // (3 - i), range(9))
    assert [next(results) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    assert list(results) == []


def test_a_counter_may_begin_anew_and_go_on_anywhere():
    """Keras looks at the first steps twice."""
    with Ahead(lambda i: i * i) as squares:
        for i in (0, 1, 0, 1, 2, 3, 50, 51, 7):
            assert squares(i) == i * i


def test_a_counter_is_ahead_of_who_uses_it():
    begun, threads = [], set()

    def record(i):
        begun.append(i)
        threads.add(threading.get_ident())
        return i

    with Ahead(record) as numbers:
        numbers(0)
        deadline = time.monotonic() + 10
        n_begun = 1 + 2 * n_threads_beside()
        while len(begun) < n_begun and time.monotonic() < deadline:
            time.sleep(0.01)
        assert sorted(begun) == list(range(n_begun))
        assert [numbers(i) for i in range(1, 20)] == list(range(1, 20))
    assert len(begun) == len(set(begun))
    assert threading.get_ident() not in threads


def test_an_error_is_that_of_its_counter():
    with Ahead(lambda i: 1 // (2 - i)) as quotients:
        assert [quotients(0), quotients(1)] == [0, 1]
        with pytest.raises(ZeroDivisionError):
            quotients(2)
