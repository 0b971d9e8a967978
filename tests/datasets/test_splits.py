"""split_noizeus: who is on which side."""

import numpy as np
import pytest
from sklearn.utils import Bunch

from skse.datasets import split_noizeus
from skse.datasets._bunch import take
from skse.datasets._noizeus import NOISES, SENTENCES, SNRS_DB


@pytest.fixture(scope="module")
def data():
    pairs = [(s, noise, ratio) for noise in NOISES for ratio in SNRS_DB for s in SENTENCES]
    sentence, noise, ratio = map(np.array, zip(*pairs, strict=True))
    waveforms = [np.full(2, i, dtype=np.float32) for i in range(len(pairs))]
    return Bunch(
        noisy=waveforms,
        clean=waveforms,
        sampling_rate=8000,
        sentence=sentence,
        speaker=sentence,
        noise=noise,
        snr_db=ratio.astype(float),
        DESCR="labels only",
    )


def members(part):
    return {int(x[0]) for x in part.noisy}


@pytest.mark.parametrize(
    ("protocol", "sizes"),
    [("seed-720-210", (720, 210)), ("seed-660-60", (660, 60)), ("unseen", (480, 80))],
)
def test_sizes_and_disjoint_parts(data, protocol, sizes):
    train, test = split_noizeus(data, protocol)
    assert (len(train.noisy), len(test.noisy)) == sizes
    assert not members(train) & members(test)
    for part in (train, test):
        assert set(part) == set(data)
        for x, y, *labels in zip(
            part.noisy, part.clean, part.sentence, part.noise, part.snr_db, strict=True
        ):
            i = int(x[0])
            assert y[0] == i
            assert labels == [data.sentence[i], data.noise[i], data.snr_db[i]]


def test_seed_720_210(data):
    train, test = split_noizeus(data, "seed-720-210")
    assert set(train.snr_db) == {0, 5, 10}
    assert set(train.noise) == set(NOISES)
    assert set(test.snr_db) == {15}
    assert set(test.noise) == set(NOISES) - {"train"}


def test_seed_660_60(data):
    train, test = split_noizeus(data, "seed-660-60")
    assert set(np.unique(train.sentence, return_counts=True)[1]) == {22}
    assert set(np.unique(test.sentence, return_counts=True)[1]) == {2}
    assert set(train.snr_db) | set(test.snr_db) == {0, 5, 10}
    assert members(test) == members(split_noizeus(data, "seed-660-60")[1])
    assert members(test) != members(split_noizeus(data, "seed-660-60", random_state=1)[1])


def test_unseen_shares_no_sentence_and_no_noise(data):
    train, test = split_noizeus(data, "unseen")
    assert set(test.sentence) == {f"sp{i:02}" for i in (1, 2, 3, 4, 5, 26, 27, 28, 29, 30)}
    assert set(test.noise) == {"babble", "street"}
    assert set(train.sentence).isdisjoint(test.sentence)
    assert set(train.noise).isdisjoint(test.noise)


@pytest.mark.parametrize("protocol", ["seed-720-210", "seed-660-60", "unseen"])
def test_incomplete_corpus_is_refused(data, protocol):
    part = take(data, np.arange(10, 960))
    with pytest.raises(ValueError, match=rf"{protocol}.* training and .* Load the whole corpus"):
        split_noizeus(part, protocol)


def test_unknown_protocol(data):
    with pytest.raises(ValueError, match=r"protocol='seen' is not allowed.*'unseen'"):
        split_noizeus(data, "seen")
