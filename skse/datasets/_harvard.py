"""load_harvard: the small synthetic corpus that ships inside the package."""

from collections.abc import Iterable
from numbers import Real

import numpy as np
from sklearn.utils import check_random_state

from skse.datasets._bunch import BunchOrLists, make_bunch
from skse.datasets._mixing import mix_at_snr
from skse.datasets._noise import NOISE_KINDS, make_noise
from skse.datasets._speech import SAMPLING_RATE, read_harvard_speech
from skse.utils import check_choice
from skse.utils.typing import RandomState

_DESCR = """\
Harvard sentences, synthetic
----------------------------
SYNTHETIC SPEECH AND SYNTHETIC NOISE. No human being and no real place was recorded: use this
corpus to try things out and to test code, not to judge how well a method works on real speech.

Speech: 48 sentences of the Harvard lists 1 to 6 (IEEE, 1969), read by six voices of the
synthesiser espeak-ng, eight each: m1, m2, m3 (male-like) and f1, f2, f3 (female-like). 8 kHz,
2 minutes in all, active speech level -26 dB. CC0.

Noise: white, pink, babble, car, street, machinery, modulated, tonal; made by
skse.datasets.make_noise, anew for every pair, so that no noise waveform occurs twice. Babble is
made from voices other than the speaker's. snr_db is the ratio of the RMS levels over the whole
file.

combinations="balanced": every sentence occurs once at each SNR, each time in another noise; every
voice meets every noise at every SNR exactly once (192 pairs by default).
combinations="all": every sentence in every noise at every SNR (1536 pairs by default).
"""


def load_harvard(
    *,
    noises: str | Iterable[str] | None = None,
    snr_db: float | Iterable[float] = (0, 5, 10, 15),
    combinations: str = "balanced",
    random_state: RandomState = 0,
    return_X_y: bool = False,
) -> BunchOrLists:
    """Load the small corpus of synthetic noisy speech that ships with skse.

    ==============  ==========================================
    Sentences       48, eight of each of six synthetic voices
    Pairs           192 (``"balanced"``), 1536 (``"all"``)
    Sampling rate   8000 Hz
    Length          1.8 to 3.2 s a pair
    ==============  ==========================================

    Speech and noise are both synthetic: the corpus is there to try things out and to
    test code. For results on real speech see :func:`fetch_noizeus`.

    Parameters
    ----------
    noises : str or sequence of str, default=None
        Kinds of noise, see :func:`make_noise`; None takes all eight.
    snr_db : float or sequence of float, default=(0, 5, 10, 15)
        Ratios of the RMS levels of speech and noise in dB.
    combinations : {"balanced", "all"}, default="balanced"
        With "balanced" every sentence occurs once at each SNR, each time in another
        noise, and every voice meets every noise at every SNR exactly once (as often as
        the numbers allow, where `noises` are not eight or four). With "all" every
        sentence occurs in every noise at every SNR.
    random_state : int, RandomState instance or None, default=0
        Draws the design and every noise. The same int gives the same corpus.
    return_X_y : bool, default=False
        Whether to return ``(noisy, clean)`` instead of a Bunch.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        noisy, clean : list of ndarray of shape (n_times,)
            float32 waveforms within ±1, pairwise equally long. The SNR within a pair is
            `snr_db`; a pair that would clip is turned down as a whole.
        sampling_rate : int
            8000 Hz.
        sentence, speaker, noise : ndarray of str, shape (n_pairs,)
            Labels to group by: "h01-02" is sentence 2 of Harvard list 1.
        snr_db : ndarray of shape (n_pairs,)
            float64, dB.
        DESCR : str
            What the corpus is.
    noisy, clean : tuple of list
        Where `return_X_y` is true.

    Raises
    ------
    ValueError
        For an unknown noise or design, or an SNR that is not a finite number.

    References
    ----------
    IEEE Recommended Practice for Speech Quality Measurements. IEEE Transactions on Audio
    and Electroacoustics 17(3), 1969, pp. 225-246 (the sentences).

    Examples
    --------
    >>> from skse.datasets import load_harvard
    >>> data = load_harvard()
    >>> len(data.noisy), data.sampling_rate
    (192, 8000)
    >>> data.sentence[0], data.speaker[0], data.snr_db[:4]
    (np.str_('h01-02'), np.str_('m1'), array([ 0.,  5., 10., 15.]))
    """
    caller = "load_harvard"
    noises = _as_list(noises, NOISE_KINDS)
    for kind in noises:
        check_choice(caller, "noises", kind, NOISE_KINDS)
    ratios = _as_list(snr_db, ())
    if not ratios or not all(isinstance(r, Real) and np.isfinite(float(r)) for r in ratios):
        raise ValueError(
            f"{caller}: snr_db={snr_db!r} must be a number of dB or a sequence of them, "
            "such as (0, 5, 10, 15)."
        )
    if not noises:
        raise ValueError(f"{caller}: noises={noises!r} is empty; pass None for all eight.")
    check_choice(caller, "combinations", combinations, ("balanced", "all"))

    rng = check_random_state(random_state)
    speech = read_harvard_speech()
    design = _balanced_design if combinations == "balanced" else _full_design
    rows = []
    for utterance, kind, ratio in design(speech, noises, ratios, rng):
        clean = utterance.waveform
        noise = make_noise(
            kind,
            len(clean),
            SAMPLING_RATE,
            voices=[u.waveform for u in speech if u.speaker != utterance.speaker],
            random_state=rng,
        )
        noisy = mix_at_snr(clean, noise, ratio)
        turn_down = np.float32(1 / max(1, np.abs(noisy).max()))
        rows.append(
            (
                noisy * turn_down,
                clean * turn_down,
                utterance.sentence,
                utterance.speaker,
                kind,
                ratio,
            )
        )
    return make_bunch(rows, SAMPLING_RATE, _DESCR, return_X_y=return_X_y)


def _as_list(value, default):
    if value is None:
        return list(default)
    if isinstance(value, str) or not isinstance(value, Iterable):
        return [value]
    return list(value)


def _full_design(speech, noises, ratios, rng):
    return [(u, kind, ratio) for u in speech for ratio in ratios for kind in noises]


def _balanced_design(speech, noises, ratios, rng):
    """Latin rows: sentence i of a voice meets noise ``i + shift[k]`` at SNR k."""
    design = []
    for speaker in dict.fromkeys(u.speaker for u in speech):
        own = [u for u in speech if u.speaker == speaker]
        kinds = rng.permutation(noises)
        shifts = np.resize(rng.permutation(len(noises)), len(ratios))
        for i, utterance in enumerate(own):
            for ratio, shift in zip(ratios, shifts, strict=True):
                design.append((utterance, str(kinds[(i + shift) % len(noises)]), ratio))
    return design
