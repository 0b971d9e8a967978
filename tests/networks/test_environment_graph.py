"""The graph for one environment: what it computes, and when there is none."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from skse.networks import NotSteppableError
from skse.networks._environment_graph import for_environment
from skse.networks._runtime import OnnxNetwork


@pytest.mark.parametrize("embedding", ["learned", "mean", None])
@pytest.mark.parametrize("shape", [(9,), (9, 2)])
def test_graph_without_its_environment_gives_the_same(embedding, shape, make_network, rng):
    X = rng.standard_normal((8, 9, 15, *shape[1:])).astype(np.float32)
    network = make_network(
        "NoiseEmbeddingRegressor", embedding=embedding, environment_frames=5, learning_rate=0.1
    ).fit(X, X[:, :, 5:] ** 2)
    whole = network.regressor_.to_runtime()
    made = for_environment(whole.model, X[:1, :, :5])
    n_nodes = [len(onnx.load_model_from_string(model).graph.node) for model in (whole.model, made)]
    assert n_nodes[1] < n_nodes[0]
    for n_frames in (1, 10, 70):
        row = rng.standard_normal((1, 9, n_frames, *shape[1:])).astype(np.float32)
        expected = network.predict(np.concatenate([X[:1, :, :5], row], axis=2))
        got = OnnxNetwork(made, [], (), {}).predict_rows(row)
        np.testing.assert_allclose(got, expected, atol=1e-5)


def test_graph_without_a_place_where_the_environment_ends_is_refused():
    entry, out = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3, "t"]) for name in "xy"
    )
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [entry], [out])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    with pytest.raises(NotSteppableError, match="x has no place where the environment ends"):
        for_environment(model.SerializeToString(), np.zeros((1, 3, 4), np.float32))
