"""STFTs and features that the candidates of a search share."""

import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold

from skse import (
    IdealMaskTarget,
    MelFeaturizer,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    oracle_predict,
)
from skse.enhancement import _shared_stfts, seconds_saved
from skse.enhancement._shared_stfts import SharedRecording
from skse.features import NoiseTracker, _base
from skse.utils import ArrayStore


@pytest.fixture
def store(monkeypatch):
    """An empty store in place of the process's own."""
    store = ArrayStore()
    monkeypatch.setattr(_shared_stfts, "STFTS", store)
    return store


@pytest.fixture
def n_computed(monkeypatch):
    """How many STFTs of waveforms were computed."""
    counts = []
    original = _base.analyse

    def analyse(waveforms, *args):
        counts.append(len(waveforms))
        return original(waveforms, *args)

    monkeypatch.setattr(_base, "analyse", analyse)
    return lambda: sum(counts)


@pytest.fixture
def pairs(rng):
    clean = [rng.standard_normal(3000 + 100 * i).astype(np.float32) for i in range(6)]
    return [s + rng.standard_normal(len(s)).astype(np.float32) for s in clean], clean


GRID = [
    {"target": [SpectrumTarget()], "regressor__alpha": [1.0, 10.0]},
    {"target": [IdealMaskTarget()], "regressor__alpha": [1.0, 10.0]},
]


def search(pairs, n_jobs=None, grid=GRID, **params):
    enhancer = SpeechEnhancer(regressor=Ridge(), **params)
    cv = GroupKFold(3)
    return GridSearchCV(enhancer, grid, cv=cv, n_jobs=n_jobs).fit(*pairs, groups=range(6))


def test_a_sweep_computes_each_stft_once(pairs, store, n_computed):
    """Four candidates, three folds and a refit, of 6 noisy and 6 clean recordings."""
    plain = search(pairs)
    without = n_computed()
    # Fit on 4 pairs and, for the target, the first once more; score 2 noisy ones; refit.
    assert without == 4 * 3 * (5 * 2 + 2) + 7 * 2
    shared = search(pairs, stft_cache_mb=10)
    assert n_computed() - without == 6 * 2
    np.testing.assert_array_equal(
        shared.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )
    for x, y in zip(plain.predict(pairs[0]), shared.predict(pairs[0]), strict=True):
        np.testing.assert_array_equal(x, y)


def test_workers_share_within_themselves(pairs):
    plain, shared = (search(pairs, n_jobs=2, stft_cache_mb=mb) for mb in (0, 10))
    np.testing.assert_array_equal(
        shared.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"]
    )


def test_only_what_is_the_same_is_shared(rng, store, n_computed):
    x = rng.standard_normal(3000).astype(np.float32)
    changed = x.copy()
    changed[1500] += 1e-6
    recordings = {
        1: (x, STFTFeaturizer(), 1.0),
        2: (changed, STFTFeaturizer(), 1.0),
        3: (x, STFTFeaturizer(), 2.0),
        4: (x, STFTFeaturizer(n_fft=512), 1.0),
        5: (x, STFTFeaturizer(hop_length=64), 1.0),
        6: (x, STFTFeaturizer(window="hamming"), 1.0),
        7: (x, STFTFeaturizer(window=np.ones(256)), 1.0),
        8: (x, STFTFeaturizer(drop_nyquist=True), 1.0),
    }
    assert recordings[8][1].n_frequencies == 128
    for n, (waveform, featurizer, gain) in recordings.items():
        stft = SharedRecording(waveform, featurizer, gain, np.empty, 1e9).stft()
        assert n_computed() == n
        with pytest.raises(ValueError, match="read-only"):
            stft[0, 0] = 0
    SharedRecording(x.copy(), STFTFeaturizer(scale="power"), 1.0, np.empty, 1e9).stft()
    SharedRecording(x, MelFeaturizer(8000), 1.0, np.empty, 1e9).stft(0, 1 + 3000 // 128 + 1)
    assert n_computed() == 8
    SharedRecording(x, STFTFeaturizer(), 1.0, np.empty, 1e9).stft(2, 9)
    assert n_computed() == 9


def test_nothing_is_kept_by_default(pairs, store):
    enhancer = SpeechEnhancer(regressor=Ridge()).fit(*pairs)
    enhancer.predict(pairs[0])
    oracle_predict(enhancer, *pairs)
    assert store.n_bytes == 0
    with pytest.raises(ValueError, match="stft_cache_mb == -1, must be >= 0"):
        SpeechEnhancer(regressor=Ridge(), stft_cache_mb=-1).fit(*pairs)


def test_a_featurizer_of_ones_own_is_not_shared(pairs, store):
    class Own(STFTFeaturizer):
        def stft(self, X):
            return super().stft(X)

    SpeechEnhancer(Own(), regressor=Ridge(), stft_cache_mb=10).fit(*pairs)
    assert store.n_bytes == 0
    SpeechEnhancer(regressor=Ridge(), stft_cache_mb=10).fit(*pairs)
    assert store.n_bytes > 0


@pytest.fixture
def n_tracked(monkeypatch):
    """Frames of how many recordings the noise was followed through."""
    counts = []
    original = NoiseTracker.update

    def update(self, power, state):
        counts.append(len(power))
        return original(self, power, state)

    monkeypatch.setattr(NoiseTracker, "update", update)
    return lambda: sum(counts)


NOISE_AWARE = STFTFeaturizer(noise_channels=["prior_snr"])


def test_a_sweep_follows_the_noise_of_each_recording_once(pairs, store, n_tracked):
    grid = [
        {"target": [IdealMaskTarget()], "regressor__alpha": [1.0, 10.0]},
        {"target": [SpectrumTarget()]},
    ]
    plain = search(pairs, grid=grid, featurizer=NOISE_AWARE)
    without = n_tracked()
    shared = search(pairs, grid=grid, featurizer=NOISE_AWARE, stft_cache_mb=10)
    # Each is trained on in two folds of three and tested in one, by three candidates; refit. Those
    # that run abreast are as long as the longest: up to 31 of 25 to 31 frames.
    assert n_tracked() - without < without / 9
    np.testing.assert_allclose(
        shared.cv_results_["mean_test_score"], plain.cv_results_["mean_test_score"], rtol=1e-5
    )


def features_of(featurizer, stfts, asked):
    """Shared features; each is the mean of its STFT, and `asked` learns how many are computed."""

    def compute(new):
        asked.append(len(new))
        return [np.full(3, abs(stft.mean()), np.float32) for stft in new]

    return _shared_stfts.shared_features(featurizer, stfts, compute, 1e6)


@pytest.fixture
def stfts(rng):
    return [NOISE_AWARE.stft(rng.standard_normal(n).astype(np.float32)) for n in (2000, 3000)]


def test_features_are_shared_by_what_they_depend_on(stfts, store):
    asked = []
    first = features_of(NOISE_AWARE, stfts, asked)
    again = features_of(clone(NOISE_AWARE), [stfts[1].copy(), stfts[0]], asked)
    assert asked == [2, 0]
    assert again[0] is first[1]
    assert again[1] is first[0]
    with pytest.raises(ValueError, match="read-only"):
        first[0][0] = 1
    features_of(STFTFeaturizer(noise_channels=["noise"]), stfts, asked)
    features_of(NOISE_AWARE, [2 * stfts[0], stfts[1]], asked)
    assert asked == [2, 0, 2, 1]


def test_a_recording_that_comes_twice_has_its_own_features(stfts, store):
    asked = []
    a, b = stfts
    features = features_of(NOISE_AWARE, [a, a, b, a], asked)
    for stft, x in zip([a, a, b, a], features, strict=True):
        assert x[0] == pytest.approx(abs(stft.mean()), rel=1e-6)
    assert asked == [2]
    assert features_of(NOISE_AWARE, [b], asked)[0] is features[2]


def test_another_thread_that_is_first_changes_nothing(stfts, store):
    """It computes the same between the look at what is kept and the end of this computation."""
    a, b = stfts

    def compute(new):
        if len(new) == 2:
            _shared_stfts.shared_features(NOISE_AWARE, [a], compute, 1e6)
        return [np.full(3, abs(stft.mean()), np.float32) for stft in new]

    features = _shared_stfts.shared_features(NOISE_AWARE, [a, b], compute, 1e6)
    for stft, x in zip([a, b], features, strict=True):
        assert x[0] == pytest.approx(abs(stft.mean()), rel=1e-6)


def test_features_hold_no_more_memory_than_is_counted(rng, store):
    clean = [rng.standard_normal(3000).astype(np.float32) for _ in range(4)]
    chain = SpeechEnhancer(NOISE_AWARE, regressor=Ridge(), stft_cache_mb=10).make_chain()
    for x in chain._inputs_abreast([NOISE_AWARE.stft(x) for x in clean]):
        assert x.base is None


def test_the_time_that_was_saved_is_known(stfts, store):
    def compute(new):
        time.sleep(0.02 * len(new))
        return [np.zeros(3, np.float32) for _ in new]

    before = seconds_saved()
    _shared_stfts.shared_features(NOISE_AWARE, stfts, compute, 1e6)
    assert seconds_saved() == before
    _shared_stfts.shared_features(NOISE_AWARE, stfts[:1], compute, 1e6)
    assert seconds_saved() - before >= 0.02


class OwnFeatures(STFTFeaturizer):
    """Whatever it does, its parameters do not tell."""


@pytest.mark.parametrize(
    "featurizer", [STFTFeaturizer(), OwnFeatures(noise_channels=["noise"])], ids=["plain", "own"]
)
def test_only_features_that_follow_the_noise_are_kept(pairs, store, featurizer):
    SpeechEnhancer(STFTFeaturizer(), regressor=Ridge(), stft_cache_mb=10).fit(*pairs)
    n_bytes = store.n_bytes
    store.clear()
    SpeechEnhancer(featurizer, regressor=Ridge(), stft_cache_mb=10).fit(*pairs)
    assert store.n_bytes == n_bytes
    SpeechEnhancer(NOISE_AWARE, regressor=Ridge(), stft_cache_mb=10).fit(*pairs)
    assert store.n_bytes > n_bytes
