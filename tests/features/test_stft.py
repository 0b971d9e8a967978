import pickle

import numpy as np
import pytest

from skse import STFTFeaturizer


@pytest.fixture
def stft(rng):
    return (rng.normal(size=(129, 9)) + 1j * rng.normal(size=(129, 9))).astype(np.complex64)


@pytest.mark.parametrize(
    ("scale", "formula"),
    [
        ("magnitude", np.abs),
        ("power", lambda S: S.real**2 + S.imag**2),
        ("log", lambda S: np.log(np.abs(S))),
        ("compressed", lambda S: np.abs(S) ** 0.3),
        ("real", np.real),
        ("complex", lambda S: np.moveaxis(np.array([S.real, S.imag]), 0, -1)),
    ],
)
def test_scales_follow_their_formulas(stft, scale, formula):
    for S in (stft, stft.astype(np.complex128)):
        features = STFTFeaturizer(scale=scale).features(S)
        assert features.dtype == np.float32
        np.testing.assert_allclose(features, formula(S.astype(complex)), rtol=2e-6, atol=1e-6)


def test_log_is_cut_at_an_absolute_floor():
    S = np.zeros((129, 2), np.complex64)
    S[3, 1] = 1000
    silence = STFTFeaturizer(floor_db=-60).features(S)
    np.testing.assert_allclose(silence[:, 0], np.log(1e-3), rtol=1e-6)
    np.testing.assert_allclose(silence[3, 1], np.log(1000), rtol=1e-6)


def test_log_turns_a_gain_into_a_shift(stft):
    S, log = stft, STFTFeaturizer().features
    np.testing.assert_allclose(log(10 * S) - log(S), np.log(10), rtol=1e-4)


def test_compression_is_the_exponent(stft):
    features = STFTFeaturizer(scale="compressed", compression=0.5).features(stft)
    np.testing.assert_allclose(features**2, np.abs(stft), rtol=1e-5)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scale": "decibel"}, "scale='decibel'.*'complex', 'compressed', 'log', 'magnitude'"),
        ({"compression": 0}, "compression"),
        ({"compression": 1.5}, "compression"),
        ({"floor_db": "low"}, "floor_db"),
        ({"floor_db": -np.inf}, "floor_db"),
        ({"drop_nyquist": True, "n_fft": 255}, "drop_nyquist=True, but an odd n_fft=255"),
        ({"noise_channels": "noise"}, "noise_channels='noise' must be a sequence"),
        ({"noise_channels": ["noise", "noise"]}, "must be a sequence of different names"),
        ({"noise_channels": ["snr"]}, "noise_channels='snr'"),
        ({"noise_channels": [["noise"]]}, "noise_channels="),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        STFTFeaturizer(**parameters).fit(np.zeros((1, 300)))


@pytest.mark.parametrize("lengths", [(1000, 1000), (1000, 700)])
def test_nyquist_is_dropped_and_comes_back_as_silence(rng, lengths):
    X = [rng.uniform(-1, 1, n).astype(np.float32) for n in lengths]
    X = np.stack(X) if len(set(lengths)) == 1 else X
    whole, cropped = STFTFeaturizer(scale="real"), STFTFeaturizer(scale="real", drop_nyquist=True)
    S, T = whole.stft(X), cropped.stft(X)
    silenced = [s.copy() for s in S]
    for s, t, features in zip(silenced, T, cropped.fit_transform(X), strict=True):
        assert t.shape == features.shape == (128, s.shape[1])
        np.testing.assert_array_equal(t, s[:-1])
        np.testing.assert_array_equal(features, cropped.features(t))
        s[-1] = 0
    for x, y in zip(cropped.istft(T, lengths), whole.istft(silenced, lengths), strict=True):
        np.testing.assert_array_equal(x, y)
    with pytest.raises(ValueError, match=r"expected .* 128 frequencies for n_fft=256"):
        cropped.istft(S, lengths)


def test_a_pickle_from_before_noise_channels_works(rng):
    old = STFTFeaturizer()
    del old.noise_channels
    again = pickle.loads(pickle.dumps(old))
    x = rng.standard_normal((1, 2000))
    np.testing.assert_array_equal(again.fit_transform(x), STFTFeaturizer().fit_transform(x))
