"""make_pairs: noisy and clean speech that is mixed from files when it is needed."""

from collections.abc import Sequence
from functools import lru_cache
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, check_random_state

from skse.datasets._audio_file import AudioFile
from skse.datasets._mixing import fit_length, mix_at_snr
from skse.utils import (
    UnusableFileError,
    WaveformHandle,
    check_choice,
    check_number,
    check_sampling_rate,
)
from skse.utils.typing import RandomState

_TRIES = 10
_SILENCE = 1e-6  # of the noise file's mean power: 60 dB below it

_DESCR = """\
Mixtures made on demand
-----------------------
{n} pairs of {n_speech} recordings of speech and {n_noise} of noise, {sampling_rate} Hz, at
{snr_db} dB (level: {level}). Each is mixed when it is asked for, the same every time; its SNR is
measured again after mixing.
"""


class Mixture(WaveformHandle):
    """Speech in noise, mixed when it is needed, the same every time.

    Parameters
    ----------
    speech, noise : AudioFile
        What is mixed.
    snr_db : float
        In dB.
    level : {"rms", "active"}
        As for :func:`mix_at_snr`.
    seed : int
        Draws the stretch of the noise.
    """

    __slots__ = ("address",)

    def __init__(self, speech, noise, snr_db, level, seed):
        self.address = speech, noise, snr_db, level, seed

    @property
    def sampling_rate(self):  # type: ignore[override]
        """Hz."""
        return self.address[0].sampling_rate

    def __len__(self):
        return len(self.address[0])

    def read(self, start=0, stop=None):
        """Mix all of it; return some samples."""
        speech, noise, snr_db, level, seed = self.address
        clean, rng = speech.read(), np.random.RandomState(seed)
        if not clean.any():
            raise UnusableFileError(speech.path, "silent; leave it out")
        least = _SILENCE * _mean_power(noise)
        for _ in range(_TRIES):
            stretch = np.asarray(fit_length(noise, len(clean), rng))
            if np.mean(np.square(stretch, dtype=np.float64)) > least:
                break
        else:
            raise UnusableFileError(
                noise.path,
                f"silent in all of {_TRIES} random stretches of {len(clean)} samples; remove the "
                "silence from it, or leave it out",
            )
        rate = speech.sampling_rate
        try:
            return mix_at_snr(clean, stretch, snr_db, level=level, sampling_rate=rate)[start:stop]
        except ValueError as error:
            where = f"{speech.path} in {noise.path}"
            raise UnusableFileError(where, str(error).rstrip(".")) from error

    def __repr__(self):
        speech, noise, snr_db, _, _ = self.address
        return f"{speech!r} in {noise!r} at {snr_db:g} dB"


@lru_cache(maxsize=2**12)
def _mean_power(handle):
    return np.mean(np.square(handle.read(), dtype=np.float64))


def make_pairs(
    speech: Sequence[str | Path | AudioFile],
    noise: Sequence[str | Path | AudioFile],
    *,
    snr_db: ArrayLike,
    n: int | None = None,
    level: str = "rms",
    sampling_rate: float = 16000,
    random_state: RandomState = None,
) -> Bunch:
    """Pair recordings of speech with noise, and mix each pair when it is needed.

    Parameters
    ----------
    speech, noise : sequence of str, path-like or AudioFile
        Audio files, mono and of one sampling rate, such as :func:`fetch_ms_snsd` finds. An
        :class:`AudioFile` may be a part of a file, a channel, or at another rate.
    snr_db : float or sequence of float
        SNR of the mixtures in dB; of several, one is drawn for each pair.
    n : int or None, default=None
        Number of pairs; None for one of every recording of speech. Every recording is
        used once before one is used again; noise is drawn.
    level : {"rms", "active"}, default="rms"
        How the level of the speech is measured, as for :func:`mix_at_snr`.
    sampling_rate : int, default=16000
        Rate in Hz that all files must have.
    random_state : int, RandomState instance or None, default=None
        Draws the order of the speech, noise, SNR and the stretch of the noise. Pass an
        int for the same pairs in every call; those of one call stay what they are.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        noisy, clean : list of :class:`~skse.utils.WaveformHandle`
            float32 waveforms, as long as the speech; a shorter noise is repeated, a
            longer one cut. They are handles: whatever takes waveforms takes them and mixes
            each when it needs it, ``np.asarray(data.noisy[0])`` is the array.
        sampling_rate : int
            Hz.
        sentence, noise : ndarray of str, shape (n,)
            File names, without extension, of speech and noise.
        speaker : ndarray of str, shape (n,)
            "unknown": set them yourself where you know them.
        snr_db : ndarray of shape (n,)
            float64, in dB.
        DESCR : str
            What was mixed.

    Raises
    ------
    ValueError
        At once for an argument that cannot be used and for a file that is missing, not
        mono audio of `sampling_rate`, empty or truncated (the headers of the files chosen
        are read). The message names the file.
    UnusableFileError
        When a pair is mixed, for speech or noise that is silent, samples that cannot be
        read, a file that changed since, and a mixture whose SNR is not within 0.01 dB of
        `snr_db`.

    See Also
    --------
    mix_at_snr : Mix two waveforms.

    Examples
    --------
    >>> import tempfile, numpy as np, soundfile
    >>> from skse.datasets import make_pairs
    >>> from skse.metrics import snr_score
    >>> folder = tempfile.mkdtemp()
    >>> rng = np.random.default_rng(0)
    >>> for name, n_times in [("one", 8000), ("two", 9000), ("rain", 50000)]:
    ...     soundfile.write(f"{folder}/{name}.wav", 0.1 * rng.normal(size=n_times), 16000)
    >>> pairs = make_pairs(
    ...     [f"{folder}/one.wav", f"{folder}/two.wav"],
    ...     [f"{folder}/rain.wav"],
    ...     snr_db=[0, 10],
    ...     n=100,
    ...     random_state=0,
    ... )
    >>> len(pairs.noisy), sorted({len(x) for x in pairs.noisy[:4]})
    (100, [8000, 9000])
    >>> scores = snr_score(pairs.clean[:4], pairs.noisy[:4])
    >>> bool(np.abs(scores - pairs.snr_db[:4]).max() < 0.01)
    True
    """
    caller = "make_pairs"
    check_choice(caller, "level", level, ("rms", "active"))
    check_sampling_rate(caller, sampling_rate)
    speech, noise = _check_sources("speech", speech), _check_sources("noise", noise)
    ratios = _check_ratios(snr_db)
    n = len(speech) if n is None else n
    check_number(caller, "n", n, Integral, min_val=1)

    rng = check_random_state(random_state)
    rounds = [rng.permutation(len(speech)) for _ in range(-(-n // len(speech)))]
    spoken = [speech[i] for i in np.concatenate(rounds)[:n]]
    noises = [noise[i] for i in rng.randint(len(noise), size=n)]
    ratios_db = ratios[rng.randint(len(ratios), size=n)]
    seeds = rng.randint(2**31 - 1, size=n).tolist()
    files = {source: _open(source, sampling_rate) for source in dict.fromkeys([*spoken, *noises])}
    clean = [files[source] for source in spoken]
    drawn = zip(clean, [files[source] for source in noises], ratios_db.tolist(), seeds, strict=True)
    return Bunch(
        noisy=[Mixture(s, x, ratio, level, seed) for s, x, ratio, seed in drawn],
        clean=clean,
        sampling_rate=sampling_rate,
        sentence=np.array([Path(handle.path).stem for handle in clean]),
        speaker=np.full(n, "unknown"),
        noise=np.array([Path(files[source].path).stem for source in noises]),
        snr_db=ratios_db,
        DESCR=_DESCR.format(
            n=n,
            n_speech=len(speech),
            n_noise=len(noise),
            sampling_rate=sampling_rate,
            snr_db=", ".join(f"{ratio:g}" for ratio in ratios),
            level=level,
        ),
    )


def _open(source, sampling_rate):
    """Return a handle to an audio file of this rate, or raise a ValueError that names it."""
    try:
        handle = source if isinstance(source, AudioFile) else AudioFile(source)
    except UnusableFileError as error:
        raise ValueError(f"make_pairs: {error}.") from error
    if handle.sampling_rate != sampling_rate:
        raise ValueError(
            f"make_pairs: {handle.path}: its sampling rate is {handle.sampling_rate} Hz, expected "
            f"{sampling_rate} Hz. Resample it with AudioFile(path, sampling_rate={sampling_rate}), "
            f"or pass sampling_rate={handle.sampling_rate} where all files have it."
        )
    return handle


def _check_sources(name, sources):
    sources = [sources] if isinstance(sources, (str, Path, AudioFile)) else list(sources)
    if not sources or not all(isinstance(source, (str, Path, AudioFile)) for source in sources):
        raise ValueError(
            f"make_pairs: {name} must be a sequence of at least one path of an audio file, or "
            f"AudioFile; got {sources[:1]!r:.60}."
        )
    return [x if isinstance(x, AudioFile) else Path(x) for x in sources]


def _check_ratios(snr_db):
    ratios = np.atleast_1d(np.asarray(snr_db, dtype=object))
    if not len(ratios) or not all(isinstance(r, Real) and np.isfinite(float(r)) for r in ratios):
        raise ValueError(
            f"make_pairs: snr_db={snr_db!r:.60} must be a finite number of dB, or a sequence of "
            "them."
        )
    return ratios.astype(np.float64)
