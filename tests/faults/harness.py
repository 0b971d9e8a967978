"""Tasks in children of a warm process, disturbed at a chosen call, and what became of them."""

import ctypes
import errno
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# As in shim.c.
CHANGE, ROOM, READ, LOOK = 1, 2, 4, 8
COUNT, KILL, FAIL, FAIL_PATH = range(4)
# The time of day in a child: what is dated comes out alike in every run.
_NOW = 1_700_000_000
_SETTINGS = {
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",  # a process with threads of its own cannot be forked safely
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}


@dataclass(frozen=True)
class Fault:
    """What happens at one of the calls on files.

    Parameters
    ----------
    classes : int
        Which calls are counted: CHANGE (all that changes files), ROOM (that needs room), READ,
        LOOK (opens to read).
    action : int
        KILL, FAIL (this call and all later ones), FAIL_PATH (this call and the later ones on the
        same file) or COUNT.
    at : int
        Number of the call, from 1.
    error : int
        errno of a failure.
    half : bool
        Whether half is written before.
    """

    classes: int = CHANGE
    action: int = COUNT
    at: int = 0
    error: int = errno.ENOSPC
    half: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a child.

    Parameters
    ----------
    code : int
        Exit status; that of a signal is negative.
    text : str
        What it printed.
    n_calls : int
        Calls counted; 0 where it was killed.
    seconds : float
        How long it ran.
    hung : bool
        Whether it was stopped at the limit.
    """

    code: int
    text: str
    n_calls: int
    seconds: float
    hung: bool


def start_preloaded(source):
    """Start this program again with the calls of ``shim.c`` in front; return where it has been."""
    if "SKSE_FAULTS" in os.environ:
        return Path(os.environ["SKSE_FAULTS"])
    import tempfile

    with tempfile.TemporaryDirectory(prefix="skse-faults-") as scratch:
        library = Path(scratch, "shim.so")
        command = ["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"]
        subprocess.run(command, check=True)
        environment = os.environ | _SETTINGS
        environment |= {"LD_PRELOAD": str(library), "SKSE_FAULTS": scratch, "TMPDIR": scratch}
        arguments = [sys.executable, *sys.argv]
        sys.exit(subprocess.run(arguments, env=environment, check=False).returncode)


def spawn(task: Callable[[], object], folder: Path, log: Path, fault=None) -> int:
    """Fork a child that runs a task; return its process id."""
    fault = fault or Fault()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        out = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        os.dup2(out, 1)
        os.dup2(out, 2)
        time.perf_counter = lambda: 0.0
        shim = ctypes.CDLL(None)
        shim.fault_arm(
            *(os.fsencode(folder), fault.classes, fault.action, ctypes.c_long(fault.at)),
            *(fault.error, int(fault.half), ctypes.c_long(_NOW)),
        )
        try:
            task()
            code = 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        except BaseException:
            traceback.print_exc()
        shim.fault_disarm()
        log.with_suffix(".count").write_text(str(shim.fault_count()))
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def wait(pid: int, log: Path, *, kill_after: float | None = None, limit: float = 60.0) -> Outcome:
    """Wait for a child, kill it after a time where that is asked for, and say what became of it."""
    begin = time.monotonic()
    deadline = begin + (limit if kill_after is None else kill_after)
    status = None
    while status is None and time.monotonic() < deadline:
        found, raw = os.waitpid(pid, os.WNOHANG)
        if found:
            status = raw
        else:
            time.sleep(0.001)
    hung = status is None and kill_after is None
    if status is None:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    count = log.with_suffix(".count")
    # Empty where the child was killed while it wrote it.
    n_calls = int(count.read_text() or 0) if count.exists() else 0
    count.unlink(missing_ok=True)
    return Outcome(
        code=os.waitstatus_to_exitcode(status),
        text=log.read_text(errors="replace") if log.exists() else "",
        n_calls=n_calls,
        seconds=time.monotonic() - begin,
        hung=hung,
    )


def run(task, folder, fault=None, **options) -> Outcome:
    """Run a task in a child to its end, or to that which is made for it."""
    log = folder.with_name(folder.name + ".log")
    return wait(spawn(task, folder, log, fault), log, **options)


def files_below(folder: Path) -> dict[str, bytes]:
    """Content of every file, by its path; hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): _without_serials(path.read_bytes())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _without_serials(content):
    """Clear the serial numbers of Ogg pages, which are drawn at random, and their checksums."""
    if content[:4] != b"OggS":
        return content
    pages = bytearray(content)
    at = 0
    while (at := pages.find(b"OggS", at)) >= 0:
        pages[at + 14 : at + 18] = pages[at + 22 : at + 26] = b"0000"
        at += 26
    return bytes(pages)


def is_hidden(name: str) -> bool:
    """Whether a file, or a folder above it, is one that no listing shows."""
    return any(part.startswith(".") for part in name.split("/"))


def warm_up() -> None:
    """Import what the commands do, so that a child begins with its work."""
    from importlib import import_module

    for name in (
        *("skse.cli", "skse.comparison", "skse.files", "skse.persistence", "skse.report"),
        *("jinja2", "librosa", "matplotlib.pyplot", "PIL.Image", "pooch", "pystoi", "requests"),
        *("safetensors.numpy", "scipy.signal", "sklearn.linear_model", "skops.io", "soundfile"),
        *("soxr", "tqdm"),
    ):
        import_module(name)
    import tqdm

    tqdm.tqdm.monitor_interval = 0  # a thread
