"""fetch_noizeus: the NOIZEUS corpus, found on disk or downloaded, every file verified."""

import io
import warnings
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import partial
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryFile

from skse.datasets._bunch import BunchOrLists, make_bunch
from skse.datasets._download import BROKEN_ZIP, default_home, download, repeat
from skse.utils import digest, list_files, naming, write_whole
from skse.utils.typing import FilePath

NOISES = ("airport", "babble", "car", "exhibition", "restaurant", "station", "street", "train")
SNRS_DB = (0, 5, 10, 15)
SENTENCES = tuple(f"sp{i:02}" for i in range(1, 31))
# Five sentences in a row each, told apart by pitch.
_SPEAKERS = ("m1", "m2", "f1", "f2", "m3", "f3")

_SAMPLING_RATE = 8000
_BASE_URL = "https://ecs.utdallas.edu/loizou/speech/noizeus/"

_DESCR = """\
NOIZEUS
-------
A noisy speech corpus for the evaluation of speech enhancement algorithms: 30 IEEE sentences
recorded from three male and three female speakers (m1: sp01-05, m2: sp06-10, f1: sp11-15,
f2: sp16-20, m3: sp21-25, f3: sp26-30), mixed with eight noises of the AURORA database (airport,
babble, car, exhibition, restaurant, station, street, train) at 0, 5, 10 and 15 dB: 960 pairs.
8 kHz, mono, telephone band.

snr_db is the nominal ratio against the active speech level (ITU-T P.56); the plain ratio over the
whole file is 0.55 dB lower on average. Each noise is cut from one short recording: the same
stretches of car, exhibition and train noise come back in file after file. A test that shares
noise types or sentences with training measures memory too; see split_noizeus.

Y. Hu and P. Loizou: Subjective comparison and evaluation of speech enhancement algorithms. Speech
Communication 49, 2007, pp. 588-601. https://ecs.utdallas.edu/loizou/speech/noizeus/
"""


def fetch_noizeus(
    *,
    data_home: FilePath | None = None,
    noises: str | Iterable[str] | None = None,
    snr_db: int | Iterable[int] | None = None,
    sentences: str | Iterable[str] | None = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
) -> BunchOrLists:
    """Load NOIZEUS, real noisy speech; download what is missing.

    ==============  ====================================
    Sentences       30, five of each of six speakers
    Pairs           960 (8 noises at 4 SNRs)
    Sampling rate   8000 Hz
    Length          2.1 to 3.5 s a pair
    On disk         43 MB
    ==============  ====================================

    Parameters
    ----------
    data_home : str or path-like, default=None
        Folder of the corpus. Files are found by name anywhere below it, so the usual
        layouts all work: ``car_5dB/wav/``, ``car_5dB/``, ``car/5dB/``, or all files in
        one folder. Downloads go to ``car_5dB/wav/`` and ``clean/wav/``. By default
        ``noizeus`` below the folder that the environment variable ``SKSE_DATA`` names,
        or else below the cache folder of the operating system.
    noises : str or sequence of str, default=None
        Noises to load; None for all eight.
    snr_db : int or sequence of int, default=None
        Nominal SNRs to load, of 0, 5, 10 and 15 dB; None for all four.
    sentences : str or sequence of str, default=None
        Sentences to load, ``"sp01"`` to ``"sp30"``; None for all.
    download_if_missing : bool, default=True
        Whether to download the zip of every folder of which a file is missing or
        damaged. Folders that are complete are not downloaded again, so that an
        interrupted download goes on where it stopped. With False nothing is downloaded
        and a missing or damaged file is an error.
    return_X_y : bool, default=False
        Whether to return ``(noisy, clean)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        noisy, clean : list of ndarray of shape (n_times,)
            float32 waveforms, pairwise equally long and aligned. Pairs of one sentence
            share the clean array.
        sampling_rate : int
            8000 Hz.
        sentence, speaker, noise : ndarray of str, shape (n_pairs,)
            Labels to group by. Speakers are "m1" to "m3" (male) and "f1" to "f3".
        snr_db : ndarray of shape (n_pairs,)
            float64, nominal SNR in dB against the active speech level.
        DESCR : str
            What the corpus is.
    noisy, clean : tuple of list
        Where `return_X_y` is true.

    Raises
    ------
    ValueError
        For a noise, SNR or sentence that NOIZEUS does not have.
    OSError
        Where files are missing or damaged and not to be downloaded, or where the
        download fails. The message counts and names them.

    Warns
    -----
    UserWarning
        Names files that do not have their recorded SHA-256 before they are downloaded
        again.

    See Also
    --------
    split_noizeus : Train and test part of a published protocol.
    load_harvard : A small synthetic corpus that needs no download.

    References
    ----------
    Y. Hu and P. Loizou. Subjective comparison and evaluation of speech enhancement
    algorithms. Speech Communication 49, 2007, pp. 588-601.

    Examples
    --------
    >>> from skse.datasets import fetch_noizeus
    >>> data = fetch_noizeus(noises="car", snr_db=5)  # doctest: +SKIP
    >>> len(data.noisy)  # doctest: +SKIP
    30
    """
    noises = _select("noises", noises, NOISES)
    ratios = _select("snr_db", snr_db, SNRS_DB)
    sentences = _select("sentences", sentences, SENTENCES)
    pairs = [(s, noise, ratio) for noise in noises for ratio in ratios for s in sentences]
    wanted = [*map(_clean_name, sentences), *(_noisy_name(*pair) for pair in pairs)]
    home = default_home("noizeus") if data_home is None else Path(data_home).expanduser()

    waveforms, problems = _read(wanted, home)
    if problems and download_if_missing:
        damaged = [name for name, problem in problems.items() if problem == "damaged"]
        if damaged:
            warnings.warn(
                f"{len(damaged)} files of NOIZEUS under {home} do not have their recorded SHA-256 "
                f"and are downloaded again: {_name_or_count(damaged)}.",
                stacklevel=2,
            )
        _download(sorted({_folder(name) for name in problems}), home, len(problems))
        again, problems = _read(list(problems), home)
        waveforms |= again
    if problems:
        raise OSError(_describe_problems(problems, len(wanted), home))

    rows = [
        (
            waveforms[_noisy_name(sentence, noise, ratio)],
            waveforms[_clean_name(sentence)],
            sentence,
            _SPEAKERS[SENTENCES.index(sentence) // 5],
            noise,
            ratio,
        )
        for sentence, noise, ratio in pairs
    ]
    return make_bunch(rows, _SAMPLING_RATE, _DESCR, return_X_y=return_X_y)


def _select(name, value, allowed):
    if value is None:
        return list(allowed)
    single = isinstance(value, str) or not isinstance(value, Iterable)
    chosen = [value] if single else list(value)
    unknown = [item for item in chosen if item not in allowed]
    if unknown or not chosen or len(set(chosen)) < len(chosen):
        raise ValueError(
            f"fetch_noizeus: {name}={value!r} is not a selection, without repeats, from "
            f"{', '.join(map(repr, allowed))}."
        )
    return [allowed[allowed.index(item)] for item in chosen]


def _clean_name(sentence):
    return f"{sentence}.wav"


def _noisy_name(sentence, noise, ratio):
    return f"{sentence}_{noise}_sn{ratio}.wav"


def _folder(name):
    """Folder, and stem of the zip, that holds a file on the original site."""
    _, *condition = name.removesuffix(".wav").split("_")
    return f"{condition[0]}_{condition[1].removeprefix('sn')}dB" if condition else "clean"


def _read_hashes():
    """Return the recorded SHA-256 of every file, by file name."""
    text = (files("skse.datasets") / "data" / "noizeus_sha256.txt").read_text(encoding="ascii")
    return {name: sha256 for sha256, name in (line.split() for line in text.splitlines())}


def _read(names, home):
    """Read and verify files below `home`; return waveforms and problems, both by name."""
    import soundfile

    hashes = _read_hashes()
    paths = defaultdict(list)
    for path in list_files(home):
        paths[path.name.lower()].append(path)
    waveforms, problems = {}, {}
    for name in names:
        contents = map(_read_bytes, paths.get(name, ()))
        intact = next((c for c in contents if digest(c) == hashes[name]), None)
        if intact is None:
            problems[name] = "damaged" if name in paths else "missing"
        else:
            waveforms[name], _ = soundfile.read(io.BytesIO(intact), dtype="float32")
    return waveforms, problems


def _read_bytes(path):
    with naming(path):
        return path.read_bytes()


def _describe_problems(problems, n_wanted, home):
    parts = []
    for kind in ("missing", "damaged"):
        names = [name for name, problem in problems.items() if problem == kind]
        if names:
            parts.append(f"{len(names)} of {n_wanted} files {kind}: {_name_or_count(names)}")
    return (
        f"NOIZEUS under {home} is not complete. {'; '.join(parts)}. Set download_if_missing=True, "
        f"or put the files there from {_BASE_URL}."
    )


def _name_or_count(names):
    """Name up to eight files; of more, count them by folder."""
    if len(names) <= 8:
        return ", ".join(names)
    count = Counter(map(_folder, names))
    return ", ".join(f"{folder} ({n})" for folder, n in sorted(count.items()))


def _download(folders, home, n_missing):
    """Download the zip of each folder, verify every wav in it, and put them below `home`."""
    for i, folder in enumerate(folders, start=1):
        url = f"{_BASE_URL}{folder}.zip"
        title = f"{folder}.zip ({i}/{len(folders)})"
        advice = (
            f"{n_missing} files were missing or damaged under {home}; {i - 1} of {len(folders)} "
            "folders are complete now and are kept. Call again to go on, or download the zips by "
            "hand and unpack them there."
        )
        contents = repeat(partial(_fetch_folder, url, folder, title), url, advice)
        target = home / folder / "wav"
        target.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            write_whole(target / name, content)


def _fetch_folder(url, folder, title):
    """Download one zip and return the verified content of its files by name."""
    with TemporaryFile() as archive:
        download(url, archive, title)
        try:
            return _unpack(archive, folder)
        except BROKEN_ZIP as error:
            raise OSError(f"the zip is damaged ({error})") from error


def _unpack(archive, folder):
    members = defaultdict(list)
    contents = {}
    with zipfile.ZipFile(archive) as unzipped:
        for member in unzipped.namelist():
            members[member.rsplit("/", 1)[-1].lower()].append(member)
        for name, sha256 in _read_hashes().items():
            if _folder(name) != folder:
                continue
            if name not in members:
                raise OSError(f"{name} is not in the zip")
            candidates = (unzipped.read(member) for member in members[name])
            intact = next((c for c in candidates if digest(c) == sha256), None)
            if intact is None:
                raise OSError(f"{name} in the zip does not have its recorded SHA-256")
            contents[name] = intact
    return contents
