import numpy as np
import pytest
import scipy.signal
from sklearn.exceptions import UndefinedMetricWarning

from skse.metrics import log_spectral_distance_error


def test_a_level_is_its_own_distance(rng):
    clean = rng.standard_normal((2, 4000))
    for gain_db in (-6.0, 0.0, 3.0):
        error = log_spectral_distance_error(clean, 10 ** (gain_db / 20) * clean, floor_db=-200)
        np.testing.assert_allclose(error, abs(gain_db), atol=1e-3)


@pytest.mark.parametrize("kwargs", [{}, {"n_fft": 128, "hop_length": 48, "floor_db": -20}])
def test_against_scipy(rng, kwargs):
    clean, noise = rng.standard_normal((2, 4000))
    clean[:1500] = 0  # the floor decides
    n_fft, hop_length = kwargs.get("n_fft", 256), kwargs.get("hop_length", 128)
    S, X = (
        np.abs(
            scipy.signal.stft(
                x,
                window="hann",
                nperseg=n_fft,
                noverlap=n_fft - hop_length,
                boundary=None,
                padded=False,
            )[2]
        )
        for x in (clean, clean + noise)
    )
    floor = S.max() * 10 ** (kwargs.get("floor_db", -60) / 20)
    difference = 20 * np.log10(np.maximum(S, floor) / np.maximum(X, floor))
    expected = np.sqrt((difference**2).mean(0)).mean()
    error = log_spectral_distance_error(clean, clean + noise, **kwargs)
    np.testing.assert_allclose(error, expected, rtol=1e-5)


def test_one_frame_is_enough_and_what_no_frame_holds_is_not(rng):
    clean = rng.standard_normal(256)
    assert log_spectral_distance_error(clean, 0.1 * clean, floor_db=-200) == pytest.approx(20)
    with pytest.warns(UndefinedMetricWarning, match="1 of 1"):
        assert np.isnan(log_spectral_distance_error(clean[1:], clean[1:]))
    click = np.zeros(300)
    click[-1] = 1  # the only frame ends at sample 256
    with pytest.warns(UndefinedMetricWarning, match="1 of 1"):
        assert np.isnan(log_spectral_distance_error(click, click))


def test_the_floor_bounds_the_distance_to_silence(rng):
    clean = rng.standard_normal(4000)
    silence = np.zeros(4000)
    assert log_spectral_distance_error(clean, silence, floor_db=-40) <= 40
    assert log_spectral_distance_error(clean, silence, floor_db=-80) > 60


def test_scaling_both_changes_nothing(rng):
    clean, enhanced = rng.standard_normal((2, 4000))
    np.testing.assert_allclose(
        log_spectral_distance_error(1e-3 * clean, 1e-3 * enhanced),
        log_spectral_distance_error(clean, enhanced),
        rtol=1e-5,
    )


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_fft": 1}, "n_fft == 1"),
        ({"hop_length": 0}, "hop_length == 0"),
        ({"floor_db": 0.0}, "floor_db == 0.0"),
    ],
)
def test_refuses_bad_parameters(kwargs, message):
    with pytest.raises(ValueError, match=message):
        log_spectral_distance_error(np.ones(999), np.ones(999), **kwargs)
