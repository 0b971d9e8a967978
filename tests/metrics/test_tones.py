"""Tones in silence."""

import re

import numpy as np
import pytest

from skse.metrics import silence_spectrum

RATE = 8000


@pytest.fixture
def pair(rng):
    """Noise for a second, silence for a second; and the same with a tone of 1 kHz and hiss."""
    clean = 0.1 * rng.standard_normal(2 * RATE) * (np.arange(2 * RATE) < RATE)
    tone = 0.01 * np.sin(2 * np.pi * 1000 * np.arange(2 * RATE) / RATE)
    return clean, clean + tone + 1e-4 * rng.standard_normal(2 * RATE)


def test_a_tone_has_its_level_and_stands_out(pair):
    frequencies, levels, prominences = silence_spectrum(*pair, sampling_rate=RATE)
    assert frequencies.shape == levels.shape == prominences.shape == (513,)
    line = np.argmin(np.abs(frequencies - 1000))
    assert levels[line] == pytest.approx(-40, abs=0.1)
    assert np.argmax(prominences) == line
    assert prominences[line] > 40
    others = np.abs(frequencies - 1000) > 250
    assert np.abs(prominences[others]).max() < 6
    # Of white noise of this RMS, per line of a Hann window.
    expected = 1e-8 * 512 * 0.75 / (256**2)
    assert 10 ** (np.median(levels[others]) / 10) == pytest.approx(expected, rel=0.1)


def test_only_silence_counts(pair):
    clean, enhanced = pair
    _, levels, _ = silence_spectrum(clean, enhanced, sampling_rate=RATE)
    louder = enhanced + 3 * clean
    np.testing.assert_allclose(silence_spectrum(clean, louder, sampling_rate=RATE)[1], levels)
    _, nothing, _ = silence_spectrum(clean, clean, sampling_rate=RATE)
    np.testing.assert_allclose(nothing, -200)


def test_waveforms_are_averaged(pair):
    clean, enhanced = pair
    alone = silence_spectrum(clean, enhanced, sampling_rate=RATE)[1]
    both = silence_spectrum([clean, clean], [enhanced, clean], sampling_rate=RATE)[1]
    np.testing.assert_allclose(both[np.argmax(alone)], alone.max() - 10 * np.log10(2), atol=1e-6)
    short = [clean, clean[:600]], [enhanced, clean[:600]]
    np.testing.assert_array_equal(silence_spectrum(*short, sampling_rate=RATE)[1], alone)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ({"sampling_rate": 0}, ["silence_spectrum", "sampling_rate"]),
        ({"n_fft": 2}, ["silence_spectrum", "n_fft", "2"]),
        ({"below_db": 0}, ["silence_spectrum", "below_db", "0"]),
        ({"below_db": 500.0}, ["no frame of clean", "500 dB", "pauses"]),
        ({"enhanced": np.zeros(3)}, ["enhanced"]),
    ],
)
def test_what_cannot_be_used_is_refused(pair, arguments, parts):
    clean = pair[0] + 1e-3
    arguments = {"enhanced": pair[1], "sampling_rate": RATE, **arguments}
    with pytest.raises(ValueError, match=".*".join(map(re.escape, parts))):
        silence_spectrum(clean, **arguments)
