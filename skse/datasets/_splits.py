"""Splits of NOIZEUS into training and test data."""

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skse.datasets._bunch import take
from skse.datasets._noizeus import NOISES, SENTENCES
from skse.utils import check_choice
from skse.utils.typing import RandomState

_TRAINING_SNRS_DB = (0, 5, 10)
_LEFT_OUT = "train"
_N_TEST_FILES = 2


def split_noizeus(
    data: Bunch, protocol: str, *, random_state: RandomState = 0
) -> tuple[Bunch, Bunch]:
    """Split NOIZEUS into training and test data by a named protocol.

    ================  ==================================  ================================
    `protocol`        Training data                       Test data
    ================  ==================================  ================================
    ``seed-720-210``  0, 5 and 10 dB: 720 pairs           15 dB, all noises but train: 210
    ``seed-660-60``   of those 720, 22 of each sentence   the other 2 of each sentence
    ``unseen``        sp06 to sp25, noises other than     sp01 to sp05 and sp26 to sp30,
                      babble and street: 480 pairs        babble and street: 80 pairs
    ================  ==================================  ================================

    Only in ``unseen`` are the speakers, sentences and noises of the test data new. The
    other two repeat published experiments; their test data share all sentences and the
    very stretches of noise with training, and their scores are too good.

    Parameters
    ----------
    data : :class:`~sklearn.utils.Bunch`
        As of :func:`fetch_noizeus`, with at least the pairs that the protocol needs.
    protocol : {"seed-720-210", "seed-660-60", "unseen"}
        Name of the protocol.
    random_state : int, RandomState instance or None, default=0
        Draws the 2 test pairs of each sentence in ``seed-660-60``. Other protocols do
        not use it.

    Returns
    -------
    train, test : tuple of :class:`~sklearn.utils.Bunch`
        With the keys of `data`. Waveforms are shared with it, not copied.

    Raises
    ------
    ValueError
        For an unknown protocol, or where `data` does not hold all of its pairs.

    Notes
    -----
    The published test set of ``seed-720-210`` lacked one noise without saying which.
    Here it is train noise, whose folder at 15 dB is labelled 10 dB in its own prompts.

    Examples
    --------
    >>> from skse.datasets import fetch_noizeus, split_noizeus
    >>> train, test = split_noizeus(fetch_noizeus(), "unseen")  # doctest: +SKIP
    >>> len(train.noisy), len(test.noisy)  # doctest: +SKIP
    (480, 80)
    """
    check_choice("split_noizeus", "protocol", protocol, tuple(_PROTOCOLS))
    split, sizes = _PROTOCOLS[protocol]
    train, test = split(data, random_state)
    if (len(train), len(test)) != sizes:
        raise ValueError(
            f"split_noizeus: protocol={protocol!r} needs {sizes[0]} training and {sizes[1]} test "
            f"pairs; data has {len(train)} and {len(test)} of them. Load the whole corpus with "
            "fetch_noizeus()."
        )
    return take(data, train), take(data, test)


def _seed_720_210(data, random_state):
    known = np.isin(data.noise, NOISES)
    train = known & np.isin(data.snr_db, _TRAINING_SNRS_DB)
    test = known & (data.snr_db == 15) & (data.noise != _LEFT_OUT)
    return np.flatnonzero(train), np.flatnonzero(test)


def _seed_660_60(data, random_state):
    rng = check_random_state(random_state)
    pool, _ = _seed_720_210(data, None)
    test = []
    for sentence in SENTENCES:
        own = pool[data.sentence[pool] == sentence]
        test.extend(rng.permutation(own)[:_N_TEST_FILES])
    test = np.sort(np.array(test, dtype=int))
    return np.setdiff1d(pool, test), test


def _unseen(data, random_state):
    new_speech = np.isin(data.sentence, SENTENCES[:5] + SENTENCES[25:])
    new_noise = np.isin(data.noise, ("babble", "street"))
    return np.flatnonzero(~new_speech & ~new_noise), np.flatnonzero(new_speech & new_noise)


# Name -> function, and the numbers of training and test pairs
_PROTOCOLS = {
    "seed-720-210": (_seed_720_210, (720, 210)),
    "seed-660-60": (_seed_660_60, (660, 60)),
    "unseen": (_unseen, (480, 80)),
}
