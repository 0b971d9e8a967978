"""The data of a recipe: split, resampled, cut to one length."""

from numbers import Integral

import numpy as np
from sklearn.utils import Bunch, check_random_state

from skse.datasets import split_noizeus, take
from skse.experiments import spread_subset
from skse.features import Resample
from skse.recipes._conditions import CONDITIONS
from skse.utils import check_choice, check_number

SPLITS = ("seed-720-210", "seed-660-60", "unseen")
# Part of each sentence's files that "seed-660-60" tests on: 2 of 24.
_TEST_FRACTION = 1 / 12
# Part of the speakers that "unseen" tests on, and how many of the noises: as in NOIZEUS.
_TEST_SPEAKERS, _TEST_NOISES = 1 / 3, 2


def prepare_pairs(
    data: Bunch,
    protocol: Bunch,
    *,
    hop_length: int = 128,
    limit: int | None = None,
    random_state: int = 0,
) -> tuple[Bunch, Bunch]:
    """Split a corpus as a recipe wants it, resample it and cut it to one length.

    Parameters
    ----------
    data : :class:`~sklearn.utils.Bunch`
        As of :func:`skse.datasets.fetch_noizeus` or another loader.
    protocol : :class:`~sklearn.utils.Bunch`
        Of a recipe:

        split : {"seed-720-210", "seed-660-60", "unseen"}
            As in :func:`skse.datasets.split_noizeus`. On another corpus the same rules: test
            on the highest SNR, in all noises but the last in alphabetical order; or, of the
            other SNRs, on 1 in 12 pairs of each sentence, and at least one; or on the last third
            of the speakers in the last two noises, and train on the other speakers in the
            other noises.
        sampling_rate : int
            Hz that the waveforms are resampled to.
        n_times : int
            Samples kept of each. Where the shortest waveform of `data` is shorter, all
            are cut to it, to whole hops.
        condition : {"rooms", "distortions"}, optional
            What is done to the pairs then: a third stays in its noise, a third is put into rooms
            instead, and a third into both; or clean speech is distorted by
            :func:`skse.datasets.distort`. Training and test have rooms of their own.
    hop_length : int, default=128
        Samples from one frame to the next.
    limit : int or None, default=None
        How many pairs to use, shared between training and test data as the whole corpus
        is, and spread over sentences, noises and SNRs. None uses all.
    random_state : int, default=0
        Draws the test pairs of "seed-660-60", the pairs within `limit`, rooms and distortions.

    Returns
    -------
    train, test : tuple of :class:`~sklearn.utils.Bunch`
        With the keys of `data`; waveforms float32, all of one length.

    Raises
    ------
    ValueError
        For an unknown split, a corpus that leaves nothing to train or to test on, or one
        that holds a part of NOIZEUS only.

    Examples
    --------
    >>> from sklearn.utils import Bunch
    >>> from skse.datasets import load_harvard
    >>> from skse.recipes import prepare_pairs
    >>> protocol = Bunch(split="seed-720-210", sampling_rate=16000, n_times=32640)
    >>> train, test = prepare_pairs(load_harvard(), protocol, limit=60)
    >>> len(train.noisy), len(test.noisy), set(train.snr_db.tolist()), set(test.snr_db.tolist())
    (46, 14, {0.0, 10.0, 5.0}, {15.0})
    >>> {len(waveform) for waveform in train.noisy + test.clean}
    {28288}
    """
    check_choice("prepare_pairs", "split", protocol.split, SPLITS)
    if data.get("DESCR", "").startswith("NOIZEUS"):
        parts = split_noizeus(data, protocol.split, random_state=random_state)
    else:
        split = _SPLITTERS[protocol.split]
        is_test = split(data, check_random_state(random_state))
        parts = [take(data, np.flatnonzero(chosen)) for chosen in is_test]
    if limit is not None:
        check_number("prepare_pairs", "limit", limit, Integral, min_val=2)
        n_all = sum(len(part.noisy) for part in parts)
        n_test = min(max(1, round(limit * len(parts[1].noisy) / n_all)), limit - 1)
        parts = [
            spread_subset(part, n_pairs, random_state=random_state)
            for part, n_pairs in zip(parts, (limit - n_test, n_test), strict=True)
        ]
    shortest = min(map(len, data.clean)) * protocol.sampling_rate // data.sampling_rate
    n_times = min(protocol.n_times, shortest // hop_length * hop_length)
    resample = Resample(data.sampling_rate, protocol.sampling_rate)
    parts = [_resample_and_cut(part, resample, n_times) for part in parts]
    condition = protocol.get("condition")
    if condition is not None:
        check_choice("prepare_pairs", "condition", condition, tuple(CONDITIONS))
        roles = zip(parts, ("train", "test"), strict=True)
        parts = [CONDITIONS[condition](*role, random_state=random_state) for role in roles]
    return tuple(parts)


def _split_by_snr(data, rng):
    highest, last = np.max(data.snr_db), max(data.noise.tolist())
    train, test = data.snr_db < highest, (data.snr_db == highest) & (data.noise != last)
    if not train.any() or not test.any():
        raise ValueError(
            "prepare_pairs: split='seed-720-210' tests on the highest SNR, in all noises but one, "
            f"and trains on the other SNRs; data has {len(set(data.snr_db))} SNRs and "
            f"{len(set(data.noise))} noises, and needs two of each."
        )
    return train, test


def _split_sentences(data, rng):
    pool = np.flatnonzero(data.snr_db < np.max(data.snr_db))
    train, test = np.zeros((2, len(data.noise)), dtype=bool)
    train[pool] = True
    for sentence in np.unique(data.sentence):
        own = rng.permutation(pool[data.sentence[pool] == sentence])
        if len(own) > 1:
            test[own[: max(1, round(len(own) * _TEST_FRACTION))]] = True
    if not test.any():
        raise ValueError(
            "prepare_pairs: split='seed-660-60' tests on some pairs of a sentence and trains on "
            "its others, all below the highest SNR; data has no sentence with two such pairs."
        )
    return train & ~test, test


def _split_unseen(data, rng):
    speakers, noises = np.unique(data.speaker), np.unique(data.noise)
    tested = speakers[-max(1, round(len(speakers) * _TEST_SPEAKERS)) :]
    own_speaker = np.isin(data.speaker, tested)
    own_noise = np.isin(data.noise, noises[-_TEST_NOISES:])
    train, test = ~own_speaker & ~own_noise, own_speaker & own_noise
    if not train.any() or not test.any():
        raise ValueError(
            "prepare_pairs: split='unseen' tests on speakers and noises that it does not train on; "
            f"data has {len(speakers)} speakers and {len(noises)} noises, and needs 2 and 3."
        )
    return train, test


_SPLITTERS = {
    "seed-720-210": _split_by_snr,
    "seed-660-60": _split_sentences,
    "unseen": _split_unseen,
}


def _resample_and_cut(part, resample, n_times):
    # Pairs of one sentence share their clean waveform: resample it once.
    by_identity = {id(x): x for x in part.noisy + part.clean}
    resampled = dict(
        zip(by_identity, resample.fit_transform(list(by_identity.values())), strict=True)
    )
    waveforms = {
        name: [resampled[id(x)][:n_times] for x in part[name]] for name in ("noisy", "clean")
    }
    return Bunch(**{**part, **waveforms, "sampling_rate": resample.target_rate})
