"""What a filter makes of speech is told from noise, whatever both sound like."""

import numpy as np
import pytest
from scipy.signal import fftconvolve, lfilter

from skse import Remix, SpeechEnhancer
from skse.datasets import load_harvard, make_rooms, mix_at_snr, reverberate
from skse.enhancement._reverberation import explained_share, follow_from_speech

RATE = 8000


@pytest.fixture(scope="module")
def speech():
    return [x.astype(np.float64) for x in load_harvard(noises="white", snr_db=5).clean[:12]]


def decaying(rng, seconds=0.3):
    times = np.arange(int(seconds * RATE)) / RATE
    return 0.2 * rng.standard_normal(len(times)) * 10 ** (-3 * times / seconds)


def echo(rng, x):
    return fftconvolve(x, decaying(rng))[: len(x)]


def delayed(rng, x):
    return np.concatenate([np.zeros(5), x[:-5]]) - x


def equalised(rng, x):
    return lfilter([0.5], [1, -0.5], x) - x


def turned_up(rng, x):
    return 0.3 * x


FILTERS = [echo, delayed, equalised, turned_up]


@pytest.mark.parametrize("rest", FILTERS)
def test_what_a_filter_makes_is_explained(rng, speech, rest):
    shares = [explained_share(x, rest(rng, x)) for x in speech]
    assert min(shares) > 0.5
    assert follow_from_speech([x + rest(rng, x) for x in speech], speech)
    assert follow_from_speech([x + 1e-3 * rest(rng, x) for x in speech], speech)


def test_noise_is_not(speech):
    data = load_harvard()
    pairs = list(zip(data.clean, data.noisy, strict=True))
    shares = [explained_share(s, x - s) for s, x in pairs[::3]]
    assert max(shares) < 0.02
    assert not follow_from_speech(data.noisy, data.clean)
    others = [speech[i - 1] for i in range(len(speech))]  # speech of others, in their rooms
    rng = np.random.default_rng(0)
    noisy = []
    for x, other in zip(speech, others, strict=True):
        noisy.append(x + np.resize(other + echo(rng, other), len(x)))
    assert not follow_from_speech(noisy, speech)


def test_noise_and_echo_together(rng, speech):
    """By halves: the share that follows falls as noise comes on."""
    x = speech[0]
    rest = echo(rng, x)
    noise = rng.standard_normal(len(x)) * np.std(rest)
    shares = [explained_share(x, rest + level * noise) for level in (0, 0.3, 1, 3)]
    assert shares == sorted(shares, reverse=True)
    assert shares[1] > 0.5
    in_noise = [s + echo(rng, s) for s in speech]
    in_noise = [mix_at_snr(s, rng.standard_normal(len(s)), 10) for s in in_noise]
    assert follow_from_speech(in_noise, speech)


def test_one_in_ten_is_enough(rng, speech):
    noisy = [x + 0.1 * rng.standard_normal(len(x)) for x in speech]
    assert not follow_from_speech(noisy, speech)
    noisy[3] = speech[3] + echo(rng, speech[3])
    assert not follow_from_speech(noisy, speech)  # one of twelve
    noisy[7] = speech[7] + echo(rng, speech[7])
    assert follow_from_speech(noisy, speech)


def test_silence_and_short_waveforms():
    assert explained_share(np.zeros(100), np.ones(100)) == 0
    assert explained_share(np.ones(100), np.zeros(100)) == 0
    assert explained_share(np.ones(1), np.ones(1)) <= 1
    assert not follow_from_speech([np.ones(3)], [np.ones(3)])
    half = np.concatenate([np.zeros(4000), np.random.default_rng(0).standard_normal(4000)])
    assert explained_share(half, half) <= 0.1  # no half to learn from, none to try on
    for tone in (np.ones(4096), np.sin(0.3 * np.arange(4096))):  # which no filter is unique to
        assert explained_share(tone, 0.5 * tone) > 0.5
        assert explained_share(tone, half[-4096:]) < 0.1


@pytest.mark.parametrize("early_ms", [None, 50])
@pytest.mark.parametrize("rt60", [0.2, 0.5])
def test_simulated_rooms_are_told(speech, rt60, early_ms):
    pytest.importorskip("pyroomacoustics")
    rooms = make_rooms(3, rt60=rt60, random_state=0)
    data = reverberate(speech, rooms, sampling_rate=RATE, early_ms=early_ms, random_state=0)
    shares = [
        explained_share(s, np.subtract(x, s)) for x, s in zip(data.noisy, data.clean, strict=True)
    ]
    assert np.median(shares) > 0.5
    assert follow_from_speech(data.noisy, data.clean)


def test_reverberant_pairs_are_not_mixed_anew(rng, speech):
    """They are taken as they are where remix is "auto", and refused where it is asked for."""
    from sklearn.linear_model import Ridge

    noisy = [x + echo(rng, x) for x in speech]
    for remix in (True, Remix(n_mixtures=4)):
        with pytest.raises(ValueError, match="remix takes noisy minus clean for noise, but here"):
            SpeechEnhancer(regressor=Ridge(), remix=remix).fit(noisy, speech)
    own_noise = Remix(n_mixtures=4, babble=0.5, coloured_noise=0.5)  # takes none from the pairs
    SpeechEnhancer(regressor=Ridge(), remix=own_noise).fit(noisy, speech)
