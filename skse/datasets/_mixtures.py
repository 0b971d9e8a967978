"""make_pairs: noisy and clean speech that is mixed from files when it is asked for."""

from collections.abc import Sequence
from numbers import Integral, Real
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import Bunch, check_random_state

from skse.datasets._audio import read_header, read_mono
from skse.datasets._mixing import fit_length, mix_at_snr
from skse.utils import UnusableFileError, check_choice, check_number, check_sampling_rate
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


class LazyWaveforms(Sequence):
    """Waveforms that are made when they are asked for, one by one, and not kept.

    Parameters
    ----------
    make : callable
        ``make(i)`` gives waveform `i`, the same every time.
    indices : sequence of int
        Which waveforms, in which order.
    """

    def __init__(self, make, indices):
        self._make, self._indices = make, indices

    def __len__(self):
        return len(self._indices)

    def __getitem__(self, index):
        chosen = self._indices[index]
        return LazyWaveforms(self._make, chosen) if isinstance(index, slice) else self._make(chosen)


def make_pairs(
    speech: Sequence[str | Path],
    noise: Sequence[str | Path],
    *,
    snr_db: ArrayLike,
    n: int | None = None,
    level: str = "rms",
    sampling_rate: float = 16000,
    random_state: RandomState = None,
) -> Bunch:
    """Pair recordings of speech with noise, and mix each pair when it is asked for.

    Parameters
    ----------
    speech, noise : sequence of str or path-like
        Audio files, mono and of one sampling rate, such as :func:`fetch_ms_snsd` finds.
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
        noisy, clean : sequence of ndarray of shape (n_times,)
            float32 waveforms, as long as the speech; a shorter noise is repeated, a
            longer one cut. Indexing mixes and returns one, slicing gives a sequence of
            the same kind. An enhancer's ``fit(data.noisy, data.clean)`` asks for them
            all: pass slices where they do not fit into memory together.
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
        are read). When a pair is asked for, for speech or noise that is silent, samples
        that cannot be read, and a mixture whose SNR is not within 0.01 dB of `snr_db`.
        The message names the file.

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
    speech, noise = _check_paths("speech", speech), _check_paths("noise", noise)
    ratios = _check_ratios(snr_db)
    n = len(speech) if n is None else n
    check_number(caller, "n", n, Integral, min_val=1)

    rng = check_random_state(random_state)
    rounds = [rng.permutation(len(speech)) for _ in range(-(-n // len(speech)))]
    plan = _Plan(
        [speech[i] for i in np.concatenate(rounds)[:n]],
        [noise[i] for i in rng.randint(len(noise), size=n)],
        ratios[rng.randint(len(ratios), size=n)],
        rng.randint(2**31 - 1, size=n),
        level,
        sampling_rate,
    )
    plan.check_headers()
    return Bunch(
        noisy=LazyWaveforms(plan.noisy, range(n)),
        clean=LazyWaveforms(plan.clean, range(n)),
        sampling_rate=sampling_rate,
        sentence=np.array([path.stem for path in plan.speech]),
        speaker=np.full(n, "unknown"),
        noise=np.array([path.stem for path in plan.noise]),
        snr_db=plan.snr_db,
        DESCR=_DESCR.format(
            n=n,
            n_speech=len(speech),
            n_noise=len(noise),
            sampling_rate=sampling_rate,
            snr_db=", ".join(f"{ratio:g}" for ratio in ratios),
            level=level,
        ),
    )


class _Plan:
    """What every pair is mixed of."""

    def __init__(self, speech, noise, snr_db, seeds, level, sampling_rate):
        self.speech, self.noise, self.snr_db, self.seeds = speech, noise, snr_db, seeds
        self.level, self.sampling_rate = level, sampling_rate

    def check_headers(self):
        for path in dict.fromkeys([*self.speech, *self.noise]):
            try:
                rate, _ = read_header(path)
            except UnusableFileError as error:
                raise _refusal(error.path, error.reason) from error
            if rate != self.sampling_rate:
                raise _refusal(
                    path,
                    f"its sampling rate is {rate} Hz, expected {self.sampling_rate} Hz. Resample "
                    f"it, or pass sampling_rate={rate} where all files have it",
                )

    def clean(self, i):
        return _read(self.speech[i])

    def noisy(self, i):
        clean, noise = self.clean(i), _read(self.noise[i])
        rng = np.random.RandomState(self.seeds[i])
        least = _SILENCE * np.mean(np.square(noise, dtype=np.float64))
        for _ in range(_TRIES):
            stretch = fit_length(noise, len(clean), rng)
            if np.mean(np.square(stretch, dtype=np.float64)) > least:
                break
        else:
            raise _refusal(
                self.noise[i],
                f"silent in all of {_TRIES} random stretches of {len(clean)} samples; remove the "
                "silence from it, or leave it out",
            )
        if not clean.any():
            raise _refusal(self.speech[i], "silent; leave it out")
        try:
            return mix_at_snr(
                clean,
                stretch,
                float(self.snr_db[i]),
                level=self.level,
                sampling_rate=self.sampling_rate,
            )
        except ValueError as error:
            raise _refusal(f"{self.speech[i]} in {self.noise[i]}", str(error)) from error


def _read(path):
    try:
        return read_mono(path)[0]
    except UnusableFileError as error:
        raise _refusal(error.path, error.reason) from error


def _refusal(path, reason):
    return ValueError(f"make_pairs: {path}: {reason.rstrip('.')}.")


def _check_paths(name, paths):
    paths = [paths] if isinstance(paths, (str, Path)) else list(paths)
    if not paths or not all(isinstance(path, (str, Path)) for path in paths):
        raise ValueError(
            f"make_pairs: {name} must be a sequence of at least one path of an audio file; got "
            f"{paths[:1]!r:.60}."
        )
    return [Path(path) for path in paths]


def _check_ratios(snr_db):
    ratios = np.atleast_1d(np.asarray(snr_db, dtype=object))
    if not len(ratios) or not all(isinstance(r, Real) and np.isfinite(float(r)) for r in ratios):
        raise ValueError(
            f"make_pairs: snr_db={snr_db!r:.60} must be a finite number of dB, or a sequence of "
            "them."
        )
    return ratios.astype(np.float64)
