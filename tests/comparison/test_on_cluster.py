"""compare on a Dask cluster gives what it gives here."""

import joblib
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skse.comparison import _on_cluster, compare
from skse.comparison._fits import Fit
from skse.datasets import load_harvard
from skse.experiments import spread_subset
from skse.metrics import FIT_TIME

distributed = pytest.importorskip("distributed")


@pytest.fixture
def data():
    return spread_subset(load_harvard(noises=["white"], snr_db=5), 8, random_state=0)


def run(data, out, **options):
    return compare(
        data,
        networks={"ridge": Ridge()},
        targets=["irm"],
        losses=["mse"],
        baselines=["wiener"],
        n_splits=2,
        out=out,
        progress=False,
        **options,
    )


def without_times(rows):
    return [{k: v for k, v in row.items() if not k.startswith(FIT_TIME.column)} for row in rows]


def test_results_are_those_of_one_process(data, tmp_path, dask_cluster, monkeypatch):
    """And what is recorded is not computed again, here or there."""
    address = dask_cluster.scheduler_address
    alone = run(data, tmp_path / "alone")
    spread = run(data, tmp_path / "spread", scheduler=address)
    assert without_times(spread.rows) == without_times(alone.rows)
    assert without_times(spread.scores) == without_times(alone.scores)
    names = [
        sorted(
            path.relative_to(tmp_path / name).as_posix() for path in (tmp_path / name).rglob("*")
        )
        for name in ("alone", "spread")
    ]
    assert names[0] == names[1]
    best = [joblib.load(tmp_path / name / "best.joblib") for name in ("alone", "spread")]
    np.testing.assert_array_equal(*(enhancer.predict(data.noisy[:1])[0] for enhancer in best))

    computed = []
    own = _on_cluster.compute_on_cluster
    monkeypatch.setattr(
        "skse.comparison._run.compute_on_cluster",
        lambda fits, *others: computed.extend(fits) or own(fits, *others),
    )
    records = tmp_path / "spread" / "records"
    record = next(records.glob("*.npz"))
    monkeypatch.setattr(Fit, "compute", None)
    run(data, tmp_path / "spread")
    record.unlink()
    run(data, tmp_path / "spread", scheduler=address)
    assert len(computed) == 1


def test_processes_here_and_workers_there_exclude_each_other(data, tmp_path):
    with pytest.raises(ValueError, match="n_jobs and scheduler exclude each other"):
        run(data, tmp_path, n_jobs=2, scheduler="tcp://127.0.0.1:1")
