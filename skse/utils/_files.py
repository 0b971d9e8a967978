"""Files: written whole or not at all, and listed."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from secrets import token_hex
from typing import IO, Any

from skse.utils.typing import FilePath

try:
    import fcntl
except ImportError:  # Windows, where nobody can remove a file that is open
    fcntl = None  # type: ignore[assignment]

# Bytes of a name that the name of the unfinished file repeats: short enough for any file system.
_MOST_STEM, _MOST_SUFFIX = 48, 16
# Seconds between two looks at a folder for what a process that was killed left there.
_PAUSE = 10


@contextmanager
def replacing(path: FilePath) -> Iterator[Path]:
    """Write a file whole or not at all.

    What is written goes to a hidden file in the same folder, of a name that nobody else has and
    with the suffix of `path`. It takes the place of `path`, and its mode, when the block ends
    well; otherwise it is removed, and what was there before is left alone. What a process that
    was killed left of the same file is removed too. A link is followed; a device or a pipe is
    written to in the end.

    Parameters
    ----------
    path : str or path-like
        File to write.

    Yields
    ------
    part : pathlib.Path
        File to write to instead; it is there, and empty.

    Raises
    ------
    OSError
        Where it cannot be written; names `path`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.utils import replacing
    >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
    >>> with replacing(path) as part:
    ...     size = part.write_text("all of it")
    ...     path.exists(), part.suffix
    (False, '.txt')
    >>> path.read_text(), part.exists()
    ('all of it', False)
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    special = path.exists() and not path.is_dir()
    special = special and (path.parent == Path("/dev") or not path.is_file())
    if special:  # nothing can take its place
        part = Path(tempfile.gettempdir(), _unfinished_name(target.name))
    else:
        part = target.with_name(_unfinished_name(target.name))
    lock = None
    try:
        with naming(path):
            lock = _create(part)
            yield part
            if special:
                with part.open("rb") as source, path.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
            else:
                with suppress(OSError):  # no file was there, or the file system knows no modes
                    shutil.copymode(target, part)
                os.replace(part, target)
                _remove_abandoned(target)
    except OSError as error:
        if error.filename not in (str(part), str(target)):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        part.unlink(missing_ok=True)
        if lock is not None:
            with suppress(OSError):
                os.close(lock)


@contextmanager
def naming(path: FilePath) -> Iterator[None]:
    """Give the name of a file to the errors that reading it raises without one.

    Parameters
    ----------
    path : str or path-like
        The file. An error that has a name keeps it.

    Raises
    ------
    OSError
        Of the block; the system names a file that cannot be opened, but not one that can and
        fails later.

    Examples
    --------
    >>> from skse.utils import naming
    >>> with naming("talk.wav"):
    ...     raise OSError(5, "Input/output error")
    Traceback (most recent call last):
    ...
    OSError: [Errno 5] Input/output error: 'talk.wav'
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def write_whole(path: FilePath, content: str | bytes) -> None:
    """Write text, as UTF-8, or bytes to a file, whole or not at all.

    Parameters
    ----------
    path : str or path-like
        File; what was there before is replaced.
    content : str or bytes
        All of it.

    Raises
    ------
    OSError
        Where it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.utils import write_whole
    >>> path = Path(tempfile.mkdtemp()) / "notes.txt"
    >>> write_whole(path, "5 dB")
    >>> path.read_bytes()
    b'5 dB'
    """
    with replacing(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def list_files(
    folder: FilePath,
    *,
    without: FilePath | None = None,
    onerror: Callable[[OSError], Any] | None = None,
) -> list[Path]:
    """List the files below a folder, hidden ones and those in hidden subfolders left out.

    Parameters
    ----------
    folder : str or path-like
        Folder; it may itself be hidden.
    without : str or path-like, default=None
        A subfolder to leave out.
    onerror : callable, default=None
        Called with the error of a folder that cannot be listed.

    Returns
    -------
    paths : list of pathlib.Path
        Sorted; all begin with `folder`. None where there is no such folder.

    Raises
    ------
    OSError
        Where a folder cannot be listed, without `onerror`: nothing is left out in silence.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.utils import list_files
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in ("b.wav", "a/c.wav", ".cache/d.wav"):
    ...     (folder / name).parent.mkdir(exist_ok=True)
    ...     (folder / name).touch()
    >>> [path.relative_to(folder).as_posix() for path in list_files(folder)]
    ['a/c.wav', 'b.wav']
    """
    left_out = None if without is None else os.path.realpath(without)
    found = []
    for parent, folders, names in walk(folder, onerror):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and (left_out is None or os.path.realpath(os.path.join(parent, name)) != left_out)
        ]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    return sorted(found)


def walk(
    folder: FilePath, onerror: Callable[[OSError], Any] | None = None
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk through a folder as :func:`os.walk` does, but leave out none that cannot be listed.

    Parameters
    ----------
    folder : str or path-like
        Folder; where there is none, there is nothing in it. Links to folders are followed, but
        no folder is walked through twice.
    onerror : callable, default=None
        Called with the error of a folder that cannot be listed; the walk goes on then.

    Yields
    ------
    parent, folders, names : str, list of str, list of str
        A folder, and what is in it; removing some of `folders` leaves them out.

    Raises
    ------
    OSError
        Where a folder cannot be listed, without `onerror`.

    Examples
    --------
    >>> import tempfile
    >>> from skse.utils import walk
    >>> [(folders, names) for _, folders, names in walk(tempfile.mkdtemp())]
    [([], [])]
    """

    def tell(error):
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            if onerror is None:
                raise error
            onerror(error)

    seen = set()
    for parent, folders, names in os.walk(os.fspath(folder), onerror=tell, followlinks=True):
        if (real := os.path.realpath(parent)) in seen:  # by way of a link
            folders.clear()
            continue
        seen.add(real)
        yield parent, folders, names


def _create(part):
    """Make an empty file and keep it locked: so it is known to be somebody's while it is open."""
    lock = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    if fcntl is None:
        os.close(lock)
        return None
    with suppress(OSError):  # not every file system knows locks
        fcntl.flock(lock, fcntl.LOCK_EX)
    if not os.path.exists(part):  # taken for abandoned before it was locked
        os.close(lock)
        return _create(part)
    return lock


def _remove_abandoned(path):
    """Remove the unfinished files of `path` that no process has locked any more."""
    if fcntl is None:
        return
    stem, suffix = map(re.escape, _split(path.name))
    own = re.compile(rf"\.{stem}\.[0-9a-f]{{16}}\.part{suffix}")
    names = filter(own.fullmatch, _list_unfinished(path.parent, time.monotonic() // _PAUSE))
    remove_unlocked(path.with_name(name) for name in names)


@contextmanager
def locked(file: IO[Any]) -> Iterator[None]:
    """Keep an open file from being taken for one that a killed process left.

    Parameters
    ----------
    file : file object
        What :func:`remove_unlocked` is to leave alone.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.utils import locked, remove_unlocked
    >>> with tempfile.NamedTemporaryFile() as file, locked(file):
    ...     remove_unlocked([Path(file.name)])
    ...     Path(file.name).exists()
    True
    """
    if fcntl is not None:
        with suppress(OSError):  # not every file system knows locks
            fcntl.flock(file, fcntl.LOCK_EX)
    yield


def remove_unlocked(paths: Iterable[Path]) -> None:
    """Remove files that no process has locked any more.

    Parameters
    ----------
    paths : iterable of Path
        Unfinished files; those that are in use stay.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from skse.utils import remove_unlocked
    >>> path = Path(tempfile.mkdtemp()) / "unfinished"
    >>> path.touch()
    >>> remove_unlocked([path])
    >>> path.exists()
    False
    """
    if fcntl is None:
        return
    for part in paths:
        with suppress(OSError):  # in use, removed by another, or not ours
            lock = os.open(part, os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()
            finally:
                os.close(lock)


@lru_cache(maxsize=64)
def _list_unfinished(folder, moment):
    """Names of unfinished files; listed anew at every moment, for folders can be large."""
    return [name for name in os.listdir(folder) if name.startswith(".") and ".part" in name]


def _unfinished_name(name: str) -> str:
    """Hidden name of a file that will be called `name`; another at every call."""
    stem, suffix = _split(name)
    return f".{stem}.{token_hex(8)}.part{suffix}"


def _split(name):
    """Return what the name of the unfinished file repeats of a name."""
    stem, suffix = os.path.splitext(name)
    if len(os.fsencode(suffix)) > _MOST_SUFFIX:  # no suffix, but a name with a full stop in it
        suffix = ""
    # Cut in bytes, which is what file systems count; no character may be cut in two.
    return os.fsencode(stem)[:_MOST_STEM].decode(errors="ignore"), suffix
