"""The parameters of a remix."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV

from skse import Remix, SpeechEnhancer


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_mixtures": 0}, "n_mixtures == 0, must be >= 1"),
        ({"n_mixtures": 2.5}, "n_mixtures"),
        ({"snr_db": 5}, r"snr_db=5 must be two finite numbers, the lower one first"),
        ({"snr_db": (5, 0)}, r"snr_db=\(5, 0\) must be two finite"),
        ({"level_db": (0, np.inf)}, "level_db="),
        ({"speed": (0, 1)}, r"speed\[0\] == 0, must be > 0"),
        ({"second_noise": 1.1}, "second_noise == 1.1, must be <= 1"),
        ({"babble": 0.6, "coloured_noise": 0.6}, "sum must be at most 1"),
        ({"noise_filter_db": -1}, "noise_filter_db == -1, must be >= 0"),
    ],
)
def test_bad_parameters(params, message, rng):
    X = rng.standard_normal((3, 4000))
    with pytest.raises(ValueError, match=f"Remix: .*{message}|{message}"):
        SpeechEnhancer(regressor=Ridge(), remix=Remix(**params)).fit(2 * X, X)


@pytest.mark.parametrize("remix", [None, 1, "yes", Remix])
def test_what_is_no_remix(remix, rng):
    X = rng.standard_normal((3, 4000))
    with pytest.raises(ValueError, match=r"remix=.* must be .auto., True, False or a skse\.Remix"):
        SpeechEnhancer(regressor=Ridge(), remix=remix).fit(2 * X, X)


def test_a_search_reaches_inside(rng):
    clean = rng.standard_normal((6, 4000))
    noisy = clean + rng.standard_normal((6, 4000))
    enhancer = SpeechEnhancer(regressor=Ridge(), remix=Remix(n_mixtures=3, random_state=0))
    assert clone(enhancer).remix is not enhancer.remix
    grid = [{"remix": [False]}, {"remix__snr_db": [(-10, -10), (20, 20)]}]
    search = GridSearchCV(enhancer, grid, cv=2).fit(noisy, clean)
    assert len(set(search.cv_results_["mean_test_score"])) == 3
