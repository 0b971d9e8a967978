"""The gains of the Wiener filter and of log-MMSE; what they share is in test_classical.py."""

import numpy as np
import pytest
from scipy.integrate import quad

from skse import LogMMSE, WienerFilter


def _naive(power, noise, prior_smoothing, floor_db, gain_of):
    """One frequency, frame after frame, noise known: Ephraim and Malah's recursion."""
    gains, previous = [], noise
    for y in power:
        posterior = y / noise
        prior = prior_smoothing * previous / noise
        prior += (1 - prior_smoothing) * max(posterior - 1, 0)
        prior = max(prior, 10 ** (floor_db / 10))
        gains.append(min(gain_of(prior, posterior), 1))
        previous = gains[-1] ** 2 * y
    return gains


def _log_mmse(prior, posterior):
    v = posterior * prior / (1 + prior)
    return prior / (1 + prior) * np.exp(quad(lambda t: np.exp(-t) / t, v, np.inf)[0] / 2)


@pytest.mark.parametrize(
    ("estimator", "gain_of"),
    [
        (WienerFilter(noise="start", vad_threshold=-1e9), lambda prior, _: prior / (1 + prior)),
        (LogMMSE(vad_threshold=-1e9), _log_mmse),
        (LogMMSE(vad_threshold=-1e9, prior_smoothing=0.6, prior_floor_db=-10.0), _log_mmse),
    ],
)
def test_gain_follows_the_recursion(estimator, gain_of, rng):
    power = (4 * rng.chisquare(2, (20, 2, 3))).astype(np.float32)
    noise = np.array([[1.0, 2.0, 4.0], [0.5, 8.0, 3.0]], np.float32)
    state = estimator.start(noise.copy())
    gains = np.array([estimator.step(frame, state) for frame in power])
    for i in range(2):
        for k in range(3):
            expected = _naive(
                power[:, i, k],
                noise[i, k],
                estimator.prior_smoothing,
                estimator.prior_floor_db,
                gain_of,
            )
            np.testing.assert_allclose(gains[:, i, k], expected, rtol=2e-4)
    np.testing.assert_array_equal(state["noise"], noise)


@pytest.mark.parametrize("enhancer", [WienerFilter, LogMMSE])
def test_noise_follows_frames_without_speech(enhancer, rng):
    """Noise that grows by 6 dB in 4 s is followed; that it is not speech is found out."""
    growing = np.geomspace(1, 2, 32000) * rng.standard_normal((1, 32000))
    out = enhancer(noise="start", noise_smoothing=0.9).fit(growing).predict(growing)
    still = enhancer(noise="start", noise_smoothing=1.0).fit(growing).predict(growing)
    end = slice(24000, None)
    assert np.std(out[:, end]) < 0.25 * np.std(growing[:, end])
    assert np.std(out[:, end]) < 0.5 * np.std(still[:, end])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"prior_smoothing": -0.1}, "prior_smoothing == -0.1"),
        ({"prior_floor_db": 1.0}, "prior_floor_db == 1.0"),
        ({"vad_threshold": None}, "vad_threshold must be an instance of"),
    ],
)
@pytest.mark.parametrize("enhancer", [WienerFilter, LogMMSE])
def test_bad_parameters(enhancer, params, message):
    with pytest.raises(ValueError, match=message):
        enhancer(**params).fit(np.ones((1, 400)))
