"""fetch_ms_snsd: Microsoft's scalable noisy speech data set, indexed without being read."""

import hashlib
import json
import re
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import quote

import numpy as np
from sklearn.utils import Bunch

from skse.datasets._audio_file import AudioFile
from skse.datasets._download import BROKEN_ZIP, default_home, download, repeat
from skse.datasets._listing import shorten
from skse.utils import check_choice, naming, replacing, walk, write_whole
from skse.utils.typing import FilePath

SAMPLING_RATE = 16000
# Part -> folders of speech and of noise, in the present layout and in the older one.
_PARTS = {
    "train": [("clean_train", "noise_train"), ("clean_speech", "Noise")],
    "test": [("clean_test", "noise_test")],
}
_FOLDERS = [folder for layouts in _PARTS.values() for pair in layouts for folder in pair]

_PAGE = "https://github.com/microsoft/MS-SNSD"
_TREES = "https://api.github.com/repos/microsoft/MS-SNSD/git/trees/"
_RAW = "https://raw.githubusercontent.com/microsoft/MS-SNSD/master/"
_ARCHIVE = f"{_PAGE}/archive/refs/heads/master.zip"
_AT_ONCE = 8  # downloads
_N_NAMED = 8

_DESCR = """\
MS-SNSD, {part} part
--------------------
Microsoft's scalable noisy speech data set: clean speech and noise as separate recordings, to be
mixed at any SNR. 16 kHz, mono. From {speech_folder} ({n_speech} files) and {noise_folder}
({n_noise} files).

The mixing script that comes with it halves the dB asked for: do not trust the SNR in the name of
a mixture made by it. make_pairs mixes with mix_at_snr, which measures every SNR again.

C. K. A. Reddy, E. Beyrami, J. Pool, R. Cutler, S. Srinivasan and J. Gehrke: A scalable noisy
speech dataset and online subjective test framework. Interspeech 2019. {page}
"""


def fetch_ms_snsd(
    part: str = "train",
    *,
    data_home: FilePath | None = None,
    download_if_missing: bool = True,
    archive: bool = False,
    known_hash: str | None = None,
    lazy: bool = False,
) -> Bunch:
    """Find MS-SNSD, speech and noise to mix; download what is missing.

    ==============  ==============================================
    Recordings      speech and noise apart, a train and a test part
    Sampling rate   16000 Hz
    On disk         about 4 GB, most of it training speech
    ==============  ==============================================

    Nothing is read but names and sizes of files: mix them with :func:`make_pairs`.

    Parameters
    ----------
    part : {"train", "test"}, default="train"
        Which folders: ``clean_train/`` and ``noise_train/``, or ``clean_test/`` and
        ``noise_test/``. An older release has ``clean_speech/`` and ``Noise/`` instead;
        they count as the training part.
    data_home : str or path-like, default=None
        Folder of the data set. The folders above are found anywhere below it. By default
        ``ms_snsd`` below the folder that the environment variable ``SKSE_DATA`` names,
        or else below the cache folder of the operating system.
    download_if_missing : bool, default=True
        Whether to download what is missing. Files that are complete are kept, so that an
        interrupted download goes on where it stopped. With False nothing is downloaded
        and a folder that is missing or incomplete is an error.
    archive : bool, default=False
        Download the archive of the whole repository (about 4 GB in one piece, unpacked
        beside it) instead of the files of the two folders one by one.
    known_hash : str or None, default=None
        SHA-256 that the archive must have. The archive is packed anew by the server and
        may change while its files do not, so that no hash is recorded here.
    lazy : bool, default=False
        Whether the files are handed over as handles, waveforms that are read when they are
        needed: their headers are read then.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        speech, noise : list of str, or of AudioFile
            Paths of the wav files, sorted; with `lazy` handles to them.
        noise_kind : ndarray of str, shape (n_noise,)
            Kind of every noise: its file name without the number at the end.
        sampling_rate : int
            16000 Hz, what the files are said to have; :func:`make_pairs` checks it.
        DESCR : str
            What the data set is.

    Raises
    ------
    ValueError
        For a part that does not exist.
    OSError
        Where folders are missing or incomplete and not to be downloaded, or where the
        download fails.
    UnusableFileError
        With `lazy`, for a file that is no recording.

    See Also
    --------
    make_pairs : Mix speech and noise on demand.
    fetch_noizeus : Pairs that were mixed before.

    Notes
    -----
    A file downloaded by itself is checked against the hash that the repository's own
    listing has for it (that of a git blob), a file of the archive against its CRC-32. The
    listing with the size of every file stays in `data_home`: a folder that was
    downloaded only in part is noticed later too. Folders that you put there yourself
    have no such listing and are taken as they are.

    References
    ----------
    C. K. A. Reddy et al. A scalable noisy speech dataset and online subjective test
    framework. Interspeech 2019.

    Examples
    --------
    >>> from skse.datasets import fetch_ms_snsd, make_pairs
    >>> data = fetch_ms_snsd("test")  # doctest: +SKIP
    >>> pairs = make_pairs(
    ...     data.speech, data.noise, snr_db=[0, 10], n=100, random_state=0
    ... )  # doctest: +SKIP
    """
    check_choice("fetch_ms_snsd", "part", part, _PARTS)
    home = default_home("ms_snsd") if data_home is None else Path(data_home).expanduser()
    folders, problems = _find(home, part)
    if folders is None and download_if_missing:
        if archive:
            _download_archive(home, known_hash)
        else:
            for folder in _PARTS[part][0]:
                if folder in problems:
                    _download_folder(folder, home)
        folders, problems = _find(home, part)
    if folders is None:
        missing = "; ".join(f"{folder}/: {problem}" for folder, problem in problems.items())
        raise OSError(
            f"The {part} part of MS-SNSD under {home} is not complete: {missing}. Set "
            f"download_if_missing=True, or put the folders there from {_PAGE}."
        )
    speech, noise = (_list_wavs(folder) for folder in folders)
    kind = AudioFile if lazy else str
    return Bunch(
        speech=[kind(path) for path in speech],
        noise=[kind(path) for path in noise],
        noise_kind=np.array([re.sub(r"[-_ ]*\d+$", "", path.stem) or path.stem for path in noise]),
        sampling_rate=SAMPLING_RATE,
        DESCR=_DESCR.format(
            part=part,
            speech_folder=folders[0],
            noise_folder=folders[1],
            n_speech=len(speech),
            n_noise=len(noise),
            page=_PAGE,
        ),
    )


def _find(home, part):
    """Return the folders of speech and noise, or None and the problem of each one wanted."""
    found = {}
    for parent, subfolders, _ in walk(home):
        subfolders.sort()
        for name in subfolders:
            if name in _FOLDERS:
                found.setdefault(name, []).append(Path(parent, name))
        subfolders[:] = [name for name in subfolders if name not in _FOLDERS]
    present = _PARTS[part][0]
    problems = {}
    for layout in _PARTS[part]:
        chosen = []
        for name in layout:
            states = {path: _problem(path, home) for path in found.get(name, ())}
            whole = [path for path, problem in states.items() if problem is None]
            chosen += whole[:1]
            if not whole and layout == present:
                problems[name] = next(iter(states.values()), "missing")
        if len(chosen) == 2:
            return chosen, {}
    return None, problems


def _problem(folder, home):
    """Say what is wrong with a folder; None where nothing is."""
    sizes = {path.name: path.stat().st_size for path in _list_wavs(folder)}
    if not sizes:
        return "no wav files"
    listing = _read_listing(folder.name, home) if folder.parent == home else {}
    incomplete = [name for name, (size, _) in listing.items() if sizes.get(name) != size]
    empty = [name for name, size in sizes.items() if size == 0]
    for names, what in ((incomplete, f"of {len(listing)} files missing or cut"), (empty, "empty")):
        if names:
            return f"{len(names)} {what} ({shorten(sorted(names), _N_NAMED, ', ')})"
    return None


def _list_wavs(folder):
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() == ".wav" and not path.name.startswith(".")
    )


def _read_listing(folder, home):
    """Name -> (size, git hash or None) of all files that a downloaded folder must have."""
    path = home / f"{folder}.json"
    if not path.is_file():
        return {}
    try:
        with naming(path):
            return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise OSError(
            f"{path}, which lists the files of {folder}/, is damaged ({error}); remove it and "
            "call again."
        ) from error


def _write_listing(folder, home, listing):
    write_whole(home / f"{folder}.json", json.dumps(listing, indent=0))


def _download_folder(folder, home):
    """Download the files of one folder that are not there in their size yet."""
    from tqdm import tqdm

    listing = _read_listing(folder, home)
    if not any(sha for _, sha in listing.values()):
        listing = _fetch_listing(folder)
    target = home / folder
    target.mkdir(parents=True, exist_ok=True)
    _write_listing(folder, home, listing)
    sizes = {path.name: path.stat().st_size for path in _list_wavs(target)}
    wanted = [name for name, (size, _) in listing.items() if sizes.get(name) != size]
    n_complete = len(listing) - len(wanted)

    def fetch(name):
        url = f"{_RAW}{folder}/{quote(name)}"
        content = repeat(
            lambda: _fetch_file(url, *listing[name]),
            url,
            f"Files that are complete are kept under {target}. Call again to go on.",
        )
        write_whole(target / name, content)

    pool = ThreadPoolExecutor(_AT_ONCE)
    progress = tqdm(desc=folder, total=len(listing), initial=n_complete, unit="file")
    try:
        for _ in pool.map(fetch, wanted):
            progress.update()
    finally:
        pool.shutdown(cancel_futures=True)
        progress.close()


def _fetch_file(url, size, git_hash):
    file = BytesIO()
    download(url, file)
    content = file.getvalue()
    if len(content) != size or git_blob_hash(content) != git_hash:
        raise OSError(f"its {len(content)} bytes are not the {size} that the repository lists")
    return content


def git_blob_hash(content):
    """Name that git gives to a file: the SHA-1 of its length and its bytes."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _fetch_listing(folder):
    """Names, sizes and hashes of the wav files of one folder, from the repository."""
    branch = _fetch_tree("master")
    trees = {entry["path"]: entry["sha"] for entry in branch if entry["type"] == "tree"}
    if folder not in trees:
        raise OSError(
            f"{_PAGE} has no folder {folder} (any more); it has {', '.join(sorted(trees))}."
        )
    return {
        entry["path"]: (entry["size"], entry["sha"])
        for entry in _fetch_tree(trees[folder])
        if entry["type"] == "blob" and entry["path"].lower().endswith(".wav")
    }


def _fetch_tree(name):
    def fetch():
        file = BytesIO()
        download(_TREES + name, file)
        try:
            tree = json.loads(file.getvalue())
            if tree.get("truncated"):
                raise ValueError("it is truncated")
            return tree["tree"]
        except (ValueError, KeyError, AttributeError) as error:
            raise OSError(f"the listing cannot be used ({error})") from error

    return repeat(
        fetch,
        f"The listing {_TREES}{name}",
        "Try again later, or pass archive=True, which does without it.",
    )


def _download_archive(home, known_hash):
    """Download the archive and unpack the wav files of all its folders."""
    home.mkdir(parents=True, exist_ok=True)
    with naming(home), TemporaryFile(dir=home) as file:
        repeat(
            partial(_fetch_archive, file, known_hash),
            _ARCHIVE,
            "Call again, or pass archive=False, which goes on where it stopped.",
        )
        try:
            with zipfile.ZipFile(file) as unzipped:
                _unpack_all(unzipped, home)
        except BROKEN_ZIP as error:  # what was whole a moment ago
            raise OSError(f"The archive cannot be read back from {home} ({error}).") from error


def _unpack_all(unzipped, home):
    members = _members_by_folder(unzipped)
    for folder, found in members.items():
        listing = {name: (info.file_size, None) for name, info in found.items()}
        (home / folder).mkdir(exist_ok=True)
        _write_listing(folder, home, listing)
    for folder, found in members.items():
        for name, info in found.items():
            _unpack(unzipped, info, home / folder / name)


def _fetch_archive(file, known_hash):
    file.seek(0)
    file.truncate()
    download(_ARCHIVE, file, "MS-SNSD.zip")
    if known_hash is not None:
        file.seek(0)
        received = hashlib.file_digest(file, "sha256").hexdigest()
        if received != known_hash.lower().removeprefix("sha256:"):
            raise OSError(f"its SHA-256 is {received}, not known_hash={known_hash!r}")
    try:
        with zipfile.ZipFile(file) as unzipped:
            if not _members_by_folder(unzipped):
                raise OSError(f"it has none of the folders {', '.join(_FOLDERS)}")
            damaged = unzipped.testzip()
    except BROKEN_ZIP as error:
        raise OSError(f"the zip is damaged ({error})") from error
    if damaged is not None:
        raise OSError(f"the zip is damaged: {damaged} does not have its CRC-32")


def _members_by_folder(unzipped):
    """Folder -> name -> member, of the wav files of an archive."""
    members = {}
    for info in unzipped.infolist():
        *_, folder, name = f"/{info.filename}".split("/")
        if folder in _FOLDERS and name.lower().endswith(".wav"):
            members.setdefault(folder, {})[name] = info
    return members


def _unpack(unzipped, info, path):
    if path.is_file() and path.stat().st_size == info.file_size:
        return
    with replacing(path) as part, unzipped.open(info) as source, part.open("wb") as file:
        shutil.copyfileobj(source, file)
