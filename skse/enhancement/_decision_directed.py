"""Enhancers on the decision-directed a priori SNR."""

from numbers import Real

import numpy as np
from scipy.special import exp1

from skse.enhancement._classical import BaseGainEnhancer
from skse.enhancement._recursion import update_noise
from skse.utils import check_number
from skse.utils.typing import Window


class _DecisionDirected(BaseGainEnhancer):
    """What the two share: all but the gain as a function of the two SNRs."""

    def __init__(
        self,
        sampling_rate: float | None = None,
        *,
        n_fft: int = 256,
        hop_length: int = 64,
        window: Window = "hann",
        prior_smoothing: float = 0.98,
        prior_floor_db: float = -25.0,
        noise: str = "tracked",
        min_duration: float = 1.0,
        noise_frames: int = 12,
        vad_threshold: float = 0.15,
        noise_smoothing: float = 0.98,
        strength: float = 1.0,
        mask_floor_db: float | None = None,
    ) -> None:
        self.sampling_rate = sampling_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.prior_smoothing = prior_smoothing
        self.prior_floor_db = prior_floor_db
        self.noise = noise
        self.min_duration = min_duration
        self.noise_frames = noise_frames
        self.vad_threshold = vad_threshold
        self.noise_smoothing = noise_smoothing
        self.strength = strength
        self.mask_floor_db = mask_floor_db

    def check_params(self) -> None:
        super().check_params()
        check_number(self, "prior_smoothing", self.prior_smoothing, Real, min_val=0, max_val=1)
        check_number(self, "prior_floor_db", self.prior_floor_db, Real, max_val=0)
        check_number(self, "vad_threshold", self.vad_threshold, Real)

    def start(self, noise: np.ndarray) -> dict[str, np.ndarray]:
        return {"noise": noise, "enhanced": noise.copy()}

    def step(self, power: np.ndarray, state: dict[str, np.ndarray]) -> np.ndarray:
        noise, enhanced = state["noise"], state["enhanced"]
        posterior = power / noise
        smoothing = np.float32(self.prior_smoothing)
        prior = smoothing * (enhanced / noise) + (1 - smoothing) * np.maximum(posterior - 1, 0)
        np.maximum(prior, np.float32(10 ** (self.prior_floor_db / 10)), out=prior)
        wiener = prior / (1 + prior)
        gain = np.minimum(self._gain(wiener, posterior), 1)
        enhanced[:] = gain**2 * power
        if self.noise == "start":
            log_likelihood_ratio = (posterior * wiener - np.log1p(prior)).mean(axis=1)
            is_noise = log_likelihood_ratio < self.vad_threshold
            update_noise(noise, power, is_noise, self.noise_smoothing)
        return gain


class WienerFilter(_DecisionDirected):
    r"""Wiener filter with decision-directed a priori SNR.

    The gain is :math:`\xi / (1 + \xi)`. The a priori SNR :math:`\xi` is a mean of
    the last frame's enhanced power over the noise and of this frame's
    a posteriori SNR minus 1.

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
    prior_smoothing : float, default=0.98
        Weight of the last frame in the a priori SNR. More means less musical
        noise and slower onsets.
    prior_floor_db : float, default=-25.0
        Least a priori SNR in dB.
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
    vad_threshold : float, default=0.15
        A frame is noise alone where the mean over frequency of the log
        likelihood ratio of speech to no speech is less.
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
    Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error
    short-time spectral amplitude estimator", IEEE Transactions on Acoustics,
    Speech, and Signal Processing 32(6), 1984, equations 51 and 52.
    P. Scalart and J. Vieira Filho, "Speech enhancement based on a priori signal to
    noise estimation", ICASSP 1996.
    J. Sohn, N. S. Kim and W. Sung, "A statistical model-based voice activity
    detection", IEEE Signal Processing Letters 6(1), 1999.
    P. C. Loizou, "Speech Enhancement: Theory and Practice", 2nd edition, 2013:
    defaults and update of the noise.
    T. Gerkmann and R. C. Hendriks, "Unbiased MMSE-based noise power estimation with low
    complexity and low tracking delay", IEEE Transactions on Audio, Speech, and Language
    Processing 20(4), 2012: tracking.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import WienerFilter
    >>> rng = np.random.default_rng(0)
    >>> clean = np.zeros((1, 8000))
    >>> clean[:, 2000:] = np.sin(0.5 * np.arange(6000))
    >>> noisy = clean + 0.5 * rng.standard_normal(clean.shape)
    >>> enhanced = WienerFilter(sampling_rate=8000).fit(noisy).predict(noisy)
    >>> bool(np.sum((enhanced - clean) ** 2) < 0.1 * np.sum((noisy - clean) ** 2))
    True
    """

    def _gain(self, wiener, posterior):
        return wiener


class LogMMSE(_DecisionDirected):
    r"""Minimum mean square error estimate of the log magnitude spectrum.

    The gain, with :math:`v = \gamma \xi / (1 + \xi)`, is

    .. math:: \frac{\xi}{1 + \xi} \exp\left(\frac12 \int_v^\infty \frac{e^{-t}}{t} dt\right),

    limited to 1. The a priori SNR :math:`\xi` is decision-directed as in
    :class:`WienerFilter`, :math:`\gamma` is the a posteriori SNR.

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
    prior_smoothing : float, default=0.98
        Weight of the last frame in the a priori SNR. More means less musical
        noise and slower onsets.
    prior_floor_db : float, default=-25.0
        Least a priori SNR in dB.
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
    vad_threshold : float, default=0.15
        A frame is noise alone where the mean over frequency of the log
        likelihood ratio of speech to no speech is less.
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
    Y. Ephraim and D. Malah, "Speech enhancement using a minimum mean-square error
    log-spectral amplitude estimator", IEEE Transactions on Acoustics, Speech, and
    Signal Processing 33(2), 1985, equation 20.
    J. Sohn, N. S. Kim and W. Sung, "A statistical model-based voice activity
    detection", IEEE Signal Processing Letters 6(1), 1999.
    P. C. Loizou, "Speech Enhancement: Theory and Practice", 2nd edition, 2013:
    defaults and update of the noise.
    T. Gerkmann and R. C. Hendriks, "Unbiased MMSE-based noise power estimation with low
    complexity and low tracking delay", IEEE Transactions on Audio, Speech, and Language
    Processing 20(4), 2012: tracking.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import LogMMSE
    >>> rng = np.random.default_rng(0)
    >>> clean = np.zeros((1, 8000))
    >>> clean[:, 2000:] = np.sin(0.5 * np.arange(6000))
    >>> noisy = clean + 0.5 * rng.standard_normal(clean.shape)
    >>> enhanced = LogMMSE(sampling_rate=8000).fit(noisy).predict(noisy)
    >>> bool(np.sum((enhanced - clean) ** 2) < 0.1 * np.sum((noisy - clean) ** 2))
    True
    """

    def _gain(self, wiener, posterior):
        v = np.maximum(posterior * wiener, np.float32(1e-8))
        return wiener * np.exp(exp1(v) / 2)
