import numpy as np
import pytest
from sklearn.utils import Bunch

from skse.datasets import fetch_noizeus, split_noizeus
from skse.recipes import get_recipe, prepare_pairs


def protocol(split, rate=16000, n_times=32640):
    return Bunch(split=split, sampling_rate=rate, n_times=n_times)


def corpus(noises, snr_db, n_sentences=3):
    """Every sentence in every noise at every SNR, in waveforms that hold nothing."""
    sentences = [f"s{i}" for i in range(n_sentences)]
    grid = np.array(np.meshgrid(sentences, noises, snr_db, indexing="ij")).reshape(3, -1)
    waveforms = [np.zeros(400, np.float32)] * grid.shape[1]
    return Bunch(
        noisy=waveforms,
        clean=waveforms,
        sampling_rate=8000,
        sentence=grid[0],
        speaker=grid[0],
        noise=grid[1],
        snr_db=grid[2].astype(float),
    )


def keys(data):
    return set(zip(data.sentence.tolist(), data.noise.tolist(), data.snr_db.tolist(), strict=True))


def test_highest_snr_is_tested_in_all_noises_but_one(harvard):
    train, test = prepare_pairs(harvard, protocol("seed-720-210"))
    assert set(train.snr_db) == {0, 5, 10}
    assert set(test.snr_db) == {15}
    assert set(train.noise) - set(test.noise) == {"white"}
    assert (len(train.noisy), len(test.noisy)) == (144, 42)


def test_some_pairs_of_every_sentence_are_tested():
    data = corpus(["white", "car", "pink", "street"], [0, 5, 10, 15])
    train, test = prepare_pairs(data, protocol("seed-660-60"))
    assert max(test.snr_db) < 15
    assert set(train.snr_db) == {0, 5, 10}
    assert not keys(train) & keys(test)
    _, counts = np.unique(test.sentence, return_counts=True)
    assert counts.tolist() == [1] * 3  # 1 in 12
    assert len(train.noisy) == 3 * 11
    _, other = prepare_pairs(data, protocol("seed-660-60"), random_state=1)
    assert keys(other) != keys(test)


def test_waveforms_are_resampled_and_cut_to_whole_hops_of_the_shortest(harvard):
    train, test = prepare_pairs(harvard, protocol("seed-720-210"))
    shortest = 2 * min(map(len, harvard.clean))
    n_times = shortest - shortest % 128
    assert {len(x) for x in train.noisy + train.clean + test.noisy + test.clean} == {n_times}
    assert train.sampling_rate == test.sampling_rate == 16000
    # Same speech at twice the rate: what the spectrum of the whole holds below 4 kHz stays.
    i = int(np.flatnonzero(harvard.snr_db == 0)[0])
    x, y = harvard.noisy[i][: n_times // 2], train.noisy[0][::2]
    middle = slice(500, -500)
    assert np.corrcoef(x[middle], y[middle])[0, 1] > 0.99
    train, _ = prepare_pairs(harvard, protocol("seed-720-210", 7000, 1280))
    assert {len(x) for x in train.noisy} == {1280}


def test_limit_is_shared_as_the_whole_is(harvard):
    train, test = prepare_pairs(harvard, protocol("seed-720-210"), limit=31)
    assert (len(train.noisy), len(test.noisy)) == (24, 7)
    assert len(set(train.noise)) == 8
    train, test = prepare_pairs(harvard, protocol("seed-720-210"), limit=2)
    assert (len(train.noisy), len(test.noisy)) == (1, 1)


@pytest.mark.parametrize(
    ("split", "options", "match"),
    [
        ("seed", {}, "split='seed' is not allowed; choose from 'seed-660-60', 'seed-720-210'"),
        ("seed-720-210", {"limit": 1}, "prepare_pairs: limit == 1, must be >= 2"),
    ],
)
def test_bad_parameter(harvard, split, options, match):
    with pytest.raises(ValueError, match=match):
        prepare_pairs(harvard, protocol(split), **options)


@pytest.mark.parametrize(
    ("split", "noises", "snr_db"),
    [
        ("seed-720-210", ["car"], [5, 10]),
        ("seed-720-210", ["car", "white"], [5]),
        ("seed-660-60", ["car"], [5, 10]),
    ],
)
def test_data_that_cannot_be_split(split, noises, snr_db):
    with pytest.raises(ValueError, match=f"split='{split}' tests on .* data has "):
        prepare_pairs(corpus(noises, snr_db), protocol(split))


@pytest.mark.noizeus
@pytest.mark.parametrize("name", ["seed-04", "todo-unet-irm"])
def test_noizeus_gives_the_sizes_of_the_seed(noizeus_home, name):
    data = fetch_noizeus(data_home=noizeus_home)
    recipe = get_recipe(name)
    train, test = prepare_pairs(data, recipe.protocol)
    assert (len(train.noisy), len(test.noisy)) == (660, 60)
    assert keys(test) == keys(split_noizeus(data, "seed-660-60")[1])
    assert {len(x) for x in train.noisy + test.clean} == {recipe.protocol.n_times}
    featurizer = recipe.enhancer.featurizer
    n_frequencies = {"seed-04": 256, "todo-unet-irm": 129}[name]
    assert featurizer.stft(test.noisy[0]).shape == (n_frequencies, recipe.enhancer.segment_frames)
    with pytest.raises(ValueError, match="Load the whole corpus"):
        prepare_pairs(fetch_noizeus(data_home=noizeus_home, noises="car"), recipe.protocol)
