import librosa
import numpy as np
import pytest

from skse import MelFeaturizer

GRID = [
    {"sampling_rate": 8000, "n_fft": 256, "hop_length": 128, "n_mels": 40},
    {"sampling_rate": 16000, "n_fft": 512, "hop_length": 160, "n_mels": 64, "fmin": 50.0},
    {"sampling_rate": 8000, "n_fft": 255, "hop_length": 100, "n_mels": 20, "fmax": 3500.0},
]


def librosa_melspectrogram(x, sampling_rate, **settings):
    return librosa.feature.melspectrogram(y=x, sr=sampling_rate, **settings)


@pytest.mark.parametrize("settings", GRID)
@pytest.mark.parametrize("n_times", [1000, 1023, 8000])
def test_power_equals_librosa(rng, settings, n_times):
    x = rng.uniform(-1, 1, n_times).astype(np.float32)
    expected = librosa_melspectrogram(x, **settings)
    mel = MelFeaturizer(scale="power", **settings).fit_transform([x])[0]
    assert mel.dtype == np.float32
    np.testing.assert_allclose(mel, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("settings", GRID)
def test_log_is_librosas_level_in_nepers(rng, settings):
    x = np.r_[np.zeros(2000), rng.uniform(-1, 1, 2000)].astype(np.float32)
    expected = librosa.power_to_db(
        librosa_melspectrogram(x, **settings), ref=1.0, amin=1e-6, top_db=None
    )
    log = MelFeaturizer(floor_db=-60.0, **settings).fit_transform([x])[0]
    np.testing.assert_allclose(log, expected * np.log(10) / 20, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(log[:, 0], np.log(1e-3), rtol=1e-5)


def test_magnitude_is_the_root_of_power(rng):
    X = rng.uniform(-1, 1, (2, 3000))
    power, magnitude = (MelFeaturizer(scale=s).fit_transform(X) for s in ("power", "magnitude"))
    np.testing.assert_allclose(magnitude**2, power, rtol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scale": "decibel"}, "scale='decibel'.*'log', 'magnitude', 'power'"),
        ({"sampling_rate": -8000}, "sampling_rate=-8000 must be a positive"),
        ({"n_mels": 0}, "n_mels"),
        ({"n_mels": 40.0}, "n_mels"),
        ({"fmin": -1.0}, "fmin"),
        ({"fmin": 3000.0, "fmax": 2000.0}, "fmin"),
        ({"fmax": 4001.0}, "fmax"),
        ({"floor_db": None}, "floor_db"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        MelFeaturizer(**parameters).fit(np.zeros((1, 300)))
