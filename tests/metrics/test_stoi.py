"""STOI and ESTOI against pystoi, recording by recording."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import product

import numpy as np
import pystoi
import pytest

from skse.metrics import _stoi
from skse.metrics._stoi import stoi
from skse.utils import ArrayStore

RATES = [7999, 8000, 10000, 11025, 16000, 22050, 44100, 48000]


def make_pair(rng, rate, seconds, noise=0.1):
    """Modulated noise with pauses, and the same with noise added."""
    n_times = round(rate * seconds)
    envelope = np.maximum(0.2 * np.sin(2 * np.pi * 3 * np.arange(n_times) / rate) + 0.1, 1e-5)
    clean = envelope * rng.standard_normal(n_times)
    return clean, clean + noise * rng.standard_normal(n_times)


def theirs(clean, enhanced, rate, extended):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        score = pystoi.stoi(clean, enhanced, rate, extended=extended)
    return np.nan if score == 1e-5 else score


@pytest.fixture(autouse=True)
def store(monkeypatch):
    """An empty store in place of the process's own."""
    store = ArrayStore()
    monkeypatch.setattr(_stoi, "CLEAN", store)
    return store


@pytest.fixture
def n_analysed(monkeypatch):
    """How many clean recordings were analysed."""
    analysed, original = [], _stoi._analyse

    def analyse(clean, sampling_rate):
        analysed.append(len(clean))
        return original(clean, sampling_rate)

    monkeypatch.setattr(_stoi, "_analyse", analyse)
    return lambda: len(analysed)


# 15 s are more frames than are computed together.
@pytest.mark.parametrize(
    ("rate", "seconds"), [*product(RATES, [0.7, 1, 2.2222]), (8000, 15), (10000, 15)]
)
@pytest.mark.parametrize("extended", [False, True])
def test_stoi_equals_pystoi(extended, rate, seconds, rng):
    clean, enhanced = make_pair(rng, rate, seconds)
    expected = theirs(clean, enhanced, rate, extended)
    assert np.isfinite(expected)
    for _ in range(2):  # the second time the clean side is looked up
        score = stoi(clean, enhanced, sampling_rate=rate, extended=extended)
        assert score == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("level", [1e-4, 1.0, 200.0])
@pytest.mark.parametrize("noise", [0.0, 0.01, 1.0])
@pytest.mark.parametrize("extended", [False, True])
def test_levels_and_noises(extended, noise, level, rng):
    clean, enhanced = (level * x for x in make_pair(rng, 8000, 1.5, noise))
    expected = theirs(clean, enhanced, 8000, extended)
    score = stoi(clean, enhanced, sampling_rate=8000, extended=extended)
    assert score == pytest.approx(expected, abs=1e-9)
    with_itself = stoi(clean, clean, sampling_rate=8000, extended=extended)
    assert with_itself == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("n_times", [*range(3970, 3973), *range(4090, 4100), 4223, 4224, 4225])
@pytest.mark.parametrize("extended", [False, True])
def test_around_the_shortest_length(extended, n_times, rng):
    clean, enhanced = rng.standard_normal((2, n_times))
    expected = theirs(clean, enhanced, 10000, extended)
    score = stoi(clean, enhanced, sampling_rate=10000, extended=extended)
    np.testing.assert_allclose(score, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("n_times", [1, 255, 256, 257, 3000])
def test_too_short_is_nan(n_times, rng):
    clean, enhanced = rng.standard_normal((2, n_times))
    assert np.isnan(stoi(clean, enhanced, sampling_rate=8000, extended=False))


@pytest.mark.parametrize("n_loud", [2000, 2800, 3000, 3200, 4000])
def test_too_little_speech_is_nan(n_loud, rng):
    clean, enhanced = rng.standard_normal((2, 20000))
    clean[n_loud:] *= 1e-4
    expected = theirs(clean, enhanced, 8000, False)
    assert np.isnan(expected) == (n_loud < 3200)
    score = stoi(clean, enhanced, sampling_rate=8000, extended=False)
    np.testing.assert_allclose(score, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("extended", [False, True])
def test_what_is_silent_for_a_while_is_scored_without_a_warning(extended, rng):
    clean, enhanced = make_pair(rng, 8000, 3)
    clean[:3000] = 0
    enhanced[8000:17000] = 0
    expected = theirs(clean, enhanced, 8000, extended)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = [stoi(clean, enhanced, sampling_rate=8000, extended=extended) for _ in range(2)]
    assert scores[0] == scores[1]
    # Where nothing is left ESTOI is that of random numbers, which are not those of pystoi.
    assert scores[0] == pytest.approx(expected, abs=0.02 if extended else 1e-9)


def test_the_global_generator_is_left_alone(rng):
    clean, enhanced = make_pair(rng, 8000, 1)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    stoi(clean, enhanced, sampling_rate=8000, extended=True)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_the_clean_side_is_computed_once(n_analysed, rng):
    clean, enhanced = make_pair(rng, 8000, 1)
    for weight in (0, 0.5, 1):
        for extended in (False, True):
            candidate = clean + weight * (enhanced - clean)
            stoi(clean.copy(), candidate, sampling_rate=8000, extended=extended)
    assert n_analysed() == 1


def test_no_other_clean_side_is_taken(n_analysed, rng):
    clean, enhanced = make_pair(rng, 8000, 1)
    for n in range(1, 4):
        clean[4000] += 1e-3  # in place: the same array holds another recording
        score = stoi(clean, enhanced, sampling_rate=8000, extended=False)
        assert score == pytest.approx(theirs(clean, enhanced, 8000, False), abs=1e-12)
        assert n_analysed() == n
    score = stoi(clean, enhanced, sampling_rate=9000, extended=False)
    assert score == pytest.approx(theirs(clean, enhanced, 9000, False), abs=1e-12)


def test_memory_is_bounded(store, monkeypatch, rng):
    monkeypatch.setattr(_stoi, "_STORE_BYTES", 50_000)
    for _ in range(10):
        clean, enhanced = make_pair(rng, 10000, 1.5)
        stoi(clean, enhanced, sampling_rate=10000, extended=False)
        assert 0 < store.n_bytes <= 50_000


def test_threads(rng):
    pairs = [make_pair(rng, 8000, 1) for _ in range(4)] * 4

    def score(pair):
        return stoi(*pair, sampling_rate=8000, extended=False)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(score, pairs)) == list(map(score, pairs))
