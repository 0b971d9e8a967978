"""Estimators as JSON, arrays and networks, and back. Only classes known or trusted are built.

A value of JSON stands for itself; everything else is a dict whose "type" says what it is.

An estimator is kept as its parameters and as what ``__getstate__`` gives beside them, and comes
back through ``__init__`` and ``__setstate__``. A class of skse that is part of a model without
being an estimator says itself how it is kept: ``to_state()`` gives values, arrays and estimators
by name, the class method ``from_state(state)`` takes them again, and nothing in them on trust.
"""

import json
import math
import warnings

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline

from skse.networks import (
    BaseNetworkRegressor,
    OnnxNetwork,
    SavedKerasObject,
    check_onnx,
    in_half,
    is_kernel,
)
from skse.persistence._archive import ModelFileError
from skse.persistence._classes import (
    OTHERS,
    CannotSaveError,
    foreign_classes,
    import_class,
    importable_name,
    known_classes,
    may_hold,
)
from skse.persistence._sklearn import dump_sklearn, load_sklearn

_ARRAYS = "arrays.safetensors"
_ESTIMATOR = "estimator.json"
# Parameters of a network that only training needs, and what takes their place where a file
# cannot hold them.
_FOR_TRAINING = {"callbacks": None, "loss": "mse", "optimizer": "adam"}


class Encoder:
    """Turns an estimator into members of a model file.

    Parameters
    ----------
    half_precision : bool, default=False
        Whether the kernels of networks are kept in float16.

    Attributes
    ----------
    members : dict of str to bytes
        Filled by :meth:`encode_estimator`.
    foreign : list of str
        Names of the classes among it that are not of skse.
    """

    def __init__(self, half_precision=False):
        self.members = {}
        self._half_precision = half_precision
        self._arrays = {}
        self._classes = known_classes()

    def encode_estimator(self, estimator):
        """Fill `members` with a fitted estimator."""
        from safetensors.numpy import save

        tree = self._encode(estimator, type(estimator).__name__)
        self.members[_ESTIMATOR] = json.dumps(tree, allow_nan=False).encode()
        self.members[_ARRAYS] = save(self._arrays)
        self.foreign = sorted({name.replace(":", ".") for name in foreign_classes(tree)})

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
        if kind is Pipeline:
            return self._encode_pipeline(value, where)
        if kind.__module__.startswith(("sklearn.", "numpy.random.")):
            return self._encode_sklearn(value, where)
        if self._classes.get(kind.__name__) is kind:
            if not hasattr(value, "to_state"):
                return self._encode_own(value, kind.__name__, where)
            state = self._encode_by_name(value.to_state(), where)
            return {"type": "part", "class": kind.__name__, "state": state}
        if kind.__module__.startswith("skse.") and hasattr(value, "to_runtime"):
            return self._encode_network(value, where)
        if isinstance(value, BaseEstimator) and not kind.__module__.startswith(OTHERS):
            return self._encode_own(value, importable_name(kind, where), where)
        raise CannotSaveError(f"{where} is a {kind.__module__}.{kind.__qualname__}")

    def _encode_by_name(self, values, where):
        return {name: self._encode(value, f"{where}.{name}") for name, value in values.items()}

    def _encode_own(self, estimator, name, where):
        parameters = estimator.get_params(deep=False)
        state = {k: v for k, v in estimator.__getstate__().items() if k not in parameters}
        for attribute in state:
            if not may_hold(type(estimator), attribute):
                raise CannotSaveError(f"{where}.{attribute} is an attribute of its class, too")
        if isinstance(estimator, BaseNetworkRegressor):
            parameters = {k: _for_training(estimator, k, v) for k, v in parameters.items()}
        return {
            "type": "estimator",
            "class": name,
            "parameters": self._encode_by_name(parameters, where),
            "state": self._encode_by_name(state, where),
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

        try:
            network = network.to_runtime()
        except ValueError as error:
            raise CannotSaveError(f"{where}: {error}") from error
        folder = f"networks/{sum(name.endswith('.onnx') for name in self.members)}"
        weights = {str(i): np.ascontiguousarray(w) for i, w in enumerate(network.weights)}
        if self._half_precision:
            try:
                network = network.halved()
            except ValueError as error:
                raise CannotSaveError(f"{where}: {error}") from error
            weights = {i: in_half(w) if is_kernel(w) else w for i, w in weights.items()}
        self.members[f"{folder}/network.onnx"] = network.model
        self.members[f"{folder}/weights.safetensors"] = save(weights)
        return {
            "type": "network",
            "folder": folder,
            "settings": self._encode_by_name(network.settings, where),
        }

    def _encode_sklearn(self, value, where):
        folder = f"sklearn/{sum(name.endswith('/schema.json') for name in self.members)}"
        try:
            members = dump_sklearn(value)
        except (ValueError, TypeError) as error:
            if type(value) is MultiOutputRegressor:
                return self._encode_own(value, "MultiOutputRegressor", where)
            raise CannotSaveError(f"{where} is a {type(value).__name__}: {error}") from error
        self.members.update({f"{folder}/{name}": data for name, data in members.items()})
        return {"type": "sklearn", "folder": folder}


class Decoder:
    """Builds the estimator of a model file.

    Parameters
    ----------
    archive : Archive
        The file.
    n_threads : int or None, default=None
        Threads of a network's prediction.
    trusted : collection of str, default=()
        Names of classes that are not of skse and may be imported.
    """

    def __init__(self, archive, n_threads=None, trusted=()):
        self.archive = archive
        self.n_threads = n_threads
        self.trusted = trusted
        self._classes = known_classes()
        self._tree = archive.read_json(_ESTIMATOR)

    def untrusted_types(self):
        """Return the names of classes that are neither of skse nor trusted, sorted."""
        try:
            found = {name.replace(":", ".") for name in foreign_classes(self._tree)}
        except RecursionError as error:
            raise self.archive.error(f"{_ESTIMATOR} does not describe an estimator") from error
        return sorted(found.difference(self.trusted))

    def decode_estimator(self):
        """Return the estimator.

        Raises
        ------
        ModelFileError
            Where the file holds what it must not hold.
        """
        if untrusted := self.untrusted_types():
            raise self.archive.error(
                f"it needs classes that are not of skse, {', '.join(untrusted)}; where you trust "
                f"them to run their own code, pass trusted={untrusted} (--trust of the commands)"
            )
        self._arrays = self._read_arrays(_ARRAYS)
        try:
            estimator = self._decode(self._tree)
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
        if self.archive.format_version == 1:
            node = _renew(node)
        decode = {
            "array": lambda: self._arrays[node["name"]],
            "dict": lambda: self._decode_by_name(node["items"]),
            "estimator": lambda: self._decode_own(node),
            "float": lambda: float(node["value"]),
            "network": lambda: self._decode_network(node),
            "part": lambda: self._find_class(node["class"]).from_state(
                self._decode_by_name(node["state"])
            ),
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

    def _decode_by_name(self, nodes):
        return {name: self._decode(node) for name, node in nodes.items()}

    def _decode_own(self, node):
        cls = self._find_class(node["class"])
        parameters = self._decode_by_name(node["parameters"])
        estimator = cls(**parameters)
        # A parameter that the file is too old to have is for __setstate__ to fill in.
        estimator.__setstate__({**parameters, **self._decode_by_name(node["state"])})
        for name in vars(estimator).keys() - estimator.get_params(deep=False).keys():
            if not may_hold(cls, name):
                raise self.archive.error(f"it sets {cls.__name__}.{name}")
        return estimator

    def _find_class(self, name):
        """Return the class of that name; one that is not of skse is imported where trusted."""
        if ":" not in name:
            if name not in self._classes:
                raise self.archive.error(f"it names the class {name!r}, which skse lacks")
            return self._classes[name]
        shown = name.replace(":", ".")
        if shown not in self.trusted:
            raise self.archive.error(f"it needs {shown}, which is not trusted")
        try:
            return import_class(name)
        except (ImportError, TypeError) as error:
            raise self.archive.error(str(error)) from error

    def _decode_pipeline(self, node):
        steps = [(str(name), self._decode(step)) for name, step in node["steps"]]
        return Pipeline(steps, verbose=node["verbose"])

    def _decode_network(self, node):
        name = f"{node['folder']}/network.onnx"
        model = self.archive.read(name)
        weights = self._read_arrays(f"{node['folder']}/weights.safetensors")
        network = OnnxNetwork(
            model,
            [np.asarray(weights[str(i)], np.float32) for i in range(len(weights))],
            **self._decode_by_name(node["settings"]),
            n_threads=self.n_threads,
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
    if name != "callbacks" and (described := SavedKerasObject.of(value)) is not None:
        return described
    warnings.warn(
        f"{type(network).__name__}: {name}={value!r} is not kept in the model file; the loaded "
        f"network predicts the same, and has {name}={_FOR_TRAINING[name]!r}.",
        stacklevel=2,
    )
    return _FOR_TRAINING[name]


def _renew(node):
    """Return a node of format 1 as format 2 has it."""
    kind = node["type"]
    if kind == "helper":
        return {"type": "dict", "items": node["state"]}
    if kind == "keras":
        state = {"kind": node["kind"], "name": node["name"], "config": node["config"]}
        if state["config"] is not None:
            state["config"] = {"type": "dict", "items": state["config"]}
        return {"type": "part", "class": "SavedKerasObject", "state": state}
    if kind == "network":
        return {**node, "settings": {"shapes": node["shapes"], "ends": node["arguments"]}}
    return node
