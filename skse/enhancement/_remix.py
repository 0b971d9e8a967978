"""Remix: what the mixtures are made like that a network trains on, anew in every epoch."""

from collections.abc import Sequence
from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from skse.utils import check_number
from skse.utils.typing import RandomState

_PROBABILITIES = ("second_noise", "babble", "coloured_noise", "modulation")
_RANGES = ("snr_db", "level_db", "speed")
_DEVIATIONS = ("speech_filter_db", "noise_filter_db", "modulation_db")


class Remix(BaseEstimator):
    """How speech and noise of a training set are mixed anew, for ``SpeechEnhancer(remix=...)``.

    The noise of a pair is what is left of the noisy recording when the clean one is
    subtracted. A mixture is a stretch of one recording of speech, at a random speed and
    through a gentle random filter, in the noise of another pair (a random stretch, at
    another speed, through another filter), or in babble of some recordings of the
    training speech, or in coloured noise; or in two of these. A network that trains on
    mixtures never sees one twice. Echo is no noise: pairs in which the clean waveform is
    without the room are refused, unless `babble` and `coloured_noise` make all of the noise.

    Where a network is told of the environment (`environment` of :class:`~skse.SpeechEnhancer`),
    every mixture comes with a stretch of its noise from just before it, without speech: of the same
    recordings, at the same speed, through the same filter, at the same gain. The two have no
    sample in common where the recording is as long as both together; a shorter one is
    repeated, so that they share some.

    Parameters
    ----------
    n_mixtures : int or None, default=None
        Mixtures in an epoch, each as long as a segment of the enhancer. None makes as
        many as the training set has segments.
    snr_db : tuple of (float, float), default=(-4.0, 18.0)
        Lowest and highest SNR of a mixture in dB; drawn uniformly. Energies are those of
        the whole mixture, pauses included.
    level_db : tuple of (float, float), default=(-10.0, 10.0)
        Lowest and highest level of the speech in dB relative to its recording; drawn
        uniformly. The enhancer's ``normalize_level=True`` takes it back.
    speed : tuple of (float, float), default=(0.8, 1.25)
        Lowest and highest speed at which speech and noise are played, each its own, drawn
        so that half is faster; pitch goes along. Met to about 1 %; ``(1, 1)`` changes none.
    second_noise : float, default=0.5
        Probability of a second noise, 0 to 10 dB below the first.
    babble : float, default=0.15
        Probability that a noise is babble of three to eight recordings of speech.
    coloured_noise : float, default=0.1
        Probability that a noise is stationary and falls with frequency.
    speech_filter_db, noise_filter_db : float, default=2.0, 4.0
        Standard deviation in dB of the random gains, three to seven from frequency 0 to the
        highest, that speech and noise are filtered with; linear in dB in between.
    modulation : float, default=0.3
        Probability that the noise rises and falls over the mixture.
    modulation_db : float, default=4.0
        Standard deviation of that in dB.
    random_state : int, RandomState instance or None, default=None
        Seed of every choice. None takes the ``random_state`` of the enhancer's regressor,
        where it has one.

    See Also
    --------
    SpeechEnhancer : Takes a Remix as its parameter `remix`; a search can reach inside
        by names such as ``remix__snr_db``.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from skse import Remix, SpeechEnhancer
    >>> from skse.datasets import load_harvard
    >>> data = load_harvard(noises="white", snr_db=5)
    >>> enhancer = SpeechEnhancer(
    ...     regressor=Ridge(), remix=Remix(n_mixtures=50, snr_db=(0, 10), random_state=0)
    ... ).fit(data.noisy[:20], data.clean[:20])
    >>> enhanced = enhancer.predict(data.noisy[20:])
    """

    def __init__(
        self,
        *,
        n_mixtures: int | None = None,
        snr_db: Sequence[float] = (-4.0, 18.0),
        level_db: Sequence[float] = (-10.0, 10.0),
        speed: Sequence[float] = (0.8, 1.25),
        second_noise: float = 0.5,
        babble: float = 0.15,
        coloured_noise: float = 0.1,
        speech_filter_db: float = 2.0,
        noise_filter_db: float = 4.0,
        modulation: float = 0.3,
        modulation_db: float = 4.0,
        random_state: RandomState = None,
    ) -> None:
        self.n_mixtures = n_mixtures
        self.snr_db = snr_db
        self.level_db = level_db
        self.speed = speed
        self.second_noise = second_noise
        self.babble = babble
        self.coloured_noise = coloured_noise
        self.speech_filter_db = speech_filter_db
        self.noise_filter_db = noise_filter_db
        self.modulation = modulation
        self.modulation_db = modulation_db
        self.random_state = random_state

    def check_params(self) -> None:
        """Raise a ValueError for a parameter out of its range."""
        if self.n_mixtures is not None:
            check_number(self, "n_mixtures", self.n_mixtures, Integral, min_val=1)
        for name in _RANGES:
            _check_range(self, name, getattr(self, name))
        check_number(self, "speed[0]", self.speed[0], Real, min_val=0, include_boundaries="neither")
        for name in _PROBABILITIES:
            check_number(self, name, getattr(self, name), Real, min_val=0, max_val=1)
        if self.babble + self.coloured_noise > 1:
            raise ValueError(
                f"Remix: babble={self.babble!r} and coloured_noise={self.coloured_noise!r} are "
                "probabilities of one choice; their sum must be at most 1."
            )
        for name in _DEVIATIONS:
            check_number(self, name, getattr(self, name), Real, min_val=0)


def _check_range(owner, name, value):
    if not (
        isinstance(value, (tuple, list, np.ndarray))
        and len(value) == 2
        and all(isinstance(bound, Real) and np.isfinite(float(bound)) for bound in value)
        and value[0] <= value[1]
    ):
        raise ValueError(
            f"{type(owner).__name__}: {name}={value!r} must be two finite numbers, the lower one "
            "first."
        )
