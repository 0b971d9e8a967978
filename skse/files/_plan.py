"""Which file becomes which: folders, globs and files to pairs of source and destination."""

import glob
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from skse.files._results import FileResult
from skse.utils import list_files

# What is taken for a recording in a folder or by a glob; a file that is named is always read.
EXTENSIONS = {
    *(".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus"),
    *(".rf64", ".snd", ".sph", ".w64", ".wav", ".wave"),
}
# Files that are enhanced side by side: at most so many, and so many bytes.
_GROUP_FILES, _GROUP_BYTES = 32, 2**22


@dataclass(frozen=True)
class Job:
    """A recording and where its enhanced form belongs."""

    source: Path
    destination: Path


def make_plan(inputs, out, *, force=False, resume=False):
    """Decide what is to be done before anything is written.

    Parameters
    ----------
    inputs : sequence of str or path-like
        Files, folders (searched with all their subfolders) and globs.
    out : Path
        Folder of the results.
    force, resume : bool
        Overwrite what is there; take what is there for done.

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
    for source, relative in _find(inputs, out):
        if relative is None:
            results.append(FileResult(str(source), "", "failed", "no such file"))
        elif (key := os.path.realpath(source)) not in seen:
            seen.add(key)
            jobs.append(Job(source, out / relative))
    _refuse_to_replace_recordings(jobs, seen)
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


def _find(inputs, out):
    """Yield every recording and its path below `out`, or None for what is not there."""
    out = os.path.realpath(out)
    for given in inputs:
        text = os.path.expanduser(os.fspath(given))
        if os.path.isdir(text):
            for path in filter(_is_recording, list_files(text, without=out)):
                yield path, path.relative_to(text)
        elif os.path.exists(text) or not glob.has_magic(text):
            path = Path(text)
            yield path, Path(path.name) if os.path.lexists(path) else None
        else:
            root = _root_of(text)
            found = sorted(Path(name) for name in glob.glob(text, recursive=True))
            files = [path for path in found if _is_recording(path) and not _is_below(path, out)]
            if not files:
                yield Path(text), None
            for path in files:
                yield path, path.relative_to(root)


def _is_recording(path):
    hidden = path.name.startswith(".")
    return path.suffix.lower() in EXTENSIONS and not hidden and not path.is_dir()


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
