"""What holds for every featurizer."""

import librosa
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skse import FeaturizerUnion, MelFeaturizer, MFCCFeaturizer, STFTFeaturizer

FEATURIZERS = [
    STFTFeaturizer(),
    STFTFeaturizer(scale="complex"),
    STFTFeaturizer(scale="compressed", n_fft=255, hop_length=100),
    MelFeaturizer(sampling_rate=8000),
    MFCCFeaturizer(sampling_rate=8000),
    FeaturizerUnion([("stft", STFTFeaturizer()), ("mel", MelFeaturizer(8000))]),
]


@pytest.fixture(params=FEATURIZERS, ids=repr)
def featurizer(request):
    return clone(request.param)


@pytest.fixture
def ragged(rng):
    lengths = (3000, 1, 1023, 3000, 100, 1023, 2047)
    return [rng.uniform(-1, 1, n).astype(np.float32) for n in lengths]


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
@pytest.mark.parametrize("window", ["hann", "hamming", ("kaiser", 8.0)])
@pytest.mark.parametrize(
    ("n_fft", "hop_length"), [(256, 128), (256, 100), (512, 64), (255, 128), (255, 60), (3, 2)]
)
def test_stft_and_istft_equal_librosa(rng, n_fft, hop_length, window):
    featurizer = STFTFeaturizer(n_fft=n_fft, hop_length=hop_length, window=window)
    settings = {"n_fft": n_fft, "hop_length": hop_length, "window": window}
    for n_times in (1, 2, 100, 127, 128, 255, 256, 257, 1000, 1023, 4095, 8000):
        X = rng.uniform(-1, 1, (2, n_times)).astype(np.float32)
        expected = librosa.stft(X, **settings)
        S = featurizer.stft(X)
        assert S.shape == expected.shape
        np.testing.assert_allclose(S, expected, rtol=0, atol=1e-5)
        # An altered STFT, which no waveform has, tells least squares from other inverses.
        altered = S * rng.uniform(0, 1, S.shape)
        del settings["n_fft"]
        expected = librosa.istft(altered, length=n_times, n_fft=n_fft, **settings)
        settings["n_fft"] = n_fft
        scale = max(1, np.abs(expected).max())
        back = featurizer.istft(altered, n_times)
        np.testing.assert_allclose(back / scale, expected / scale, rtol=0, atol=2e-6)


@pytest.mark.noizeus
def test_stft_of_recordings_equals_librosa(noizeus_home):
    import soundfile

    paths = sorted(noizeus_home.glob("babble_0dB/wav/*.wav"))
    X = [soundfile.read(path, dtype="float32")[0] for path in paths]
    S = STFTFeaturizer().stft(X)
    for x, s in zip(X, S, strict=True):
        np.testing.assert_allclose(s, librosa.stft(x, n_fft=256, hop_length=128), rtol=0, atol=1e-5)
    back = STFTFeaturizer().istft(S, [len(x) for x in X])
    assert max(np.abs(a - b).max() for a, b in zip(X, back, strict=True)) <= 1e-6


def test_ragged_round_trip(featurizer, ragged):
    S = featurizer.stft(ragged)
    assert isinstance(S, list)
    back = featurizer.istft(S, [len(x) for x in ragged])
    assert isinstance(back, list)
    for x, s, b in zip(ragged, S, back, strict=True):
        np.testing.assert_array_equal(s, featurizer.stft([x])[0])
        np.testing.assert_allclose(b, x, rtol=0, atol=1e-6)


def test_containers_follow_the_lengths(featurizer, ragged):
    x = ragged[0]
    S = featurizer.stft([x, x])
    assert isinstance(S, np.ndarray)
    assert featurizer.istft(list(S), len(x)).shape == (2, len(x))
    assert featurizer.istft(S, [len(x), len(x)]).shape == (2, len(x))
    # One waveform without a batch around it, as with librosa.
    assert featurizer.stft(x).shape == S.shape[1:]
    np.testing.assert_array_equal(featurizer.istft(S[0], len(x)), featurizer.istft(S, len(x))[0])


def test_istft_cuts_what_the_frames_exceed(featurizer, ragged):
    padded = np.pad(ragged[2], (0, featurizer.hop_length))
    back = featurizer.istft(featurizer.stft(padded), len(ragged[2]))
    np.testing.assert_allclose(back, ragged[2], rtol=0, atol=1e-6)


def test_transform_is_features_of_the_stft(featurizer, ragged):
    transformed = featurizer.fit(ragged).transform(ragged)
    for x, out, s in zip(ragged, transformed, featurizer.stft(ragged), strict=True):
        assert out.dtype == np.float32
        assert np.isfinite(out).all()
        expected = featurizer.features(s)
        np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
        rectangular = featurizer.transform([x, x])
        assert rectangular.dtype == np.float32
        np.testing.assert_allclose(rectangular[1], expected, rtol=1e-5, atol=1e-4)


def test_features_of_a_frame_depend_on_it_alone(featurizer, ragged):
    S = featurizer.stft(ragged[0])
    whole = featurizer.features(S)
    loud = 1000 * S
    loud[:, 5] = S[:, 5]
    np.testing.assert_allclose(featurizer.features(loud)[:, 5], whole[:, 5], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(featurizer.features(S[:, 5:6])[:, 0], whole[:, 5], atol=1e-4)


def test_features_leave_the_stft_alone(featurizer, ragged):
    S = featurizer.stft(ragged[0])
    before = S.copy()
    featurizer.features(S)
    np.testing.assert_array_equal(S, before)


def test_silence_click_constant_and_int16(featurizer, rng):
    click = np.zeros(3000)
    click[1500] = 1
    odd = [np.zeros(3000), click, np.ones(3000), np.ones(1)]
    assert all(np.isfinite(f).all() for f in featurizer.fit_transform(odd))
    pcm = rng.integers(-(2**15), 2**15, (2, 1000), dtype=np.int16)
    np.testing.assert_array_equal(featurizer.stft(pcm), featurizer.stft(pcm / 2.0**15))


def test_fit_records_the_length(featurizer, ragged):
    with pytest.raises(NotFittedError):
        featurizer.transform(ragged)
    assert featurizer.fit(np.zeros((2, 300))).n_features_in_ == 300
    assert featurizer.fit(ragged).n_features_in_ is None
    with pytest.raises(ValueError, match="Reshape your data"):
        featurizer.transform(ragged[0])


def test_refit_forgets_column_names(featurizer, ragged):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.zeros((2, 3)), columns=["a", "b", "c"])
    assert list(featurizer.fit(frame).feature_names_in_) == ["a", "b", "c"]
    assert not hasattr(featurizer.fit(ragged), "feature_names_in_")
    assert not hasattr(featurizer.fit(frame).fit(frame.to_numpy()), "feature_names_in_")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"hop_length": 129}, r"hop_length=129 cannot be inverted.*from 1 to 128"),
        ({"n_fft": 16, "hop_length": 10}, r"hop_length=10 .*n_fft=16.*from 1 to 8"),
        ({"hop_length": 0}, "hop_length"),
        ({"hop_length": -64}, "hop_length"),
        ({"hop_length": 64.0}, "hop_length"),
        ({"n_fft": 1}, "n_fft"),
        ({"n_fft": 256.0}, "n_fft"),
        ({"window": "hnan"}, r"window='hnan'.*'hamming', 'hann'"),
        ({"window": np.zeros(256)}, r"cannot be inverted[\s\S]*choose another window"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    X = np.zeros((2, 300))
    S = STFTFeaturizer().stft(X)
    bad = STFTFeaturizer(**parameters)
    for call in (
        lambda: bad.fit(X),
        lambda: bad.stft(X),
        lambda: bad.istft(S, 300),
        lambda: bad.features(S[0]),
    ):
        with pytest.raises(ValueError, match=message):
            call()


@pytest.mark.parametrize(
    ("S", "n_times", "message"),
    [
        ([], 100, "S must be an array"),
        ("abc", 100, "S must be an array"),
        (np.zeros((2, 65, 8), complex), 1000, r"S\[0\] has shape \(65, 8\).*129 frequencies"),
        (np.zeros((2, 129, 8)), 1000, r"S\[0\] must be complex; got float64"),
        (np.zeros((2, 129, 7), complex), 1000, r"S\[0\] has 7 frames.*n_times=1000.*takes 8"),
        (np.zeros((2, 129, 8), complex), [1000], r"n_times.*for 2 STFTs"),
        (np.zeros((2, 129, 8), complex), [1000, 2000], r"S\[1\] has 8 frames"),
        (np.zeros((2, 129, 8), complex), 1000.0, "n_times"),
        (np.zeros((2, 129, 8), complex), 0, r"n_times\[0\]"),
        ([np.full((129, 8), np.nan, complex)], 1000, r"S\[0\] contains NaN"),
    ],
)
def test_bad_stft_is_named(S, n_times, message):
    with pytest.raises(ValueError, match=message):
        STFTFeaturizer().istft(S, n_times)


def test_bad_waveforms_are_named(featurizer):
    with pytest.raises(ValueError, match=r"X\[1\] contains NaN"):
        featurizer.stft([np.zeros(3), np.full(4, np.nan)])
    with pytest.raises(ValueError, match="mono"):
        featurizer.stft(np.zeros((3000, 2)))
