"""Which classes a model file may name, and how they are found again."""

import pkgutil
from importlib import import_module
from inspect import isclass

from sklearn.base import BaseEstimator
from sklearn.multioutput import MultiOutputRegressor

from skse.networks import SavedKerasObject

_PACKAGES = ("features", "targets", "networks", "enhancement")
# Whose classes are not a user's own.
OTHERS = ("sklearn.", "skse.")
# Keys of a node that hold nodes by name.
_BY_NAME = ("items", "parameters", "settings", "state")


class CannotSaveError(ValueError):
    """A part that a model file cannot hold."""

    def __init__(self, reason, remedy="joblib.dump can, for those who trust you"):
        super().__init__(f"{reason}; a model file cannot hold that: {remedy}.")


def known_classes():
    """Return the classes of skse that a model file may name, by name."""
    modules = [import_module(f"skse.{package}") for package in _PACKAGES]
    found = [getattr(module, name) for module in modules for name in dir(module)]
    own = {
        cls.__name__: cls
        for cls in found
        if isclass(cls)
        and cls.__module__.startswith("skse.")
        and (issubclass(cls, BaseEstimator) or hasattr(cls, "from_state"))
    }
    # The latter is what SpeechEnhancer puts around a regressor of one output, a user's own or not.
    more = (SavedKerasObject, MultiOutputRegressor)
    return own | {cls.__name__: cls for cls in more}


def foreign_classes(node):
    """Yield the names of classes that are not of skse below a node, modules set off by a colon."""
    if isinstance(node, dict):
        if node.get("type") == "estimator" and ":" in str(node.get("class")):
            yield str(node["class"])
        for key, child in node.items():
            inner = key in _BY_NAME and isinstance(child, dict)
            yield from foreign_classes(list(child.values()) if inner else child)
    elif isinstance(node, list):
        for child in node:
            yield from foreign_classes(child)


def may_hold(cls, name):
    """Tell whether an object may hold something of that name: methods are the class's own."""
    return name.isidentifier() and not name.startswith("__") and not hasattr(cls, name)


def importable_name(cls, where):
    """Return the name that a class can be imported by, with a colon after that of the module."""
    if cls.__module__ == "__main__":
        raise CannotSaveError(
            f"{where} is a {cls.__qualname__} of __main__, where nothing can import it from",
            "move the class into a module of its own and import it from there",
        )
    name = f"{cls.__module__}:{cls.__qualname__}"
    try:
        found = pkgutil.resolve_name(name)
    except (AttributeError, ImportError, ValueError):
        found = None
    if found is not cls:
        raise CannotSaveError(
            f"{where} is a {name.replace(':', '.')}, which nothing can import by that name",
            "define the class at the top level of a module",
        )
    return name


def import_class(name):
    """Import an estimator class that is trusted.

    Parameters
    ----------
    name : str
        With a colon after the name of the module.

    Raises
    ------
    ImportError
        Where it cannot be imported.
    TypeError
        For whatever is no estimator of a user's own.
    """
    shown = name.replace(":", ".")
    try:
        cls = pkgutil.resolve_name(name)
    except Exception as error:  # whatever its module raises
        raise ImportError(
            f"{shown} cannot be imported ({error!r}); install the package that defines it, or "
            "name its folder in PYTHONPATH"
        ) from error
    # What scikit-learn hands to compiled code must not come from here either.
    home = getattr(cls, "__module__", None) or ""
    if not (isclass(cls) and issubclass(cls, BaseEstimator)) or home.startswith(OTHERS):
        raise TypeError(
            f"{shown} is no class of a user's own that derives from sklearn.base.BaseEstimator"
        )
    return cls
