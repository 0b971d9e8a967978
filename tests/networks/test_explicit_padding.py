"""Convolutions that say how much they pad give what those give that keep the size."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from skse.networks._explicit_padding import pad_explicitly


def graph_of(rule, size, kernel, stride):
    """A convolution along an axis of a known size, and along one that is open."""
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((3, 2, kernel, kernel)).astype(np.float32)
    node = helper.make_node(
        "Conv", ["x", "k"], ["y"], auto_pad=rule, kernel_shape=[kernel] * 2, strides=[stride, 1]
    )
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, n, rows, None])
        for name, n, rows in (("x", 2, size), ("y", 3, None))
    ]
    constants = [numpy_helper.from_array(weights, "k")]
    graph = helper.make_graph([node], "test", ends[:1], ends[1:], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def run(proto, rows):
    import onnxruntime

    return onnxruntime.InferenceSession(proto.SerializeToString()).run(None, {"x": rows})[0]


@pytest.mark.parametrize("rule", ["SAME_UPPER", "SAME_LOWER"])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_the_same_numbers(rule, kernel, rng):
    for size in (1, 2, 5, 8, 9):
        for stride in (1, 2, 3):
            proto = graph_of(rule, size, kernel, stride)
            rows = rng.standard_normal((1, 2, size, 7)).astype(np.float32)
            expected = run(proto, rows)
            assert pad_explicitly(proto) == 1
            onnx.checker.check_model(proto)
            assert all(a.name != "auto_pad" for a in proto.graph.node[0].attribute)
            np.testing.assert_allclose(run(proto, rows), expected, rtol=1e-5, atol=1e-6)
            assert pad_explicitly(proto) == 0


def test_an_open_axis_with_a_stride_stays():
    proto = graph_of("SAME_UPPER", None, 3, 2)
    before = proto.SerializeToString()
    assert pad_explicitly(proto) == 0
    assert proto.SerializeToString() == before
