"""What is left of an enhancer's output where there should be silence."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from skse.utils import check_number, check_sampling_rate, check_waveform_pairs
from skse.utils.typing import OneOrMany

_AROUND = 200.0  # Hz, on either side: what a line is compared with
_FLOOR = 1e-20  # of a power, relative to full scale: -200 dB


def silence_spectrum(
    clean: OneOrMany,
    enhanced: OneOrMany,
    *,
    sampling_rate: float,
    n_fft: int = 1024,
    below_db: float = 50.0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    r"""Mean spectrum of what was enhanced, where clean speech is silent.

    A network of strided transposed convolutions may hum there, at multiples of the sampling rate
    divided by a power of its stride: tones that hardly show in scores, and are heard. In
    the spectrum they stand out from what is around them.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Waveforms to look at, as many and as long as `clean`.
    sampling_rate : int or float
        Hz.
    n_fft : int, default=1024
        Samples of a frame, under a Hann window; half of it lies from one to the next.
    below_db : float, default=50.0
        A frame of clean speech is silent where its power is so many dB, or more, below that of
        the loudest frame of the waveform.

    Returns
    -------
    frequencies : ndarray of shape (n_frequencies,)
        Hz.
    levels : ndarray of shape (n_frequencies,)
        Mean power of all silent frames of all waveforms, in dB: 0 for a sine of full scale (±1)
        at that frequency. Nothing is below -200.
    prominences : ndarray of shape (n_frequencies,)
        By how many dB a level lies above the median of those within 200 Hz. A tone in noise
        has more than 10.

    Raises
    ------
    ValueError
        Where no frame of `clean` is silent, and for an argument that cannot be used.

    Notes
    -----
    The spectrum is that of Welch's method; what counts as silent is ours.

    References
    ----------
    P. D. Welch, "The use of fast Fourier transform for the estimation of power spectra", IEEE
    Transactions on Audio and Electroacoustics 15(2), 1967.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import silence_spectrum
    >>> times = np.arange(16000) / 8000
    >>> clean = np.sin(2 * np.pi * 300 * times) * (times < 1)
    >>> enhanced = clean + 0.001 * np.sin(2 * np.pi * 2000 * times)
    >>> frequencies, levels, prominences = silence_spectrum(clean, enhanced, sampling_rate=8000)
    >>> float(frequencies[prominences.argmax()]), round(float(levels.max()))
    (2000.0, -60)
    """
    caller = "silence_spectrum"
    check_sampling_rate(caller, sampling_rate)
    check_number(caller, "n_fft", n_fft, Integral, min_val=4)
    check_number(caller, "below_db", below_db, Real, min_val=0, include_boundaries="neither")
    pair: Any = (clean, enhanced)
    if np.ndim(pair[0][0]) == 0:
        pair = [clean], [enhanced]
    pair = check_waveform_pairs(*pair, names=("clean", "enhanced"))
    window = np.hanning(n_fft + 1)[:-1]
    total, n_silent = np.zeros(n_fft // 2 + 1), 0
    for s, x in zip(*pair, strict=True):
        if len(s) < n_fft:
            continue
        s_frames, x_frames = (
            np.lib.stride_tricks.sliding_window_view(w, n_fft)[:: n_fft // 2] for w in (s, x)
        )
        power = np.mean(np.square(s_frames, dtype=np.float64), axis=1)
        silent = x_frames[power <= 10 ** (-below_db / 10) * power.max()]
        total += np.sum(np.abs(np.fft.rfft(silent * window)) ** 2, axis=0)
        n_silent += len(silent)
    if n_silent == 0:
        raise ValueError(
            f"{caller}: no frame of clean, of n_fft={n_fft} samples, is {below_db:g} dB below the "
            "loudest. Pass speech with pauses, or a smaller n_fft or below_db."
        )
    levels = 10 * np.log10(total / n_silent / (window.sum() / 2) ** 2 + _FLOOR)
    n_around = max(1, round(_AROUND * n_fft / sampling_rate))
    padded = np.pad(levels, n_around, mode="reflect" if n_around < len(levels) else "edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * n_around + 1)
    frequencies = np.fft.rfftfreq(n_fft, 1 / sampling_rate)
    return frequencies, levels, levels - np.median(around, axis=1)
