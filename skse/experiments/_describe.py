"""An estimator in what JSON can hold: all of its parameters, and its code where it is one's own."""

from typing import Any

import numpy as np

from skse.experiments._code import hash_of, name_of


def describe(estimator: Any, *, code: bool = True) -> dict[str, Any]:
    """Spell out an estimator: all parameters, those left at their defaults included.

    Parameters
    ----------
    estimator : estimator
        With ``get_params``, as scikit-learn has it.
    code : bool, default=True
        Whether functions and classes of one's own, of no installed package, bring a digest of
        their code. It differs between versions of Python.

    Returns
    -------
    described : dict
        "class", and every parameter of it and of its parts, such as
        ``regressor__epochs``, in what JSON can hold; the same in every process.

    Examples
    --------
    >>> from skse import STFTFeaturizer
    >>> from skse.experiments import describe
    >>> described = describe(STFTFeaturizer(hop_length=64))
    >>> described["class"], described["n_fft"], described["hop_length"]
    ('STFTFeaturizer', 256, 64)
    """
    parts = {"class": name_of(type(estimator), code)}
    for name, value in sorted(estimator.get_params(deep=True).items()):
        parts[name] = name_of(type(value), code) if _is_estimator(value) else _spell(value, code)
    return parts


def _spell(value, code):
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (str, int, float)):
        return value
    if isinstance(value, (list, tuple)):
        return [_spell(item, code) for item in value]
    if isinstance(value, dict):
        return {str(key): _spell(item, code) for key, item in value.items()}
    if _is_estimator(value):
        return describe(value, code=code)
    if hasattr(value, "__qualname__"):
        return name_of(value, code)
    if hasattr(value, "get_config"):
        # Keras numbers the names of its objects within a process.
        config = {key: item for key, item in value.get_config().items() if key != "name"}
        return {"class": name_of(type(value), code), **_spell(config, code)}
    return {"class": name_of(type(value), code), "digest": hash_of(value)}


def _is_estimator(value):
    return hasattr(value, "get_params") and not isinstance(value, type)
