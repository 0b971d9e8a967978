import joblib
import pytest
from joblib import Parallel, delayed, parallel_config

from skse.utils import count_jobs, default_jobs, default_threads


def test_default_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert default_threads() == 3
    for unusable in ("", "0", "many", "-2"):
        monkeypatch.setenv("OMP_NUM_THREADS", unusable)
        assert default_threads() == joblib.cpu_count()


def test_default_jobs(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 4)
    for declared, expected in (("", 4), ("3", 3), ("64", 4), ("1", 1)):
        monkeypatch.setenv("OMP_NUM_THREADS", declared)
        assert default_jobs(3600) == expected
        assert default_jobs(60) == default_jobs(0) == 1


def test_count_jobs_is_as_in_scikit_learn():
    assert count_jobs("f", None) == 1
    assert count_jobs("f", 3) == 3
    assert count_jobs("f", -1) == joblib.cpu_count()
    with parallel_config(n_jobs=2):
        assert count_jobs("f", None) == 2
        assert count_jobs("f", 3) == 3


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_worker_of_joblib_counts_one(backend):
    calls = (delayed(count_jobs)("f", n_jobs) for n_jobs in (None, 2, -1))
    assert Parallel(2, backend=backend)(calls) == [1, 1, 1]
    assert Parallel(1)([delayed(count_jobs)("f", 2)]) == [2]


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all", True])
def test_count_jobs_refuses_what_is_no_number_of_processes(n_jobs):
    with pytest.raises(ValueError, match=rf"^f: n_jobs={n_jobs!r} must be None, a number of"):
        count_jobs("f", n_jobs)


def test_a_task_of_dask_counts_one(dask_cluster):
    """Though joblib would spread its tasks over the cluster."""
    from distributed import Client

    def count(n_jobs):  # workers cannot import this file: what is made in a function is sent whole
        from skse.utils import this_worker

        return count_jobs("f", n_jobs), this_worker()

    with Client(dask_cluster) as client, parallel_config("dask"):
        workers = set(client.ncores())
        counted = Parallel()(delayed(count)(n_jobs) for n_jobs in (None, 2, -1))
    assert [number for number, _ in counted] == [1, 1, 1]
    assert {worker for _, worker in counted} <= workers
