"""SRMR: closed forms of modulated tones, SciPy's filters, and values of the authors' program."""

import numpy as np
import pytest
import scipy.signal
from sklearn.exceptions import UndefinedMetricWarning

from skse.datasets import load_harvard
from skse.metrics import METRICS, _modulation, evaluate, srmr_score, srmr_scorer
from skse.metrics._modulation import SRMR_RATES


def modulated(carrier, modulation, rate, seconds=20):
    times = np.arange(int(seconds * rate)) / rate
    envelope = 1 + np.cos(2 * np.pi * modulation * times)
    slowly = scipy.signal.windows.tukey(len(times), 0.5)
    return slowly * envelope * np.sin(2 * np.pi * carrier * times)


def voice(rate, seconds=1.5):
    """Harmonics of 110 Hz up to 3.8 kHz whose level moves four times a second."""
    times = np.arange(int(seconds * rate)) / rate
    harmonics = sum(np.cos(2 * np.pi * 110 * k * times + k**2) / k for k in range(1, 35))
    return (1 - np.cos(2 * np.pi * 4 * times)) ** 2 * harmonics


@pytest.mark.parametrize("modulation", [4, 12, 20, 30, 60])
def test_closed_form_of_a_modulated_tone(modulation):
    """A cosine in the envelope passes each band with the gain that this has there."""
    bands = 4 * 2 ** (5 * np.arange(8) / 7)
    energies = 1 / (1 + 4 * (modulation / bands - bands / modulation) ** 2)
    score = srmr_score(modulated(2000, modulation, 8000), sampling_rate=8000)
    assert score == pytest.approx(energies[:4].sum() / energies[4:].sum(), rel=0.05)


@pytest.mark.parametrize(("carrier", "last"), [(150, 6), (400, 7), (800, 8)])
def test_the_last_band_follows_the_bandwidth_of_the_energy(carrier, last):
    """Bands 6 and 7 begin at 35.7 and 58.6 Hz: three quarters of their centres."""
    bands = 4 * 2 ** (5 * np.arange(8) / 7)
    assert np.sum(0.75 * bands < carrier / 9.26449 + 24.7) == last
    energies = 1 / (1 + 4 * (8 / bands - bands / 8) ** 2)
    score = srmr_score(modulated(carrier, 8, 8000), sampling_rate=8000)
    assert score == pytest.approx(energies[:4].sum() / energies[4:last].sum(), rel=0.05)


@pytest.mark.parametrize(("rate", "expected"), [(8000, 16.752956), (16000, 16.047342)])
def test_values_of_the_authors_program(rate, expected):
    """SRMRpy at revision 154dca2 (fast=False, norm=False) over gammatone 1.0.3."""
    assert srmr_score(voice(rate), sampling_rate=rate) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rate", SRMR_RATES)
def test_channels_against_scipy(rate):
    frequencies = np.linspace(20, rate / 2 - 20, 500)
    for centre in _modulation._centres(rate):
        b, a = scipy.signal.gammatone(centre, "iir", fs=rate)
        _, expected = scipy.signal.freqz(b, a, frequencies, fs=rate)
        sections = _modulation._gammatone(centre, rate)
        _, found = scipy.signal.freqz_sos(sections, np.append(frequencies, centre), fs=rate)
        assert abs(found[-1]) == pytest.approx(1)
        np.testing.assert_allclose(abs(found[:-1]), abs(expected), atol=1e-3)


@pytest.mark.parametrize("rate", SRMR_RATES)
def test_centres_are_one_bandwidth_step_apart(rate):
    centres = _modulation._centres(rate)
    assert len(centres) == 23
    assert centres[0] == pytest.approx(125)
    assert centres[-1] < rate / 2
    # The number of bandwidths below a frequency is the integral of 1 / bandwidth.
    grid = np.linspace(125, rate / 2, 200001)
    below = np.cumsum(1 / (grid / 9.26449 + 24.7)) * (grid[1] - grid[0])
    steps = 23 * np.interp(centres, grid, below) / below[-1]
    np.testing.assert_allclose(steps, np.arange(23), atol=1e-3)


@pytest.mark.parametrize("rate", SRMR_RATES)
def test_modulation_bands_against_scipy(rate):
    for frequency in 4 * 2 ** (5 * np.arange(8) / 7):
        grid = np.linspace(1, 300, 600)
        b, a = scipy.signal.iirpeak(frequency, 2, fs=rate)
        _, expected = scipy.signal.freqz(b, a, grid, fs=rate)
        b, a = _modulation._band_pass(frequency, rate)
        _, found = scipy.signal.freqz(b, a, grid, fs=rate)
        np.testing.assert_allclose(found, expected, atol=1e-2)


def test_a_sample_weighs_as_much_as_the_frames_that_hold_it():
    y = np.random.default_rng(0).standard_normal(5000)
    padded = np.concatenate([np.zeros(2048 - 512), y, np.zeros(120)])  # a whole number of hops
    frames = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::512]
    expected = np.sum((frames * np.hamming(2048)) ** 2)
    assert np.sum(_modulation._weights(5000, 8000) * y**2) == pytest.approx(expected)


def test_the_level_does_not_count(rng):
    x = voice(8000)
    scores = [srmr_score(gain * x, sampling_rate=8000) for gain in (1, 1e-4, -2)]
    assert scores == pytest.approx([scores[0]] * 3)


def test_it_falls_with_the_decay_time_and_with_noise(rng):
    """Tails of decaying noise, as a room's: 60 dB in `seconds`."""
    clean = load_harvard(noises="white", snr_db=5).clean[::5]
    means = []
    for seconds in (0.01, 0.2, 0.4, 0.8, 1.6):
        times = np.arange(int(seconds * 8000)) / 8000
        tail = rng.standard_normal(len(times)) * 10 ** (-3 * times / seconds)
        reverberant = [scipy.signal.fftconvolve(x, tail)[: len(x)] for x in clean]
        means.append(srmr_score(reverberant, sampling_rate=8000).mean())
    assert means == sorted(means, reverse=True)
    assert means[0] > 2 * means[-1]
    noisy = [x + 0.05 * rng.standard_normal(len(x)) for x in clean]
    assert (srmr_score(noisy, sampling_rate=8000) < srmr_score(clean, sampling_rate=8000)).all()


def test_it_is_asked_for_like_any_metric(rng):
    clean, enhanced = rng.standard_normal((2, 2, 8000))
    expected = srmr_score(enhanced, sampling_rate=8000)
    scores = evaluate(clean, enhanced, sampling_rate=8000, metrics=["snr", "srmr"])
    np.testing.assert_array_equal(scores["srmr"], expected)
    assert METRICS["srmr"](None, enhanced, sampling_rate=8000).shape == (2,)

    class Halve:
        sampling_rate = 8000

        def predict(self, X):
            return 0.5 * X

    assert srmr_scorer(Halve(), enhanced, clean) == pytest.approx(expected.mean())


def test_one_many_ragged_and_bad_waveforms(rng):
    x = rng.standard_normal((2, 8000))
    scores = srmr_score(x, sampling_rate=8000)
    assert scores.shape == (2,)
    assert scores.dtype == np.float64
    one = srmr_score(x[0], sampling_rate=8000)
    assert isinstance(one, float)
    assert one == srmr_score([x[0], x[1][:-9]], sampling_rate=8000)[0] == scores[0]
    np.testing.assert_array_equal(srmr_score(x, sampling_rate=8000, n_jobs=2), scores)
    broken = x.copy()
    broken[1, 5] = np.nan
    with pytest.raises(ValueError, match=r"enhanced\[1\] contains NaN"):
        srmr_score(broken, sampling_rate=8000)
    with pytest.warns(UndefinedMetricWarning, match=r"srmr_score is NaN for 2 of 3 .*first: 0"):
        scores = srmr_score([np.zeros(8000), x[0], x[1][:2047]], sampling_rate=8000)
    np.testing.assert_array_equal(np.isnan(scores), [True, False, True])
    assert np.isfinite(srmr_score(x[0][:2048], sampling_rate=8000))
    for rate in (11025, 48000):
        with pytest.raises(ValueError, match=f"sampling_rate={rate} is not one that SRMR is"):
            srmr_score(x, sampling_rate=rate)
