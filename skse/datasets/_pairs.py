"""load_pairs: noisy and clean recordings of one's own, matched by file name."""

import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from skse.audio import RECORDING_SUFFIXES
from skse.datasets._bunch import BunchOrLists, make_bunch
from skse.datasets._listing import shorten
from skse.datasets._matching import Partners
from skse.datasets._reading import PairReader, tell_alignment
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
    clean_name: str | None = None,
    align: bool = False,
    extensions: Sequence[str] | None = None,
    on_error: str = "warn",
    return_X_y: bool = False,
    lazy: bool = False,
) -> BunchOrLists:
    r"""Load pairs of noisy and clean recordings from two folders.

    Parameters
    ----------
    noisy_dir, clean_dir : str or path-like
        Folders, searched with all their subfolders. Hidden files are left out.
    sampling_rate : int, default=None
        Rate of the loaded waveforms in Hz; files of another rate are resampled. With
        None the rate that most pairs have; the others cannot be used.
    match : "stem", str, re.Pattern, mapping or callable, default="stem"
        Which clean file belongs to a noisy one. Many noisy files may share one.

        - ``"stem"``: the one of the same name, extension aside.
        - any other str, or a compiled pattern: a regular expression searched in the stem
          of the noisy file. Its first group is the stem of the clean file:
          ``r"^(sp\d+)_"`` takes ``sp01_babble_sn5.wav`` to ``sp01.wav``. Where no clean
          file has that stem, it is the one in whose stem the expression finds the same
          group: ``r"(fileid_\d+)$"`` takes ``book_1_fileid_7.wav`` to
          ``clean_fileid_7.wav``.
        - a mapping from the stem of the noisy file to that of the clean file.
        - a callable that takes the path of the noisy file and returns the stem of the
          clean file, or None where there is none.

        Where several clean files have that stem, the one in the same subfolder is meant.
    clean_name : str, default=None
        Name of the clean file, with or without extension, in which ``{1}`` or ``{word}``
        stands for a group of the expression `match`, and ``{0}`` for all that it matches:
        ``match=r"fileid_(\d+)$", clean_name="clean_fileid_{1}"``. With ``match="stem"``
        both ``{0}`` and ``{1}`` are the stem of the noisy file. A name with a ``/`` is a
        path below `clean_dir`. None takes the first group itself.
    align : bool, default=False
        Whether to take out what lags or leads, and to turn back a turned polarity: the
        noisy and clean waveforms then are what the recordings share, in step. What was found is
        told in any case.
    extensions : sequence of str, default=None
        File name extensions of audio, case ignored. None stands for all that are read
        (``skse.audio.RECORDING_SUFFIXES``).
    on_error : {"warn", "raise"}, default="warn"
        What to do about a file that cannot be used (empty, truncated, not audio, of a length or
        a number of channels that does not go with its partner's) or has no partner: leave it out
        and name it in one warning at the end, or raise at the first.
    return_X_y : bool, default=False
        Whether to return ``(noisy, clean)`` instead of a Bunch.
    lazy : bool, default=False
        Whether the waveforms are handles (:class:`AudioFile`), which are read when they are
        needed, so that a corpus need not fit into memory. Every file is read once now, to
        find what is wrong with it, and let go.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        noisy, clean : list of ndarray of shape (n_times,), or of AudioFile
            float32 waveforms, pairwise equally long, in the order of the noisy paths; of
            files of several channels each channel, against that of the clean file or its
            only one. Pairs of one clean file share its array.
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
        clean_filenames : list of str
            Paths of the clean files.
        channel : ndarray of int, shape (n_pairs,)
            Number of the channel, from 1.
        recording : list of ndarray, or of AudioFile
            First channel of the whole clean file, to tell which pairs are of one sentence.
        start : ndarray of int, shape (n_pairs,)
            Sample of the clean file that the pair begins with: 0, but behind `align`.
        n_cut : ndarray of int, shape (n_pairs,)
            Samples by which the two files differ in length.
        delay : ndarray of int, shape (n_pairs,)
            Samples by which the noisy file lags behind the clean one, negative where it is
            ahead; 0 where no delay is clear.
        polarity : ndarray of int, shape (n_pairs,)
            1, or -1 where that of the noisy file is turned.
        remarks : list of str
            A line each about lengths, delays and polarity, where there is something to say.
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
        For a folder that does not exist, an argument that cannot be used, a problem under
        ``on_error="raise"``, or where no pair is left.

    Warns
    -----
    UserWarning
        Counts and names the files left out, and says how the files of pairs differ in length,
        time and polarity.

    Notes
    -----
    A truncated WAV or FLAC file is recognised by its header. Ogg and MP3 do not say how
    long they are: a truncated one is found by the length of its partner.

    Files of unequal length are cut to the shorter. They cannot be used where more would be lost
    than padding: more than a second, or a quarter of the longer one. More may be cut off where
    it is silence (60 dB below the peak), and up to a half where the one recording clearly is
    found in the other.

    Delay and polarity are found by :func:`~skse.utils.find_delay`.

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
    skipped = []
    noisy_paths, other_noisy = _list_audio("noisy_dir", noisy_dir, extensions, skipped)
    clean_paths, other_clean = _list_audio("clean_dir", clean_dir, extensions, skipped)
    partners = Partners(clean_paths, Path(clean_dir), match, clean_name)
    skipped += [(str(path), "not an audio file") for path in other_noisy + other_clean]
    if skipped and on_error == "raise":
        raise ValueError(f"load_pairs: {skipped[0][0]}: {skipped[0][1]}.")

    reader = PairReader(sampling_rate, align, lazy)
    pairs, without_clean, used = [], [], set()
    for path in noisy_paths:
        try:
            clean_path = partners.find(path, noisy_dir)
            if clean_path is None:
                if on_error == "raise":
                    raise UnusableFileError(path, "no clean file belongs to it")
                without_clean.append(str(path))
                continue
            used.add(clean_path)
            pairs += reader.read(path, clean_path)
        except UnusableFileError as error:
            if on_error == "raise":
                raise ValueError(f"load_pairs: {error}.") from error
            if (error.path, error.reason) not in skipped:
                skipped.append((error.path, error.reason))
    pairs, of_other_rate = _at_one_rate(pairs)
    if of_other_rate and on_error == "raise":
        raise ValueError(f"load_pairs: {of_other_rate[0][0]}: {of_other_rate[0][1]}.")
    skipped += of_other_rate
    unmatched = without_clean + [str(path) for path in clean_paths if path not in used]
    report = _report(skipped, unmatched)
    if not pairs:
        raise ValueError(
            f"load_pairs found no pair in noisy_dir={str(noisy_dir)!r} and "
            f"clean_dir={str(clean_dir)!r}: {len(noisy_paths)} noisy and {len(clean_paths)} clean "
            f"audio files, match={match!r}, clean_name={clean_name!r}. {report}"
        )
    remarks = tell_alignment(pairs, align)
    if told := " ".join([*filter(None, [report]), *remarks]):
        warnings.warn(f"load_pairs: {told}", stacklevel=2)
    return _make_bunch(
        pairs,
        partners,
        (noisy_dir, clean_dir),
        return_X_y,
        skipped=skipped,
        unmatched=unmatched,
        remarks=remarks,
    )


def _make_bunch(pairs, partners, folders, return_X_y, **extra):
    """Gather pairs, their labels and what was found about them."""
    rows = []
    for pair in pairs:
        path = pair.clean_path
        stem = partners.below(path) if partners.is_ambiguous(path) else path.stem
        rows.append((pair.noisy, pair.clean, stem, _UNKNOWN, _UNKNOWN, pair.snr_db))
    noisy_dir, clean_dir = folders
    rate = pairs[0].rate
    descr = _DESCR.format(
        noisy_dir=noisy_dir, clean_dir=clean_dir, n_pairs=len(rows), sampling_rate=rate
    )
    numbers = {
        name: np.array([getattr(pair, name) for pair in pairs])
        for name in ("channel", "start", "n_cut", "delay", "polarity")
    }
    return make_bunch(
        rows,
        rate,
        descr,
        return_X_y=return_X_y,
        filenames=[str(pair.path) for pair in pairs],
        clean_filenames=[str(pair.clean_path) for pair in pairs],
        recording=[pair.recording for pair in pairs],
        **numbers,
        **extra,
    )


def _list_audio(name, folder, extensions, skipped):
    """Return the audio files below `folder` and the other ones, sorted, hidden ones left out.

    Folders that cannot be listed are added to `skipped`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"load_pairs: {name}={str(folder)!r} is not a folder.")
    if extensions is None:
        extensions = RECORDING_SUFFIXES
    extensions = [extensions] if isinstance(extensions, str) else extensions
    wanted = {"." + extension.lower().removeprefix(".") for extension in extensions}

    def tell(error):
        skipped.append((str(error.filename), error.strerror))

    found = list_files(folder, onerror=tell)
    audio = [path for path in found if path.suffix.lower() in wanted]
    return audio, [path for path in found if path.suffix.lower() not in wanted]


def _at_one_rate(pairs):
    """Return the pairs of the most frequent rate, and the files of others with the reason."""
    if not pairs:
        return pairs, []
    [(most, _)] = Counter(pair.rate for pair in pairs).most_common(1)
    others = {str(pair.path): pair.rate for pair in pairs if pair.rate != most}
    return [pair for pair in pairs if pair.rate == most], [
        (
            path,
            f"{rate} Hz where most have {most} Hz; pass sampling_rate={most} (--sampling-rate "
            f"{most}) to resample it",
        )
        for path, rate in others.items()
    ]


def _report(skipped, unmatched):
    parts = []
    if skipped:
        listed = shorten([f"{path}: {reason}" for path, reason in skipped], _N_NAMED, "; ")
        parts.append(f"{len(skipped)} files could not be used ({listed}).")
    if unmatched:
        listed = shorten(unmatched, _N_NAMED, "; ")
        parts.append(f"{len(unmatched)} files have no partner ({listed}).")
    return " ".join(parts)
