"""Prediction through onnxruntime, and what an ONNX model may hold."""

import pickle

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from skse.networks._runtime import OnnxNetwork, check_onnx, in_half, is_kernel


def doubling(nodes=None, initializers=(), **options):
    """A model that doubles its input, or does what `nodes` say."""
    free = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 3])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])
    nodes = nodes or [helper.make_node("Add", ["x", "x"], ["y"])]
    graph = helper.make_graph(nodes, "g", [free], [out], list(initializers), **options)
    opsets = [helper.make_opsetid("", 15), helper.make_opsetid("evil", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def external():
    tensor = numpy_helper.from_array(np.ones(3, np.float32), "w")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")
    return tensor


def test_prediction_and_pickle():
    network = OnnxNetwork(doubling().SerializeToString(), [], (), {}, n_threads=1)
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)
    for same in (network, pickle.loads(pickle.dumps(network))):
        np.testing.assert_array_equal(same.predict_rows(rows), 2 * rows)
        np.testing.assert_array_equal(same.predict_rows(rows[:1]), 2 * rows[:1])
        assert same.start().get_session_options().intra_op_num_threads == 1
        assert same.start().get_providers() == ["CPUExecutionProvider"]


def nested(node):
    """A model with a node inside a branch of an If."""
    flag = numpy_helper.from_array(np.array(True), "flag")
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, [None, 3])
    branch = helper.make_graph([node], "branch", [], [out])
    choice = helper.make_node("If", ["flag"], ["y"], then_branch=branch, else_branch=branch)
    return doubling([choice], [flag])


def test_plain_models_pass():
    check_onnx(doubling().SerializeToString())
    check_onnx(nested(helper.make_node("Add", ["x", "x"], ["z"])).SerializeToString())


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (doubling(initializers=[external()]), "tensor 'w' lies in another file"),
        (
            doubling([helper.make_node("Constant", [], ["y"], value=external())]),
            "tensor 'w' lies in another file",
        ),
        (
            nested(helper.make_node("Constant", [], ["z"], value=external())),
            "tensor 'w' lies in another file",
        ),
        (
            doubling([helper.make_node("Run", ["x"], ["y"], domain="evil")]),
            "the operator 'Run' of 'evil'",
        ),
        (
            nested(helper.make_node("Run", ["x"], ["z"], domain="evil")),
            "the operator 'Run' of 'evil'",
        ),
    ],
)
def test_what_reaches_beyond_the_model_is_refused(model, message):
    with pytest.raises(ValueError, match=message):
        check_onnx(model.SerializeToString())


def test_sparse_tensors_in_other_files_are_refused():
    sparse = onnx.SparseTensorProto(values=external(), dims=[3])
    with pytest.raises(ValueError, match="lies in another file"):
        check_onnx(doubling(sparse_initializer=[sparse]).SerializeToString())


@pytest.mark.parametrize("data", [b"", b"\xff\xff", b"no model at all"])
def test_bytes_that_are_no_model(data):
    with pytest.raises(ValueError, match=r"no ONNX model|one input"):
        check_onnx(data)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((3, 3, 16, 16), True),
        ((16, 16), True),
        ((1, 257, 1, 1), False),
        ((512,), False),
        ((2, 3), False),
        ((), False),
    ],
)
def test_what_is_a_kernel(shape, expected):
    """Means and deviations of features are kept exactly."""
    assert is_kernel(np.ones(shape, np.float32)) == expected
    assert not is_kernel(np.ones(shape, np.int64))


def test_half_precision_refuses_what_it_cannot_hold():
    assert in_half(np.float32([1, 2.5])).tolist() == [1, 2.5]
    with pytest.raises(ValueError, match="too large for float16"):
        in_half(np.float32([1e6]))
