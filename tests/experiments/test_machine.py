import os

import joblib
import numpy as np

from skse import __version__
from skse.experiments import describe_machine, peak_memory_mb, share_cores


def test_machine_is_described():
    described = describe_machine()
    assert described["skse"] == __version__
    assert described["numpy"] == np.__version__
    assert str(os.cpu_count()) in described["system"]


def test_peak_memory_grows_with_an_array():
    before = peak_memory_mb()
    held = np.ones(60_000_000, dtype=np.uint8)
    after = peak_memory_mb()
    assert 10 < before <= after
    assert after >= held.nbytes / 1e6


def test_cores_are_shared_and_given_back(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    with share_cores(1):
        assert os.environ["TF_NUM_INTRAOP_THREADS"] == "7"
    with share_cores(2):
        share = str(max(1, joblib.cpu_count() // 2))
        assert os.environ["TF_NUM_INTRAOP_THREADS"] == os.environ["OMP_NUM_THREADS"] == share
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "7"
    assert "OMP_NUM_THREADS" not in os.environ
