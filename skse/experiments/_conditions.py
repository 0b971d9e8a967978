"""Scores taken apart by noise and SNR."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from skse.metrics import mean_of_defined


def condition_means(
    scores: Mapping[str, np.ndarray], noise: Iterable[str], snr_db: Iterable[float]
) -> list[dict[str, Any]]:
    """Average the scores of utterances over every noise and SNR.

    Parameters
    ----------
    scores : dict of str to ndarray of shape (n_utterances,)
        By metric, such as :func:`skse.metrics.evaluate` gives.
    noise : sequence of str
        Noise of every utterance.
    snr_db : array-like of shape (n_utterances,)
        SNR of every utterance in dB; NaN where it is not known.

    Returns
    -------
    rows : list of dict
        One a condition, sorted: noise, snr_db, n_utterances, and the mean of every metric,
        NaN ignored.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.experiments import condition_means
    >>> condition_means({"stoi": np.array([0.5, 0.7, 0.9])}, ["car", "car", "babble"], [5, 5, 0])[1]
    {'noise': 'car', 'snr_db': 5.0, 'n_utterances': 2, 'stoi': 0.6}
    """
    chosen = {}
    for i, (name, level) in enumerate(zip(noise, snr_db, strict=True)):
        level = float(level) if np.isfinite(level) else float("-inf")  # NaN cannot be sorted
        chosen.setdefault((str(name), level), []).append(i)
    return [
        {
            "noise": name,
            "snr_db": level if np.isfinite(level) else float("nan"),
            "n_utterances": len(own),
            **{metric: mean_of_defined(values[own]) for metric, values in scores.items()},
        }
        for (name, level), own in sorted(chosen.items())
    ]
