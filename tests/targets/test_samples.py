"""The clean waveform as target."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

import skse
from skse import SpeechEnhancer, STFTFeaturizer
from skse.features import SamplesFeaturizer
from skse.targets import SamplesTarget


class Passes(RegressorMixin, BaseEstimator):
    """Predicts the features themselves."""

    def fit(self, X, y):
        self.rows_, self.targets_ = X, y
        return self

    def predict(self, X):
        return X

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def test_there_and_back(rng):
    featurizer, target = SamplesFeaturizer(40), SamplesTarget()
    noisy, clean = rng.uniform(-1, 1, (2, 3, 777)).astype(np.float32)
    pair = featurizer.stft(noisy), featurizer.stft(clean)
    frames = target.fit_transform(*pair)
    assert frames.dtype == np.float32
    np.testing.assert_allclose(frames, featurizer.fit_transform(clean), atol=1e-6)
    back = target.inverse_transform(frames, pair[0])
    np.testing.assert_allclose(back, pair[1], atol=1e-5)
    np.testing.assert_allclose(featurizer.istft(back, 777), clean, atol=1e-6)
    assert target.ideal_prediction(*pair).shape == (3, 40, 20)


@pytest.mark.parametrize("n_times", [1, 100, 4096, 10001])
@pytest.mark.parametrize("normalize_level", [True, False])
def test_an_enhancer_of_waveforms_of_any_length(rng, n_times, normalize_level):
    enhancer = SpeechEnhancer(
        SamplesFeaturizer(64),
        SamplesTarget(),
        Passes(),
        segment_frames=16,
        normalize_level=normalize_level,
        remix=False,
    )
    clean = list(rng.uniform(-1, 1, (2, 5000)).astype(np.float32))
    noisy = [x + 0.1 * rng.standard_normal(5000).astype(np.float32) for x in clean]
    enhancer.fit(noisy, clean)
    assert enhancer.regressor_.rows_.shape[1:] == (64, 16)
    if not normalize_level:
        rows, targets = (x.swapaxes(1, 2).reshape(len(x), -1) for x in
                         (enhancer.regressor_.rows_, enhancer.regressor_.targets_))  # fmt: skip
        np.testing.assert_allclose(rows[0], noisy[0][:1024], atol=1e-6)
        np.testing.assert_allclose(targets[0], clean[0][:1024], atol=1e-6)
    x = rng.uniform(-1, 1, (1, n_times)).astype(np.float32)
    np.testing.assert_allclose(enhancer.predict(x), x, atol=2e-6)
    ideal = skse.oracle_predict(enhancer, noisy, clean)
    np.testing.assert_allclose(ideal, clean, atol=2e-6)


def test_windows_that_overlap_are_refused(rng):
    x = list(rng.standard_normal((2, 2000)))
    enhancer = SpeechEnhancer(STFTFeaturizer(), SamplesTarget(), Passes(), remix=False)
    with pytest.raises(ValueError, match=r"SamplesTarget: .*Use skse.features.SamplesFeaturizer"):
        enhancer.fit(x, x)
