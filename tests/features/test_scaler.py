import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags

from skse import FeatureScaler


@pytest.fixture(params=[(130, 5), (130, 5, 7), (130, 5, 7, 2)], ids=str)
def features(request, rng):
    shape = request.param
    offset = 10.0 * np.arange(5).reshape(5, *[1] * (len(shape) - 2))
    return (rng.normal(size=shape) * (1 + offset) + offset).astype(np.float32)


def frames_as_rows(X):
    """One row a frame (of an utterance): what StandardScaler takes."""
    X = X.reshape(*X.shape, *[1] * (4 - X.ndim))
    return X.transpose(0, 2, 1, 3).reshape(X.shape[0] * X.shape[2], -1)


@pytest.mark.parametrize("with_mean", [True, False])
@pytest.mark.parametrize("with_std", [True, False])
def test_equals_standard_scaler_on_frames(features, with_mean, with_std):
    X, scaler = features, FeatureScaler(with_mean=with_mean, with_std=with_std).fit(features)
    reference = StandardScaler(with_mean=with_mean, with_std=with_std)
    expected = reference.fit_transform(frames_as_rows(X).astype(np.float64))
    out = scaler.transform(X)
    assert out.dtype == np.float32
    assert out.shape == X.shape
    np.testing.assert_allclose(frames_as_rows(out), expected, rtol=1e-5, atol=1e-5)


def test_inverse_transform_is_the_inverse(features):
    scaler = FeatureScaler().fit(features)
    back = scaler.inverse_transform(scaler.transform(features))
    np.testing.assert_allclose(back, features, rtol=1e-5, atol=1e-4)


def test_constant_frequency_is_only_centred():
    X = np.full((3, 2, 4), 1.1, dtype=np.float32)
    X[:, 1] = np.arange(4)
    scaler = FeatureScaler().fit(X)
    assert scaler.scale_[0] == 1
    np.testing.assert_allclose(scaler.transform(X)[:, 0], 0, atol=1e-6)


def test_statistics_of_large_offsets_are_exact(rng):
    X = (1000 + rng.normal(size=(200, 3, 50))).astype(np.float32)
    expected = X.astype(np.float64).std(axis=(0, 2))
    np.testing.assert_allclose(FeatureScaler().fit(X).scale_, expected, rtol=1e-9)


def test_other_number_of_frames_may_follow(rng):
    scaler = FeatureScaler().fit(rng.normal(size=(4, 5, 7)))
    assert scaler.transform(rng.normal(size=(2, 5, 9))).shape == (2, 5, 9)
    with pytest.raises(ValueError, match="features"):
        scaler.transform(np.zeros((2, 6, 7)))
    with pytest.raises(ValueError, match=r"X has shape \(2, 5, 7, 2\)"):
        scaler.transform(np.zeros((2, 5, 7, 2)))
    with pytest.raises(ValueError, match="channels"):
        FeatureScaler().fit(np.zeros((2, 5, 7, 2))).transform(np.zeros((2, 5, 7, 3)))


def test_reference_channels_are_left_alone(rng):
    X = 3 + rng.normal(size=(4, 5, 7, 3))
    scaler = FeatureScaler(n_reference_channels=2).fit(X)
    out = scaler.transform(X)
    np.testing.assert_array_equal(out[..., 1:], X[..., 1:])
    np.testing.assert_allclose(out[..., 0], FeatureScaler().fit(X).transform(X)[..., 0])
    np.testing.assert_array_equal(scaler.inverse_transform(out)[..., 1:], X[..., 1:])
    for array in (X[..., 0], X[..., :2]):
        with pytest.raises(ValueError, match=r"n_reference_channels == 2, must be <= [01]"):
            scaler.fit(array)


def test_tags_allow_segments():
    assert get_tags(FeatureScaler()).input_tags.three_d_array


def test_not_fitted():
    with pytest.raises(NotFittedError):
        FeatureScaler().transform(np.zeros((2, 3)))


def test_looks_at_no_other_frame():
    assert FeatureScaler().receptive_field() == (0, 0)
