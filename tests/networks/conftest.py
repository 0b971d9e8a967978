"""Shared data of the network tests."""

import math

import numpy as np
import pytest

from skse.networks import BaseArchitecture

# Inputs that are lengths or positions, by operator.
LENGTHS = {"Slice": [1, 2, 4], "Reshape": [1], "Pad": [1], "Expand": [1], "Tile": [1]}

TINY = {
    "UNetRegressor": {
        "filters": (4,),
        "dilations": (1,),
        "top_filters": 2,
        "bottleneck_units": None,
        "activation": "elu",
        "skip": "add",
        "dropout": 0.0,
    },
    "AutoencoderRegressor": {"filters": (4,), "dense_units": (8,)},
    "DenseNetRegressor": {
        "growth_rate": 3,
        "n_layers": 1,
        "n_levels": 1,
        "first_filters": 4,
        "dilations": (1,),
        "fold": 1,
    },
    "WideResNetRegressor": {"filters": (6,), "n_blocks": 1},
    "NoiseEmbeddingRegressor": {
        "filters": (4, 4),
        "strides": (2, 1),
        "embedding_filters": (4, 5),
        "embedding_strides": ((2, 2), (1, 1)),
        "embedding_kernel_size": (2, 3),
        "position_units": 5,
    },
}


class Plain(BaseArchitecture):
    """One convolution with as many channels as `units` says: the least that there is."""

    def __init__(self, units=3):
        self.units = units

    def body(self, image, n_channels):
        from keras import layers

        return layers.Conv2D(self.units, 3, padding="same", activation="tanh")(image)


class Recurrent(BaseArchitecture):
    """A GRU along time over all frequencies: it carries a state."""

    def __init__(self, units=6):
        self.units = units

    def body(self, image, n_channels, stateful=False):
        from keras import layers

        _, n_frequencies, _, n_in = image.shape
        frames = layers.Permute((2, 1, 3))(image)
        frames = layers.Reshape((-1, n_frequencies * n_in))(frames)
        frames = layers.GRU(self.units, return_sequences=True, stateful=stateful)(frames)
        frames = layers.Dense(n_frequencies * n_channels)(frames)
        frames = layers.Reshape((-1, n_frequencies, n_channels))(frames)
        return layers.Permute((2, 1, 3))(frames)

    def receptive_field(self):
        return math.inf, 0


@pytest.fixture
def plain():
    return Plain()


@pytest.fixture
def recurrent():
    return Recurrent()


@pytest.fixture
def make_network():
    """A tiny network of the named class."""
    import skse

    def make(name="UNetRegressor", **parameters):
        return getattr(skse, name)(**{"epochs": 1, "random_state": 0, **TINY[name], **parameters})

    return make


@pytest.fixture
def smooth_problem():
    """Two smooth patterns of random strength, with noise as features, without as targets."""
    rng = np.random.default_rng(0)
    frequency, frame = np.linspace(0, np.pi, 12)[:, None], np.linspace(0, np.pi, 10)
    patterns = np.stack([np.cos(frequency) * np.sin(frame), np.sin(frequency) * np.cos(frame)])
    smooth = np.tensordot(rng.standard_normal((48, 2)), 2 * patterns, 1)
    X = smooth + 0.3 * rng.standard_normal(smooth.shape)
    return X.astype(np.float32), (5 + 2 * smooth).astype(np.float32)


@pytest.fixture
def float_lengths():
    """Find the names of floats that lengths in an ONNX model are computed from."""
    import onnx
    from onnx import TensorProto

    def names_of(model):
        inferred = onnx.shape_inference.infer_shapes(model)
        types = {v.name: v.type.tensor_type.elem_type for v in inferred.graph.value_info}
        types |= {tensor.name: tensor.data_type for tensor in model.graph.initializer}
        made_by = {name: node for node in model.graph.node for name in node.output}
        waiting = [
            node.input[i]
            for node in model.graph.node
            for i in LENGTHS.get(node.op_type, ())
            if i < len(node.input)
        ]
        seen, found = set(), []
        while waiting:
            name = waiting.pop()
            if name in seen or not name:
                continue
            seen.add(name)
            if types[name] not in (TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL):
                found.append(name)
            node = made_by.get(name)
            if node is not None and node.op_type != "Shape":
                waiting += node.input
        assert len(seen) > 3
        return found

    return names_of
