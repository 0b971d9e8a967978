"""Which file becomes which: folders, globs and files to pairs of source and destination."""

import glob
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from skse.audio import RECORDING_SUFFIXES, is_media, is_pipe, media_suffix
from skse.files._results import FileResult
from skse.utils import list_files

# What is read and cannot be written: the result is FLAC.
_NOT_WRITTEN = {".mp2"}
_OTHER = "not the suffix of a recording; name the file to have it tried, or pass --ignore-others"
# The name of standard input.
STDIN = "-"
# Files that are enhanced side by side: at most so many, and so many bytes.
_GROUP_FILES, _GROUP_BYTES = 32, 2**22


@dataclass(frozen=True)
class Job:
    """A recording and where its enhanced form belongs.

    Parameters
    ----------
    source, destination : Path
        Their names.
    file : Path
        Where the bytes of the recording are: those of a pipe are copied to a file.
    as_wav : bool, default=False
        Whether the result is WAV, whatever the recording is.
    written : Path or None, default=None
        Where the result is written; None is `destination`, as this process sees it.
    """

    source: Path
    destination: Path
    file: Path
    as_wav: bool = False
    written: Path | None = None

    def from_anywhere(self):
        """Return the job for a process that is in another folder."""
        return replace(self, file=self.file.absolute(), written=self.destination.absolute())


def make_plan(inputs, out, *, force=False, resume=False, ignore_others=False, as_wav=False):
    """Decide what is to be done before anything is written.

    Parameters
    ----------
    inputs : sequence of str or path-like
        Files, folders (searched with all their subfolders), globs, pipes, and "-".
    out : Path
        Folder of the results.
    force, resume : bool
        Overwrite what is there; take what is there for done.
    ignore_others : bool
        Say nothing of files in folders and of globs that are not taken for recordings.
    as_wav : bool
        Whether every result is WAV.

    Returns
    -------
    jobs : list of Job
    results : list of FileResult
        Of all files of which nothing is to be done.

    Raises
    ------
    ValueError
        Where a result would take the place of a recording.
    """
    jobs, results, seen = [], [], set()
    for source, relative, reason in _find(inputs, out):
        if reason == _OTHER and ignore_others:
            continue
        if reason:
            results.append(FileResult(str(source), "", "failed", reason))
            continue
        job = _job(source, out / relative, as_wav)
        if (key := (os.path.realpath(source), job.destination)) not in seen:
            seen.add(key)
            jobs.append(job)
    _refuse_to_replace_recordings(jobs, {source for source, _ in seen})
    # Names that differ by case only are one file on many systems.
    takers = Counter(os.path.normcase(str(job.destination)).lower() for job in jobs)
    first = {}
    planned = []
    for job in jobs:
        key = os.path.normcase(str(job.destination)).lower()
        other = first.setdefault(key, job.source)
        if takers[key] > 1:
            reason = f"{takers[key]} recordings would become {job.destination}" + (
                "" if other == job.source else f", such as {other}"
            )
        elif job.destination.is_dir():
            reason = f"{job.destination} is a folder"
        elif not job.destination.exists() or force:
            planned.append(job)
            continue
        elif resume:
            results.append(FileResult(str(job.source), str(job.destination), "skipped"))
            continue
        else:
            reason = f"{job.destination} exists; --force overwrites it, --resume keeps it"
        results.append(FileResult(str(job.source), str(job.destination), "failed", reason))
    return planned, results


def make_groups(jobs, *, side_by_side):
    """Cut jobs into the groups that a process works on at a time, by number and size."""
    groups, n_bytes = [], 0
    for job in jobs:
        size = job.source.stat().st_size if job.source.is_file() else 0
        n_bytes += size
        if (
            not groups
            or not side_by_side
            or len(groups[-1]) == _GROUP_FILES
            or n_bytes > _GROUP_BYTES
        ):
            groups.append([])
            n_bytes = size
        groups[-1].append(job)
    return groups


def _job(source, destination, as_wav):
    is_stream = str(source) == STDIN or is_pipe(source)
    if as_wav or (is_stream and not destination.suffix):
        return Job(source, destination.with_suffix(".wav"), source, as_wav=True)
    if not is_stream and is_media(source):
        destination = destination.with_suffix(media_suffix(source))
    elif source.suffix.lower() in _NOT_WRITTEN:
        destination = destination.with_suffix(".flac")
    return Job(source, destination, source)


def _find(inputs, out):
    """Yield every recording, its path below `out`, and why nothing is to be done with it."""
    out = os.path.realpath(out)
    for given in inputs:
        text = os.path.expanduser(os.fspath(given))
        if text == STDIN:
            yield Path(STDIN), Path("stdin"), ""
        elif os.path.isdir(text):
            files, errors = _list(text, out)
            yield from _sorted_out(files, errors, Path(text), given)
        elif os.path.exists(text) or not glob.has_magic(text):
            path = Path(text)
            yield path, Path(path.name), _why_absent(path)
        else:
            found = sorted(Path(name) for name in glob.glob(text, recursive=True))
            files = [path for path in found if not path.is_dir() and not _is_below(path, out)]
            # A glob says nothing of folders that it cannot list.
            errors = _list(_root_of(text), out)[1] if "**" in text else []
            yield from _sorted_out(files, errors, _root_of(text), given)


def _list(folder, out):
    """Return the files below a folder, and the errors of folders that cannot be listed."""
    errors = []
    return list_files(folder, without=out, onerror=errors.append), errors


def _why_absent(path):
    try:
        os.lstat(path)
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return error.strerror
    return ""


def _sorted_out(files, errors, root, given):
    """Yield the files of a folder or a glob as `_find` does."""
    for error in errors:
        yield Path(error.filename), None, error.strerror
    if not files and not errors:
        yield Path(given), None, "no file is there"
    for path in files:
        if is_pipe(path):
            yield path, None, "a pipe, which is read only where it is named itself"
            continue
        is_recording = path.suffix.lower() in RECORDING_SUFFIXES and not path.name.startswith(".")
        yield path, path.relative_to(root), "" if is_recording else _OTHER


def _is_below(path, folder):
    return os.path.realpath(path).startswith(folder + os.sep)


def _root_of(pattern):
    """Return the folders of a glob before its first wildcard."""
    root = Path()
    for part in Path(pattern).parts[:-1]:
        if glob.has_magic(part):
            break
        root /= part
    return root


def _refuse_to_replace_recordings(jobs, sources):
    for job in jobs:
        if os.path.realpath(job.destination) in sources:
            raise ValueError(
                f"the result of {job.source} would take the place of the recording "
                f"{job.destination}; choose another output folder."
            )
