"""Estimators as JSON, arrays and networks, and back. Only classes that are listed are built.

A value of JSON stands for itself; everything else is a dict whose "type" says what it is.
"""

import json
import math
import warnings
from importlib import import_module
from inspect import isclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from skse.enhancement._segments import ContextFrames, Segments
from skse.networks import BaseNetworkRegressor, OnnxNetwork, SavedKerasObject, check_onnx
from skse.persistence._archive import ModelFileError
from skse.persistence._sklearn import dump_sklearn, load_sklearn

_PACKAGES = ("features", "targets", "networks", "enhancement")
_HELPERS = {"Segments": Segments, "ContextFrames": ContextFrames}
_ARRAYS = "arrays.safetensors"
_ESTIMATOR = "estimator.json"
# Parameters of a network that only training needs, and what takes their place where a file
# cannot hold them.
_FOR_TRAINING = {"callbacks": None, "loss": "mse", "optimizer": "adam"}


class CannotSaveError(ValueError):
    """A part that a model file cannot hold."""


def estimator_classes():
    """Return the classes of skse that a model file may name, by name."""
    classes = {}
    for package in _PACKAGES:
        module = import_module(f"skse.{package}")
        for name in module.__all__:
            found = getattr(module, name)
            if isclass(found) and issubclass(found, BaseEstimator):
                classes[name] = found
    return classes


class Encoder:
    """Turns an estimator into members of a model file.

    Attributes
    ----------
    members : dict of str to bytes
        Filled by :meth:`encode_estimator`.
    """

    def __init__(self):
        self.members = {}
        self._arrays = {}
        self._classes = {cls: name for name, cls in estimator_classes().items()}

    def encode_estimator(self, estimator):
        """Fill `members` with a fitted estimator."""
        from safetensors.numpy import save

        tree = self._encode(estimator, type(estimator).__name__)
        self.members[_ESTIMATOR] = json.dumps(tree, allow_nan=False).encode()
        self.members[_ARRAYS] = save(self._arrays)

    def _encode(self, value, where):
        """Encode one value; `where` is how a user would reach it."""
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (int, np.integer)):
            return int(value)
        if isinstance(value, np.bool_):
            return bool(value)
        if isinstance(value, (float, np.floating)):
            number = float(value)
            return number if math.isfinite(number) else {"type": "float", "value": str(number)}
        if isinstance(value, np.ndarray):
            return self._encode_array(value, where)
        if isinstance(value, (list, tuple)):
            items = [self._encode(item, f"{where}[{i}]") for i, item in enumerate(value)]
            return items if isinstance(value, list) else {"type": "tuple", "items": items}
        if isinstance(value, dict) and all(isinstance(key, str) for key in value):
            items = {key: self._encode(item, f"{where}[{key!r}]") for key, item in value.items()}
            return {"type": "dict", "items": items}
        return self._encode_object(value, where)

    def _encode_array(self, array, where):
        if array.dtype.kind in "OU" and all(isinstance(item, str) for item in array.flat):
            return {
                "type": "strings",
                "items": array.ravel().tolist(),
                "shape": list(array.shape),
                "object": array.dtype.kind == "O",
            }
        if array.dtype.kind not in "biuf":
            raise CannotSaveError(f"{where} is an array of {array.dtype}")
        if not np.isfinite(array).all():
            raise CannotSaveError(f"{where} contains NaN or inf")
        name = str(len(self._arrays))
        self._arrays[name] = np.ascontiguousarray(array, array.dtype.newbyteorder("="))
        return {"type": "array", "name": name}

    def _encode_object(self, value, where):
        kind = type(value)
        if kind in self._classes:
            return self._encode_own(value, where)
        if kind is Pipeline:
            return self._encode_pipeline(value, where)
        if kind in _HELPERS.values():
            state = self._encode(vars(value), where)
            return {"type": "helper", "class": kind.__name__, "state": state["items"]}
        if kind is OnnxNetwork or kind.__module__ == "skse.networks._scikeras":
            return self._encode_network(value, where)
        if isinstance(value, SavedKerasObject):
            return {
                "type": "keras",
                "kind": value.kind,
                "name": value.name,
                "config": value.config,
            }
        if kind.__module__.startswith(("sklearn.", "numpy.random.")):
            return self._encode_sklearn(value, where)
        hint = ": pass its best_estimator_" if hasattr(value, "best_estimator_") else ""
        raise CannotSaveError(f"{where} is a {kind.__module__}.{kind.__qualname__}{hint}")

    def _encode_own(self, estimator, where):
        parameters = estimator.get_params(deep=False)
        network = isinstance(estimator, BaseNetworkRegressor)
        if network:
            parameters = {
                name: _for_training(estimator, name, value) for name, value in parameters.items()
            }
        state = {k: v for k, v in vars(estimator).items() if k not in parameters}
        return {
            "type": "estimator",
            "class": self._classes[type(estimator)],
            **{
                key: {name: self._encode(v, f"{where}.{name}") for name, v in values.items()}
                for key, values in (("parameters", parameters), ("state", state))
            },
        }

    def _encode_pipeline(self, pipeline, where):
        if pipeline.memory is not None or pipeline.transform_input is not None:
            raise CannotSaveError(
                f"{where} is a Pipeline with memory or transform_input; set both to None"
            )
        steps = [
            [name, self._encode(step, f"{where}.named_steps[{name!r}]")]
            for name, step in pipeline.steps
        ]
        return {"type": "pipeline", "steps": steps, "verbose": bool(pipeline.verbose)}

    def _encode_network(self, network, where):
        from safetensors.numpy import save

        if not isinstance(network, OnnxNetwork):
            from skse.networks import to_runtime

            try:
                network = to_runtime(network)
            except ValueError as error:
                raise CannotSaveError(f"{where}: {error}") from error
        folder = f"networks/{sum(name.endswith('.onnx') for name in self.members)}"
        self.members[f"{folder}/network.onnx"] = network.model
        weights = {str(i): np.ascontiguousarray(w) for i, w in enumerate(network.weights)}
        self.members[f"{folder}/weights.safetensors"] = save(weights)
        return {
            "type": "network",
            "folder": folder,
            "shapes": self._encode(network.shapes, where),
            "arguments": self._encode(network.ends, where),
        }

    def _encode_sklearn(self, value, where):
        folder = f"sklearn/{sum(name.endswith('/schema.json') for name in self.members)}"
        try:
            members = dump_sklearn(value)
        except (ValueError, TypeError) as error:
            raise CannotSaveError(f"{where} is a {type(value).__name__}: {error}") from error
        self.members.update({f"{folder}/{name}": data for name, data in members.items()})
        return {"type": "sklearn", "folder": folder}


class Decoder:
    """Builds the estimator of a model file.

    Parameters
    ----------
    archive : Archive
        The file.
    n_threads : int or None
        Threads of a network's prediction.
    """

    def __init__(self, archive, n_threads):
        self.archive = archive
        self.n_threads = n_threads
        self._classes = estimator_classes()

    def decode_estimator(self):
        """Return the estimator.

        Raises
        ------
        ModelFileError
            Where the file holds what it must not hold.
        """
        tree = self.archive.read_json(_ESTIMATOR)
        self._arrays = self._read_arrays(_ARRAYS)
        try:
            estimator = self._decode(tree)
        except ModelFileError:
            raise
        except Exception as error:  # whatever a forged tree leads to
            reason = f"{_ESTIMATOR} does not describe an estimator of this version ({error!r})"
            raise self.archive.error(reason) from error
        if not isinstance(estimator, BaseEstimator):
            raise self.archive.error(f"{_ESTIMATOR} does not describe an estimator")
        return estimator

    def _decode(self, node):
        if isinstance(node, list):
            return [self._decode(item) for item in node]
        if not isinstance(node, dict):
            return node
        decode = {
            "array": lambda: self._arrays[node["name"]],
            "dict": lambda: {key: self._decode(item) for key, item in node["items"].items()},
            "estimator": lambda: self._decode_own(node),
            "float": lambda: float(node["value"]),
            "helper": lambda: self._decode_helper(node),
            "keras": lambda: _decode_keras(node),
            "network": lambda: self._decode_network(node),
            "pipeline": lambda: self._decode_pipeline(node),
            "sklearn": lambda: self._decode_sklearn(node),
            "strings": lambda: np.array(
                [str(item) for item in node["items"]], dtype=object if node["object"] else str
            ).reshape(node["shape"]),
            "tuple": lambda: tuple(self._decode(item) for item in node["items"]),
        }.get(node["type"])
        if decode is None:
            raise self.archive.error(f"it holds a {node['type']!r}, which skse does not know")
        return decode()

    def _decode_own(self, node):
        cls = self._classes.get(node["class"])
        if cls is None:
            raise self.archive.error(f"it names the class {node['class']!r}, which skse lacks")
        estimator = cls(**{name: self._decode(v) for name, v in node["parameters"].items()})
        self._set_state(estimator, node["state"])
        if isinstance(estimator, BaseNetworkRegressor):
            estimator.__setstate__({})  # completes what version 0.1 wrote
        return estimator

    def _decode_helper(self, node):
        cls = _HELPERS[node["class"]]
        helper = cls.__new__(cls)
        self._set_state(helper, node["state"])
        return helper

    def _set_state(self, owner, state):
        for name, value in state.items():
            # Methods and properties are the class's own.
            if not name.isidentifier() or hasattr(type(owner), name) or name.startswith("__"):
                raise self.archive.error(f"it sets {type(owner).__name__}.{name}")
            vars(owner)[name] = self._decode(value)

    def _decode_pipeline(self, node):
        steps = [(str(name), self._decode(step)) for name, step in node["steps"]]
        return Pipeline(steps, verbose=node["verbose"])

    def _decode_network(self, node):
        name = f"{node['folder']}/network.onnx"
        model = self.archive.read(name)
        weights = self._read_arrays(f"{node['folder']}/weights.safetensors")
        network = OnnxNetwork(
            model,
            [weights[str(i)] for i in range(len(weights))],
            self._decode(node["shapes"]),
            self._decode(node["arguments"]),
            self.n_threads,
        )
        try:
            check_onnx(model)
            network.start()
        except Exception as error:  # onnxruntime's own derive from nothing narrower
            raise self.archive.error(f"its member {name!r} cannot be used: {error}") from error
        return network

    def _decode_sklearn(self, node):
        prefix = f"{node['folder']}/"
        members = {
            name.removeprefix(prefix): self.archive.read(name)
            for name in self.archive.names
            if name.startswith(prefix)
        }
        try:
            return load_sklearn(members)
        except Exception as error:  # skops's own, and those of what it builds
            raise self.archive.error(f"{prefix} cannot be used: {error}") from error

    def _read_arrays(self, name):
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            arrays = load(self.archive.read(name))
        except (SafetensorError, KeyError, TypeError) as error:
            raise self.archive.error(f"its member {name!r} holds no arrays ({error})") from error
        for array in arrays.values():
            if not np.isfinite(array).all():
                raise self.archive.error(f"its member {name!r} holds NaN or inf")
        return arrays


def _for_training(network, name, value):
    """Return a network's parameter in a form that a file can hold."""
    if name not in _FOR_TRAINING or value is None or isinstance(value, str):
        return value
    if isinstance(value, SavedKerasObject):
        return value
    if name != "callbacks":
        from skse.networks import describe_keras_object

        described = describe_keras_object(value)
        if described is not None:
            return described
    warnings.warn(
        f"{type(network).__name__}: {name}={value!r} is not kept in the model file; the loaded "
        f"network predicts the same, and has {name}={_FOR_TRAINING[name]!r}.",
        stacklevel=2,
    )
    return _FOR_TRAINING[name]


def _decode_keras(node):
    name, config = node["name"], node["config"]
    plain = (str, int, float, bool, type(None))
    if node["kind"] not in ("losses", "optimizers") or not (
        config is None or all(isinstance(value, plain) for value in config.values())
    ):
        raise TypeError(f"{name!r} is not described plainly")
    return SavedKerasObject(node["kind"], str(name), config)
