"""Searches on the workers of Dask and Ray: the same to the bit, from handles, whoever dies."""

import os
import pickle
import signal
import sys
import threading

import joblib
import numpy as np
import pytest
import soundfile
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold

from skse import IdealMaskTarget, SpeechEnhancer, UNetRegressor
from skse.datasets import AudioFile
from skse.metrics import si_sdr_scorer
from skse.utils import default_threads

RATE = 8000
N_PAIRS = 6


@pytest.fixture
def pairs(tmp_path, rng):
    """Handles to pairs of unequal lengths, every second of one speaker."""
    noisy, clean = [], []
    for i in range(N_PAIRS):
        n_times = 4000 + 300 * i
        times = np.arange(n_times)
        s = 0.1 * np.sin((0.1 + 0.05 * (i % 2)) * times) * (1 + np.sin(times / 700))
        for kind, x, handles in (
            ("clean", s, clean),
            ("noisy", s + 0.05 * rng.standard_normal(n_times), noisy),
        ):
            path = tmp_path / f"{kind}{i}.wav"
            soundfile.write(path, x, RATE)
            handles.append(AudioFile(path))
    return noisy, clean


def look(enhancer, X, y):
    """Scores of a fit, and where it was computed from what."""
    return {
        "si_sdr": si_sdr_scorer(enhancer, X, y),
        "process": os.getpid(),
        "thread": threading.get_ident(),
        "bytes": len(pickle.dumps((X, y))),
        "tensorflow_threads": _tensorflow_threads(),
    }


def _tensorflow_threads():
    tensorflow = sys.modules.get("tensorflow")
    return (
        -1 if tensorflow is None else tensorflow.config.threading.get_intra_op_parallelism_threads()
    )


def search(regressor, pairs, scoring=look, **options):
    enhancer = SpeechEnhancer(None, IdealMaskTarget(), regressor, sampling_rate=RATE, remix=False)
    found = GridSearchCV(
        enhancer,
        {"target__mask": ["irm", "psm"]},
        scoring=scoring,
        cv=GroupKFold(2),
        refit=False,
        error_score="raise",
        **options,
    ).fit(*pairs, groups=np.arange(N_PAIRS) % 2)
    names = [key[12:] for key in found.cv_results_ if key.startswith("split0_test_")]
    return {name: [found.cv_results_[f"split{i}_test_{name}"] for i in (0, 1)] for name in names}


def network():
    return UNetRegressor(
        filters=(4,), dilations=(), top_filters=2, epochs=1, dropout=0.2, random_state=0
    )


@pytest.fixture
def by_value():
    """Send the functions of this file to workers, which cannot import it."""
    cloudpickle = pytest.importorskip("cloudpickle")
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


def check(found, alone, n_processes):
    np.testing.assert_array_equal(found["si_sdr"], alone["si_sdr"])
    assert os.getpid() not in np.ravel(found["process"])
    # A process is kept, and with it TensorFlow.
    assert len(np.unique(found["process"])) <= n_processes
    # Of three pairs there are 90 kB of samples.
    assert np.max(found["bytes"]) < 5000
    # Where TensorFlow's own variable is set, as in tests side by side, nothing is set beside it.
    own = "TF_NUM_INTRAOP_THREADS" in os.environ
    assert np.all(np.equal(found["tensorflow_threads"], 0 if own else default_threads()))


def test_a_search_on_dask_is_that_of_one_process(pairs, dask_cluster, by_value):
    from distributed import Client

    alone = search(network(), pairs)
    with Client(dask_cluster), joblib.parallel_config("dask"):
        check(search(network(), pairs), alone, n_processes=2)


def test_two_fits_at_once_in_one_process_of_dask_do_not_disturb_each_other(
    pairs, start_dask, by_value
):
    from distributed import Client

    alone = search(network(), pairs)
    one = start_dask(n_workers=1, n_tasks=2)
    with one as cluster, Client(cluster), joblib.parallel_config("dask"):
        found = search(network(), pairs)
    check(found, alone, n_processes=1)
    assert len(np.unique(found["thread"])) == 2


def test_a_worker_of_dask_that_is_killed_costs_its_task_only(
    pairs, dask_cluster, by_value, tmp_path
):
    from distributed import Client

    marker = tmp_path / "killed"

    def kill_once(enhancer, X, y):
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return {"si_sdr": si_sdr_scorer(enhancer, X, y)}

    alone = search(Ridge(), pairs)
    with Client(dask_cluster), joblib.parallel_config("dask"):
        found = search(Ridge(), pairs, kill_once)
    assert marker.exists()
    np.testing.assert_array_equal(found["si_sdr"], alone["si_sdr"])


def test_a_search_on_ray_is_that_of_one_process(pairs, by_value, monkeypatch):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")  # else it leaves a token in the home folder
    monkeypatch.setenv("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    alone = search(network(), pairs)
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="error",
        runtime_env={"env_vars": {"OMP_NUM_THREADS": str(default_threads())}},
    )
    try:
        register_ray()
        with joblib.parallel_config("ray", n_jobs=2):
            found = search(network(), pairs)
    finally:
        ray.shutdown()
    check(found, alone, n_processes=2)
