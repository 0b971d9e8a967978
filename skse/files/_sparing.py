"""Recordings that come back as they are: a model would take as much speech as noise from them."""

import math

import numpy as np

from skse.models import LEAST_RATE, available_models, model_for

# In dB. At twice what a model takes from clean speech, half of it may be speech.
_MARGIN = 3.0
_AT_ONCE = 2**16  # samples


def least_taken(settings, rate):
    """Return how far below a recording that must be which a model takes from it.

    Parameters
    ----------
    settings : Settings
        Of a choice that was made, even of a limit, nothing is spared.
    rate : float
        At which the enhancer works, in Hz.

    Returns
    -------
    least_db : float
        Minus infinity where every recording is to be enhanced.
    """
    limits = settings.strength, settings.mask_floor_db
    if not settings.by_default or rate < LEAST_RATE or limits != (None, None):
        return -math.inf
    return _MARGIN - available_models()[model_for(rate)].clean_si_sdr_db


def taken_db(noisy, enhanced):
    """Return the energy of what was taken from all channels, in dB below that of the recording."""
    taken = whole = 0.0
    for x, y in zip(noisy, enhanced, strict=True):
        for begin in range(0, len(x), _AT_ONCE):
            x_part, y_part = (np.float64(z[begin : begin + _AT_ONCE]) for z in (x, y))
            taken += float(np.sum((x_part - y_part) ** 2))
            whole += float(np.sum(x_part**2))
    if whole == 0:
        return math.inf  # silence has nothing to spare
    return 10 * math.log10(taken / whole) if taken else -math.inf
