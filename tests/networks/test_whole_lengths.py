"""No length in an exported graph passes through floats, and none is wrong."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import skse
from skse.networks._runtime import OnnxNetwork
from skse.networks._whole_lengths import compute_lengths_whole


def crop(limit=0.0, kind=TensorProto.INT32, operator="Max"):
    """A model that cuts `x` to the length of `y`, limited in floats as tf2onnx does."""
    x, y, out = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in ("x", "y", "z")
    )
    nodes = [
        helper.make_node("Shape", ["y"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["length"], to=kind),
        helper.make_node("Cast", ["length"], ["float"], to=TensorProto.FLOAT),
        helper.make_node(operator, ["float", "limit"], ["limited"]),
        helper.make_node("Cast", ["limited"], ["end"], to=kind),
        helper.make_node("Slice", ["x", "begin", "end"], ["z"]),
    ]
    begin = np.zeros(1, helper.tensor_dtype_to_np_dtype(kind))
    constants = [
        numpy_helper.from_array(begin, "begin"),
        numpy_helper.from_array(np.float32([limit]), "limit"),
    ]
    graph = helper.make_graph(nodes, "g", [x, y], [out], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)


@pytest.mark.parametrize("kind", [TensorProto.INT32, TensorProto.INT64])
def test_a_limit_in_floats_becomes_one_in_whole_numbers(kind, float_lengths):
    onnxruntime = pytest.importorskip("onnxruntime")
    model = crop(limit=5, kind=kind)
    assert float_lengths(model) == ["limited", "limit", "float"]
    assert compute_lengths_whole(model.graph) == 1
    onnx.checker.check_model(model, full_check=True)
    assert float_lengths(model) == []
    assert {tensor.name for tensor in model.graph.initializer} == {"begin", "end_whole_1"}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    x = np.arange(2**24 + 3, dtype=np.float32)
    for n, expected in [(3, 5), (257, 257), (2**24 + 1, 2**24 + 1)]:  # that one no float32 holds
        assert len(session.run(None, {"x": x, "y": x[:n]})[0]) == expected
    assert compute_lengths_whole(model.graph) == 0


@pytest.mark.parametrize("options", [{"limit": 0.5}, {"limit": np.inf}, {"operator": "Mul"}])
def test_what_is_no_limit_in_whole_numbers_is_left(options):
    model = crop(**options)
    before = model.SerializeToString()
    assert compute_lengths_whole(model.graph) == 0
    assert model.SerializeToString() == before


@pytest.mark.parametrize("name", ["speech-8k", "speech-16k"])
def test_models_that_ship(name, tmp_path, float_lengths):
    """As they are exported, they give every number of frames, and the values they gave."""
    enhancer = skse.load(Path(skse.__file__).parent / "models" / "data" / f"{name}.skse")
    model = onnx.load(enhancer.export(tmp_path / "network.onnx"))
    assert float_lengths(model) == []
    network = OnnxNetwork(model.SerializeToString(), [], (), {})
    old = enhancer.regressor_.regressor_
    shape = [size or 1 for size in old.shapes[0]]
    rng = np.random.default_rng(0)
    for n_frames in [*range(1, 20), 255, 256, 257, 258, 511, 513]:
        shape[1] = n_frames
        rows = rng.standard_normal((1, *shape), dtype=np.float32)
        got = network.predict_rows(rows)
        assert got.shape[2] == n_frames
        np.testing.assert_array_equal(got, old.predict_rows(rows))
