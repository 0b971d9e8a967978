import importlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from skse.utils import SchedulerError, _cluster, open_cluster

distributed = pytest.importorskip("distributed")
cloudpickle = pytest.importorskip("cloudpickle")


@pytest.fixture
def address(dask_cluster):
    return dask_cluster.scheduler_address


@pytest.fixture
def add():
    """Workers cannot import this file: what is made in a function is sent whole."""

    def add_two(a, b):
        if a == "bad":
            raise ValueError("no number")
        return a + b, os.getpid()

    return add_two


def test_workers_compute_every_task_and_tell_of_errors(address, add):
    with open_cluster(address) as cluster:
        ten = cluster.share(10)
        tasks = [(i, ten) for i in range(20)] + [("bad", ten)]
        found = {place: (result, error) for place, result, error in cluster.compute(add, tasks)}
    assert [found[i][0][0] for i in range(20)] == list(range(10, 30))
    processes = {found[i][0][1] for i in range(20)}
    assert os.getpid() not in processes
    assert found[20][0] is None
    assert repr(found[20][1]) == "ValueError('no number')"


@pytest.fixture
def own_module(tmp_path, monkeypatch):
    """A module that this process can import, and workers cannot."""
    (tmp_path / "own_things.py").write_text("class Thing:\n    value = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("own_things")
    del sys.modules["own_things"]


@pytest.mark.parametrize("is_shared", [False, True])
def test_what_workers_cannot_import_is_told_and_ends_none(address, own_module, is_shared):
    def value_of(thing):
        return thing.value

    def compute(cluster):
        thing = own_module.Thing()
        tasks = [(cluster.share(thing) if is_shared else thing,)] * 3
        return [(result, error) for _, result, error in cluster.compute(value_of, tasks)]

    with open_cluster(address) as cluster:
        workers = set(cluster.client.scheduler_info()["workers"])
        expected = r"worker tcp:\S+ cannot import what it is sent \(No module named 'own_things'\)"
        with pytest.raises(SchedulerError, match=expected):
            compute(cluster)
        cloudpickle.register_pickle_by_value(own_module)  # as the message says
        try:
            assert compute(cluster) == [(3, None)] * 3
        finally:
            cloudpickle.unregister_pickle_by_value(own_module)
        assert set(cluster.client.scheduler_info()["workers"]) == workers


def test_a_worker_that_is_killed_costs_its_task_only(address, tmp_path):
    marker = tmp_path / "killed"

    def kill_once(i, shared):
        if i == 3 and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return i + shared

    with open_cluster(address) as cluster:
        tasks = [(i, cluster.share(10)) for i in range(20)]
        found = {place: result for place, result, error in cluster.compute(kill_once, tasks)}
    assert marker.exists()
    assert found == {i: i + 10 for i in range(20)}


def test_a_task_that_kills_every_worker_is_given_up(address):
    def kill(i):
        os.kill(os.getpid(), signal.SIGKILL)

    def allow_failures(number, dask_scheduler):
        dask_scheduler.allowed_failures = number

    with open_cluster(address) as cluster:
        cluster.client.run_on_scheduler(allow_failures, 0)
        try:
            ((_, result, error),) = cluster.compute(kill, [(0,)])
        finally:
            cluster.client.run_on_scheduler(allow_failures, 3)
    assert result is None
    assert isinstance(error, SchedulerError)
    assert str(error).startswith("every worker that computed it was killed, the last tcp://")


def test_a_scheduler_that_is_lost_ends_it(start_dask):
    def wait(i):
        time.sleep(0.2)

    with start_dask(n_workers=1) as local:
        address = local.scheduler_address
        with open_cluster(address) as cluster:
            results = cluster.compute(wait, [(i,) for i in range(200)])
            next(results)
            local.close()
            begin = time.monotonic()
            with pytest.raises(
                SchedulerError, match=rf"^{address}: the scheduler was lost\.$"
            ) as e:
                list(results)
            assert e.value.midway
            assert time.monotonic() - begin < 60


@pytest.mark.parametrize("scheme", ["", "tcp://"])
def test_a_scheduler_that_does_not_answer_is_one_error_soon(scheme):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        silent = f"{scheme}127.0.0.1:{server.getsockname()[1]}"
        begin = time.monotonic()
        with pytest.raises(SchedulerError, match=rf"^scheduler '{silent}' cannot be used \(timed"):
            open_cluster(silent).__enter__()
        assert time.monotonic() - begin < 10
    with pytest.raises(SchedulerError, match=r"refused.*`dask scheduler` prints") as error:
        open_cluster(silent).__enter__()
    assert "\n" not in str(error.value)
    assert not error.value.midway


def test_who_is_no_scheduler_is_told(serve):
    server = serve({})
    port = server.httpd.server_port
    with pytest.raises(SchedulerError, match="cannot be used"):
        open_cluster(f"tcp://127.0.0.1:{port}").__enter__()


@pytest.mark.parametrize("address", ["", "nonsense", "foo://10.0.0.1:1", "tcp://10.0.0.1:many"])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(SchedulerError, match=rf"^scheduler '{address}' cannot be used") as error:
        open_cluster(address).__enter__()
    assert "\n" not in str(error.value)


def test_without_distributed_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SchedulerError, match=r'--scheduler.* pip install "skse\[dask\]"$'):
        open_cluster("tcp://127.0.0.1:1").__enter__()


def test_a_cluster_without_workers_is_told(start_dask, monkeypatch):
    monkeypatch.setattr(_cluster, "_FIRST_WORKER", 0.2)
    told = pytest.raises(SchedulerError, match="has no worker; start some with `dask worker tcp")
    with start_dask(n_workers=0) as local, told:
        open_cluster(local.scheduler_address).__enter__()


def test_a_cluster_whose_workers_have_gone_is_given_up(start_dask, monkeypatch, add):
    monkeypatch.setattr(_cluster, "_LOOK", 0.1)
    monkeypatch.setattr(_cluster, "_NO_WORKER", 1)
    with start_dask(n_workers=1) as local, open_cluster(local.scheduler_address) as cluster:
        local.scale(0)
        while cluster.client.ncores():
            time.sleep(0.05)
        with pytest.raises(SchedulerError, match="has had no worker for 1 s") as error:
            list(cluster.compute(add, [(1, 2)]))
        assert error.value.midway


def test_a_worker_of_another_version_is_named_with_both(start_dask, tmp_path, monkeypatch):
    other = tmp_path / "skse-9.9.9.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: skse\nVersion: 9.9.9\n")
    own = _cluster.version("skse")
    with ExitStack() as stack, monkeypatch.context() as patch:
        patch.syspath_prepend(tmp_path)  # which processes take over that are started
        local = stack.enter_context(start_dask(n_workers=1))
        patch.undo()
        (worker,) = local.scheduler_info["workers"]
        told = rf"^worker {worker} has skse 9\.9\.9, this process skse {own}; install the same"
        with pytest.raises(SchedulerError, match=told):
            open_cluster(local.scheduler_address).__enter__()


def test_a_worker_that_lacks_a_file_is_named(address, tmp_path, monkeypatch):
    files = [tmp_path / "a.wav", tmp_path / "b.wav"]
    for file in files:
        file.write_text("samples")
    with open_cluster(address, files=files, folder=tmp_path) as cluster:
        assert cluster.needs.files == ((str(files[0]), 7),)
        assert len(list(tmp_path.glob(".skse-*"))) == 1
    assert not list(tmp_path.glob(".skse-*"))
    for told, found in (
        ("does not see {} (No such file or directory)", ((str(tmp_path / "gone.wav"), 7),)),
        ("sees another {} (7 bytes, not 8)", ((str(files[1]), 8),)),
    ):
        monkeypatch.setattr(_cluster, "_one_a_folder", lambda files, found=found: found)
        with pytest.raises(SchedulerError) as error:
            open_cluster(address, files=files).__enter__()
        assert str(error.value).startswith("worker tcp://")
        assert f"{socket.gethostname()} {told.format(found[0][0])}; folders must" in str(
            error.value
        )


def test_a_worker_that_does_not_see_what_is_written_is_named(address, tmp_path, monkeypatch):
    elsewhere = (str(tmp_path / "probe"), "text")
    monkeypatch.setattr(_cluster, "_probe", lambda folder: _as_context(elsewhere))
    with pytest.raises(SchedulerError, match=f"does not see what is written to {tmp_path}; fold"):
        open_cluster(address, folder=tmp_path).__enter__()


class _as_context:  # noqa: N801
    def __init__(self, value):
        self.value = value

    def __enter__(self):
        return self.value

    def __exit__(self, *error):
        pass


def test_a_worker_that_comes_late_is_looked_at(address, tmp_path, add):
    with open_cluster(address) as cluster:
        cluster.needs = _cluster._Needs(_cluster.version("skse"), ((str(tmp_path / "x"), 1),))
        with pytest.raises(SchedulerError, match=r"^worker tcp://.* does not see") as error:
            list(cluster.compute(add, [(1, 2)]))
        assert error.value.midway


def test_a_result_that_comes_late_is_waited_for(address, monkeypatch):
    monkeypatch.setattr(_cluster, "_LOOK", 0.2)
    result, n_late = distributed.Future.result, []

    def late(future, timeout):
        if future.status == "finished" and len(n_late) < 2:
            n_late.append(timeout)
            raise TimeoutError
        return result(future, timeout)

    monkeypatch.setattr(distributed.Future, "result", late)

    def give(i):
        return i

    with open_cluster(address) as cluster:
        assert list(cluster.compute(give, [(1,)])) == [(0, 1, None)]
    assert n_late == [0.2, 0.4]


def test_a_result_that_takes_long_to_send_arrives(address, monkeypatch):
    monkeypatch.setattr(_cluster, "_LOOK", 0.2)

    class Large:
        def __reduce__(self):  # as long as a slow line would take
            time.sleep(1)
            return str, ("sent",)

    def make(i):
        return Large()

    with open_cluster(address) as cluster:
        assert list(cluster.compute(make, [(0,)])) == [(0, "sent", None)]


def test_a_task_that_raises_a_timeout_has_failed(address):
    def give_up(i):
        raise TimeoutError("no answer")

    with open_cluster(address) as cluster:
        ((_, result, error),) = cluster.compute(give_up, [(0,)])
    assert result is None
    assert repr(error) == "TimeoutError('no answer')"


def test_an_error_travels():
    error = pickle.loads(pickle.dumps(SchedulerError("gone", midway=True)))
    assert (str(error), error.midway) == ("gone", True)


def test_dask_is_loaded_only_when_it_is_needed():
    code = "import sys, skse.files, skse.comparison; print('distributed' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd(), check=True
    )
    assert told.stdout == "False\n"
