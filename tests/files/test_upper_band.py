import tracemalloc

import numpy as np
import pytest
import soundfile
from scipy.signal import butter, sosfiltfilt

from skse import IdentityEnhancer, LogMMSE
from skse.files import _upper_band, enhance_files
from skse.files._resampling import resample, resampled_length
from skse.files._upper_band import join_bands, least_gain, step_of, write_gains
from skse.utils import FileArray

RATE, MODEL_RATE = 48000, 16000


def band(x, low, high, rate=RATE):
    """Mean square of x between two frequencies."""
    power = np.abs(np.fft.rfft(x)) ** 2
    frequencies = np.fft.rfftfreq(len(x), 1 / rate)
    return power[(frequencies >= low) & (frequencies < high)].mean()


def gain_db(x, y, low, high):
    return 10 * np.log10(band(y, low, high) / band(x, low, high))


def joined(x, change, least=0.0, rates=(RATE, MODEL_RATE)):
    """Join what `change` makes of a recording at the rate of the model."""
    noisy = np.empty(resampled_length(len(x), *rates), np.float32)
    resample(x, *rates, noisy)
    result = np.array(x, np.float32)
    join_bands(result, noisy, change(noisy), rates, least, np.empty)
    return result


@pytest.fixture
def syllables(rng):
    """2 s of sound up to 24 kHz that comes and goes, over nothing."""
    times = np.arange(2 * RATE) / RATE
    return (0.2 * rng.standard_normal(len(times)) * np.sin(2 * np.pi * times) ** 2).astype("f4")


@pytest.mark.parametrize("rates", [(48000, 16000), (44100, 16000), (16000, 8000), (11025, 8000)])
@pytest.mark.parametrize("n_times", [1, 77, 44101, 200_001])
def test_what_is_left_alone_comes_back_to_the_sample(rng, rates, n_times):
    x = rng.standard_normal(n_times).astype(np.float32)
    np.testing.assert_allclose(joined(x, np.copy, rates=rates), x, atol=1e-5)


@pytest.mark.parametrize("factor", [0.5, 0.01])
def test_the_band_above_goes_with_the_octave_below(syllables, factor):
    result = joined(syllables, lambda low: factor * low)
    np.testing.assert_allclose(result, factor * syllables, atol=1e-3 * factor)


def test_nothing_is_turned_up(syllables):
    result = joined(syllables, lambda low: 2 * low)
    assert gain_db(syllables, result, 100, 7000) == pytest.approx(6, abs=0.1)
    assert gain_db(syllables, result, 9000, 24000) == pytest.approx(0, abs=0.01)


def test_only_the_octave_below_counts(syllables):
    """A hum that is taken away does not take the top away."""
    sos = butter(6, 2000, "highpass", fs=MODEL_RATE, output="sos")
    result = joined(syllables, lambda low: sosfiltfilt(sos, low).astype("f4"))
    assert gain_db(syllables, result, 100, 1000) < -20
    assert gain_db(syllables, result, 9000, 24000) == pytest.approx(0, abs=0.1)


def test_the_gain_follows_in_time(rng):
    """Noise alone goes, and speech stays, within some 50 ms of where the model turns."""
    x = (0.1 * rng.standard_normal(2 * RATE)).astype(np.float32)
    gates = np.repeat(np.float32([0.1, 1]), MODEL_RATE)
    result = joined(x, lambda low: gates * low)
    before, after = slice(0, RATE - RATE // 20), slice(RATE + RATE // 20, None)
    assert gain_db(x[before], result[before], 9000, 24000) == pytest.approx(-20, abs=0.2)
    assert gain_db(x[after], result[after], 9000, 24000) == pytest.approx(0, abs=0.1)


def test_silence_stays_silence():
    assert not joined(np.zeros(RATE, np.float32), np.copy).any()


@pytest.mark.parametrize(
    ("limits", "least"),
    [
        ({}, 0),
        ({"strength": 0.75}, 0.25),
        ({"mask_floor_db": -20}, 0.1),
        ({"mask_floor_db": -20, "strength": 0.5}, 0.55),
        ({"strength": 0.0}, 1),
    ],
)
def test_the_limits_of_the_enhancer_hold_above_too(syllables, limits, least):
    assert least_gain(LogMMSE(**limits)) == pytest.approx(least)
    gains = np.empty(100, np.float32)
    write_gains(syllables, np.zeros_like(syllables), 100, least, gains)
    assert gains.min() == pytest.approx(least, abs=1e-6)
    assert least_gain(IdentityEnhancer()) == 0


def test_pieces_do_not_show(syllables, monkeypatch):
    whole = joined(syllables, lambda low: low * np.linspace(0, 1, len(low), dtype="f4"))
    monkeypatch.setattr(_upper_band, "_AT_ONCE", 3)
    monkeypatch.setattr("skse.files._resampling.BLOCK", 1000)
    pieces = joined(syllables, lambda low: low * np.linspace(0, 1, len(low), dtype="f4"))
    np.testing.assert_array_equal(pieces, whole)


def test_memory_does_not_grow_with_the_length(rng, tmp_path):
    peaks = []
    for seconds in (20, 120):
        lengths = (seconds * RATE, seconds * MODEL_RATE, seconds * MODEL_RATE)
        waveforms = [FileArray(n, folder=tmp_path) for n in lengths]
        for x in waveforms:
            for begin in range(0, len(x), RATE):
                x[begin : begin + RATE] = rng.standard_normal(min(RATE, len(x) - begin))
        tracemalloc.start()
        join_bands(*waveforms, (RATE, MODEL_RATE), 0.0, lambda n: FileArray(n, folder=tmp_path))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.05 * peaks[0] < 20e6


@pytest.mark.parametrize("step", [2, 256])
def test_steps_are_even(step):
    assert step_of(16000) == 256
    assert step_of(step) % 2 == 0


def test_noise_above_is_turned_down_as_that_below(write, tmp_path, rng):
    """A recording at 48 kHz through an enhancer of 16 kHz."""
    noise = (0.05 * rng.standard_normal(4 * RATE)).astype(np.float32)
    path = write("noise.wav", noise, RATE, subtype="FLOAT")
    model = LogMMSE(MODEL_RATE).fit([noise])
    (result,) = enhance_files([path], tmp_path / "out", model=model)
    enhanced, rate = soundfile.read(result.destination, dtype="float32")
    assert (rate, len(enhanced)) == (RATE, len(noise))
    below, above = (gain_db(noise, enhanced, *ends) for ends in ((4000, 7000), (9000, 24000)))
    assert below < -10
    assert above == pytest.approx(below, abs=1)
    (result,) = enhance_files([path], tmp_path / "floor", model=model, mask_floor_db=-6.0)
    enhanced = soundfile.read(result.destination, dtype="float32")[0]
    assert gain_db(noise, enhanced, 9000, 24000) == pytest.approx(-6, abs=0.2)
