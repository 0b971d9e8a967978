"""Work spread over the workers of a Dask cluster, which may be on other machines."""

import os
import queue
import socket
import struct
import tempfile
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from skse.utils._parallel import this_worker
from skse.utils._params import import_optional
from skse.utils.typing import FilePath

# Seconds: until a scheduler has answered, a worker has come, and a cluster without any is given up.
_CONNECT, _FIRST_WORKER, _NO_WORKER = 5, 20, 60
# Seconds between two looks at a cluster that gives no results.
_LOOK = 2
# Folders of which workers are asked at once.
_MOST_FOLDERS = 100
# What a Dask server says first: a number of frames, never as many.
_MOST_FRAMES = 1000


class SchedulerError(OSError):
    """A Dask cluster that cannot be used; says why in one line.

    Parameters
    ----------
    reason : str
        What is wrong, with the address.
    midway : bool, default=False
        Whether work had begun; what was finished is kept.

    Examples
    --------
    >>> from skse.utils import SchedulerError
    >>> SchedulerError("tcp://10.0.0.1:8786 does not answer").midway
    False
    """

    def __init__(self, reason: str, midway: bool = False) -> None:
        super().__init__(reason)
        self.midway = midway

    def __reduce__(self):
        return SchedulerError, (str(self), self.midway)


@dataclass(frozen=True)
class _Needs:
    """What a worker must have: this version, these files of these sizes, this folder to write."""

    skse: str
    files: tuple[tuple[str, int], ...] = ()
    folder: str = ""
    probe: tuple[str, str] = ("", "")


@dataclass
class Cluster:
    """The workers of a Dask cluster, as :func:`open_cluster` gives them.

    Parameters
    ----------
    client : distributed.Client
        Connected.
    address : str
        Of the scheduler.
    needs : object
        What every worker has.
    """

    client: Any
    address: str
    needs: Any

    def __post_init__(self):
        self._shared: list = []

    def share(self, value: Any) -> Any:
        """Hand a value to tasks without sending it with each.

        Parameters
        ----------
        value : object
            What several tasks need.

        Returns
        -------
        future : distributed.Future
            To be passed to :meth:`compute`. It outlives the workers that hold it.
        """
        with warnings.catch_warnings():
            # It is sent through the scheduler, so that it can be made again.
            warnings.filterwarnings("ignore", message="Sending large graph")
            future = self.client.submit(_give, _packed(value), pure=False)
        self._shared.append(future)
        return future

    def compute(
        self, function: Any, tasks: Iterable[Sequence[Any]]
    ) -> Iterator[tuple[int, Any, Exception | None]]:
        """Call a function on the workers, once for each task.

        A worker that is lost costs what it was computing, which others compute again.

        Parameters
        ----------
        function : callable
            Of a module that the workers can import.
        tasks : iterable of sequence
            Its arguments, each time.

        Yields
        ------
        place : int
            Which task is done, as they are.
        result : object
            What the function returned; None where it failed.
        error : Exception or None
            What it raised, or that every worker that tried it was killed.

        Raises
        ------
        SchedulerError
            Where the scheduler is lost, where no worker is left, and where one that has joined
            lacks what is needed.
        """
        done: queue.SimpleQueue = queue.SimpleQueue()
        waiting = {}
        shared = _distributed().Future
        for place, arguments in enumerate(tasks):
            sent = [a if isinstance(a, shared) else _packed(a) for a in (function, *arguments)]
            future = self.client.submit(_call, self.needs, *sent, pure=False)
            waiting[future] = place
            future.add_done_callback(done.put)
        try:
            while waiting:
                future = self._next(done)
                place = waiting.pop(future)
                yield (place, *self._outcome(future))
        finally:
            if waiting:
                with suppress(Exception):  # of a scheduler that is gone
                    self.client.cancel(list(waiting), force=True)

    def _next(self, done):
        seen = time.monotonic()
        while True:
            try:
                return done.get(timeout=_LOOK)
            except queue.Empty:
                seen = self._look(seen)

    def _outcome(self, future):
        seen, patience = time.monotonic(), _LOOK
        while True:
            try:
                return future.result(timeout=patience), None
            except SchedulerError:
                raise
            except _distributed().KilledWorker as error:
                last = error.last_worker.address
                reason = f"every worker that computed it was killed, the last {last}"
                return None, SchedulerError(reason, midway=True)
            except Exception as error:
                late = isinstance(error, TimeoutError) and future.status != "error"
                if not late and future.status in ("error", "finished"):
                    return None, error
                if not late:
                    raise self._lost() from error
                # It was lost on its way or with its worker, or is large and begins anew.
                seen, patience = self._look(seen), 2 * patience

    def _look(self, seen):
        """Return when a worker was last seen, and raise where that is too long ago."""
        try:
            n_workers = len(self.client.ncores())
        except Exception as error:
            raise self._lost() from error
        now = time.monotonic()
        if not n_workers and now - seen > _NO_WORKER:
            raise SchedulerError(
                f"{self.address} has had no worker for {_NO_WORKER} s.", midway=True
            )
        return now if n_workers else seen

    def _lost(self):
        return SchedulerError(f"{self.address}: the scheduler was lost.", midway=True)


@contextmanager
def open_cluster(
    address: str, *, files: Iterable[FilePath] = (), folder: FilePath | None = None
) -> Iterator[Cluster]:
    """Connect to a Dask cluster, of which every worker has what is needed.

    Parameters
    ----------
    address : str
        Of the scheduler, such as "tcp://10.0.0.1:8786".
    files : iterable of path-like, default=()
        What will be read. Workers are asked for one file of each folder, of the same size.
    folder : path-like or None, default=None
        Where workers will write. They must find there what is written here.

    Yields
    ------
    cluster : Cluster

    Raises
    ------
    SchedulerError
        Where distributed is not installed (``python -m pip install "skse[dask]"``), the
        scheduler does not answer within seconds, no worker comes, or a worker has another
        version of skse or lacks a file or the folder; names it.

    Examples
    --------
    >>> from skse.utils import SchedulerError, open_cluster
    >>> try:
    ...     with open_cluster("tcp://"):
    ...         pass
    ... except SchedulerError as error:
    ...     print(error.midway)
    False
    """
    try:
        _distributed()
    except ImportError as error:
        raise SchedulerError(str(error)) from error
    client = _connect(address)
    try:
        with _probe(folder) as probe:
            own = str(Path(folder).absolute()) if folder is not None else ""
            needs = _Needs(version("skse"), _one_a_folder(files), own, probe)
            _check_workers(client, address, needs)
            yield Cluster(client, address, needs)
    finally:
        with suppress(Exception):  # of a scheduler that is gone
            client.close(timeout=_LOOK)


def _distributed():
    return import_optional("distributed", caller="scheduler (--scheduler)", extra="dask")


def _connect(address):
    try:
        _hear(address)
        return _distributed().Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        reason = str(error) or type(error).__name__
        raise SchedulerError(
            f"scheduler {address!r} cannot be used ({reason}); expected the address that "
            "`dask scheduler` prints, such as tcp://10.0.0.1:8786."
        ) from error


def _hear(address):
    """Wait for what a Dask server says first; Client waits forever for one that says nothing."""
    comm = _distributed().comm
    scheme, rest = comm.parse_address(address)
    host, port = comm.get_address_host_port(f"{scheme}://{rest}")
    if scheme != "tcp":
        return
    with socket.create_connection((host, port), timeout=_CONNECT) as connection:
        said = connection.recv(8, socket.MSG_WAITALL)
    if len(said) < 8 or struct.unpack("<Q", said)[0] > _MOST_FRAMES:
        raise ConnectionError("who answers there is no Dask scheduler")


@contextmanager
def _probe(folder):
    """Write a file that workers look for in a folder."""
    if folder is None:
        yield "", ""
        return
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=".skse-", suffix=".probe") as file:
        text = Path(file.name).name
        file.write(text)
        file.flush()
        with suppress(OSError):  # workers may be somebody else's
            os.chmod(file.name, 0o644)
        yield os.path.abspath(file.name), text


def _one_a_folder(files):
    chosen: dict[Path, tuple[str, int]] = {}
    for file in files:
        path = Path(os.path.abspath(file))
        if path.parent not in chosen and len(chosen) < _MOST_FOLDERS:
            with suppress(OSError):  # it has gone: told when it is read
                chosen[path.parent] = str(path), path.stat().st_size
    return tuple(chosen.values())


def _check_workers(client, address, needs):
    """Raise a SchedulerError unless there are workers that have what is needed."""
    try:
        client.wait_for_workers(1, timeout=_FIRST_WORKER)
    except TimeoutError:
        raise SchedulerError(
            f"{address} has no worker; start some with `dask worker {address}`."
        ) from None
    # By a function that any worker can import: another skse may lack this module.
    found = client.run(version, "skse", on_error="return")
    for worker, theirs in found.items():
        if theirs != needs.skse:
            theirs = "no skse" if isinstance(theirs, Exception) else f"skse {theirs}"
            raise SchedulerError(
                f"worker {worker} has {theirs}, this process skse {needs.skse}; install the same "
                "version on both."
            )
    for worker, lack in client.run(_lack, needs, on_error="return").items():
        if lack:
            raise SchedulerError(_tell_lack(worker, lack))


def _tell_lack(worker, lack):
    return (
        f"worker {worker} on {lack}; folders must be at the same path on this machine and on "
        "those of the workers."
        if isinstance(lack, str)
        else f"worker {worker} cannot be asked: {type(lack).__name__}: {lack}"
    )


@lru_cache(maxsize=8)
def _lack(needs):
    """Say what this process lacks; "" where it has everything."""
    host = socket.gethostname()
    if version("skse") != needs.skse:
        return f"{host} has skse {version('skse')}, not {needs.skse}"
    for path, size in needs.files:
        try:
            theirs = os.stat(path).st_size
        except OSError as error:
            return f"{host} does not see {path} ({error.strerror})"
        if theirs != size:
            return f"{host} sees another {path} ({theirs} bytes, not {size})"
    path, text = needs.probe
    if not needs.folder:
        return ""
    try:
        same = Path(path).read_text() == text
    except OSError:
        same = False
    if not same:
        return f"{host} does not see what is written to {needs.folder}"
    try:
        tempfile.TemporaryFile(dir=needs.folder).close()
    except OSError as error:
        return f"{host} cannot write to {needs.folder} ({error.strerror})"
    return ""


@dataclass(frozen=True)
class _Packed:
    """Anything, as bytes, so that a worker that cannot make it again says so.

    What distributed 2026.8 packs itself ends a worker that cannot import a class in it, and of
    modules registered to be sent along by value it takes no notice
    (findings/distributed_pickle_by_value.sh).
    """

    content: bytes

    def unpack(self):
        try:
            return _cloudpickle().loads(self.content)
        except (ImportError, AttributeError) as error:
            raise SchedulerError(
                f"worker {this_worker()} cannot import what it is sent ({error}); install it "
                "there too, or have it sent along: cloudpickle.register_pickle_by_value(MODULE).",
                midway=True,
            ) from error


def _packed(value):
    return _Packed(_cloudpickle().dumps(value))


def _cloudpickle():
    return import_optional("cloudpickle", caller="scheduler (--scheduler)", extra="dask")


def _give(packed):
    return packed.unpack()


def _call(needs, *sent):
    """Compute a task on a worker; one that joined late is looked at first."""
    if lack := _lack(needs):
        raise SchedulerError(_tell_lack(this_worker(), lack), midway=True)
    function, *arguments = (x.unpack() if isinstance(x, _Packed) else x for x in sent)
    return function(*arguments)
