"""Speech made to whisper."""

import re
import sys
import warnings

import numpy as np
import pytest
from scipy.signal import lfilter

from skse.datasets import load_harvard, whisper
from skse.metrics import log_spectral_distance_error

RATE = 8000
METHODS = ["lpc", "world"]


@pytest.fixture
def vowel():
    """A pulse train of 125 Hz through two resonances, and the power of its envelope."""
    pulses = np.zeros(2 * RATE)
    pulses[:: RATE // 125] = 1
    denominator = np.ones(1)
    for frequency, bandwidth in [(700, 90), (1800, 150)]:
        radius, angle = np.exp(-np.pi * bandwidth / RATE), 2 * np.pi * frequency / RATE
        denominator = np.convolve(denominator, [1, -2 * radius * np.cos(angle), radius**2])
    x = lfilter([1], denominator, pulses)
    envelope = 1 / np.abs(np.fft.rfft(denominator, 512)) ** 2
    return 0.3 * x / np.abs(x).max(), envelope


def periodicity(x):
    """Largest autocorrelation between 60 and 400 Hz, of the median frame of 64 ms."""
    frames = np.lib.stride_tricks.sliding_window_view(x, 512)[::256]
    frames = frames - frames.mean(axis=1, keepdims=True)
    spectra = np.abs(np.fft.rfft(frames, 1024)) ** 2
    correlations = np.fft.irfft(spectra)
    ranges = correlations[:, RATE // 400 : RATE // 60] / correlations[:, :1]
    return np.median(ranges.max(axis=1))


def smooth_db(x, n_bands=24):
    """Mean power of bands in dB."""
    frames = np.lib.stride_tricks.sliding_window_view(x, 512)[::128]
    power = np.mean(np.abs(np.fft.rfft(frames)) ** 2, axis=0)
    return 10 * np.log10([band.mean() for band in np.array_split(power[1:], n_bands)])


@pytest.mark.parametrize("method", METHODS)
def test_no_pitch_is_left_and_the_envelope_stays(vowel, method):
    if method == "world":
        pytest.importorskip("pyworld")
    x, envelope = vowel
    whispered = whisper(x, RATE, method=method, random_state=0)
    assert whispered.dtype == np.float32
    assert len(whispered) == len(x)
    noise = np.random.default_rng(0).standard_normal(len(x))
    resonant = lfilter([1], [1, -1.6, 0.81], noise)
    assert periodicity(x) > 0.8
    assert periodicity(whispered) < max(periodicity(resonant), 0.45)
    expected = np.array([band.mean() for band in np.array_split(envelope[1:], 24)])
    distance = smooth_db(whispered) - 10 * np.log10(expected)
    assert np.std(distance) < 2.5  # dB; of white noise it is 9
    assert np.std(smooth_db(noise) - 10 * np.log10(expected)) > 6
    loudness = np.sum(whispered**2) / np.sum(x**2)
    assert 10 * abs(np.log10(loudness)) < 1


@pytest.mark.parametrize("method", METHODS)
def test_speech_stays_speech(method):
    if method == "world":
        pytest.importorskip("pyworld")
    x = load_harvard(noises="white", snr_db=5).clean[0]
    whispered = whisper(x, RATE, method=method, random_state=0)
    noise = np.std(x) * np.random.default_rng(0).standard_normal(len(x))
    near, far = (log_spectral_distance_error(x, y) for y in (whispered, noise))
    assert near < 0.7 * far
    assert periodicity(whispered) < 0.75 * periodicity(x)
    # Loud where speech is loud: aligned.
    power = [np.convolve(y**2, np.ones(200), "same") for y in (x, whispered, np.roll(x, 2000))]
    assert np.corrcoef(power[0], power[1])[0, 1] > 0.85
    assert np.corrcoef(power[0], power[2])[0, 1] < 0.6


def test_the_seed_draws_the_noise(vowel):
    one, same, other = (
        whisper(vowel[0], RATE, method="lpc", random_state=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.01


def test_a_stand_in_says_what_it_is(vowel, monkeypatch):
    monkeypatch.setattr("skse.datasets._whisper.find_spec", lambda name: None)
    with pytest.warns(UserWarning, match=r"pyworld is not installed.*stands in for a vocoder"):
        stand_in, method = whisper(vowel[0], RATE, random_state=0, return_method=True)
    assert method == "lpc"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asked_for = whisper(vowel[0], RATE, method="lpc", random_state=0)
    np.testing.assert_array_equal(stand_in, asked_for)
    monkeypatch.setitem(sys.modules, "pyworld", None)
    with pytest.raises(ImportError, match=r"skse\[vocoder\]"):
        whisper(vowel[0], RATE, method="world")


def test_silence_and_short_waveforms():
    assert not whisper(np.zeros(3000), RATE, method="lpc").any()
    for n_times in (1, 100, 1001):
        x = 0.1 * np.random.default_rng(0).standard_normal(n_times)
        whispered = whisper(x, RATE, method="lpc", random_state=0)
        assert whispered.shape == x.shape
        assert np.isfinite(whispered).all()


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"sampling_rate": -1}, ["whisper", "sampling_rate", "-1"]),
        ({"sampling_rate": 1000}, ["whisper", "1000", "4000", "higher"]),
        ({"method": "straight"}, ["whisper", "method", "straight", "lpc"]),
    ],
)
def test_what_cannot_be_used_is_refused(arguments, parts):
    with pytest.raises(ValueError, match=".*".join(map(re.escape, parts))):
        whisper(np.ones(1000), **{"sampling_rate": RATE, "method": "lpc", **arguments})
