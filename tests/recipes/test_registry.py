import pytest

from skse import recipes
from skse.recipes import get_recipe, list_recipes

NAMES = {
    "seed-01",
    "seed-02",
    "seed-03-mse",
    "seed-03-bce",
    "seed-04",
    "seed-05",
    "todo-unet-real",
    "todo-unet-ibm",
    "todo-unet-irm",
    "todo-unet-phase",
    "paper-02",
    "paper-03",
    "paper-04",
    "paper-05",
}


def test_every_recipe_is_listed_with_a_line():
    listed = list_recipes()
    assert set(listed) == NAMES
    assert all(text.endswith(".") and "\n" not in text for text in listed.values())
    assert len(set(listed.values())) == len(NAMES)


@pytest.mark.parametrize("name", sorted(NAMES))
def test_recipe_is_that_of_its_function(name):
    recipe = get_recipe(name)
    enhancer, protocol = getattr(recipes, name.replace("-", "_"))()
    assert recipe.name == name
    assert recipe.summary == list_recipes()[name]
    assert recipe.protocol == protocol
    network = recipe.enhancer.regressor
    if "optimizer" in network.get_params():  # Keras compares them by identity
        enhancer.set_params(regressor__optimizer=network.optimizer)
    assert repr(recipe.enhancer) == repr(enhancer)
    assert "had to differ" in recipe.DESCR or "see" in recipe.DESCR or "taken over" in recipe.DESCR


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("seed-3", "get_recipe: name='seed-3' is not a recipe; did you mean 'seed-0"),
        ("nope", "name='nope' is not a recipe; choose from 'seed-01', .*'paper-05'"),
        (3, "name=3 is not a recipe"),
        (["seed-01"], "is not a recipe"),
    ],
)
def test_unknown_recipe(name, match):
    with pytest.raises(ValueError, match=match):
        get_recipe(name)


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("seed-01", "get_recipe: seed-01 has no parameter 'imaginary'; it has none."),
        ("seed-04", "seed-04 has no parameter 'epochs'; it has only imaginary."),
    ],
)
def test_unknown_parameter(name, match):
    parameter = match.split("'")[1]
    with pytest.raises(ValueError, match=match):
        get_recipe(name, **{parameter: "drop"})
