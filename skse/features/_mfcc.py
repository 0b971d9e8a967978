"""MFCCFeaturizer: mel-frequency cepstral coefficients."""

from numbers import Integral

import numpy as np
from scipy.fft import dct

from skse.features._base import BaseFeaturizer
from skse.features._mel import check_mel_params, mel_energy
from skse.utils import check_number
from skse.utils.typing import Window


class MFCCFeaturizer(BaseFeaturizer):
    r"""Mel-frequency cepstral coefficients, with librosa's filter bank.

    The orthonormal DCT-II over mel bands of their level in dB,
    :math:`10 \log_{10} \max(E, \epsilon^2)`.

    Parameters
    ----------
    sampling_rate : float, default=8000
        Sampling rate in Hz.
    n_fft : int, default=256
        Length of the window and of the FFT in samples.
    hop_length : int, default=128
        Samples between the centres of neighbouring frames.
    window : str, tuple or array-like of shape (n_fft,), default="hann"
        Window, as in :func:`scipy.signal.get_window`.
    n_mfcc : int, default=40
        Number of coefficients, at most `n_mels`.
    n_mels : int, default=40
        Number of mel bands.
    fmin : float, default=0.0
        Lowest frequency in Hz.
    fmax : float, default=None
        Highest frequency in Hz. None stands for half the sampling rate.
    floor_db : float, default=-80.0
        :math:`\epsilon` in dB relative to a magnitude of 1.

    Attributes
    ----------
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    See Also
    --------
    MelFeaturizer : The mel bands themselves.

    Notes
    -----
    Equals ``librosa.feature.mfcc`` of ``librosa.power_to_db(E, top_db=None)``.
    librosa's default also limits every recording to 80 dB below its loudest
    unit; a limit that looks at other frames is left out here.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import MFCCFeaturizer
    >>> X = np.random.default_rng(0).uniform(-1, 1, (2, 8000))
    >>> MFCCFeaturizer(sampling_rate=8000, n_mfcc=20).fit_transform(X).shape
    (2, 20, 63)
    """

    def __init__(
        self,
        sampling_rate: float = 8000,
        n_fft: int = 256,
        hop_length: int = 128,
        *,
        window: Window = "hann",
        n_mfcc: int = 40,
        n_mels: int = 40,
        fmin: float = 0.0,
        fmax: float | None = None,
        floor_db: float = -80.0,
    ) -> None:
        self.sampling_rate = sampling_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.n_mfcc = n_mfcc
        self.n_mels = n_mels
        self.fmin = fmin
        self.fmax = fmax
        self.floor_db = floor_db

    def check_params(self) -> np.ndarray:
        check_mel_params(self)
        check_number(self, "n_mfcc", self.n_mfcc, Integral, min_val=1, max_val=self.n_mels)
        return super().check_params()

    def compute(self, S: np.ndarray) -> np.ndarray:
        floor = np.float32(10 ** (self.floor_db / 10))
        level_db = 10 * np.log10(np.maximum(mel_energy(S, self), floor))
        cepstrum = dct(level_db, type=2, norm="ortho", axis=-2)
        return np.ascontiguousarray(cepstrum[..., : self.n_mfcc, :], dtype=np.float32)
