import librosa
import numpy as np
import pytest

from skse import MelFeaturizer, MFCCFeaturizer


@pytest.mark.parametrize(("n_mfcc", "n_mels"), [(13, 40), (20, 20), (40, 40)])
@pytest.mark.parametrize(("n_fft", "hop_length"), [(256, 128), (400, 160)])
def test_equals_librosa_without_its_look_at_other_frames(rng, n_mfcc, n_mels, n_fft, hop_length):
    settings = {"n_fft": n_fft, "hop_length": hop_length, "n_mels": n_mels}
    x = np.r_[np.zeros(2000), rng.uniform(-1, 1, 2000)].astype(np.float32)
    power = librosa.feature.melspectrogram(y=x, sr=8000, **settings)
    level_db = librosa.power_to_db(power, ref=1.0, amin=1e-8, top_db=None)
    expected = librosa.feature.mfcc(S=level_db, sr=8000, n_mfcc=n_mfcc)
    mfcc = MFCCFeaturizer(n_mfcc=n_mfcc, floor_db=-80.0, **settings).fit_transform([x])[0]
    assert mfcc.dtype == np.float32
    np.testing.assert_allclose(mfcc, expected, rtol=1e-4, atol=2e-3)


def test_all_coefficients_hold_the_mel_levels(rng):
    X = rng.uniform(-1, 1, (2, 3000))
    mfcc, log = MFCCFeaturizer().fit_transform(X), MelFeaturizer().fit_transform(X)
    # An orthonormal transform keeps the sum of squares; 1 neper is 20 / ln(10) dB.
    energy = np.square(log * 20 / np.log(10)).sum(axis=1)
    np.testing.assert_allclose(np.square(mfcc).sum(axis=1), energy, rtol=1e-4)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_mfcc": 41}, "n_mfcc"),
        ({"n_mfcc": 0}, "n_mfcc"),
        ({"sampling_rate": 0}, "sampling_rate=0 must be a positive"),
        ({"fmax": 9000.0}, "fmax"),
    ],
)
def test_bad_parameters_are_named(parameters, message):
    with pytest.raises(ValueError, match=message):
        MFCCFeaturizer(**parameters).fit(np.zeros((1, 300)))
