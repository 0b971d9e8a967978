import base64
import io
import re

import numpy as np
import pytest
import soundfile

from skse.plotting import AudioDisplay


def read(sound):
    return soundfile.read(io.BytesIO(sound))


def test_sounds_are_the_waveforms(rng):
    waveforms = {"noisy": rng.uniform(-1, 1, 800), "clean": rng.uniform(-0.1, 0.1, 500)}
    display = AudioDisplay.from_waveforms(waveforms, sampling_rate=8000)
    assert display.attenuation_db == 0
    for name, waveform in waveforms.items():
        heard, rate = read(display.sounds[name])
        assert rate == 8000
        np.testing.assert_allclose(heard, waveform, atol=2**-15)


def test_a_waveform_beyond_full_scale_turns_all_down_alike():
    tone = np.sin(np.arange(1000))
    display = AudioDisplay.from_waveforms({"a": 4 * tone, "b": tone / 2}, sampling_rate=16000)
    assert display.attenuation_db == pytest.approx(20 * np.log10(4), abs=1e-3)
    np.testing.assert_allclose(read(display.sounds["b"])[0], tone / 8, atol=1e-4)
    assert "12.0 dB" in display._repr_html_()


def test_page_holds_one_player_a_waveform():
    display = AudioDisplay.from_waveforms({"<b>&": [0.0, 0.5], "c": [0.1]}, sampling_rate=8000)
    page = display._repr_html_()
    assert "<b>" not in page
    assert page.count('aria-label="&lt;b&gt;&amp;"') == 1
    sounds = re.findall(r'<audio controls [^>]*src="data:audio/wav;base64,([^"]+)"', page)
    assert [base64.b64decode(sound) for sound in sounds] == list(display.sounds.values())
    assert "turned down" not in page
    assert repr(display) == "<AudioDisplay of '<b>&', 'c'>"


def test_one_waveform_and_silence():
    display = AudioDisplay.from_waveforms(np.zeros(100), sampling_rate=8000)
    heard, _ = read(display.sounds[""])
    assert heard.shape == (100,)
    assert not heard.any()


@pytest.mark.parametrize(
    ("waveforms", "rate", "message"),
    [
        ({}, 8000, "empty; expected at least one"),
        ({"noisy": [0.0, np.nan]}, 8000, r"waveforms\['noisy'\]"),
        ({"noisy": np.zeros((2, 10))}, 8000, r"waveforms\['noisy'\]"),
        ([0.0], 0, "sampling_rate=0"),
        ([0.0], 8000.5, "sampling_rate=8000.5 must be a whole number"),
    ],
)
def test_bad_input_is_named(waveforms, rate, message):
    with pytest.raises(ValueError, match=message):
        AudioDisplay.from_waveforms(waveforms, sampling_rate=rate)
