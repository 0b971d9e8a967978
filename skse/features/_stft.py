"""STFTFeaturizer: the STFT on a scale that a network can see."""

from numbers import Real

import numpy as np

from skse.features._base import BaseFeaturizer
from skse.utils import check_choice, check_number

SCALES = ("complex", "compressed", "log", "magnitude", "power", "real")


class STFTFeaturizer(BaseFeaturizer):
    r"""Short-time Fourier transform of waveforms, as features.

    Parameters
    ----------
    n_fft : int, default=256
        Length of the window and of the FFT in samples: 32 ms at 8 kHz.
    hop_length : int, default=128
        Samples between the centres of neighbouring frames: 16 ms at 8 kHz.
    window : str, tuple or array-like of shape (n_fft,), default="hann"
        Window, as in :func:`scipy.signal.get_window`.
    scale : {"log", "magnitude", "power", "compressed", "real", "complex"}, default="log"
        :math:`\ln \max(|Y|, \epsilon)`, :math:`|Y|`, :math:`|Y|^2`,
        :math:`|Y|^c`, :math:`\Re Y`, or :math:`\Re Y` and :math:`\Im Y` as two
        channels.
    floor_db : float, default=-80.0
        For ``scale="log"``: :math:`\epsilon` in dB relative to a magnitude of 1.
    exponent : float, default=0.3
        For ``scale="compressed"``: :math:`c`.

    Attributes
    ----------
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    See Also
    --------
    MelFeaturizer : The STFT summed into mel bands.
    MFCCFeaturizer : Mel-frequency cepstral coefficients.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import STFTFeaturizer
    >>> X = np.random.default_rng(0).uniform(-1, 1, (2, 8000)).astype(np.float32)
    >>> featurizer = STFTFeaturizer()
    >>> featurizer.fit_transform(X).shape
    (2, 129, 63)
    >>> S = featurizer.stft(X)
    >>> bool(np.abs(featurizer.istft(S, 8000) - X).max() < 1e-6)
    True
    """

    def __init__(
        self,
        n_fft=256,
        hop_length=128,
        *,
        window="hann",
        scale="log",
        floor_db=-80.0,
        exponent=0.3,
    ):
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.scale = scale
        self.floor_db = floor_db
        self.exponent = exponent

    def _check_params(self):
        check_choice(self, "scale", self.scale, SCALES)
        check_number(self, "floor_db", self.floor_db, Real, min_val=-300, max_val=100)
        check_number(self, "exponent", self.exponent, Real, min_val=0, include_boundaries="neither")

    def _features(self, S):
        if self.scale == "real":
            return np.ascontiguousarray(S.real, dtype=np.float32)
        if self.scale == "complex":
            return np.stack([S.real, S.imag], axis=-1).astype(np.float32, copy=False)
        magnitude = np.abs(S).astype(np.float32, copy=False)
        if self.scale == "power":
            return np.square(magnitude, out=magnitude)
        if self.scale == "compressed":
            return np.power(magnitude, np.float32(self.exponent), out=magnitude)
        return log_floored(magnitude, self.floor_db) if self.scale == "log" else magnitude


def log_floored(magnitude, floor_db):
    """Natural logarithm of magnitudes, none below the floor, in place."""
    np.maximum(magnitude, np.float32(10 ** (floor_db / 20)), out=magnitude)
    return np.log(magnitude, out=magnitude)
