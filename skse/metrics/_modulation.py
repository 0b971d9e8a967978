"""Metrics on how the envelope of speech rises and falls."""

import math
from functools import partial

import numpy as np
from scipy.signal import hilbert, lfilter, sosfilt, upfirdn

from skse.metrics._base import score_utterances
from skse.utils import check_sampling_rate
from skse.utils.typing import OneOrMany, Scores

# Rates in Hz that SRMR is used at; with another one the filters are others.
SRMR_RATES = (8000, 16000)
_N_CHANNELS, _LOWEST_HZ = 23, 125.0
_EAR_Q, _LEAST_WIDTH_HZ = 9.26449, 24.7  # Glasberg and Moore: the ear's bandwidth is f / Q + least
_MODULATIONS_HZ = np.geomspace(4, 128, 8)
_QUALITY = 2.0
_N_SPEECH = 4  # modulation bands of speech, up to about 20 Hz
_MOST_ENERGY = 0.9
_FRAME_SECONDS, _HOP_SECONDS = 0.256, 0.064


def srmr_score(enhanced: OneOrMany, *, sampling_rate: float, n_jobs: int | None = None) -> Scores:
    r"""Speech-to-reverberation modulation energy ratio (SRMR): needs no clean speech.

    The envelope of speech moves a few times a second; a room blurs that and leaves it whiter.

    .. math:: \frac{\sum_{k=1}^{4} E_k}{\sum_{k=5}^{K} E_k}

    with the energy :math:`E_k` that the envelopes in 23 gammatone channels from 125 Hz on have
    in the modulation band :math:`k`, of eight from 4 to 128 Hz. :math:`K` is the last one that
    begins below the bandwidth of that channel up to which 90 % of the energy lies. The level
    does not count.

    Parameters
    ----------
    enhanced : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Waveforms to score, speech in a room or after enhancement.
    sampling_rate : {8000, 16000}
        Hz. Scores at the two rates do not compare.
    n_jobs : int or None, default=None
        Processes, as for :func:`stoi_score`.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        A ratio, not in dB: larger is drier. NaN, with one warning that counts them, where a
        waveform is silent or shorter than a frame of 0.256 s. A float where `enhanced` is 1-D.

    Raises
    ------
    ValueError
        At another sampling rate, where `n_jobs` is not a number of processes, or where the
        waveforms are not finite or not mono.

    Notes
    -----
    It depends on voice and sentence as much as on the room: compare means over the same
    sentences. Noise lowers it too, and an enhancer that leaves holes can raise it above that
    of clean speech.

    Energies are means over frames of 256 ms, Hamming-windowed, every 64 ms, the first of which
    begin before the recording, as in the programs of the authors.

    References
    ----------
    T. H. Falk, C. Zheng and W.-Y. Chan, "A non-intrusive quality and intelligibility measure
    of reverberant and dereverberated speech", IEEE Transactions on Audio, Speech, and Language
    Processing 18(7), 2010.
    M. Slaney, "An efficient implementation of the Patterson-Holdworth auditory filter bank",
    Apple Computer Technical Report 35, 1993: the channels.

    Examples
    --------
    >>> from skse.datasets import load_harvard
    >>> from skse.metrics import srmr_score
    >>> data = load_harvard(noises="white", snr_db=5)
    >>> clean, noisy = (srmr_score(x[:4], sampling_rate=8000) for x in (data.clean, data.noisy))
    >>> bool((clean > noisy).all())
    True
    """
    caller = "srmr_score"
    check_sampling_rate(caller, sampling_rate)
    if sampling_rate not in SRMR_RATES:
        raise ValueError(
            f"{caller}: sampling_rate={sampling_rate!r} is not one that SRMR is defined at: "
            f"{' or '.join(map(str, SRMR_RATES))} Hz. Resample the waveforms, for example with "
            "skse.Resample."
        )

    score_one = partial(_srmr, sampling_rate)
    undefined = f"a waveform is silent or shorter than a frame of {_FRAME_SECONDS} s"
    return score_utterances(caller, score_one, undefined, n_jobs=n_jobs, enhanced=enhanced)


def _srmr(rate, x):
    if len(x) < math.ceil(_FRAME_SECONDS * rate) or not x.any():
        return np.nan
    centres = _centres(rate)
    weights = _weights(len(x), rate)
    energies = np.array([_modulation_energies(x, centre, rate, weights) for centre in centres])
    share = np.cumsum(energies.sum(axis=1)) / energies.sum()
    width = _bandwidth(centres[np.argmax(share > _MOST_ENERGY)])
    begins = _MODULATIONS_HZ * (1 - 1 / (2 * _QUALITY))
    last = max(_N_SPEECH + 1, np.sum(begins < width))
    return energies[:, :_N_SPEECH].sum() / energies[:, _N_SPEECH:last].sum()


def _modulation_energies(x, centre, rate, weights):
    """Energy of the envelope around `centre` in each modulation band."""
    envelope = np.abs(hilbert(sosfilt(_gammatone(centre, rate), x)))
    filtered = (lfilter(*_band_pass(f, rate), envelope) for f in _MODULATIONS_HZ)
    return [np.sum(weights * y**2) for y in filtered]


def _weights(n_times, rate):
    """Sum of the squared windows of all frames, at each sample: what it counts for."""
    frame, hop = (math.ceil(seconds * rate) for seconds in (_FRAME_SECONDS, _HOP_SECONDS))
    windows = upfirdn(np.hamming(frame) ** 2, np.ones(math.ceil(n_times / hop)), hop)
    return windows[frame - hop :][:n_times]


def _bandwidth(frequency):
    """Equivalent rectangular bandwidth of the ear, in Hz."""
    return frequency / _EAR_Q + _LEAST_WIDTH_HZ


def _centres(rate):
    """Centres of the channels, the lowest first; evenly spaced in bandwidths."""
    offset = _EAR_Q * _LEAST_WIDTH_HZ
    steps = np.linspace(0, 1, _N_CHANNELS, endpoint=False)
    low, high = np.log([_LOWEST_HZ + offset, rate / 2 + offset])
    return np.exp(low + steps * (high - low)) - offset


def _gammatone(centre, rate):
    """Fourth-order gammatone filter with gain 1 at its centre, as second-order sections."""
    angle = 2 * np.pi * centre / rate
    decay = np.exp(-2 * np.pi * 1.019 * _bandwidth(centre) / rate)
    poles = [1, -2 * decay * np.cos(angle), decay**2]
    # Four zeros on the real axis, which a section of the filter has one of.
    roots = [sign * np.sqrt(3 + more * 2**1.5) for sign in (1, -1) for more in (1, -1)]
    zeros = decay * (np.cos(angle) + np.array(roots) * np.sin(angle))
    at_centre = np.exp(-1j * angle * np.arange(3))
    gains = np.abs((1 - zeros * at_centre[1]) / np.dot(poles, at_centre))
    return np.array([[1 / g, -zero / g, 0, *poles] for g, zero in zip(gains, zeros, strict=True)])


def _band_pass(frequency, rate):
    """Second-order band-pass filter by the bilinear transform, with gain 1 at `frequency`."""
    tangent = np.tan(np.pi * frequency / rate)
    width = tangent / _QUALITY
    return [width, 0, -width], [1 + width + tangent**2, 2 * tangent**2 - 2, 1 - width + tangent**2]
