"""Metrics on the short-time spectrum."""

from numbers import Integral, Real

import numpy as np

from skse.metrics._base import score_utterances
from skse.utils import check_number
from skse.utils.typing import OneOrMany, Scores


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
