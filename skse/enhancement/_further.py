"""Training that goes on from a fitted regressor: ``warm_start`` and ``partial_fit``."""

import copy
from inspect import signature

import joblib
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline

from skse.enhancement._regressors import (
    is_search,
    last_step,
    network_of,
    search_in,
    steps_of,
)
from skse.networks import BaseNetworkRegressor

# What a network is made of and compiled with: these stay what `fit` made them.
_MADE_WITH = ("head", "output_activation", "standardize")
_COMPILED_WITH = ("loss", "optimizer")


def continued(regressor, chain, last):
    """Return a regressor that goes on from a fitted one, where ``warm_start`` asks for that.

    Parameters
    ----------
    regressor : object
        Not fitted; its parameters hold.
    chain : Chain
        Not fitted; that of the fit to come.
    last : SpeechEnhancer
        As the last fit left it, or not fitted.

    Returns
    -------
    regressor : object

    Raises
    ------
    ValueError
        Where what was learnt is of no use for what is to be learnt.
    """
    search = search_in(regressor)
    if search is not None:
        if network_of(regressor).get_params(deep=False).get("warm_start"):
            raise ValueError(
                f"SpeechEnhancer: warm_start=True inside {type(search).__name__}, which trains "
                "every candidate anew; use warm_start=False, or the network alone as regressor."
            )
        return regressor
    new = last_step(regressor)
    if not hasattr(last, "regressor_") or not new.get_params(deep=False).get("warm_start"):
        return regressor
    before = last_step(last.regressor_)
    if type(before) is not type(new):
        raise ValueError(
            f"SpeechEnhancer: warm_start=True, but the regressor fitted before is a "
            f"{type(before).__name__} and the new one a {type(new).__name__}; use "
            "warm_start=False."
        )
    for name in ("featurizer", "target", "normalize_level", "environment_frames"):
        was, now = getattr(last.chain_, name), getattr(chain, name)
        if _spelt(was) != _spelt(now):
            raise ValueError(
                f"SpeechEnhancer: warm_start=True, but the last fit had {name}={was!r}, and this "
                f"one has {name}={now!r}, which that network does not know; use warm_start=False."
            )
    parameters = new.get_params(deep=False)
    if "head" in parameters:  # that of the same target, though perhaps of an older version
        parameters["head"] = before.head
    warm = _copy(before).set_params(**parameters)
    if new is regressor:
        return warm
    regressor.steps[-1] = (regressor.steps[-1][0], warm)
    return regressor


def refined(regressor, fitted):
    """Return a copy of a fitted regressor, to be trained further.

    Parameters
    ----------
    regressor : object
        Not fitted; the parameters of its training hold.
    fitted : object
        Of a search, the best candidate goes on, as it is.

    Returns
    -------
    regressor : object

    Raises
    ------
    ValueError
        For one that cannot go on, and where the two are not of one kind.
    """
    if is_search(fitted):
        fitted = fitted.best_estimator_
    if is_search(regressor):
        regressor = fitted
    if _kinds(regressor) != _kinds(fitted):
        raise ValueError(
            f"SpeechEnhancer: partial_fit goes on with the regressor of the last fit "
            f"({_kinds(fitted)}), but now there is another ({_kinds(regressor)}); use fit."
        )
    if isinstance(fitted, Pipeline):
        whole = copy.copy(fitted)
        further = refined(last_step(regressor), last_step(fitted))
        whole.steps = [*fitted.steps[:-1], (fitted.steps[-1][0], further)]
        return whole
    if not hasattr(fitted, "partial_fit"):
        raise ValueError(
            f"SpeechEnhancer: partial_fit needs a regressor that has it, but "
            f"{type(fitted).__name__} has not. Use a network, or fit on all pairs at once."
        )
    further, parameters = _copy(fitted), regressor.get_params(deep=False)
    if isinstance(fitted, BaseNetworkRegressor):
        for name in _COMPILED_WITH:
            was, now = getattr(fitted, name, None), parameters.get(name)
            if name in parameters and _spelt(was) != _spelt(now):
                raise ValueError(
                    f"SpeechEnhancer: partial_fit goes on with {name}={was!r} of the last fit, but "
                    f"now the regressor has {name}={now!r}; use fit."
                )
        parameters = {
            name: value
            for name, value in parameters.items()
            if name not in _MADE_WITH + _COMPILED_WITH
        }
    further.set_params(**parameters)
    if isinstance(further, MultiOutputRegressor):
        for one in further.estimators_:
            one.set_params(**further.estimator.get_params(deep=False))
    return further


def fit_further(regressor, rows, targets, groups):
    """Train a fitted regressor further, in place, on rows as for `fit_rows`; return it."""
    *before, last = steps_of(regressor)
    for step in before:
        rows = step.transform(rows)
    if isinstance(last, Pipeline):
        fit_further(last, rows, targets, groups)
    else:
        takes_groups = "groups" in signature(last.partial_fit).parameters
        last.partial_fit(rows, targets, **({"groups": groups} if takes_groups else {}))
    return regressor


def _copy(fitted):
    # What is fitted may be shared with the old one: a network restores it where training fails.
    return copy.copy(fitted) if isinstance(fitted, BaseNetworkRegressor) else copy.deepcopy(fitted)


def _kinds(regressor):
    """Name what a regressor is; of a Pipeline, what it does before its last step too."""
    before = "".join(f"{type(step).__name__}, " for step in steps_of(regressor)[:-1])
    return f"{type(regressor).__name__} of {before}..." if before else type(regressor).__name__


def _spelt(part):
    """Spell out a parameter, so that two that do the same are spelt alike."""
    if hasattr(part, "get_config"):  # of Keras, which numbers its objects
        part = {k: v for k, v in part.get_config().items() if k != "name"}
    if hasattr(part, "get_params"):
        part = type(part).__name__, part.get_params()
    try:
        return joblib.hash(part)
    except Exception:  # whatever an object raises that cannot be pickled, such as a lambda
        return repr(part)
