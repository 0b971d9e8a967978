"""Enhancers of classical signal processing: the noise is estimated, nothing is learnt."""

import copy
import inspect
import warnings
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from skse.enhancement._base import BaseEnhancer
from skse.enhancement._blocks import chunks_of
from skse.enhancement._live import LiveRecording, PassThrough, gain_for
from skse.enhancement._recursion import (
    GainStream,
    TrackedGainStream,
    apply_gains,
    noise_floor,
    update_noise,
)
from skse.features import NoiseTracker, STFTFeaturizer
from skse.utils import (
    check_choice,
    check_number,
    check_waveform_pairs,
    check_waveforms,
    rate_of,
    restore_container,
)
from skse.utils.typing import Allocate, ArrayOrList, Arrays, Waveforms, Window

# Where the power of the noise is from.
NOISES = ("tracked", "start")
# Factor on tracked noise that is subtracted: what peaks above it is left over as musical noise.
_EXCESS = np.float32(1.6)
# Seconds of a frame where there is no sampling rate to tell.
_FRAME = 0.032
# RMS that a stream is taken to have: 20 dB below full scale.
_STREAM_LEVEL = 0.1


class BaseClassicalEnhancer(BaseEnhancer):
    """Base class of enhancers that learn nothing: ``fit`` checks, ``enhance`` does the work.

    See Also
    --------
    BaseGainEnhancer : Where the work is a gain for every frame and frequency.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.enhancement import BaseClassicalEnhancer
    >>> class Halve(BaseClassicalEnhancer):
    ...     def __init__(self, sampling_rate=None):
    ...         self.sampling_rate = sampling_rate
    ...
    ...     def enhance(self, waveforms, allocate=np.empty):
    ...         return [0.5 * x for x in waveforms]
    >>> Halve().fit(np.ones((3, 800))).predict([np.ones(4)])
    [array([0.5, 0.5, 0.5, 0.5]...)]
    """

    enhances_side_by_side = True

    def fit(self, X: Waveforms, y: Waveforms | None = None) -> Self:
        """Check parameters and waveforms; nothing is learnt.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms.
        y : array-like of shape (n_samples, n_times) or sequence of 1-D arrays, default=None
            Clean waveforms, not needed.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter out of its range, or waveforms that are not finite,
            mono and, where there are two sets, pairwise equally long.
        """
        self.check_params()
        if y is None:
            waveforms = check_waveforms(X, two_rows_are="stereo")
        else:
            waveforms, _ = check_waveform_pairs(X, y, two_rows_are="stereo")
        self.check_rate(waveforms)
        self.sampling_rate_ = self.sampling_rate
        self.n_features_in_ = waveforms.shape[1] if isinstance(waveforms, np.ndarray) else None
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags


class IdentityEnhancer(BaseClassicalEnhancer):
    """Return the noisy speech as it is: the score to beat.

    Parameters
    ----------
    sampling_rate : float, default=None
        Sampling rate in Hz of all waveforms. None where it is not known; scores
        that depend on it are then not available.

    Attributes
    ----------
    sampling_rate_ : float or None
        Sampling rate fitted with.
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import IdentityEnhancer
    >>> noisy = np.ones((3, 800), dtype=np.float32)
    >>> bool((IdentityEnhancer().fit(noisy).predict(noisy) == noisy).all())
    True
    """

    def __init__(self, sampling_rate: float | None = None) -> None:
        self.sampling_rate = sampling_rate

    def enhance(self, waveforms: Arrays, allocate: Allocate = np.empty) -> list[np.ndarray]:
        return [_copy(x, allocate) for x in waveforms]

    def open_stream(self, level: float | None = None) -> Any:
        return PassThrough()


class BaseGainEnhancer(BaseClassicalEnhancer):
    """Base class of enhancers that multiply the spectrum of each frame by a gain.

    A subclass fills in :meth:`step`, and :meth:`start` where it remembers more than the
    noise; it then works on recordings of any length and on streams. The parameters
    `n_fft`, `hop_length`, `window`, `noise`, `min_duration`, `noise_frames`, `noise_smoothing`,
    `strength` and `mask_floor_db` have the defaults of :class:`~skse.WienerFilter` unless the
    subclass has them in its ``__init__``.

    See Also
    --------
    SpectralSubtraction, WienerFilter, LogMMSE : Subclasses.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.enhancement import BaseGainEnhancer
    >>> class Gate(BaseGainEnhancer):
    ...     def __init__(self, sampling_rate=None, *, threshold=4.0):
    ...         self.sampling_rate = sampling_rate
    ...         self.threshold = threshold
    ...
    ...     def step(self, power, state):
    ...         return np.where(power > self.threshold * state["noise"], 1.0, 0.1)
    >>> noisy = np.random.default_rng(0).standard_normal((1, 8000))
    >>> bool(np.std(Gate().fit(noisy).predict(noisy)) < 0.5)
    True
    """

    sampling_rate: float | None = None
    n_fft = 256
    hop_length = 64
    window: Window = "hann"
    noise = "tracked"
    min_duration = 1.0
    noise_frames = 12
    noise_smoothing = 0.98
    strength = 1.0
    mask_floor_db: float | None = None

    def __setstate__(self, state):
        # Of a file from before there were the parameters: what the rule was then.
        for name, then in (("noise", "start"), ("min_duration", 0.0)):
            if any(name in inspect.signature(c).parameters for c in type(self).__mro__):
                state = {name: then, **state}
        super().__setstate__(state)

    def predict(self, X: Waveforms, sampling_rate: float | None = None) -> ArrayOrList:
        waveforms = self._check_noisy(X, sampling_rate)
        self._warn_of_short(waveforms, sampling_rate)
        enhancer = self
        if sampling_rate is not None and self.sampling_rate is None:
            enhancer = copy.copy(self).set_params(sampling_rate=sampling_rate)
        return restore_container(enhancer.enhance(waveforms), X)

    def start(self, noise: np.ndarray) -> dict[str, np.ndarray]:
        """Return what is remembered from frame to frame.

        Parameters
        ----------
        noise : ndarray of shape (n_recordings, n_frequencies)
            Power of the noise, measured at the beginning of each recording; where it is
            tracked, all but nothing, until it is found.

        Returns
        -------
        state : dict of str to ndarray of shape (n_recordings, ...)
        """
        return {"noise": noise}

    def step(self, power: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        """Return the gains of one frame of each recording: the hook that a subclass fills in.

        Parameters
        ----------
        power : ndarray of shape (n_recordings, n_frequencies)
            Of the frame; every recording has an RMS of 1.
        state : dict of str to ndarray
            As `start` returned it; changed in place. Where the noise is tracked,
            ``state["noise"]`` is that of the frame, and more begins with ``noise_``.

        Returns
        -------
        gains : ndarray of shape (n_recordings, n_frequencies)
            They are cut to [0, 1].
        """
        raise NotImplementedError(f"{type(self).__name__} has no method step.")

    def check_params(self) -> None:
        super().check_params()
        check_choice(self, "noise", self.noise, NOISES)
        check_number(self, "min_duration", self.min_duration, Real, min_val=0)
        check_number(self, "noise_frames", self.noise_frames, Integral, min_val=1)
        check_number(self, "noise_smoothing", self.noise_smoothing, Real, min_val=0, max_val=1)
        check_number(self, "strength", self.strength, Real, min_val=0, max_val=1)
        if self.mask_floor_db is not None:
            check_number(self, "mask_floor_db", self.mask_floor_db, Real, max_val=0)
        self._featurizer().fit(np.zeros((1, 1), dtype=np.float32))

    def _featurizer(self):
        return STFTFeaturizer(n_fft=self.n_fft, hop_length=self.hop_length, window=self.window)

    def enhance(self, waveforms: Arrays, allocate: Allocate = np.empty) -> list[np.ndarray]:
        featurizer = self._featurizer()
        noise = self._noise_of(featurizer)
        is_left = self._which_are_left(waveforms)
        others = [x for x, left in zip(waveforms, is_left, strict=True) if not left]
        gained = iter(
            apply_gains(others, featurizer, noise, self.start, self._limited_step, allocate)
        )
        return [
            _copy(x, allocate) if left else next(gained)
            for x, left in zip(waveforms, is_left, strict=True)
        ]

    def leaves_alone(self, n_times: int, sampling_rate: float | None = None) -> bool:
        rate = self.sampling_rate or getattr(self, "sampling_rate_", None) or sampling_rate
        shortest = self.min_duration * (rate or self.n_fft / _FRAME)
        return self.noise == "tracked" and n_times < round(shortest, 6)

    def _which_are_left(self, waveforms, sampling_rate=None):
        rate = sampling_rate or rate_of(waveforms)
        return [self.leaves_alone(len(x), rate) for x in waveforms]

    def _warn_of_short(self, waveforms, sampling_rate):
        if n_left := sum(self._which_are_left(waveforms, sampling_rate)):
            warnings.warn(
                f"{type(self).__name__}: {n_left} of {len(waveforms)} recordings are shorter "
                f"than min_duration={self.min_duration!r} s and come back as they are, for in so "
                "little a word cannot be told from noise. To enhance them too, set min_duration "
                "to 0, or noise to 'start' where they begin with noise alone.",
                stacklevel=3,  # who called predict
            )

    def _noise_of(self, featurizer):
        """Return what `apply_gains` takes the noise from."""
        if self.noise == "start":
            return self.noise_frames
        floor = noise_floor(1 + featurizer.n_fft // 2)
        return NoiseTracker(featurizer.n_fft, featurizer.hop_length, floor)

    def _limited_step(self, power, state):
        floor = 0.0 if self.mask_floor_db is None else 10 ** (self.mask_floor_db / 20)
        gain = np.clip(self.step(power, state), np.float32(floor), np.float32(1))
        return gain if self.strength == 1 else 1 + np.float32(self.strength) * (gain - 1)

    def open_stream(self, level: float | None = None) -> Any:
        featurizer = self._featurizer()
        make = GainStream if self.noise == "start" else TrackedGainStream
        frames = make(featurizer, self._noise_of(featurizer), self.start, self._limited_step)
        gain = gain_for(_STREAM_LEVEL if level is None else level)
        return LiveRecording(featurizer, gain, frames)


class SpectralSubtraction(BaseGainEnhancer):
    """Subtract the spectrum of the noise from that of the noisy speech.

    Parameters
    ----------
    sampling_rate : float, default=None
        Sampling rate in Hz of all waveforms. None where it is not known; scores
        that depend on it are then not available.
    n_fft : int, default=256
        Length of a frame in samples. The default is 32 ms at 8 kHz; double it
        and `hop_length` at 16 kHz.
    hop_length : int, default=64
        Step from frame to frame in samples.
    window : str, tuple or array-like, default="hann"
        Window of a frame, as for :class:`~skse.STFTFeaturizer`.
    exponent : float, default=2.0
        What is subtracted: 2 for power spectra, 1 for magnitude spectra. At
        most 4.
    over_subtraction : float, default=4.0
        Multiple of the noise that is subtracted from a frame of 0 dB SNR. It
        falls linearly (in dB) to 1 at 20 dB and rises on to −5 dB.
    noise_floor_db : float, default=-27.0
        What is left is at least the noise lowered by this many dB.
    noise : {"tracked", "start"}, default="tracked"
        Where the power of the noise is from. "tracked" follows it from frame to frame and
        needs no pause at the beginning: while it is not known, nothing is taken away. "start"
        takes it from the beginning, which must hold noise alone, and from pauses; the
        parameters from `noise_frames` to `noise_smoothing` are for it. A model file from before
        there was this parameter has "start".
    min_duration : float, default=1.0
        In seconds: where the noise is tracked, `predict` returns a shorter recording as it is,
        and warns, for in so little a word cannot be told from noise. Without a sampling rate,
        `n_fft` is taken for 32 ms. A stream, whose length is not known, is enhanced. A model
        file from before there was this parameter has 0.
    noise_frames : int, default=12
        Frames at the beginning that hold noise alone.
    vad_threshold_db : float, default=3.0
        A frame whose power exceeds that of the noise by less is noise alone.
    noise_smoothing : float, default=0.98
        Weight of the past in the noise, frame to frame, while there is no speech.
    strength : float, default=1.0
        0 returns the noisy speech, 1 the enhanced speech, values between blend
        them.
    mask_floor_db : float, default=None
        Attenuate no time-frequency unit by more than this, such as -20 (dB).
        None sets no limit.

    Attributes
    ----------
    sampling_rate_ : float or None
        Sampling rate fitted with.
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    References
    ----------
    M. Berouti, R. Schwartz and J. Makhoul, "Enhancement of speech corrupted by
    acoustic noise", ICASSP 1979: over-subtraction and floor.
    P. C. Loizou, "Speech Enhancement: Theory and Practice", 2nd edition, 2013,
    chapter 5: defaults and update of the noise.
    T. Gerkmann and R. C. Hendriks, "Unbiased MMSE-based noise power estimation with low
    complexity and low tracking delay", IEEE Transactions on Audio, Speech, and Language
    Processing 20(4), 2012: tracking.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import SpectralSubtraction
    >>> rng = np.random.default_rng(0)
    >>> clean = np.zeros((1, 8000))
    >>> clean[:, 2000:] = np.sin(0.5 * np.arange(6000))
    >>> noisy = clean + 0.5 * rng.standard_normal(clean.shape)
    >>> enhanced = SpectralSubtraction(sampling_rate=8000).fit(noisy).predict(noisy)
    >>> bool(np.sum((enhanced - clean) ** 2) < 0.1 * np.sum((noisy - clean) ** 2))
    True
    """

    def __init__(
        self,
        sampling_rate: float | None = None,
        *,
        n_fft: int = 256,
        hop_length: int = 64,
        window: Window = "hann",
        exponent: float = 2.0,
        over_subtraction: float = 4.0,
        noise_floor_db: float = -27.0,
        noise: str = "tracked",
        min_duration: float = 1.0,
        noise_frames: int = 12,
        vad_threshold_db: float = 3.0,
        noise_smoothing: float = 0.98,
        strength: float = 1.0,
        mask_floor_db: float | None = None,
    ) -> None:
        self.sampling_rate = sampling_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.exponent = exponent
        self.over_subtraction = over_subtraction
        self.noise_floor_db = noise_floor_db
        self.noise = noise
        self.min_duration = min_duration
        self.noise_frames = noise_frames
        self.vad_threshold_db = vad_threshold_db
        self.noise_smoothing = noise_smoothing
        self.strength = strength
        self.mask_floor_db = mask_floor_db

    def check_params(self) -> None:
        super().check_params()
        check_number(
            self,
            "exponent",
            self.exponent,
            Real,
            min_val=0,
            max_val=4,
            include_boundaries="right",
        )
        check_number(self, "over_subtraction", self.over_subtraction, Real, min_val=1)
        check_number(self, "noise_floor_db", self.noise_floor_db, Real, max_val=0)
        check_number(self, "vad_threshold_db", self.vad_threshold_db, Real)

    def step(self, power: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        noise = state["noise"] if self.noise == "start" else _EXCESS * state["noise"]
        ratio = power / noise
        frame_ratio = power.sum(axis=1) / noise.sum(axis=1)
        snr_db = 10 * np.log10(np.maximum(frame_ratio, np.float32(1e-10)))
        slope = (self.over_subtraction - 1) / 20
        factor = self.over_subtraction - slope * np.clip(snr_db, -5, 20)
        floor = 10 ** (self.noise_floor_db / 20 * self.exponent)
        spectrum = ratio ** np.float32(self.exponent / 2)
        left = np.maximum(spectrum - factor[:, None].astype(np.float32), np.float32(floor))
        gain = left / np.maximum(spectrum, left)
        if self.noise == "start":
            update_noise(noise, power, snr_db < self.vad_threshold_db, self.noise_smoothing)
        return gain ** np.float32(1 / self.exponent)


def _copy(x, allocate):
    """Write a waveform, as it is, to another place."""
    copy, n_done = allocate(len(x), dtype=np.float32), 0
    for chunk in chunks_of(x):
        copy[n_done : n_done + len(chunk)] = chunk
        n_done += len(chunk)
    return copy
