"""make_noise: level, seed, and the traits that tell one kind from another."""

import numpy as np
import pytest
from scipy.signal import get_window

from skse.datasets import make_noise
from skse.datasets._noise import NOISE_KINDS
from skse.datasets._speech import read_harvard_speech

RATE = 8000


def mean_spectrum(kind, n_seeds=10, seconds=2):
    """Power per Hz of some noises of a kind, of sum 1, and the frequencies."""
    n_times = seconds * RATE
    window = get_window("hann", n_times)
    power = sum(
        np.abs(np.fft.rfft(window * make_noise(kind, n_times, RATE, random_state=seed))) ** 2
        for seed in range(n_seeds)
    )
    return power / power.sum(), np.fft.rfftfreq(n_times, 1 / RATE)


def share(kind, low, high):
    power, frequencies = mean_spectrum(kind)
    return power[(frequencies >= low) & (frequencies < high)].sum()


def envelope(kind, seed, step=80, n_times=10 * RATE):
    noise = make_noise(kind, n_times, RATE, random_state=seed)
    return np.sqrt(np.mean(noise.reshape(-1, step) ** 2, axis=1))


@pytest.mark.parametrize("kind", NOISE_KINDS)
@pytest.mark.parametrize("rate", [100, 8000, 44100.0])
@pytest.mark.parametrize("n_times", [1, 2, 301, 20000])
def test_every_kind_is_finite_and_of_rms_one(kind, rate, n_times):
    noise = make_noise(kind, n_times, rate, random_state=0)
    assert noise.shape == (n_times,)
    assert noise.dtype == np.float32
    assert np.sqrt(np.mean(noise.astype(float) ** 2)) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("kind", NOISE_KINDS)
def test_seed(kind):
    noise = make_noise(kind, 8000, RATE, random_state=3)
    np.testing.assert_array_equal(noise, make_noise(kind, 8000, RATE, random_state=3))
    other = make_noise(kind, 8000, RATE, random_state=4)
    assert abs(np.mean(noise * other)) < 0.4
    assert np.abs(np.fft.irfft(np.fft.rfft(noise) * np.fft.rfft(other).conj())).max() / 8000 < 0.75


def test_slopes_of_white_and_pink():
    octaves = np.array([125, 250, 500, 1000, 2000])
    white = [share("white", f, 2 * f) for f in octaves]
    np.testing.assert_allclose(np.diff(10 * np.log10(white)), 3.01, atol=0.4)
    pink = [share("pink", f, 2 * f) for f in octaves]
    np.testing.assert_allclose(np.diff(10 * np.log10(pink)), 0, atol=0.4)


def test_car_rumbles_and_speech_like_noises_lie_in_the_speech_band():
    assert share("car", 0, 250) > 0.7
    for kind in ("babble", "modulated"):
        assert share(kind, 100, 2000) > 0.85


def test_tonal_and_machinery_stand_out_in_lines():
    def flatness(kind):
        ratios = []
        for seed in range(5):
            noise = make_noise(kind, RATE, RATE, random_state=seed)
            power = np.abs(np.fft.rfft(noise * np.hanning(RATE))) ** 2 + 1e-12
            ratios.append(np.exp(np.mean(np.log(power))) / np.mean(power))
        return np.mean(ratios)

    assert flatness("tonal") < 0.05
    assert flatness("machinery") < 0.5 * flatness("pink")
    assert flatness("white") > 0.5


def test_modulated_noise_moves_about_four_times_a_second():
    power = 0
    for seed in range(10):
        level = np.log(envelope("modulated", seed))
        power = power + np.abs(np.fft.rfft(level - level.mean())) ** 2
    rates = np.fft.rfftfreq(1000, 0.01)
    centroid = np.exp(np.average(np.log(rates[1:200]), weights=power[1:200]))
    assert 2.5 < centroid < 6
    assert np.std(np.log(envelope("modulated", 0))) > 4 * np.std(np.log(envelope("white", 0)))


def test_machinery_knocks_at_a_steady_pace():
    paced = 0
    for seed in range(5):
        level = envelope("machinery", seed)
        level = level - level.mean()
        correlation = np.correlate(level, level, "full")[len(level) :]
        paced += correlation[10:40].max() / np.sum(level**2)
    assert paced / 5 > 0.3


def test_street_has_events():
    loudness = [envelope("street", seed, step=2000) for seed in range(5)]
    steady = [envelope("pink", seed, step=2000) for seed in range(5)]
    assert np.mean(np.std(loudness, axis=1)) > 2 * np.mean(np.std(steady, axis=1))


def test_all_kinds_differ():
    """Long-term third-octave spectra and level statistics of any two kinds are apart."""
    edges = 50 * 2 ** (np.arange(20) / 3)
    traits = {}
    for kind in NOISE_KINDS:
        power, frequencies = mean_spectrum(kind, n_seeds=5)
        bands = np.histogram(frequencies, edges, weights=power)[0]
        swing = np.std(20 * np.log10(envelope(kind, 0)))
        traits[kind] = np.append(10 * np.log10(bands + 1e-4), 3 * swing)
    for a in NOISE_KINDS:
        for b in NOISE_KINDS:
            if a != b:
                assert np.abs(traits[a] - traits[b]).max() > 5, (a, b)


def test_babble_is_made_of_the_voices_given():
    tones = [np.sin(2 * np.pi * f * np.arange(RATE) / RATE) for f in (500, 1500)]
    babble = make_noise("babble", RATE, RATE, voices=tones, random_state=0)
    power = np.abs(np.fft.rfft(babble * np.hanning(RATE))) ** 2
    near = np.abs(np.arange(RATE // 2 + 1)[:, None] - [500, 1500]) <= [60, 160]  # speeds ±10 %
    assert power[near.any(axis=1)].sum() / power.sum() > 0.98


def test_babble_fills_the_gaps_of_its_voices():
    """Six talkers at once: no pause as in the speech of one."""
    voice = np.concatenate([u.waveform for u in read_harvard_speech()[:8]])
    one = np.sqrt(np.mean(voice[: len(voice) // 400 * 400].reshape(-1, 400) ** 2, axis=1))
    babble = envelope("babble", 0, step=400)
    assert np.percentile(babble, 5) / np.median(babble) > 0.3
    assert np.percentile(one, 5) / np.median(one) < 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "brown"}, "kind='brown' is not allowed; choose from 'babble', 'car'"),
        ({"n_times": 0}, "n_times == 0, must be >= 1"),
        ({"n_times": 10.0}, "n_times must be an instance of"),
        ({"sampling_rate": -8000}, "sampling_rate=-8000 must be a positive"),
        ({"kind": "babble", "voices": []}, "voices is empty"),
        ({"kind": "babble", "voices": "m1"}, "voices must be"),
        ({"kind": "babble", "voices": [np.zeros(9), np.zeros(5)]}, "voices are all silent"),
    ],
)
def test_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_noise(**{"kind": "white", "n_times": 8, "sampling_rate": RATE, **arguments})
