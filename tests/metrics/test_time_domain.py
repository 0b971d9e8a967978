from functools import partial

import numpy as np
import pytest
from sklearn.exceptions import UndefinedMetricWarning

from skse.metrics import (
    rmse_error,
    segmental_snr_score,
    si_sdr_gain_score,
    si_sdr_score,
    snr_gain_score,
    snr_score,
)


@pytest.fixture
def clean(rng):
    return rng.standard_normal((3, 4000))


@pytest.fixture
def orthogonal_noise(rng, clean):
    """Return noise of the energy of `clean`, at right angles to it."""
    noise = rng.standard_normal(clean.shape)
    noise -= clean * ((noise * clean).sum(1) / (clean**2).sum(1))[:, None]
    return noise * (np.linalg.norm(clean, axis=1) / np.linalg.norm(noise, axis=1))[:, None]


def test_rmse_of_a_known_error(clean):
    error = np.full_like(clean, 0.25)
    error[:, ::2] = -0.25
    np.testing.assert_allclose(rmse_error(clean, clean + error), 0.25, rtol=1e-6)
    assert rmse_error(np.zeros(4), np.ones(4)) == 1


@pytest.mark.parametrize("snr_db", [-7.0, 0.0, 12.5, 40.0])
def test_snr_of_a_mixture_at_a_known_snr(snr_db, clean, orthogonal_noise):
    noisy = clean + 10 ** (-snr_db / 20) * orthogonal_noise
    np.testing.assert_allclose(snr_score(clean, noisy), snr_db, atol=1e-4)
    np.testing.assert_allclose(si_sdr_score(clean, noisy), snr_db, atol=1e-4)


def test_a_wrong_level_counts_as_noise_for_snr_only(clean, orthogonal_noise):
    np.testing.assert_allclose(snr_score(clean, 0.5 * clean), 20 * np.log10(2), atol=1e-5)
    np.testing.assert_allclose(snr_score(clean, 0 * clean), 0)
    noisy = clean + 0.1 * orthogonal_noise
    for scale in (1e-4, 0.5, 15):
        np.testing.assert_allclose(si_sdr_score(clean, scale * noisy), 20, atol=1e-4)
        np.testing.assert_allclose(si_sdr_score(scale * clean, noisy), 20, atol=1e-4)


def test_gains_are_differences(clean, orthogonal_noise):
    noisy, enhanced = clean + orthogonal_noise, 2 * (clean + 0.1 * orthogonal_noise)
    np.testing.assert_allclose(
        snr_gain_score(clean, enhanced, noisy),
        snr_score(clean, enhanced) - snr_score(clean, noisy),
    )
    np.testing.assert_allclose(si_sdr_gain_score(clean, enhanced, noisy), 20, atol=1e-4)
    np.testing.assert_array_equal(snr_gain_score(clean, noisy, noisy), 0)


def test_perfect_and_absent_match_stay_finite(clean, orthogonal_noise):
    assert (snr_score(clean, clean) == 100).all()
    assert (si_sdr_score(clean, 2 * clean) == 100).all()
    assert si_sdr_score([1.0, 0.0], [0.0, 1.0]) == -100
    with pytest.warns(UndefinedMetricWarning, match="3 of 3"):
        assert np.isnan(si_sdr_score(clean, 0 * clean)).all()


def test_segmental_snr_is_the_mean_over_frames(clean):
    """Frames that touch neither half's edge have one SNR each: 20 dB or the upper limit."""
    enhanced = clean.copy()
    enhanced[:, 2000:] *= 0.9
    kwargs = {"sampling_rate": 1000, "frame_ms": 100, "hop_ms": 100}
    np.testing.assert_allclose(
        segmental_snr_score(clean, enhanced, **kwargs), (35 + 20) / 2, atol=1e-4
    )
    np.testing.assert_allclose(
        segmental_snr_score(clean, enhanced, max_db=25, **kwargs), (25 + 20) / 2, atol=1e-4
    )
    np.testing.assert_allclose(segmental_snr_score(clean, -9 * clean, **kwargs), -10)


@pytest.mark.parametrize(
    ("sampling_rate", "frame", "hop"),
    [(8000, 240, 60), (11025, 331, 83)],  # 330.75 and 82.69 samples, rounded
)
def test_segmental_snr_against_a_plain_loop(clean, orthogonal_noise, sampling_rate, frame, hop):
    noisy = clean + np.linspace(0, 3, clean.shape[1]) * orthogonal_noise
    expected = []
    for s, x in zip(clean, noisy, strict=True):
        frames = []
        for start in range(0, len(s) - frame + 1, hop):
            window = 0.5 * (1 - np.cos(2 * np.pi * np.arange(1, frame + 1) / (frame + 1)))
            signal = np.sum((window * s[start : start + frame]) ** 2)
            error = np.sum((window * (x - s)[start : start + frame]) ** 2)
            frames.append(min(max(10 * np.log10(signal / error), -10), 35))
        expected.append(np.mean(frames))
    np.testing.assert_allclose(
        segmental_snr_score(clean, noisy, sampling_rate=sampling_rate), expected, atol=1e-5
    )


def test_segmental_snr_leaves_out_frames_of_digital_silence(clean):
    padded = np.hstack([np.zeros((3, 800)), clean])
    kwargs = {"sampling_rate": 8000, "hop_ms": 30}
    np.testing.assert_allclose(segmental_snr_score(padded, 0.9 * padded, **kwargs), 20, atol=1e-4)


def test_segmental_snr_needs_one_frame_with_sound(clean):
    score = partial(segmental_snr_score, sampling_rate=8000)
    assert score(clean[0, :240], 0.9 * clean[0, :240]) == pytest.approx(20)
    with pytest.warns(UndefinedMetricWarning, match="1 of 1"):
        assert np.isnan(score(clean[0, :239], 0.9 * clean[0, :239]))
    click = np.zeros(250)
    click[-1] = 1  # the only frame ends at sample 240
    with pytest.warns(UndefinedMetricWarning, match="1 of 1"):
        assert np.isnan(score(click, 0.9 * click))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"sampling_rate": -8000}, "sampling_rate=-8000 must be a positive number"),
        ({"sampling_rate": 8000, "frame_ms": 0}, "frame_ms == 0"),
        ({"sampling_rate": 8000, "hop_ms": "7"}, "hop_ms must be an instance of"),
        ({"sampling_rate": 8000, "max_db": -20}, "max_db == -20"),
    ],
)
def test_segmental_snr_refuses_bad_parameters(kwargs, message, clean):
    with pytest.raises(ValueError, match=message):
        segmental_snr_score(clean, clean, **kwargs)
