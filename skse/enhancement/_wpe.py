"""WPE: what a room adds late, predicted from what was heard before."""

from importlib import import_module
from numbers import Integral

import numpy as np
from threadpoolctl import threadpool_limits

from skse.enhancement._blocks import Recording
from skse.enhancement._classical import BaseClassicalEnhancer
from skse.features import STFTFeaturizer
from skse.utils import check_number, import_optional
from skse.utils.typing import Allocate, Arrays, Window

# Frames that a filter is found for, and frames before them that it is found from too.
_BLOCK, _BEFORE = 4096, 512
_FRAMES_PER_TAP = 8


class WPE(BaseClassicalEnhancer):
    r"""Take away the late echo of a room by weighted prediction error.

    In every band of frequencies, what is late in a frame is a linear combination of earlier
    ones, :math:`X_t = Y_t - \sum_{k=0}^{K-1} g_k^* \, Y_{t-D-k}`. The coefficients are those
    that leave least, :math:`\sum_t |X_t|^2 / \lambda_t`, with the power :math:`\lambda_t` of
    the speech that is left, which is found anew in each iteration [1]_ [2]_. Noise stays.

    Parameters
    ----------
    sampling_rate : float, default=None
        Sampling rate in Hz of all waveforms. None where it is not known; scores
        that depend on it are then not available.
    n_fft : int, default=512
        Length of a frame in samples. The default is 64 ms at 8 kHz; double it and
        `hop_length` at 16 kHz.
    hop_length : int, default=128
        Step from frame to frame in samples.
    window : str, tuple or array-like, default="hann"
        Window of a frame, as for :class:`~skse.STFTFeaturizer`.
    taps : int, default=20
        Earlier frames :math:`K` that a frame is predicted from, 320 ms by default. Of a
        recording that has not eight times as many, an eighth of what it has.
    delay : int, default=2
        Frames :math:`D` from a frame to the last one that it is predicted from. Those in
        between are left alone: in them speech is like itself, room or no room.
    iterations : int, default=3
        How often power and coefficients are found.

    Attributes
    ----------
    sampling_rate_ : float or None
        Sampling rate fitted with.
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    See Also
    --------
    skse.datasets.reverberate : Speech in simulated rooms.

    Notes
    -----
    Computed by the package nara_wpe: ``python -m pip install "skse[rooms]"``; ``fit`` says so
    where it is missing. Of a long recording, blocks of 4096 frames are filtered one by one.

    References
    ----------
    .. [1] T. Nakatani, T. Yoshioka, K. Kinoshita, M. Miyoshi and B.-H. Juang, "Speech
       dereverberation based on variance-normalized delayed linear prediction", IEEE
       Transactions on Audio, Speech, and Language Processing 18(7), 2010.
    .. [2] L. Drude, J. Heymann, C. Boeddeker and R. Haeb-Umbach, "NARA-WPE: a Python package
       for weighted prediction error dereverberation in Numpy and Tensorflow for online and
       offline processing", ITG Conference on Speech Communication, 2018.

    Examples
    --------
    >>> from skse import WPE
    >>> enhanced = WPE(sampling_rate=8000).fit(noisy).predict(noisy)  # doctest: +SKIP
    """

    def __init__(
        self,
        sampling_rate: float | None = None,
        *,
        n_fft: int = 512,
        hop_length: int = 128,
        window: Window = "hann",
        taps: int = 20,
        delay: int = 2,
        iterations: int = 3,
    ) -> None:
        self.sampling_rate = sampling_rate
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.window = window
        self.taps = taps
        self.delay = delay
        self.iterations = iterations

    def check_params(self) -> None:
        super().check_params()
        for name in ("taps", "delay", "iterations"):
            check_number(self, name, getattr(self, name), Integral, min_val=1)
        self._featurizer().fit(np.zeros((1, 1), dtype=np.float32))
        import_optional("nara_wpe", caller="WPE", extra="rooms")

    def enhance(self, waveforms: Arrays, allocate: Allocate = np.empty) -> list[np.ndarray]:
        featurizer = self._featurizer()
        enhanced = []
        with threadpool_limits(1, "blas"):  # the matrices are far too small to be shared
            for x in waveforms:
                recording = Recording(x, featurizer, allocate=allocate)
                for begin in range(0, recording.n_frames, _BLOCK):
                    first = max(0, begin - _BEFORE)
                    S = recording.stft(first, min(begin + _BLOCK, recording.n_frames))
                    recording.add(self._dry(S)[:, begin - first :])
                enhanced.append(recording.enhanced)
        return enhanced

    def _dry(self, S):
        taps = min(self.taps, S.shape[1] // _FRAMES_PER_TAP)
        peak = np.abs(S).max()
        if taps == 0 or peak == 0:
            return S
        wpe = import_module("nara_wpe.wpe").wpe_v8
        spectra = (S / peak).astype(np.complex128)[:, None]  # one microphone
        dry = wpe(spectra, taps=taps, delay=self.delay, iterations=self.iterations)
        return (peak * dry[:, 0]).astype(S.dtype)

    def _featurizer(self):
        return STFTFeaturizer(n_fft=self.n_fft, hop_length=self.hop_length, window=self.window)
