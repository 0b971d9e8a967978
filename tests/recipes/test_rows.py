import numpy as np
import pytest

from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer
from skse.recipes._rows import network_rows, seed_rmse


def test_rows_are_those_that_a_network_is_trained_on(rng):
    clean = rng.standard_normal((3, 1280)).astype(np.float32)
    noisy = clean + rng.standard_normal(clean.shape).astype(np.float32)
    seen = {}

    class Spy:
        def fit(self, X, y):
            seen.update(X=X, y=y)

    enhancer = SpeechEnhancer(
        STFTFeaturizer(scale="real"), IdealMaskTarget(), segment_frames=16, normalize_level=False
    )
    rows, targets = network_rows(enhancer, noisy, clean)
    assert rows.shape == targets.shape == (3, 129, 16)  # 11 frames and silence
    assert not rows[:, :, 11:].any()

    from sklearn.base import BaseEstimator, RegressorMixin

    class Network(Spy, RegressorMixin, BaseEstimator):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.three_d_array = True
            tags.target_tags.multi_output = True
            return tags

    enhancer.set_params(regressor=Network()).fit(noisy, clean)
    np.testing.assert_allclose(rows, seen["X"], atol=1e-5)
    np.testing.assert_allclose(targets, seen["y"], atol=1e-5)


@pytest.mark.parametrize(("batch_size", "expected"), [(1, 6.0), (2, (np.sqrt(72) / 2 + 6) / 2)])
def test_measure_of_the_seed(batch_size, expected):
    target = np.zeros((3, 4, 9))
    assert seed_rmse(target, target + 1, batch_size) == pytest.approx(expected)
