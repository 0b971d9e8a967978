"""Delays are found to the sample, and none where there is none."""

import itertools

import numpy as np
import pytest
import soundfile
import soxr
from scipy.signal import butter, sosfilt

from skse.datasets import load_harvard
from skse.utils import Delay, find_delay

NOTHING = Delay(0, 1, False)


@pytest.fixture(scope="module")
def speech():
    data = load_harvard(noises=["white", "babble"], snr_db=0)
    return list(zip(data.clean, data.noisy, strict=True))


def late(x, n):
    """Lag by `n` samples, or lead, at the same length."""
    return np.concatenate([np.zeros(max(n, 0), x.dtype), x[max(-n, 0) :]])[: len(x)]


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("n", [0, 1, -1, 120, -80, 3000])
def test_speech_in_noise(speech, n, polarity):
    for clean, noisy in speech[::8]:
        assert find_delay(clean, polarity * late(noisy, n)) == (n, polarity, True)


def test_lengths_may_differ(rng):
    x = rng.standard_normal(8000)
    assert find_delay(x, np.concatenate([np.zeros(6000), x])) == (6000, 1, True)
    assert find_delay(x[2000:], x) == (2000, 1, True)
    assert find_delay(x, x[2000:]) == (-2000, 1, True)
    assert find_delay(x[:1000], x) == (0, 1, True)


def test_what_is_not_the_same_has_no_delay(speech):
    """Other sentences, the same speaker's too."""
    for (clean, _), (_, noisy) in itertools.pairwise(speech[:25]):
        assert find_delay(clean, noisy) == NOTHING


@pytest.mark.parametrize("rate", [8000, 44100])
def test_a_filter_turns_no_polarity(speech, rate):
    """A telephone's band, with its phase."""
    band = butter(4, [300, 3400], "bandpass", fs=rate, output="sos")
    for clean, noisy in speech[:12:2]:
        clean, noisy = (soxr.resample(x, 8000, rate) for x in (clean, noisy))
        found = find_delay(clean, sosfilt(band, noisy))
        assert found.polarity == 1
        assert 0 <= found.samples < 0.003 * rate
        assert find_delay(clean, -late(noisy, 441)) == (441, -1, True)


def test_two_of_about_the_same_strength_are_not_clear(rng):
    x = rng.standard_normal(8000)
    assert find_delay(x, late(x, 100) + 0.3 * late(x, 500)) == (100, 1, True)
    assert find_delay(x, late(x, 100) + 0.9 * late(x, 500)) == NOTHING
    assert find_delay(*rng.standard_normal((2, 50))) == NOTHING


@pytest.mark.parametrize("n", [0, 1, 2, 100])
def test_silence_and_too_little(n):
    for x in (np.zeros(n), np.ones(n)):
        assert find_delay(np.zeros(n), x) == find_delay(x, np.zeros(9)) == NOTHING


def test_a_tone_has_many_delays_and_no_clear_one(rng):
    tone = np.sin(np.arange(8000) / 7)
    for other in (tone, np.roll(tone, 30), tone[:7000], tone + 0.1 * rng.standard_normal(8000)):
        assert find_delay(tone, other) == NOTHING


def test_a_long_recording_is_compared_where_it_is_loud(monkeypatch, speech):
    monkeypatch.setattr("skse.utils._delay._MOST", 2**15)
    clean, noisy = speech[0]
    silence = np.zeros(3 * 2**15)
    assert find_delay(np.r_[silence, clean], np.r_[silence, late(noisy, 120)]) == (120, 1, True)


@pytest.mark.noizeus
@pytest.mark.parametrize("condition", ["babble_0dB", "car_0dB", "street_10dB", "train_15dB"])
def test_noizeus(noizeus_home, condition):
    """At -5 dB too, which NOIZEUS does not have."""
    for path in sorted((noizeus_home / condition / "wav").glob("*.wav")):
        noisy = soundfile.read(path, dtype="float32")[0]
        name = path.stem.split("_")[0]
        clean = soundfile.read(noizeus_home / f"clean_noizeus/wav/{name}.wav", dtype="float32")[0]
        assert find_delay(clean, noisy) == (0, 1, True)
        if condition.endswith("_0dB"):
            noisy = clean + 10 ** (5 / 20) * (noisy - clean)
        assert find_delay(clean, -late(noisy, 37)) == (37, -1, True)
