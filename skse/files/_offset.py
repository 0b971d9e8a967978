"""A constant (DC) offset between two recordings, which some scores count and others do not hear."""

from collections.abc import Iterable

import numpy as np

# Part of the error's power that the offset must be: with more, SNR is over 1 dB below what it is
# without.
_LEAST_PART = 0.2
# Of the RMS of the clean recording: what is below it is rounding, as of samples cut to 16 bits.
_LEAST = 1e-3


def offset_of(clean: np.ndarray, enhanced: np.ndarray) -> float:
    """Find a constant offset of one waveform against another, where scores depend on it.

    Parameters
    ----------
    clean, enhanced : ndarray of shape (n_times,)
        Waveforms.

    Returns
    -------
    offset : float
        Mean of ``enhanced - clean``; 0 where it makes up too little of the error to be told from
        it, or is too small to matter.
    """
    if len(clean) == 0:
        return 0.0
    error = np.subtract(enhanced, clean, dtype=np.float64)
    offset = float(error.mean())
    is_small = abs(offset) < _LEAST * float(np.std(clean, dtype=np.float64))
    return 0.0 if is_small or offset**2 < _LEAST_PART * float(np.mean(error**2)) else offset


def tell_offsets(recordings: Iterable[tuple[str, np.ndarray, np.ndarray]]) -> list[str]:
    """Say in a line which recordings have a constant offset against their clean ones.

    Parameters
    ----------
    recordings : iterable of tuple (str, ndarray, ndarray)
        Name of the file, clean waveform and enhanced one; a file of several channels comes
        several times.

    Returns
    -------
    lines : list of str
        Empty where none has one.
    """
    largest: dict[str, float] = {}
    for name, clean, enhanced in recordings:
        offset = offset_of(clean, enhanced)
        largest[name] = max(largest.get(name, 0.0), offset, key=abs)
    found = {name: offset for name, offset in largest.items() if offset}
    if not found:
        return []
    first = f" (first: {next(iter(found))})" if len(found) < len(largest) else ""
    most = max(found.values(), key=abs)
    return [
        f"{len(found)} of {len(largest)} recordings{first} have a constant (DC) offset against "
        f"their clean ones, by {most:+.2g} of full scale at most: SNR, SI-SDR and RMSE count it "
        "as an error, PESQ and STOI do not hear it. A high-pass filter takes it out, for example "
        "sox IN.wav OUT.wav highpass 20."
    ]
