"""STFTFeaturizer: waveform to STFT to features, and back."""

from collections.abc import Sequence
from numbers import Real

import numpy as np

from skse.features._base import BaseFeaturizer, FeatureStream
from skse.features._noise_channels import NOISE_CHANNELS, NoiseChannels
from skse.utils import check_choice, check_number
from skse.utils.typing import Window

SCALES = ("complex", "compressed", "log", "magnitude", "power", "real")


class STFTFeaturizer(BaseFeaturizer):
    """Features from the short-time Fourier transform of waveforms.

    Frames are cut as :func:`librosa.stft` cuts them with ``center=True``: frame t is centred
    at sample ``t * hop_length`` of the waveform, with zeros beyond its ends, so that
    ``n_frames = 1 + n_times // hop_length`` for an even `n_fft`.

    Parameters
    ----------
    n_fft : int, default=256
        Length of a frame in samples (32 ms at 8 kHz).
    hop_length : int, default=128
        Samples from one frame to the next; at most ``n_fft // 2``.
    window : str, tuple or array-like of shape (n_fft,), default="hann"
        Window, periodic, as :func:`scipy.signal.get_window` makes it.
    scale : {"log", "magnitude", "power", "compressed", "real", "complex"}, default="log"
        What the features are, for an STFT value S:

        - "log": ``ln(max(abs(S), 10 ** (floor_db / 20)))``,
        - "magnitude": ``abs(S)``,
        - "power": ``abs(S) ** 2``,
        - "compressed": ``abs(S) ** compression``,
        - "real": the real part,
        - "complex": real and imaginary part as two channels.
    floor_db : float, default=-80.0
        Level at which "log" is cut, in dB relative to ``abs(S) = 1``. It is absolute, so
        that a frame's features do not depend on other frames; -80 dB is about the rounding
        noise of 16-bit audio with the default `n_fft`.
    compression : float, default=0.3
        Exponent of "compressed", above 0 and at most 1.
    drop_nyquist : bool, default=False
        Whether STFT and features leave out the highest frequency, half the sampling rate, so
        that a power of two of them remains where `n_fft` is one. It comes back as silence;
        reconstruction is exact but for it. Needs an even `n_fft`.
    noise_channels : sequence of {"noise", "posterior_snr", "prior_snr"}, default=()
        Further channels, which tell a network of the noise (noise-aware training [1]_), in
        nepers of amplitude:

        - "noise": the noise that the tracker of the classical enhancers
          (:class:`~skse.features.NoiseTracker`) has followed up to this frame; before it is
          known, the mean power of the last frames,
        - "posterior_snr": what is there over that noise, the a posteriori SNR,
        - "prior_snr": the decision-directed a priori SNR of :class:`~skse.WienerFilter`.

        A frame then depends on all before it, and on none after it. The tracker expects a
        recording whose RMS is 1, as :class:`~skse.SpeechEnhancer` makes it, and a Hann window.

    Attributes
    ----------
    n_features_in_ : int or None
        Number of samples in each waveform seen in ``fit``; None where they differed.
        Waveforms of any length may be transformed.
    feature_names_in_ : ndarray of str
        Column names, where `X` was a data frame with string column names.

    See Also
    --------
    MelFeaturizer : Fewer bands, spaced as the ear hears.
    MFCCFeaturizer : Decorrelated mel bands.

    Notes
    -----
    ``istft(stft(X), n_times)`` gives every waveform of full scale ±1 back to 1e-6. Where a
    waveform ends just before the centre of what would be the next frame, its last samples
    lie under the faint end of a single window; the STFT of such lengths is kept in complex128
    because complex64 cannot hold these samples. An STFT that has been altered is inverted by
    dividing by the same faint weights: pad such waveforms with `hop_length` zeros
    before ``stft`` to keep their last samples from being magnified.

    A subclass with a `compute` of its own that is to have `noise_channels` overrides
    `open_stream` too.

    References
    ----------
    .. [1] M. L. Seltzer, D. Yu and Y. Wang, "An investigation of deep neural networks for noise
       robust speech recognition", ICASSP 2013: a noise estimate beside the features.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.features import STFTFeaturizer
    >>> X = np.random.default_rng(0).uniform(-1, 1, (3, 8000))
    >>> featurizer = STFTFeaturizer().fit(X)
    >>> featurizer.transform(X).shape
    (3, 129, 63)
    >>> S = featurizer.stft(X)
    >>> bool(np.abs(featurizer.istft(S, n_times=8000) - X).max() < 1e-6)
    True
    >>> STFTFeaturizer(noise_channels=["prior_snr"]).fit_transform(X).shape
    (3, 129, 63, 2)
    """

    def __init__(
        self,
        n_fft: int = 256,
        hop_length: int = 128,
        window: Window = "hann",
        scale: str = "log",
        floor_db: float = -80.0,
        compression: float = 0.3,
        drop_nyquist: bool = False,
        noise_channels: Sequence[str] = (),
    ) -> None:
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.scale = scale
        self.floor_db = floor_db
        self.compression = compression
        self.drop_nyquist = drop_nyquist
        self.noise_channels = noise_channels

    def check_params(self) -> np.ndarray:
        check_choice(self, "scale", self.scale, SCALES)
        check_number(self, "floor_db", self.floor_db, Real, min_val=-300, max_val=300)
        check_number(
            self,
            "compression",
            self.compression,
            Real,
            min_val=0,
            max_val=1,
            include_boundaries="right",
        )
        window = super().check_params()
        if self.drop_nyquist and self.n_fft % 2:
            raise ValueError(
                f"STFTFeaturizer: drop_nyquist=True, but an odd n_fft={self.n_fft} has no "
                "frequency at half the sampling rate; use an even n_fft or drop_nyquist=False."
            )
        names = self.noise_channels
        if isinstance(names, str) or not isinstance(names, Sequence):
            names_are_odd = True
        else:
            names_are_odd = any(name in names[:i] for i, name in enumerate(names))
        if names_are_odd:
            raise ValueError(
                f"STFTFeaturizer: noise_channels={names!r:.60} must be a sequence of different "
                f"names, of {NOISE_CHANNELS}; () for none."
            )
        for name in names:
            check_choice(self, "noise_channels", name, NOISE_CHANNELS)
        return window

    def __setstate__(self, state):
        super().__setstate__({"noise_channels": (), **state})  # there were none before

    @property
    def carries_state(self) -> bool:
        return len(self.noise_channels) > 0

    @property
    def n_frequencies(self) -> int:
        return 1 + self.n_fft // 2 - bool(self.drop_nyquist)

    def compute(self, S: np.ndarray) -> np.ndarray:
        if not self.carries_state:
            return self._compute_frames(S)
        several = S.reshape(-1, *S.shape[-2:])
        features = self.open_stream(len(several)).push(several)
        return features.reshape(*S.shape, features.shape[-1])

    def open_stream(self, n_samples: int = 1) -> FeatureStream:
        if not self.carries_state:
            return super().open_stream(n_samples)
        noise = NoiseChannels(
            self.noise_channels, self.n_fft, self.hop_length, n_samples, self.n_frequencies
        )
        return _StreamWithNoise(self._compute_frames, noise)

    def _compute_frames(self, S):
        if self.scale == "complex":
            return np.stack([S.real, S.imag], axis=-1).astype(np.float32, copy=False)
        if self.scale == "real":
            return S.real.astype(np.float32)
        magnitude = np.abs(S).astype(np.float32, copy=False)
        if self.scale == "power":
            return magnitude**2
        if self.scale == "compressed":
            return magnitude**self.compression
        if self.scale == "log":
            return np.log(np.maximum(magnitude, np.float32(10 ** (self.floor_db / 20))))
        return magnitude


class _StreamWithNoise:
    """Features, and the noise channels behind them."""

    def __init__(self, compute, noise):
        self._compute, self._noise = compute, noise

    def push(self, S):
        """Compute the features of the next frames."""
        features = self._compute(S)
        if features.ndim == S.ndim:
            features = features[..., None]
        return np.concatenate([features, self._noise.push(S)], axis=-1)
