import pytest

from skse.datasets import load_harvard
from skse.recipes import get_recipe

# Widths in place of those of the seed: a network of some hundred weights.
SMALL = {
    "regressor__filters": (2, 2, 2, 2),
    "regressor__dense_units": (4,),
    "regressor__strides": (4, 4),
    "regressor__batch_size": 4,
    "regressor__epochs": 2,
    "segment_frames": 100,
}


@pytest.fixture(scope="session")
def harvard():
    return load_harvard()


@pytest.fixture(scope="session")
def small_recipe():
    """Recipe seed-03-bce with a network that trains in a moment; not to be changed."""
    recipe = get_recipe("seed-03-bce")
    recipe.enhancer.set_params(**SMALL)
    return recipe
