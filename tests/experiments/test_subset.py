import numpy as np
import pytest

from skse.datasets import load_harvard
from skse.experiments import spread_subset


@pytest.fixture(scope="module")
def harvard():
    return load_harvard()


@pytest.mark.parametrize("n_pairs", [1, 48, 96])
def test_labels_keep_their_share(harvard, n_pairs):
    part = spread_subset(harvard, n_pairs)
    assert len(part.noisy) == len(part.clean) == len(part.snr_db) == n_pairs
    counts = np.unique(part.sentence, return_counts=True)[1]
    assert counts.max() - counts.min() <= 1
    assert len(counts) == min(n_pairs, 48)
    conditions = list(zip(part.noise, part.snr_db, strict=True))
    assert len(set(conditions)) >= min(n_pairs, 28)  # of 32; sentences come first


def test_pairs_stay_together(harvard):
    part = spread_subset(harvard, 20, random_state=1)
    for noisy, clean, level in zip(part.noisy, part.clean, part.snr_db, strict=True):
        noise = noisy.astype(float) - clean
        assert 10 * np.log10(np.sum(clean.astype(float) ** 2) / np.sum(noise**2)) == pytest.approx(
            level, abs=0.01
        )


def test_all_of_it_is_itself(harvard):
    assert spread_subset(harvard, 192) is harvard
    assert spread_subset(harvard, 1000) is harvard


def test_same_seed_same_pairs(harvard):
    first, again = (spread_subset(harvard, 10, random_state=3) for _ in range(2))
    assert list(first.sentence) == list(again.sentence)
    assert list(first.noise) == list(again.noise)


@pytest.mark.parametrize("n_pairs", [0, -1, 2.5])
def test_bad_number(harvard, n_pairs):
    with pytest.raises(ValueError, match="spread_subset: n_pairs"):
        spread_subset(harvard, n_pairs)
