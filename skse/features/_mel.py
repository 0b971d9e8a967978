"""MelFeaturizer: the STFT summed into mel bands."""

from functools import lru_cache
from numbers import Integral, Real

import numpy as np

from skse.features._base import BaseFeaturizer
from skse.utils import check_choice, check_number, check_sampling_rate
from skse.utils.typing import Window

SCALES = ("log", "magnitude", "power")


class MelFeaturizer(BaseFeaturizer):
    r"""Energies in mel bands, with librosa's filter bank.

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
    n_mels : int, default=40
        Number of mel bands.
    fmin : float, default=0.0
        Lowest frequency in Hz.
    fmax : float, default=None
        Highest frequency in Hz. None stands for half the sampling rate.
    scale : {"log", "magnitude", "power"}, default="log"
        With :math:`E` the energy in a band: :math:`\frac{1}{2} \ln \max(E,
        \epsilon^2)`, :math:`\sqrt{E}` or :math:`E`.
    floor_db : float, default=-80.0
        For ``scale="log"``: :math:`\epsilon` in dB relative to a magnitude of 1.

    Attributes
    ----------
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    See Also
    --------
    STFTFeaturizer : All frequencies of the STFT.
    MFCCFeaturizer : Mel-frequency cepstral coefficients.

    Notes
    -----
    The power scale equals ``librosa.feature.melspectrogram``.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import MelFeaturizer
    >>> X = np.random.default_rng(0).uniform(-1, 1, (2, 8000))
    >>> MelFeaturizer(sampling_rate=8000).fit_transform(X).shape
    (2, 40, 63)
    """

    def __init__(
        self,
        sampling_rate: float = 8000,
        n_fft: int = 256,
        hop_length: int = 128,
        *,
        window: Window = "hann",
        n_mels: int = 40,
        fmin: float = 0.0,
        fmax: float | None = None,
        scale: str = "log",
        floor_db: float = -80.0,
    ) -> None:
        self.sampling_rate = sampling_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.n_mels = n_mels
        self.fmin = fmin
        self.fmax = fmax
        self.scale = scale
        self.floor_db = floor_db

    def check_params(self) -> np.ndarray:
        check_choice(self, "scale", self.scale, SCALES)
        check_mel_params(self)
        return super().check_params()

    def compute(self, S: np.ndarray) -> np.ndarray:
        energy = mel_energy(S, self)
        if self.scale == "power":
            return energy
        if self.scale == "log":
            return 0.5 * np.log(np.maximum(energy, np.float32(10 ** (self.floor_db / 10))))
        return np.sqrt(energy)


def check_mel_params(featurizer):
    """Check the parameters that the mel featurizers share."""
    check_sampling_rate(featurizer, featurizer.sampling_rate)
    check_number(featurizer, "n_mels", featurizer.n_mels, Integral, min_val=1)
    check_number(featurizer, "floor_db", featurizer.floor_db, Real, min_val=-300, max_val=100)
    nyquist = featurizer.sampling_rate / 2
    fmax = nyquist if featurizer.fmax is None else featurizer.fmax
    check_number(featurizer, "fmax", fmax, Real, min_val=0, max_val=nyquist)
    check_number(
        featurizer,
        "fmin",
        featurizer.fmin,
        Real,
        min_val=0,
        max_val=fmax,
        include_boundaries="left",
    )


def mel_energy(S, featurizer):
    """Energy of an STFT in mel bands, float32."""
    filters = _filter_bank(
        float(featurizer.sampling_rate),
        int(featurizer.n_fft),
        int(featurizer.n_mels),
        float(featurizer.fmin),
        None if featurizer.fmax is None else float(featurizer.fmax),
    )
    energy = np.square(S.real) + np.square(S.imag)
    return filters @ energy.astype(np.float32, copy=False)


@lru_cache(maxsize=8)
def _filter_bank(sampling_rate, n_fft, n_mels, fmin, fmax):
    from librosa.filters import mel

    return mel(sr=sampling_rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
