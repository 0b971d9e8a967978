import numpy as np
import pytest
from sklearn.utils import Bunch

from skse import SpeechEnhancer
from skse.recipes._measure import seed_rmse, training_pairs


@pytest.mark.parametrize(("batch_size", "expected"), [(1, 6.0), (2, (np.sqrt(72) / 2 + 6) / 2)])
def test_measure_of_the_seed(batch_size, expected):
    target = np.zeros((3, 4, 9))
    assert seed_rmse(target, target + 1, batch_size) == pytest.approx(expected)


@pytest.mark.parametrize(("match_level", "level"), [(False, 1.0), (True, 2.0)])
def test_pairs_are_at_the_levels_that_are_compared(rng, match_level, level):
    clean = rng.standard_normal((2, 500)).astype(np.float32)
    data = {"noisy": 2 * clean, "clean": clean}
    noisy, matched = training_pairs(SpeechEnhancer(match_level=match_level), Bunch(**data))
    np.testing.assert_array_equal(noisy, data["noisy"])
    np.testing.assert_allclose(matched, level * clean, rtol=1e-5)
