"""Closed forms of autoregressive processes, and SciPy and Fourier transforms as references."""

import numpy as np
import pytest
from scipy.linalg import solve_toeplitz, toeplitz
from scipy.signal import lfilter
from sklearn.exceptions import UndefinedMetricWarning

from skse.metrics import _linear_prediction, cepstral_distance_error, log_likelihood_ratio_error

BOTH = [cepstral_distance_error, log_likelihood_ratio_error]
DB = 10 / np.log(10)
LONG = {"sampling_rate": 8000, "frame_ms": 20000.0, "hop_ms": 20000.0}


def autoregressive(rng, pole, n_times=160000):
    return lfilter([1], [1, -pole], rng.standard_normal(n_times + 200))[200:]


def reference(s, x, order, frame, hop):
    """Both measures of all frames, from SciPy's solver and the log spectrum of the filters."""
    window = np.hanning(frame + 2)[1:-1]
    distances, ratios = [], []
    for i in range(0, len(s) - frame + 1, hop):
        filters, lags = [], []
        for z in (s, x):
            z = z[i : i + frame] * window
            lag = np.correlate(z, z, "full")[frame - 1 : frame + order]
            lags.append(lag)
            filters.append(np.concatenate([[1], -solve_toeplitz(lag[:-1], lag[1:])]))
        cepstra = [-np.fft.irfft(np.log(np.abs(np.fft.rfft(a, 8192)) ** 2)) for a in filters]
        difference = (cepstra[0] - cepstra[1])[1 : order + 1]
        distances.append(min(10, DB * np.sqrt(2 * np.sum(difference**2))))
        residuals = [a @ toeplitz(lags[0]) @ a for a in filters]
        ratios.append(min(2, np.log(residuals[1] / residuals[0])))
    keep = round(0.95 * len(ratios))
    return np.sort(distances)[:keep].mean(), np.sort(ratios)[:keep].mean()


@pytest.mark.parametrize("metric", BOTH)
def test_no_difference_and_a_level_are_0(metric, rng):
    clean = autoregressive(rng, 0.9, 8000)
    for gain in (1, 1e-3, 20, -2):
        assert metric(clean, gain * clean, sampling_rate=8000) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("pole", "other"), [(0.8, 0.4), (0.4, 0.8), (0.9, 0.0), (-0.5, 0.5)])
def test_closed_form_of_first_order_processes(rng, pole, other):
    """Lags pole ** k, predictor (1, -pole), cepstrum pole ** k / k."""
    clean, enhanced = autoregressive(rng, pole), autoregressive(rng, other)
    ratio = np.log((1 - 2 * pole * other + other**2) / (1 - pole**2))
    assert log_likelihood_ratio_error(clean, enhanced, order=1, **LONG) == pytest.approx(
        min(2, ratio), abs=0.02
    )
    k = np.arange(1, 11)
    distance = DB * np.sqrt(2 * np.sum(((pole**k - other**k) / k) ** 2))
    assert cepstral_distance_error(clean, enhanced, **LONG) == pytest.approx(distance, abs=0.1)


@pytest.mark.parametrize("noise_power", [0.1, 1.0])
def test_closed_form_of_white_noise_at_a_known_snr(rng, noise_power):
    """Noise adds to lag 0 alone: the predictor of order 1 shrinks by the share of the speech."""
    pole = 0.8
    clean = autoregressive(rng, pole)
    power = 1 / (1 - pole**2)
    enhanced = clean + np.sqrt(noise_power * power) * rng.standard_normal(len(clean))
    other = pole / (1 + noise_power)
    expected = np.log((1 - 2 * pole * other + other**2) / (1 - pole**2))
    error = log_likelihood_ratio_error(clean, enhanced, order=1, **LONG)
    assert error == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("rate", "order"), [(8000, 10), (16000, 16)])
def test_against_scipy(rng, rate, order):
    clean = lfilter([1], [1, -1.6, 0.8], rng.standard_normal(rate // 2))
    enhanced = lfilter([1, 0.5], [1, 0.3], clean) + rng.standard_normal(len(clean))
    frame, hop = round(0.03 * rate), round(0.0075 * rate)
    distance, ratio = reference(clean, enhanced, order, frame, hop)
    options = {"sampling_rate": rate}
    assert cepstral_distance_error(clean, enhanced, **options) == pytest.approx(distance, rel=1e-4)
    assert log_likelihood_ratio_error(clean, enhanced, **options) == pytest.approx(ratio, rel=1e-4)


def test_the_distance_is_symmetric_and_the_ratio_is_not(rng):
    clean, enhanced = autoregressive(rng, 0.8, 8000), autoregressive(rng, 0.4, 8000)
    for metric in BOTH:
        there = metric(clean, enhanced, sampling_rate=8000)
        back = metric(enhanced, clean, sampling_rate=8000)
        assert (there == pytest.approx(back, rel=0.01)) == (metric is cepstral_distance_error)


@pytest.mark.parametrize("metric", BOTH)
def test_more_noise_is_worse(metric, rng):
    clean = autoregressive(rng, 0.9, 8000)
    noise = rng.standard_normal(8000)
    errors = [metric(clean, clean + level * noise, sampling_rate=8000) for level in (0.1, 0.5, 2)]
    assert errors == sorted(errors)
    assert errors[0] < errors[2] / 2


@pytest.mark.parametrize(("metric", "limit"), [(BOTH[0], 10), (BOTH[1], 2)])
def test_a_frame_is_limited_and_the_worst_are_left_out(metric, limit, rng):
    tone = np.sin(0.3 * np.arange(8000)) + 1e-4 * rng.standard_normal(8000)
    assert metric(tone, rng.standard_normal(8000), sampling_rate=8000) == limit
    enhanced = tone.copy()
    enhanced[:200] = rng.standard_normal(200)  # 4 of 130 frames
    assert metric(tone, enhanced, sampling_rate=8000) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("metric", BOTH)
def test_silence(metric, rng):
    clean = autoregressive(rng, 0.9, 8000)
    flat = np.zeros(8000)
    flat[::400] = 1  # a click alone in a frame has a flat spectrum
    options = {"sampling_rate": 8000, "frame_ms": 12.5, "hop_ms": 50.0}
    score = metric(clean, 0 * clean, **options)
    assert score == pytest.approx(metric(clean, flat, **options), rel=1e-6)
    paused = clean.copy()
    paused[4000:] = 0  # left out, whatever is there
    enhanced = paused.copy()
    enhanced[4240:] = rng.standard_normal(3760)
    assert metric(paused, enhanced, sampling_rate=8000) == pytest.approx(0, abs=1e-6)
    with pytest.warns(UndefinedMetricWarning, match="silent or shorter than a frame .240 samples"):
        assert np.isnan(metric(clean[:239], clean[:239], sampling_rate=8000))
    assert metric(clean[:240], clean[:240], sampling_rate=8000) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("metric", BOTH)
def test_what_hardly_has_a_predictor_is_finite(metric):
    tone = np.sin(0.3 * np.arange(8000))
    constant = np.ones(8000)
    click = np.zeros(8000)
    click[4000] = 1
    for clean in (tone, constant, click):
        for enhanced in (tone, constant, click):
            assert np.isfinite(metric(clean, enhanced, sampling_rate=8000, order=30))


def test_what_is_below_the_rounding_of_16_bits_hardly_counts():
    """A tone has next to no energy beside its peak: without a floor there is only rounding."""
    tone = 0.5 * np.sin(0.3 * np.arange(8000))
    rounded = np.round(32768 * tone) / 32768
    assert cepstral_distance_error(tone, rounded, sampling_rate=8000) < 1
    assert log_likelihood_ratio_error(tone, rounded, sampling_rate=8000) < 0.02


@pytest.mark.parametrize("n_times", [5, 60])
@pytest.mark.parametrize("order", [1, 2, 16, 70])
def test_the_recursion_solves_the_normal_equations(rng, n_times, order):
    lags = _linear_prediction._autocorrelation(rng.standard_normal((3, n_times)), order)
    found = _linear_prediction._predictor(lags)
    for lag, a in zip(lags, found, strict=True):
        np.testing.assert_allclose(a[1:], -solve_toeplitz(lag[:-1], lag[1:]), atol=1e-6)


@pytest.mark.parametrize("metric", BOTH)
def test_refuses_bad_parameters(metric):
    with pytest.raises(ValueError, match=f"{metric.__name__}: order == 0"):
        metric(np.ones(999), np.ones(999), sampling_rate=8000, order=0)
    with pytest.raises(ValueError, match="sampling_rate=-1 must be"):
        metric(np.ones(999), np.ones(999), sampling_rate=-1)
