"""One wording for all parameter errors; optional dependencies."""

from collections.abc import Collection
from importlib import import_module
from numbers import Integral, Real
from types import ModuleType
from typing import Any

from sklearn.utils import check_scalar

# Types, and what they are known to be: isinstance takes longer to tell than all the rest.
_PLAIN = {(int, int), (int, Integral), (int, Real), (float, Real)}


def check_choice(owner: object, name: str, value: object, allowed: Collection[str]) -> None:
    """Raise a ValueError unless `value` is one of `allowed`.

    Parameters
    ----------
    owner : object or str
        The estimator (or function name) that has the parameter.
    name : str
        Name of the parameter.
    value : object
        Value received.
    allowed : collection of str
        Values that the parameter may take.

    Raises
    ------
    ValueError
        Naming owner, parameter, value and every allowed value.
    """
    if not (isinstance(value, str) and value in allowed):
        listed = ", ".join(repr(choice) for choice in sorted(allowed))
        raise ValueError(f"{_name(owner)}: {name}={value!r} is not allowed; choose from {listed}.")


def check_sampling_rate(owner: object, value: object, *, name: str = "sampling_rate") -> None:
    """Raise a ValueError unless `value` is a positive number of hertz.

    Parameters
    ----------
    owner : object or str
        The estimator (or function name) that has the parameter.
    value : int or float
        Sampling rate in Hz.
    name : str, default="sampling_rate"
        Name of the parameter.

    Raises
    ------
    ValueError
        Where `value` is not a positive finite number.
    """
    if (
        not isinstance(value, Real)
        or isinstance(value, bool)
        or not 0 < float(value) < float("inf")
    ):
        raise ValueError(
            f"{_name(owner)}: {name}={value!r} must be a positive number of hertz, such as 8000."
        )


def check_number(
    owner: object, name: str, value: object, target_type: type | tuple[type, ...], **bounds: Any
) -> None:
    """Check a scalar parameter with :func:`sklearn.utils.check_scalar`.

    Parameters
    ----------
    owner : object or str
        The estimator (or function name) that has the parameter.
    name : str
        Name of the parameter.
    value : object
        Value received.
    target_type : type or tuple
        Such as ``numbers.Integral``.
    **bounds : dict
        ``min_val``, ``max_val``, ``include_boundaries`` of `check_scalar`.

    Raises
    ------
    ValueError
        For a wrong type as well as for NaN or a value out of bounds.
    """
    if isinstance(value, bool) or value != value:
        raise ValueError(f"{_name(owner)}: {name}={value!r} must be a number.")
    least, most = bounds.get("min_val"), bounds.get("max_val")
    if (
        (type(value), target_type) in _PLAIN
        and (least is None or least < value)
        and (most is None or value < most)
    ):
        return  # sooner than check_scalar: streams check their parameters with every block
    try:
        check_scalar(value, f"{_name(owner)}: {name}", target_type, **bounds)
    except TypeError as error:
        raise ValueError(str(error)) from None


def import_optional(module: str, *, caller: str, extra: str) -> ModuleType:
    """Import an optional dependency, or say how to install it.

    Parameters
    ----------
    module : str
        Name of the module.
    caller : str
        What needs it.
    extra : str
        The extra of skse that installs it.

    Returns
    -------
    module : module

    Raises
    ------
    ImportError
        Naming caller, module and the command that installs it, and what else it lacks.
    """
    try:
        return import_module(module)
    except ImportError as error:
        found_none = isinstance(error, ModuleNotFoundError)
        absent = found_none and f"{module}.".startswith(f"{error.name}.")
        reason = "is not installed" if absent else f"cannot be imported ({error})"
        raise ImportError(
            f'{caller} needs {module}, which {reason}: python -m pip install "skse[{extra}]"'
        ) from error


def _name(owner):
    return owner if isinstance(owner, str) else type(owner).__name__
