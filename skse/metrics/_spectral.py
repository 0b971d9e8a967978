"""Metrics on the short-time spectrum."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from skse.metrics._base import energy, ratio_db, score_utterances
from skse.metrics._frames import check_frames, compare_frames, mean_of_lowest
from skse.utils import check_number
from skse.utils.typing import Arrays, OneOrMany, Scores

# Critical bands: their widths in Hz. Each lies its own width below the next one.
_LOWEST_CENTRE = 50.0
_WIDTHS = (
    *(7 * (70.0,)),
    *(77.3724, 86.0056, 95.3398, 105.411, 116.256, 127.914, 140.423, 153.823, 168.154),
    *(183.457, 199.776, 217.153, 235.631, 255.255, 276.072, 298.126, 321.465, 346.136),
)
_LEAST_WEIGHT = np.exp(-30 / (2 * 2.303))  # of a frequency in a band: less is 0
_EXPONENT = 0.2  # of the clean magnitude in a band, which gives its weight
_LEAST_ERROR = np.finfo(float).eps  # of a band, squared; a frame's magnitudes add up to 1


def log_spectral_distance_error(
    clean: OneOrMany,
    enhanced: OneOrMany,
    *,
    n_fft: int = 256,
    hop_length: int = 128,
    floor_db: float = -60.0,
) -> Scores:
    r"""Root mean square difference of the log spectra, in dB.

    .. math::

        \frac{1}{L} \sum_l \sqrt{\frac{1}{K} \sum_k
        \left(20 \log_{10} \frac{\max(|S_{kl}|, \epsilon)}
        {\max(|\hat S_{kl}|, \epsilon)}\right)^2},
        \quad \epsilon = 10^{F/20} \max_{kl} |S_{kl}|

    with the floor :math:`F` = `floor_db`. In empty bins (a telephone band leaves
    about a tenth of them empty) the floor decides the distance: state it with
    every figure.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    n_fft : int, default=256
        Length of a Hann-windowed frame in samples (32 ms at 8 kHz).
    hop_length : int, default=128
        Step from frame to frame in samples.
    floor_db : float, default=-60.0
        Floor of both spectra in dB relative to the largest magnitude of the
        clean one.

    Returns
    -------
    error : ndarray of shape (n_samples,) or float
        dB; 0 is perfect. NaN, with one warning that counts them, where the clean
        waveform is silent or shorter than a frame. A float where the inputs are
        1-D.

    Raises
    ------
    ValueError
        Where a parameter is out of bounds, or the waveforms are not finite, not
        mono or do not match.

    References
    ----------
    A. H. Gray and J. D. Markel, "Distance measures for speech processing", IEEE
    Transactions on Acoustics, Speech, and Signal Processing 24(5), 1976.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import log_spectral_distance_error
    >>> clean = np.random.default_rng(0).standard_normal(8000)
    >>> round(log_spectral_distance_error(clean, 10 * clean), 2)
    20.0
    """
    caller = "log_spectral_distance_error"
    check_number(caller, "n_fft", n_fft, Integral, min_val=2)
    check_number(caller, "hop_length", hop_length, Integral, min_val=1)
    check_number(caller, "floor_db", floor_db, Real, max_val=0, include_boundaries="neither")
    window = np.hanning(n_fft + 1)[:-1]

    def magnitudes(x):
        frames = np.lib.stride_tricks.sliding_window_view(x, n_fft)[::hop_length]
        return np.abs(np.fft.rfft(frames * window))

    def score_one(s, x):
        if len(s) < n_fft or not s.any():
            return np.nan
        S, X = magnitudes(s), magnitudes(x)
        floor = 10 ** (floor_db / 20) * S.max()
        if floor == 0:  # the only samples that are not zero lie outside every frame
            return np.nan
        difference = 20 * np.log10(np.maximum(S, floor) / np.maximum(X, floor))
        return np.mean(np.sqrt(np.mean(difference**2, axis=1)))

    return score_utterances(
        caller,
        score_one,
        f"the clean waveform is silent or shorter than a frame ({n_fft} samples)",
        clean,
        enhanced=enhanced,
    )


def fw_segmental_snr_score(
    clean: OneOrMany,
    enhanced: OneOrMany,
    *,
    sampling_rate: float,
    frame_ms: float = 30.0,
    hop_ms: float = 7.5,
    min_db: float = -10.0,
    max_db: float = 35.0,
) -> Scores:
    r"""Frequency-weighted segmental SNR (fwSegSNR), in dB.

    .. math::

        \frac{\sum_j |S_j|^{0.2} \, 10 \log_{10} \frac{|S_j|^2}{(|S_j| - |\hat S_j|)^2}}
        {\sum_j |S_j|^{0.2}}

    of each Hann-windowed frame, limited to `min_db` … `max_db`, and the mean taken of all
    frames. :math:`|S_j|` and :math:`|\hat S_j|` are the magnitudes in 25 critical bands up to
    4 kHz, at whatever rate. The magnitudes of each frame are divided by their sum, so that no
    level counts; in that sum alone counts what lies above. Frames in which the clean waveform
    is silent are left out.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to score, as many and as long as `clean`.
    sampling_rate : int
        Hz.
    frame_ms : float, default=30.0
        Length of a frame in milliseconds.
    hop_ms : float, default=7.5
        Step from frame to frame in milliseconds.
    min_db, max_db : float, default=-10.0, 35.0
        Limits of a frame in dB.

    Returns
    -------
    score : ndarray of shape (n_samples,) or float
        dB. NaN, with one warning that counts them, where the clean waveform is silent or
        shorter than a frame. A float where the inputs are 1-D.

    Raises
    ------
    ValueError
        Where a parameter is out of bounds, or the waveforms are not finite, not mono or do
        not match.

    See Also
    --------
    segmental_snr_score : Of the samples, not of magnitudes: phase and level count.

    Notes
    -----
    The bands are those of the programs that go with [1]_. The REVERB challenge takes 23 mel
    bands and frames of 25 ms: its figures do not compare with these.

    References
    ----------
    .. [1] Y. Hu and P. C. Loizou, "Evaluation of objective quality measures for speech
       enhancement", IEEE Transactions on Audio, Speech, and Language Processing 16(1), 2008.
    .. [2] J. M. Tribolet, P. Noll, B. J. McDermott and R. E. Crochiere, "A study of complexity
       and quality of speech waveform coders", ICASSP 1978: the measure.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import fw_segmental_snr_score
    >>> clean = np.random.default_rng(0).standard_normal(8000)
    >>> fw_segmental_snr_score(clean, 0.5 * clean, sampling_rate=8000)
    35.0
    """
    caller = "fw_segmental_snr_score"
    frame, hop = check_frames(caller, sampling_rate, frame_ms, hop_ms)
    check_number(caller, "max_db", max_db, Real, min_val=min_db)
    n_fft = 2 ** int(np.ceil(np.log2(2 * frame)))
    bands = _critical_bands(n_fft, sampling_rate)

    def in_bands(frames):
        magnitudes = np.abs(np.fft.rfft(frames, n_fft)[:, :-1])
        total = magnitudes.sum(axis=1, keepdims=True)
        return magnitudes / np.where(total > 0, total, 1) @ bands.T

    def compare(s, x):
        S, X = in_bands(s), in_bands(x)
        with np.errstate(divide="ignore", invalid="ignore"):
            snr = 10 * np.log10(S**2 / np.maximum((S - X) ** 2, _LEAST_ERROR))
            weights = S**_EXPONENT
            snr = np.where(S > 0, weights * snr, 0).sum(axis=1) / weights.sum(axis=1)
        return np.clip(snr, min_db, max_db)

    def score_one(s, x):
        if len(s) < frame:
            return np.nan
        return mean_of_lowest(compare_frames(compare, s, x, frame, hop), 1.0)

    return score_utterances(
        caller,
        score_one,
        f"the clean waveform is silent or shorter than a frame ({frame} samples)",
        clean,
        enhanced=enhanced,
    )


def _critical_bands(n_fft, sampling_rate):
    """Weights of the frequencies below half the sampling rate in each band."""
    widths = np.array(_WIDTHS)[:, None]
    centres = _LOWEST_CENTRE + np.cumsum(widths)[:, None] - widths
    per_hz = n_fft / sampling_rate
    away = (np.arange(n_fft // 2) - np.floor(centres * per_hz)) / (widths * per_hz)
    weights = np.exp(-11 * away**2) * (_WIDTHS[0] / widths)
    return np.where(weights > _LEAST_WEIGHT, weights, 0)


def inconsistency(S: Arrays, featurizer: Any, n_times: int | Sequence[int]) -> Scores:
    r"""How far an STFT is from being that of any waveform, in dB.

    .. math:: 10 \log_{10} \frac{\|S - \mathrm{STFT}(\mathrm{ISTFT}(S))\|^2}{\|S\|^2}

    The ISTFT is the least-squares one, so that its STFT is the nearest to :math:`S` of any
    waveform: what is measured is what no waveform can hold.

    Parameters
    ----------
    S : ndarray of shape (n_samples, n_frequencies, n_frames) or sequence of 2-D ndarray
        Complex STFTs, as ``featurizer.stft`` gives them. A single 2-D array is taken for one.
    featurizer : BaseFeaturizer
        Whose ``stft`` and ``istft`` are meant, such as :class:`~skse.STFTFeaturizer`.
    n_times : int or sequence of int
        Length of the waveforms, in samples, as for ``featurizer.istft``.

    Returns
    -------
    inconsistency : ndarray of shape (n_samples,) or float
        dB, within ±100: -100 stands for an STFT of a waveform, 0 for one of which nothing is
        left. NaN where `S` is 0. A float for a single STFT.

    Raises
    ------
    ValueError
        As ``featurizer.istft``, and where `S` has more frames than `n_times` fills.

    References
    ----------
    D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier
    transform", IEEE Transactions on Acoustics, Speech, and Signal Processing 32(2), 1984.
    J. Le Roux, N. Ono and S. Sagayama, "Explicit consistency constraints for STFT spectrograms
    and their application to phase reconstruction", SAPA 2008.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import STFTFeaturizer
    >>> from skse.metrics import inconsistency
    >>> featurizer = STFTFeaturizer()
    >>> S = featurizer.stft(np.random.default_rng(0).standard_normal((1, 8000)))
    >>> inconsistency(S, featurizer, 8000)
    array([-100.])
    >>> bool(inconsistency(np.abs(S) + 0j, featurizer, 8000)[0] > -10)  # without its phase
    True
    """
    single = isinstance(S, np.ndarray) and S.ndim == 2
    spectra = [S] if single else S
    again = featurizer.stft(featurizer.istft(spectra, n_times))
    values = []
    for i, (one, other) in enumerate(zip(spectra, again, strict=True)):
        if np.shape(one) != other.shape:
            raise ValueError(
                f"inconsistency: S[{i}] has {np.shape(one)[1]} frames, but n_times fills "
                f"{other.shape[1]}. Pass the n_times of the waveform that it is the STFT of."
            )
        one = np.ravel(one).astype(np.complex128)
        values.append(ratio_db(energy(np.abs(one - np.ravel(other))), energy(np.abs(one))))
    return float(values[0]) if single else np.array(values, dtype=np.float64)
