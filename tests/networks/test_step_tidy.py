"""Fewer operators, the same numbers."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from skse.networks._step_tidy import tidied

SHAPE = (1, 3, 6, 5)  # channels, frequencies, frames
# Elu as converters write it; a transposed convolution with what may stand behind it.
ELU = [
    ("Min", "x", "zero", "a"),
    ("Exp", "a", "b"),
    ("Sub", "b", "one", "c"),
    ("Max", "x", "c", "y"),
]
CONSTANTS = {
    "zero": np.float32(0),
    "one": np.float32(1),
    "factor": np.array([[[2.0]], [[-1.0]], [[0.5]], [[3.0]]], np.float32),
    "offset": np.array([[[[1.0]], [[2.0]], [[3.0]], [[4.0]]]], np.float32),
    "number": np.float32(1.5),
    "each_frequency": np.arange(11, dtype=np.float32).reshape(1, 1, 11, 1),
    "kernel": np.random.default_rng(0).standard_normal((3, 4, 3, 1)).astype(np.float32),
    "bias": np.array([1, -1, 0.5, 2], np.float32),
    **{f"at_{i}": np.array([i]) for i in (-1, 1, 2, 3, 9)},
}
BEHIND = {
    "all of it": (
        [("Mul", "t", "factor", "a"), ("Add", "a", "offset", "b"), ("Relu", "b", "y")],
        ["ConvTranspose", "Relu"],
    ),
    "crops around": (
        [
            *(("Slice", "t", "at_1", "at_-1", "at_2", "a"), ("Add", "offset", "a", "b")),
            *(("Elu", "b", "c"), ("Slice", "c", "at_1", "at_9", "at_2", "y")),
        ],
        ["ConvTranspose", "Elu"],
    ),
    "one number": ([("Mul", "t", "number", "y")], ["ConvTranspose"]),
    "every frequency": ([("Mul", "t", "each_frequency", "y")], ["ConvTranspose", "Mul"]),
    "frames": ([("Slice", "t", "at_1", "at_3", "at_3", "y")], ["ConvTranspose", "Slice"]),
    "read twice": (
        [("Mul", "t", "factor", "a"), ("Add", "a", "t", "y")],
        ["ConvTranspose", "Mul", "Add"],
    ),
    "steps": (
        [("Slice", "t", "at_1", "at_9", "at_2", "at_2", "y")],
        ["ConvTranspose", "Slice"],
    ),
}


def run(nodes, constants, rows):
    import onnxruntime

    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in (("x", SHAPE), ("y", [None] * 4))
    ]
    used = {name for node in nodes for name in node.input}
    tensors = [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items() if k in used]
    graph = helper.make_graph(nodes, "test", ends[:1], ends[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, {"x": rows})[0]


def made(chain):
    return [
        helper.make_node(kind, list(names[:-1]), [names[-1]], name=f"{kind}_{i}")
        for i, (kind, *names) in enumerate(chain)
    ]


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("name", BEHIND)
def test_a_transposed_convolution_absorbs(name, with_bias, rng):
    chain, left = BEHIND[name]
    inputs = ["x", "kernel", *(["bias"] if with_bias else [])]
    first = helper.make_node("ConvTranspose", inputs, ["t"], "T", strides=[2, 1], pads=[1, 0, 1, 0])
    rows = rng.standard_normal(SHAPE).astype(np.float32)
    before, constants = run([first, *made(chain)], CONSTANTS, rows), dict(CONSTANTS)
    nodes = tidied([first, *made(chain)], constants, {"t": (-1, (1, 4, 11, 5))})
    assert [node.op_type for node in nodes] == left
    nodes[-1].output[0] = "y"
    np.testing.assert_allclose(run(nodes, constants, rows), before, rtol=1e-5, atol=1e-6)


def test_elu_is_recognised(rng):
    rows = rng.standard_normal(SHAPE).astype(np.float32)
    nodes = tidied(made(ELU), dict(CONSTANTS), {})
    assert [node.op_type for node in nodes] == ["Elu"]
    np.testing.assert_allclose(run(nodes, CONSTANTS, rows), run(made(ELU), CONSTANTS, rows), 1e-6)


@pytest.mark.parametrize(
    "other",
    [
        [*ELU[:2], ("Sub", "b", "number", "c"), ELU[3]],
        [("Min", "x", "one", "a"), *ELU[1:]],
        [*ELU[:3], ("Max", "a", "c", "y")],
        [*ELU[:3], ("Max", "x", "c", "d"), ("Add", "d", "b", "y")],
    ],
)
def test_what_only_looks_like_it_stays(other):
    assert len(tidied(made(other), dict(CONSTANTS), {})) == len(other)
