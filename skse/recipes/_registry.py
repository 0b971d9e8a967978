"""The recipes by name."""

from difflib import get_close_matches
from inspect import getdoc, signature
from typing import Any

from sklearn.utils import Bunch

from skse.recipes import _papers, _seed, _todo

_RECIPES = {
    "seed-01": _seed.seed_01,
    "seed-02": _seed.seed_02,
    "seed-03-mse": _seed.seed_03_mse,
    "seed-03-bce": _seed.seed_03_bce,
    "seed-04": _seed.seed_04,
    "seed-05": _seed.seed_05,
    "todo-unet-real": _todo.todo_unet_real,
    "todo-unet-ibm": _todo.todo_unet_ibm,
    "todo-unet-irm": _todo.todo_unet_irm,
    "todo-unet-phase": _todo.todo_unet_phase,
    "paper-02": _papers.paper_02,
    "paper-03": _papers.paper_03,
    "paper-04": _papers.paper_04,
    "paper-05": _papers.paper_05,
}


def list_recipes() -> dict[str, str]:
    """List the recipes.

    Returns
    -------
    recipes : dict of str to str
        What every recipe is, in a line, by name.

    Examples
    --------
    >>> from skse.recipes import list_recipes
    >>> list_recipes()["seed-04"]
    'Ideal binary mask, U-Net, mean squared error.'
    """
    return {
        name: (getdoc(function) or "").partition("\n")[0] for name, function in _RECIPES.items()
    }


def get_recipe(name: str, **parameters: Any) -> Bunch:
    """Look up a recipe.

    Parameters
    ----------
    name : str
        One of :func:`list_recipes`.
    **parameters : dict
        Parameters of the recipe's function, such as `imaginary` of :func:`seed_04`.

    Returns
    -------
    recipe : :class:`~sklearn.utils.Bunch`
        name : str
            As given.
        summary : str
            What it is, in a line.
        enhancer : SpeechEnhancer
            Not fitted. ``recipe.enhancer.set_params`` changes a recipe.
        protocol : :class:`~sklearn.utils.Bunch`
            How the data are cut and split; see :func:`prepare_pairs`.
        DESCR : str
            What it is, and what had to differ.

    Raises
    ------
    ValueError
        For a name that is not a recipe; it says which come close. For a parameter that the
        recipe does not have.

    Examples
    --------
    >>> from skse.recipes import get_recipe
    >>> recipe = get_recipe("seed-04")
    >>> recipe.enhancer.target.mixture_threshold
    0.8
    >>> recipe.protocol.sampling_rate
    16000
    >>> get_recipe("seed-04", imaginary="rescale").enhancer.target.imaginary
    'rescale'
    """
    check_name("get_recipe", name)
    known = signature(_RECIPES[name]).parameters
    for parameter in parameters:
        if parameter not in known:
            listed = f"only {', '.join(known)}" if known else "none"
            raise ValueError(f"get_recipe: {name} has no parameter {parameter!r}; it has {listed}.")
    enhancer, protocol = _RECIPES[name](**parameters)
    return Bunch(
        name=name,
        summary=list_recipes()[name],
        enhancer=enhancer,
        protocol=protocol,
        DESCR=getdoc(_RECIPES[name]),
    )


def check_name(owner, name):
    """Raise a ValueError unless `name` is a recipe; it says which come close."""
    if name in list(_RECIPES):
        return
    close = get_close_matches(str(name), _RECIPES, cutoff=0.5)
    remedy = (
        f"did you mean {' or '.join(map(repr, close))}?"
        if close
        else f"choose from {', '.join(map(repr, _RECIPES))}."
    )
    raise ValueError(f"{owner}: name={name!r} is not a recipe; {remedy}")
