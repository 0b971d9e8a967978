"""The one form in which every loader returns its pairs."""

from typing import Any, TypeAlias

import numpy as np
from sklearn.utils import Bunch

# A Bunch, or the lists of noisy and of clean waveforms: return_X_y says which.
BunchOrLists: TypeAlias = Any
_LABELS = ("sentence", "speaker", "noise", "snr_db")


def make_bunch(rows, sampling_rate, descr, *, return_X_y=False, **extra):
    """Gather pairs and their labels.

    Parameters
    ----------
    rows : sequence of tuple
        ``(noisy, clean, sentence, speaker, noise, snr_db)``, one a pair.
    sampling_rate : int
        Hz.
    descr : str
        What the data are.
    return_X_y : bool, default=False
        Whether to return the two lists of waveforms only.
    **extra : dict
        Further entries.

    Returns
    -------
    data : Bunch, or tuple (noisy, clean)
    """
    noisy, clean, sentence, speaker, noise, snr_db = zip(*rows, strict=True)
    if return_X_y:
        return list(noisy), list(clean)
    return Bunch(
        noisy=list(noisy),
        clean=list(clean),
        sampling_rate=sampling_rate,
        sentence=np.array(sentence),
        speaker=np.array(speaker),
        noise=np.array(noise),
        snr_db=np.array(snr_db, dtype=np.float64),
        DESCR=descr,
        **extra,
    )


def take(data, indices):
    """Return the Bunch of some of the pairs of `data`.

    Parameters
    ----------
    data : Bunch
        As of :func:`make_bunch`.
    indices : array-like of int
        Which pairs, in which order.

    Returns
    -------
    data : Bunch
        The waveforms are shared with the Bunch given, not copied.
    """
    waveforms = {name: [data[name][i] for i in indices] for name in ("noisy", "clean")}
    labels = {name: data[name][indices] for name in _LABELS}
    return Bunch(**{**data, **waveforms, **labels})
