"""Files: written whole or not at all, and listed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from skse.utils.typing import FilePath

# Bytes of a name that the name of the unfinished file repeats: short enough for any file system.
_MOST_STEM, _MOST_SUFFIX = 48, 16


@contextmanager
def replacing(path: FilePath) -> Iterator[Path]:
    """Write a file whole or not at all.

    What is written goes to a hidden file in the same folder, of a name that nobody else has and
    with the suffix of `path`. It takes the place of `path`, and its mode, when the block ends
    well; otherwise it is removed, and what was there before is left alone.

    Parameters
    ----------
    path : str or path-like
        File to write.

    Yields
    ------
    part : pathlib.Path
        File to write to instead; it does not exist yet.

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
    part = path.with_name(_unfinished_name(path.name))
    try:
        yield part
        with suppress(OSError):  # no file was there, or the file system knows no modes
            shutil.copymode(path, part)
        os.replace(part, path)
    except OSError as error:
        if error.filename != str(part):
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        part.unlink(missing_ok=True)


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


def list_files(folder: FilePath, *, without: FilePath | None = None) -> list[Path]:
    """List the files below a folder, hidden ones and those in hidden subfolders left out.

    Parameters
    ----------
    folder : str or path-like
        Folder; it may itself be hidden.
    without : str or path-like, default=None
        A subfolder to leave out.

    Returns
    -------
    paths : list of pathlib.Path
        Sorted; all begin with `folder`.

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
    for parent, folders, names in os.walk(os.fspath(folder)):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".")
            and (left_out is None or os.path.realpath(os.path.join(parent, name)) != left_out)
        ]
        found += [Path(parent, name) for name in names if not name.startswith(".")]
    return sorted(found)


def _unfinished_name(name: str) -> str:
    """Hidden name of a file that will be called `name`; another at every call."""
    stem, suffix = os.path.splitext(name)
    if len(os.fsencode(suffix)) > _MOST_SUFFIX:  # no suffix, but a name with a full stop in it
        suffix = ""
    # Cut in bytes, which is what file systems count; no character may be cut in two.
    stem = os.fsencode(stem)[:_MOST_STEM].decode(errors="ignore")
    return f".{stem}.{token_hex(8)}.part{suffix}"
