"""The network of an enhancer for other programs, and what they need beside it."""

import json
import math
from pathlib import Path

import numpy as np

from skse.enhancement._export_header import c_header
from skse.enhancement._regressors import steps_of
from skse.enhancement._segments import Segments
from skse.networks import BaseNetworkRegressor, exported, step_form_of
from skse.utils import check_choice, write_whole

_SUFFIXES = {"litert": ".tflite", "onnx": ".onnx", "onnx-steps": ".onnx"}


def export_network(chain, regressor, path, form, more):
    """Write an enhancer's network, and files of the same name that describe the rest.

    Parameters
    ----------
    chain : Chain
        Fitted.
    regressor : object
        Fitted; a network of skse, or a Pipeline that ends in one.
    path : str or path
        Of the network.
    form : {"litert", "onnx", "onnx-steps"}
        Format.
    more : dict
        What the description says besides.

    Returns
    -------
    path : pathlib.Path
    """
    check_choice("export", "format", form, _SUFFIXES)
    path = Path(path)
    if path.suffix != _SUFFIXES[form]:
        raise ValueError(f"export: path={str(path)!r} must end in {_SUFFIXES[form]!r}.")
    steps = steps_of(regressor)
    network = steps[-1]
    if not isinstance(network, BaseNetworkRegressor):
        raise ValueError(
            f"export writes networks of skse, but the regressor is a {type(network).__name__}; "
            "skse.save keeps the enhancer as a whole."
        )
    content = exported(network, form)
    if form == "onnx-steps":
        more = {**more, "steps": _describe_steps(step_form_of(network))}
    told = _describe(chain, steps, path.name, more)
    write_whole(path, content)
    write_whole(path.with_suffix(".json"), json.dumps(told, indent=1, allow_nan=False))
    if form == "onnx-steps":
        write_whole(path.with_suffix(".h"), c_header(told, chain.featurizer))
    return path


def _describe(chain, steps, name, more):
    """Describe what a program must do around the network, in plain values."""
    windows, network = chain.windows, steps[-1]
    description = {
        "network": name,
        **more,
        "normalize_level": chain.normalize_level,
        "featurizer": _part(chain.featurizer),
        "before_the_network": [_part(step) for step in steps[:-1]],
        "input_shape": [None, *network.input_shape_],
        "output_shape": [None, *network.output_shape_],
        "head": network.head,  # where given, the input's last two channels are the noisy STFT
        "target": _part(chain.target),
    }
    if chain.environment_frames:  # a row begins with so many of the environment
        description["environment_frames"] = chain.environment_frames
    if isinstance(windows, Segments):
        description["segment_frames"] = windows.n_frames
        description["segment_step"] = windows.step
    return _plain(description)


def _describe_steps(form):
    """Describe the inputs and outputs of a graph that takes one frame after the other."""
    return {
        "input_shape": form.input_shape,
        "output_shape": form.output_shape,
        "ahead": form.ahead,
        "inputs": ["frames", *(["position", "length"] if form.ahead else [])],
        "output": "frames_out",
        "states": [
            {"input": name, "output": f"{name}_out", "shape": shape}
            for name, shape in form.state_shapes.items()
        ],
    }


def _part(estimator):
    parameters = estimator.get_params(deep=False)
    return {
        "class": type(estimator).__name__,
        "parameters": parameters,
        "fitted": {k: v for k, v in vars(estimator).items() if k.endswith("_")},
    }


def _plain(value):
    """Return arrays as lists, numbers of NumPy as numbers, what is not finite as text.

    Estimators inside another one are described as it is.
    """
    if hasattr(value, "get_params") and not isinstance(value, type):
        value = _part(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
