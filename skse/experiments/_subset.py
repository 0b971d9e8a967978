"""Part of a corpus, chosen so that every label keeps its share."""

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skse.datasets import take
from skse.utils import check_number
from skse.utils.typing import RandomState


def spread_subset(data: Bunch, n_pairs: int, *, random_state: RandomState = 0) -> Bunch:
    """Choose pairs so that sentences, and noises at each SNR, occur equally often.

    Parameters
    ----------
    data : :class:`~sklearn.utils.Bunch`
        As of :func:`skse.datasets.load_harvard` and the other loaders.
    n_pairs : int
        How many pairs to keep; all where `data` has no more.
    random_state : int, RandomState instance or None, default=0
        Decides between pairs that are equally good.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        In the order of the data given. The waveforms are shared, not copied.

    Raises
    ------
    ValueError
        Where `n_pairs` is not a positive integer.

    Examples
    --------
    >>> from skse.experiments import spread_subset
    >>> from skse.datasets import load_harvard
    >>> data = spread_subset(load_harvard(), 48)
    >>> len(set(data.sentence)), len(set(data.noise))
    (48, 8)
    """
    check_number("spread_subset", "n_pairs", n_pairs, Integral, min_val=1)
    n_all = len(data.noisy)
    if n_pairs >= n_all:
        return data
    sentence = np.unique(data.sentence, return_inverse=True)[1]
    condition = np.unique(np.column_stack([data.noise, data.snr_db]), axis=0, return_inverse=True)
    labels = (sentence, condition[1].ravel())
    order = check_random_state(random_state).permutation(n_all)
    counts = [np.zeros(label.max() + 1, dtype=int) for label in labels]
    taken = np.zeros(n_all, dtype=bool)
    for _ in range(n_pairs):
        seen = [count[label][order] for count, label in zip(counts, labels, strict=True)]
        chosen = order[np.lexsort((seen[1], seen[0], taken[order]))[0]]
        taken[chosen] = True
        for count, label in zip(counts, labels, strict=True):
            count[label[chosen]] += 1
    return take(data, np.flatnonzero(taken))
