"""Acoustic features against closed forms."""

import numpy as np
import pytest
from scipy.fft import dct

from skse.networks._acoustics import POWER_FLOOR, AcousticFeatures, mel_bands, statistics_of

RATE = 8000
HOP = 64


@pytest.fixture
def acoustics():
    return AcousticFeatures(4096, HOP, 64, RATE)


def pulses(f0, n_times=4096):
    """Sum of the harmonics of a fundamental frequency."""
    times = np.arange(n_times) / RATE
    return 0.02 * sum(np.cos(2 * np.pi * k * f0 * times) for k in range(1, int(3000 / f0)))


def test_shapes_and_order(acoustics, rng):
    x = 0.1 * rng.standard_normal((3, 4096))
    features = acoustics.compute(x)
    assert features.shape == (3, *acoustics.shape) == (3, 64, 65 + 16 + 4)
    assert features.dtype == np.float32
    together = acoustics.compute(np.repeat(x, 40, axis=0))
    np.testing.assert_array_equal(together[::40], features)


def test_a_frame_lies_around_the_middle_of_its_hop(acoustics, rng):
    x = 0.1 * rng.standard_normal((1, 4096))
    frame = x[0, 10 * HOP - HOP // 2 : 11 * HOP + HOP // 2]
    power = np.abs(np.fft.rfft(frame * np.hanning(2 * HOP + 1)[:-1])) ** 2
    features = acoustics.compute(x)[0, 10]
    np.testing.assert_allclose(features[:65], 10 * np.log10(power + POWER_FLOOR), rtol=1e-5)
    bands = np.log(mel_bands(65, 40, RATE) @ power + POWER_FLOOR)
    np.testing.assert_allclose(features[65:81], dct(bands, norm="ortho")[:16], rtol=1e-4, atol=1e-5)
    assert features[83] == pytest.approx(np.sqrt(np.mean(frame**2)))
    assert features[84] == pytest.approx(np.mean(np.diff(np.sign(frame)) != 0))


@pytest.mark.parametrize("f0", [70.0, 110.0, 133.3, 200.0, 290.0])
def test_pitch_of_a_pulse_train(acoustics, f0):
    log_f0, voiced = acoustics.compute(pulses(f0)[None])[0, 4:-4, 81:83].T
    assert voiced.all()
    np.testing.assert_allclose(np.exp(log_f0), f0, rtol=0.02)


def test_pitch_is_interpolated_where_there_is_none(acoustics, rng):
    noise = 0.05 * rng.standard_normal(4096)
    x = np.where(np.arange(4096) < 1300, pulses(100), 0)
    x = np.where(np.arange(4096) > 2800, pulses(200), x)
    log_f0, voiced = acoustics.compute(x[None])[0, :, 81:83].T
    assert not voiced[25:40].any()
    between = np.exp(log_f0[25:40])
    assert (np.diff(between) > 0).all()
    assert 100 < between[0] < between[-1] < 200
    log_f0, voiced = acoustics.compute(noise[None])[0, :, 81:83].T
    assert voiced.mean() < 0.15
    log_f0, voiced = acoustics.compute(np.zeros((1, 4096)))[0, :, 81:83].T
    assert not voiced.any()
    np.testing.assert_allclose(np.exp(log_f0), np.sqrt(60 * 300), rtol=1e-5)


@pytest.mark.parametrize("sizes", [(10, 2, 8, 16000), (136, 4, 34, 8000), (1, 2, 2, 100)])
def test_short_rows_are_finite(sizes, rng):
    acoustics = AcousticFeatures(*sizes)
    for x in (rng.standard_normal((2, sizes[0])), np.zeros((2, sizes[0]))):
        features = acoustics.compute(x)
        assert features.shape == (2, *acoustics.shape)
        assert np.isfinite(features).all()


@pytest.mark.parametrize(("n_bins", "n_bands"), [(257, 40), (65, 40), (3, 3)])
def test_mel_bands_are_means_at_rising_frequencies(n_bins, n_bands):
    bands = mel_bands(n_bins, n_bands, RATE)
    np.testing.assert_allclose(bands.sum(axis=1), 1)
    assert (bands >= 0).all()
    assert (np.diff(bands @ np.arange(n_bins)) > 0).all()


def test_statistics_standardise(rng):
    features = 3 + 2 * rng.standard_normal((20, 30, 4)).astype(np.float32)
    features[..., 3] = 7
    mean, deviation = statistics_of(features)
    standard = (features - mean) / deviation
    np.testing.assert_allclose(standard.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(standard.std(axis=(0, 1)), [1, 1, 1, 0], atol=1e-4)
