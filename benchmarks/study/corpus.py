"""NOIZEUS, read once, and its splits."""

from functools import lru_cache

import numpy as np

from skse.datasets import fetch_noizeus, split_noizeus, take
from skse.experiments import spread_subset

# Protocol -> numbers of training and test pairs
PROTOCOLS = {
    "unseen": (480, 80),
    "seed-660-60": (660, 60),
    "seed-720-210": (720, 210),
    "unseen-selection": (240, 40),
}
# Held out of the training part of "unseen" to choose by: one speaker, two noises.
_HELD_OUT_SENTENCES = tuple(f"sp{i}" for i in range(21, 26))
_HELD_OUT_NOISES = ("car", "restaurant")


class Corpus:
    """The corpus and its splits, each read or made once.

    Parameters
    ----------
    data_home : str or None, default=None
        Folder of NOIZEUS.
    limit : int or None, default=None
        Pairs kept of each training and test set, for trials.
    load : callable, default=None
        Gives the corpus; for tests.
    split : callable, default=None
        ``split(data, protocol)`` gives training and test data; for tests.
    """

    def __init__(self, data_home=None, limit=None, load=None, split=None):
        self.data_home, self.limit = data_home, limit
        self._load = load or (lambda: fetch_noizeus(data_home=data_home))
        self._split = split or split_data
        self.split = lru_cache(maxsize=None)(self._split_and_cut)

    @property
    def data(self):
        """All pairs."""
        if not hasattr(self, "_data"):
            self._data = self._load()
        return self._data

    def _split_and_cut(self, protocol):
        parts = self._split(self.data, protocol)
        if self.limit is not None:
            parts = [spread_subset(part, self.limit, random_state=0) for part in parts]
        return tuple(parts)


def split_data(data, protocol):
    """Split by a protocol of :func:`split_noizeus`, or by "unseen-selection".

    The latter splits the training data of "unseen" once more, with other speakers and noises
    on either side, so that a system can be chosen without a look at the test data.
    """
    if protocol != "unseen-selection":
        return split_noizeus(data, protocol)
    train, _ = split_noizeus(data, "unseen")
    speech = np.isin(train.sentence, _HELD_OUT_SENTENCES)
    noise = np.isin(train.noise, _HELD_OUT_NOISES)
    return tuple(take(train, np.flatnonzero(x)) for x in (~speech & ~noise, speech & noise))
