"""Speech made to whisper: its spectral envelope, filled with noise."""

import warnings
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy.linalg import solve_toeplitz
from scipy.signal import ShortTimeFFT
from sklearn.utils import check_random_state

from skse.utils import check_choice, check_sampling_rate, check_waveforms, import_optional
from skse.utils.typing import RandomState, Waveform

_METHODS = ("auto", "lpc", "world")
_LOWEST_F0 = 71.0  # Hz, from which WORLD derives the size of its spectra
_FLOOR = 1e-6  # white noise in the correlations of linear prediction, relative to the frame


def whisper(
    x: Waveform,
    sampling_rate: float,
    *,
    method: str = "auto",
    random_state: RandomState = None,
    return_method: bool = False,
) -> Any:
    """Let speech whisper: take its pitch, keep what the mouth does.

    Parameters
    ----------
    x : array-like of shape (n_times,)
        Mono speech, full scale ±1.
    sampling_rate : int or float
        Hz, at least 4000.
    method : {"auto", "world", "lpc"}, default="auto"
        Where the spectral envelope comes from. "world" is the vocoder WORLD [2]_, of the
        package pyworld: ``python -m pip install "skse[vocoder]"``. "lpc" is linear prediction,
        a stand-in that needs nothing more and follows the harmonics of high voices a little.
        "auto" takes WORLD where it is installed, and else says by a warning that it takes the
        stand-in.
    random_state : int, RandomState instance or None, default=None
        Draws the noise. Pass an int for the same every time.
    return_method : bool, default=False
        Whether to return which method it was.

    Returns
    -------
    whispered : ndarray of shape (n_times,)
        float32, aligned with `x`, and frame by frame about as loud.
    method : {"world", "lpc"}
        Only where `return_method` is true.

    Raises
    ------
    ImportError
        For "world" where pyworld is not installed.
    ValueError
        For an argument that cannot be used.

    See Also
    --------
    distort : Several distortions, drawn at random.

    Notes
    -----
    In [1]_ a vocoder (Ahocoder) analyses speech, its fundamental frequency is left out, and it
    is synthesised without a voice. Here white noise takes the envelope of every frame instead
    (window of some 30 ms, an eighth of it apart), and the power of that frame. Who whispers
    speaks softer and brighter besides; no copy of that is made, there as here.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.
    .. [2] M. Morise, F. Yokomori and K. Ozawa, "WORLD: a vocoder-based high-quality speech
       synthesis system for real-time applications", IEICE Trans. E99-D(7), 2016; its envelope:
       M. Morise, "CheapTrick, a spectral envelope estimator for high-quality speech
       synthesis", Speech Communication 67, 2015.

    Examples
    --------
    >>> from skse.datasets import load_harvard, whisper
    >>> speech = load_harvard(noises="white", snr_db=5).clean[0]
    >>> whispered = whisper(speech, 8000, method="lpc", random_state=0)
    >>> whispered.shape == speech.shape
    True
    """
    check_sampling_rate("whisper", sampling_rate)
    check_choice("whisper", "method", method, _METHODS)
    if sampling_rate < 4000:
        raise ValueError(
            f"whisper: sampling_rate={sampling_rate!r} leaves less than 2 kHz; expected at least "
            "4000. Pass speech of a higher rate."
        )
    x = check_waveforms([x], "x")[0].astype(np.float64)
    if method == "auto":
        method = "world" if find_spec("pyworld") else "lpc"
        if method == "lpc":
            warnings.warn(
                "whisper: pyworld is not installed, so linear prediction stands in for a vocoder. "
                'Install "skse[vocoder]", or pass method="lpc" to say that this is what you want.',
                stacklevel=2,
            )
    whispered = _filled_with_noise(x, sampling_rate, method, check_random_state(random_state))
    return (whispered, method) if return_method else whispered


def _filled_with_noise(x, sampling_rate, method, rng):
    if not x.any():
        return x.astype(np.float32)
    n_fft = 2 ** (1 + int(np.log2(3 * sampling_rate / _LOWEST_F0 + 1)))
    n_window = n_fft // 2
    window = np.hanning(n_window + 1)[:-1]
    stft = ShortTimeFFT(window, n_window // 8, sampling_rate, mfft=n_fft)
    n_times, padded = len(x), np.pad(x, (0, max(0, n_fft - len(x))))
    spectra = stft.stft(padded)
    envelopes = (_envelopes_world if method == "world" else _envelopes_lpc)(
        padded, spectra, stft, sampling_rate
    )
    power = np.sum(np.abs(spectra) ** 2, axis=0) / np.sum(envelopes, axis=0)
    noise = stft.stft(rng.standard_normal(len(padded))) / np.sqrt(np.sum(window**2))
    whispered = stft.istft(noise * np.sqrt(envelopes * power), k1=len(padded))
    return whispered[:n_times].astype(np.float32)


def _envelopes_world(x, spectra, stft, sampling_rate):
    """Return WORLD's envelopes (power) of the frames of an STFT."""
    world = import_optional("pyworld", caller="whisper", extra="vocoder")
    period = 1000 * stft.hop / sampling_rate
    f0, times = world.dio(x, sampling_rate, frame_period=period)
    f0 = world.stonemask(x, f0, times, sampling_rate)
    envelopes = world.cheaptrick(x, f0, times, sampling_rate, fft_size=stft.mfft).T
    frames = stft.p_min + np.arange(spectra.shape[1])
    return np.maximum(envelopes[:, np.clip(frames, 0, len(f0) - 1)], 1e-30)


def _envelopes_lpc(x, spectra, stft, sampling_rate):
    """Return the all-pole envelopes (power) of the frames of an STFT, up to their gains."""
    order = 2 + round(sampling_rate / 1000)
    correlations = np.fft.irfft(np.abs(spectra) ** 2, axis=0)[: order + 1]
    envelopes = np.ones(spectra.shape)
    for i, correlation in enumerate(correlations.T):
        if correlation[0] <= 0:
            continue
        correlation = correlation / correlation[0]
        correlation[0] += _FLOOR
        predictor = solve_toeplitz(correlation[:-1], correlation[1:])
        inverse = np.fft.rfft(np.concatenate([[1.0], -predictor]), stft.mfft)
        envelopes[:, i] = 1 / np.maximum(np.abs(inverse) ** 2, 1e-30)
    return envelopes
