"""Parts of scikit-learn in a model file: skops writes and reads them, a list says which."""

import io
import json
import re
import zipfile
from pathlib import PurePosixPath

import numpy as np

# Estimators that predict with NumPy alone. What scikit-learn hands to compiled code without
# bounds checks (trees, neighbours, support vectors) must not come from a file that may be forged.
ALLOWED = (
    "sklearn.compose._target.TransformedTargetRegressor",
    "sklearn.cross_decomposition.",
    "sklearn.decomposition.",
    "sklearn.dummy.DummyRegressor",
    "sklearn.kernel_ridge.KernelRidge",
    "sklearn.linear_model.",
    "sklearn.multioutput.MultiOutputRegressor",
    "sklearn.neural_network.",
    "sklearn.pipeline.Pipeline",
    "sklearn.preprocessing.",
)
# Of these, skops asks whether to trust them.
_TRUSTED = [
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
]
# Kinds of nodes in a file of skops, and the types that each may build. Functions, methods and
# partials are not among them.
_PLAIN = {
    "CachedNode": ("",),
    "DictNode": ("builtins.dict", "collections.OrderedDict"),
    "JsonNode": ("builtins.",),
    "ListNode": ("builtins.list",),
    "NdArrayNode": ("numpy.",),
    "RandomGeneratorNode": ("numpy.random.",),
    "RandomStateNode": ("numpy.random.",),
    "SetNode": ("builtins.set",),
    "SliceNode": ("builtins.slice",),
    "TupleNode": ("builtins.tuple",),
    "TypeNode": ("builtins.bool", "builtins.float", "builtins.int", "builtins.str"),
}
_LOADERS = {**_PLAIN, "ObjectNode": ALLOWED}
_SCHEMA = "schema.json"


def dump_sklearn(part):
    """Turn an object of scikit-learn (or a random generator of NumPy) into members of a file.

    Parameters
    ----------
    part : object

    Returns
    -------
    members : dict of str to bytes

    Raises
    ------
    ValueError
        Where it holds what `load_sklearn` would refuse.
    """
    import skops.io
    from skops.io.exceptions import UnsupportedTypeException

    try:
        data = skops.io.dumps(part)
    except UnsupportedTypeException as error:
        raise ValueError(str(error)) from error
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    _check_members(members)
    return _renumber(members)


def load_sklearn(members):
    """Build what :func:`dump_sklearn` turned into members.

    Parameters
    ----------
    members : dict of str to bytes

    Returns
    -------
    part : object

    Raises
    ------
    Exception
        Whatever skops raises for members that do not fit together, and a
        ValueError for a type that is not on the list.
    """
    import skops.io

    _check_members(members)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return skops.io.loads(buffer.getvalue(), trusted=_TRUSTED)


def _renumber(members):
    """Count objects from 0, where skops has their addresses: the same part, the same bytes."""
    numbers = {}

    def count(found):
        return found[1] + str(numbers.setdefault(found[2], len(numbers)))

    schema = re.sub(r'("__id__": |"file": ")(\d+)', count, members.pop(_SCHEMA).decode())
    arrays = {numbers[name.removesuffix(".npy")]: x for name, x in members.items()}
    return {_SCHEMA: schema.encode(), **{f"{i}.npy": arrays[i] for i in sorted(arrays)}}


def _check_members(members):
    """Raise a ValueError for a type that is not on the list, or an array larger than its member."""
    _check_node(json.loads(members[_SCHEMA]))
    for name, data in members.items():
        if PurePosixPath(name).suffix == ".npy":
            _check_npy(name, data)
        elif name != _SCHEMA:
            raise ValueError(f"{name} is neither an array nor a description")


def _check_node(node):
    if isinstance(node, list):
        for child in node:
            _check_node(child)
    elif isinstance(node, dict):
        if "__loader__" in node:
            kind = f"{node['__module__']}.{node['__class__']}"
            allowed = _LOADERS.get(node["__loader__"], ())
            # A name that ends in a dot allows a whole package.
            if not any(kind.startswith(a) if a[-1:] in ("", ".") else kind == a for a in allowed):
                raise ValueError(f"it holds a {kind}, which a model file must not hold")
        for child in node.values():
            _check_node(child)


def _check_npy(name, data):
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    reader = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    shape, _, dtype = reader(stream)
    size = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if dtype.hasobject or size != len(data) - stream.tell():
        raise ValueError(f"{name} does not hold the array that it declares")
