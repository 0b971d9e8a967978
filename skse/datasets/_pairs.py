"""load_pairs: noisy and clean recordings of one's own, matched by file name."""

import re
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from skse.datasets._audio import read_mono
from skse.datasets._bunch import BunchOrLists, make_bunch
from skse.datasets._listing import shorten
from skse.utils import UnusableFileError, check_choice, check_sampling_rate, list_files
from skse.utils.typing import FilePath, Match

_DESCR = """\
Pairs of recordings
-------------------
Noisy files from {noisy_dir}
Clean files from {clean_dir}
{n_pairs} pairs, {sampling_rate} Hz. snr_db was measured: the power of the clean file over that of
the difference between the two, over the whole file.
"""
_N_NAMED = 20  # files that the warning names; the Bunch lists them all
_UNKNOWN = "unknown"


def load_pairs(
    noisy_dir: FilePath,
    clean_dir: FilePath,
    *,
    sampling_rate: float | None = None,
    match: Match = "stem",
    extensions: Sequence[str] = (".wav", ".flac", ".ogg", ".mp3"),
    on_error: str = "warn",
    return_X_y: bool = False,
) -> BunchOrLists:
    r"""Load pairs of noisy and clean recordings from two folders.

    Parameters
    ----------
    noisy_dir, clean_dir : str or path-like
        Folders, searched with all their subfolders. Hidden files are left out.
    sampling_rate : int, default=None
        Rate of the loaded waveforms in Hz; files of another rate are resampled. With
        None all files must have the rate of the first.
    match : "stem", str, re.Pattern, mapping or callable, default="stem"
        Which clean file belongs to a noisy one. Many noisy files may share one.

        - ``"stem"``: the one of the same name, extension aside.
        - any other str, or a compiled pattern: a regular expression searched in the stem
          of the noisy file. Its first group is the stem of the clean file:
          ``r"^(sp\d+)_"`` takes ``sp01_babble_sn5.wav`` to ``sp01.wav``.
        - a mapping from the stem of the noisy file to that of the clean file.
        - a callable that takes the path of the noisy file and returns the stem of the
          clean file, or None where there is none.

        Where several clean files have that stem, the one in the same subfolder is meant.
    extensions : sequence of str, default=(".wav", ".flac", ".ogg", ".mp3")
        File name extensions of audio, case ignored.
    on_error : {"warn", "raise"}, default="warn"
        What to do about a file that cannot be used (not mono, empty, truncated, not
        audio, of another length than its partner) or has no partner: leave it out and
        name it in one warning at the end, or raise at the first.
    return_X_y : bool, default=False
        Whether to return ``(noisy, clean)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        noisy, clean : list of ndarray of shape (n_times,)
            float32 waveforms, pairwise equally long, in the order of the noisy paths.
            Pairs of one clean file share its array.
        sampling_rate : int
            Hz.
        sentence : ndarray of str, shape (n_pairs,)
            Stem of the clean file; its path where stems repeat.
        speaker, noise : ndarray of str, shape (n_pairs,)
            "unknown": set them yourself where you know them.
        snr_db : ndarray of shape (n_pairs,)
            float64, measured over the whole file in dB.
        filenames : list of str
            Paths of the noisy files.
        skipped : list of tuple (str, str)
            Path and reason of every file that could not be used.
        unmatched : list of str
            Noisy files without a clean one, and clean files that no noisy one asks for.
        DESCR : str
            Where the data come from.
    noisy, clean : tuple of list
        Where `return_X_y` is true.

    Raises
    ------
    ValueError
        For a folder that does not exist, a file of another rate where `sampling_rate`
        is None, an argument that cannot be used, a problem under ``on_error="raise"``,
        or where no pair is left.

    Warns
    -----
    UserWarning
        Counts and names the files left out.

    Notes
    -----
    A truncated WAV or FLAC file is recognised by its header. Ogg and MP3 do not say how
    long they are: a truncated one is found by the length of its partner.

    Examples
    --------
    >>> import tempfile, numpy as np, soundfile
    >>> from pathlib import Path
    >>> from skse.datasets import load_pairs
    >>> rng = np.random.default_rng(0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("clean/sp01", "noisy/sp01_car", "noisy/sp01_rain"):
    ...         path = Path(folder, name + ".wav")
    ...         path.parent.mkdir(exist_ok=True)
    ...         soundfile.write(path, 0.1 * rng.standard_normal(800), 8000)
    ...     data = load_pairs(f"{folder}/noisy", f"{folder}/clean", match=r"^(\w+?)_")
    >>> len(data.noisy), data.sentence.tolist(), data.sampling_rate
    (2, ['sp01', 'sp01'], 8000)
    """
    check_choice("load_pairs", "on_error", on_error, ("warn", "raise"))
    if sampling_rate is not None:
        check_sampling_rate("load_pairs", sampling_rate)
    find_stem = _matcher(match)
    noisy_paths, other_noisy = _list_audio("noisy_dir", noisy_dir, extensions)
    clean_paths, other_clean = _list_audio("clean_dir", clean_dir, extensions)
    skipped = [(str(path), "not an audio file") for path in other_noisy + other_clean]
    if skipped and on_error == "raise":
        raise ValueError(f"load_pairs: {skipped[0][0]}: {skipped[0][1]}.")

    by_stem = defaultdict(list)
    for path in clean_paths:
        by_stem[path.stem].append(path)
    reader = _Reader(sampling_rate)
    rows, filenames, without_clean, used = [], [], [], set()
    for path in noisy_paths:
        try:
            clean_path = _find_clean(path, find_stem(path), by_stem, noisy_dir, clean_dir)
            if clean_path is None:
                if on_error == "raise":
                    raise UnusableFileError(path, "no clean file belongs to it")
                without_clean.append(str(path))
                continue
            used.add(clean_path)
            noisy, clean = reader.read_pair(path, clean_path)
        except UnusableFileError as error:
            if on_error == "raise":
                raise ValueError(f"load_pairs: {error}.") from error
            if (error.path, error.reason) not in skipped:
                skipped.append((error.path, error.reason))
            continue
        stem = clean_path.stem
        if len(by_stem[stem]) > 1:
            stem = clean_path.relative_to(clean_dir).with_suffix("").as_posix()
        rows.append((noisy, clean, stem, _UNKNOWN, _UNKNOWN, _measure_snr(noisy, clean)))
        filenames.append(str(path))
    unmatched = without_clean + [str(path) for path in clean_paths if path not in used]
    report = _report(skipped, unmatched)
    if not rows:
        raise ValueError(
            f"load_pairs found no pair in noisy_dir={str(noisy_dir)!r} and "
            f"clean_dir={str(clean_dir)!r}: {len(noisy_paths)} noisy and {len(clean_paths)} clean "
            f"audio files, match={match!r}. {report}"
        )
    if report:
        warnings.warn(f"load_pairs: {report}", stacklevel=2)
    descr = _DESCR.format(
        noisy_dir=noisy_dir,
        clean_dir=clean_dir,
        n_pairs=len(rows),
        sampling_rate=reader.sampling_rate,
    )
    return make_bunch(
        rows,
        reader.sampling_rate,
        descr,
        return_X_y=return_X_y,
        filenames=filenames,
        skipped=skipped,
        unmatched=unmatched,
    )


def _matcher(match):
    """Return the function from the path of a noisy file to the stem of its clean one."""
    if isinstance(match, str) and match == "stem":
        return lambda path: path.stem
    if isinstance(match, Mapping):
        return lambda path: match.get(path.stem)
    if isinstance(match, (str, re.Pattern)):
        try:
            pattern = re.compile(match)
        except re.error as error:
            raise ValueError(
                f"load_pairs: match={match!r} is no regular expression: {error}."
            ) from error
        if not pattern.groups:
            raise ValueError(
                f"load_pairs: match={match!r} has no group; put the part that names the clean "
                "file in parentheses, as in r'^(sp\\d+)_'."
            )
        return lambda path: found[1] if (found := pattern.search(path.stem)) else None
    if callable(match):
        return match
    raise ValueError(
        f"load_pairs: match={match!r} must be 'stem', a regular expression with a group, a mapping "
        "or a callable."
    )


def _list_audio(name, folder, extensions):
    """Return the audio files below `folder` and the other ones, sorted, hidden ones left out."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"load_pairs: {name}={str(folder)!r} is not a folder.")
    extensions = [extensions] if isinstance(extensions, str) else extensions
    wanted = {"." + extension.lower().removeprefix(".") for extension in extensions}
    found = list_files(folder)
    audio = [path for path in found if path.suffix.lower() in wanted]
    return audio, [path for path in found if path.suffix.lower() not in wanted]


def _find_clean(path, stem, by_stem, noisy_dir, clean_dir):
    candidates = by_stem.get(stem, [])
    if len(candidates) > 1:
        parent = path.parent.relative_to(noisy_dir)
        beside = [clean for clean in candidates if clean.parent.relative_to(clean_dir) == parent]
        if len(beside) != 1:
            raise UnusableFileError(path, f"{len(candidates)} clean files have the stem {stem!r}")
        return beside[0]
    return candidates[0] if candidates else None


class _Reader:
    """Reads pairs at one sampling rate: the one asked for, or that of the first file."""

    def __init__(self, sampling_rate):
        self.resample = sampling_rate is not None
        self.sampling_rate = sampling_rate
        self._first = None
        self._clean = {}  # path -> waveform and rate, or the error it gave

    def read_pair(self, noisy_path, clean_path):
        if clean_path not in self._clean:
            try:
                self._clean[clean_path] = self._read(clean_path)
            except UnusableFileError as error:
                self._clean[clean_path] = error
        if isinstance(self._clean[clean_path], UnusableFileError):
            raise self._clean[clean_path]
        clean, clean_rate = self._clean[clean_path]
        noisy, noisy_rate = self._read(noisy_path)
        # Resampling rounds the length, so rates that differ may leave one sample over.
        slack = int(noisy_rate != clean_rate)
        if abs(len(noisy) - len(clean)) > slack:
            raise UnusableFileError(
                noisy_path,
                f"{len(noisy)} samples where its clean file {clean_path} has {len(clean)}",
            )
        shorter = min(len(noisy), len(clean))
        return noisy[:shorter], clean[:shorter]

    def _read(self, path):
        """Return the waveform at the common rate, and the rate of the file."""
        x, rate = read_mono(path)
        return self._at_common_rate(x, rate, path), rate

    def _at_common_rate(self, x, rate, path):
        if self.sampling_rate is None:
            self.sampling_rate, self._first = rate, path
        if rate == self.sampling_rate:
            return x
        if not self.resample:
            raise ValueError(
                f"load_pairs: {path} has a sampling rate of {rate} Hz, the first file, "
                f"{self._first}, one of {self.sampling_rate} Hz. "
                f"Pass sampling_rate={self.sampling_rate} to resample."
            )
        import soxr

        return soxr.resample(x, rate, self.sampling_rate).astype(np.float32, copy=False)


def _measure_snr(noisy, clean):
    clean = clean.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 10 * np.log10(np.sum(clean**2) / np.sum((noisy - clean) ** 2))


def _report(skipped, unmatched):
    parts = []
    if skipped:
        listed = shorten([f"{path}: {reason}" for path, reason in skipped], _N_NAMED, "; ")
        parts.append(f"{len(skipped)} files could not be used ({listed}).")
    if unmatched:
        listed = shorten(unmatched, _N_NAMED, "; ")
        parts.append(f"{len(unmatched)} files have no partner ({listed}).")
    return " ".join(parts)
