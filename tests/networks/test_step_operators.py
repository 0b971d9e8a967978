"""Operators on the next frames give what they give on all."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from skse.networks import NotSteppableError
from skse.networks._step_graph import step_form
from skse.networks._steps import StepStream


def run(model, rows):
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: rows})[0]


def in_pieces(stream, rows, sizes):
    pieces, begin = [], 0
    for size in sizes:
        pieces.append(stream.push(rows[:, :, begin : begin + size]))
        begin += size
    assert begin == rows.shape[2]
    return np.concatenate([*pieces, stream.finish()], axis=2)


def graph_of(nodes, constants=(), shape=(None, 4, None)):
    """A graph x -> y of some operators."""
    sizes = [f"n_{i}" if size is None else size for i, size in enumerate(shape)]
    ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)]
    constants = [numpy_helper.from_array(np.asarray(v), name) for name, v in constants]
    out = helper.make_empty_tensor_value_info("y")
    out.type.tensor_type.elem_type = TensorProto.FLOAT
    graph = helper.make_graph(nodes, "test", ends, [out], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return model.SerializeToString()


def node(kind, *inputs, out="y", **options):
    return helper.make_node(kind, list(inputs), [out], **options)


def ints(*values):
    return np.array(values, np.int64)


KERNEL = np.random.default_rng(1).standard_normal((4, 4, 3)).astype(np.float32)
SUPPORTED = {
    "convolution behind a bias, twice": (
        [
            node("Conv", "x", "k", out="a", pads=[1, 1]),
            node("Add", "a", "b", out="c"),
            node("Conv", "c", "k", auto_pad="SAME_LOWER"),
        ],
        [("k", KERNEL), ("b", np.ones((4, 1), np.float32))],
    ),
    "padding in front, cropped behind": (
        [
            node("Pad", "x", "p", out="a"),
            node("Conv", "a", "k", out="b", auto_pad="VALID", dilations=[2]),
            node("Exp", "b"),
        ],
        [("k", KERNEL), ("p", ints(0, 0, 4, 0, 0, 0))],
    ),
    "branches that lag differently": (
        [
            node("Conv", "x", "k", out="a", pads=[0, 2]),
            node("Conv", "x", "k", out="b", pads=[1, 1]),
            node("Concat", "a", "x", "b", out="c", axis=1),
            node("Slice", "c", "s", "e", "i", "t"),
        ],
        [("k", KERNEL), *zip("seit", (ints(1), ints(11), ints(1), ints(3)), strict=True)],
    ),
    "transposed convolution": (
        [
            node("ConvTranspose", "x", "k", out="a", dilations=[2]),
            node("Slice", "a", "s", "e", "i", out="b"),
            node("Cos", "b"),
        ],
        [("k", KERNEL), ("s", ints(1)), ("e", ints(-3)), ("i", ints(2))],
    ),
    "frames first": (
        [
            node("Transpose", "x", out="a", perm=[2, 0, 1]),
            node("Reshape", "a", "s", out="b"),
            node("MatMul", "b", "m", out="c"),
            node("Softmax", "c", out="d"),
            node("Reshape", "d", "u", out="e"),
            node("Transpose", "e", out="f", perm=[1, 2, 0]),
            node("ReduceMean", "f", out="g", axes=[1], keepdims=1),
            node("Sub", "f", "g"),
        ],
        [("s", ints(-1, 4)), ("m", KERNEL[:, :, 0]), ("u", ints(-1, 1, 4))],
    ),
}


@pytest.mark.parametrize("name", SUPPORTED)
def test_operators(name, rng):
    model = graph_of(*SUPPORTED[name])
    stream = StepStream(step_form(model))
    rows = rng.standard_normal((1, 4, 23)).astype(np.float32)
    for sizes in ([23], [1] * 23, [7, 1, 15]):
        got = in_pieces(stream, rows, sizes)
        np.testing.assert_allclose(got, run(model, rows), atol=2e-6, rtol=1e-5)


def test_what_lies_before_the_recording_is_zero_whatever_it_would_be(rng):
    # 0/0 in frames before the first and behind the last: they are none of the recording's.
    nodes = [
        node("Conv", "x", "k", out="a", pads=[1, 1]),
        node("Div", "a", "a", out="b"),
        node("Conv", "b", "k", pads=[1, 1]),
    ]
    model = graph_of(nodes, [("k", KERNEL)])
    stream = StepStream(step_form(model))
    rows = rng.standard_normal((1, 4, 9)).astype(np.float32)
    got = in_pieces(stream, rows, [1] * 9)
    np.testing.assert_allclose(got, run(model, rows), atol=1e-5)


def test_operators_behind_frames_that_are_rows(rng):
    nodes = [
        node("Transpose", "x", out="a", perm=[2, 1, 0]),
        node("GlobalAveragePool", "a", out="b"),
        node("MaxPool", "a", out="c", kernel_shape=[1]),
        node("Add", "b", "c", out="d"),
        node("Transpose", "d", perm=[2, 1, 0]),
    ]
    model = graph_of(nodes)
    rows = rng.standard_normal((1, 4, 9)).astype(np.float32)
    got = in_pieces(StepStream(step_form(model)), rows, [4, 5])
    np.testing.assert_allclose(got, run(model, rows), atol=1e-6)


def test_a_graph_that_cannot_be_run_is_refused():
    nodes = [node("Add", "x", "seven")]
    seven = np.ones((1, 1, 7), np.float32)  # 7 frames and no others
    with pytest.raises(NotSteppableError, match="7 by 41"):
        step_form(graph_of(nodes, [("seven", seven)]))


REFUSED = {
    "looks at all frames": [node("ReduceMax", "x", axes=[-1])],
    "has a stride along time": [node("Conv", "x", "k", strides=[2])],
    "is not known": [node("CumSum", "x", "two")],
    "pads with something else": [node("Pad", "x", "p", mode="edge")],
    "takes some frames only": [node("Slice", "x", "one", "many", "two", "two")],
    "operands that depend on": [
        node("Transpose", "x", out="a", perm=[0, 2, 1]),
        node("MatMul", "a", "x"),
    ],
    "mixes frames": [node("Reshape", "x", "flat", out="a"), node("Reshape", "a", "back")],
    "works on frames of padding": [node("Pad", "x", "p", out="a"), node("Cos", "a")],
    "other frames than its input": [node("Conv", "x", "k")],
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_looks_at_all_frames_is_refused(reason):
    constants = [
        *(("k", KERNEL), ("p", ints(0, 0, 1, 0, 0, 1)), ("two", ints(2)), ("one", ints(1))),
        *(("many", ints(2**40)), ("flat", ints(1, -1, 4)), ("back", ints(1, 4, -1))),
    ]
    with pytest.raises(NotSteppableError, match=reason):
        step_form(graph_of(REFUSED[reason], constants))
