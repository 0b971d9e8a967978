"""Converted networks agree with Keras on every layer that the networks are made of."""

import numpy as np
import onnx
import pytest

from skse.networks._runtime import exported

ARCHITECTURES = {
    "all options": (
        "UNetRegressor",
        {
            "strides": (2, 2),
            "bottleneck_units": 3,
            "n_convolutions": 2,
            "dilations": (1, 2, 3),
            "dropout": 0.2,
        },
    ),
    "causal": ("UNetRegressor", {"causal": True, "dilations": (1, 2)}),
    "other activation": (
        "UNetRegressor",
        {"activation": "gelu", "normalization": None, "skip": "concatenate"},
    ),
    "autoencoder": ("AutoencoderRegressor", {"activation": "elu"}),
    "densenet": (
        "DenseNetRegressor",
        {"n_layers": 2, "n_levels": 2, "dilations": (1, 2), "fold": 2, "dropout": 0.2},
    ),
    "causal densenet": (
        "DenseNetRegressor",
        {"causal": True, "dilations": (1, 2), "normalization": None, "activation": "gelu"},
    ),
    "wideresnet": ("WideResNetRegressor", {"filters": (4, 6), "n_blocks": 2, "dropout": 0.2}),
    "causal wideresnet": (
        "WideResNetRegressor",
        {"causal": True, "normalization": None, "activation": "elu"},
    ),
}


@pytest.fixture
def session_of():
    import onnxruntime

    return lambda data: onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_onnx_agrees_with_keras(name, make_network, smooth_problem, session_of, float_lengths):
    X, y = smooth_problem
    kind, parameters = ARCHITECTURES[name]
    # Fewer frequencies out than in: the projection along frequency takes part.
    network = make_network(kind, **parameters).fit(X, y[:, :7])
    content = exported(network, "onnx")
    assert float_lengths(onnx.load_model_from_string(content)) == []
    session = session_of(content)
    (source,) = session.get_inputs()
    for n, frames in [(3, 10), (1, 10)] + [
        (2, 7),
        (1, 1),
        (1, 33),
        (1, 256),
        (1, 257),
        (1, 258),
    ] * network.architecture_.any_n_frames:
        rows = np.resize(X, (n, X.shape[1], frames))
        (got,) = session.run(None, {source.name: rows})
        np.testing.assert_allclose(got, network.predict(rows), rtol=0, atol=1e-5)


@pytest.fixture(scope="module")
def fitted():
    """A tiny network, and what it was trained on."""
    import skse

    X = np.random.default_rng(0).standard_normal((16, 12, 10)).astype(np.float32)
    sizes = {"dilations": (2,), "top_filters": 2, "bottleneck_units": None}
    network = skse.UNetRegressor(
        (4,), **sizes, activation="elu", skip="add", epochs=1, random_state=0
    )
    return network.fit(X, X), X


def test_the_graph_is_lean_and_the_keras_model_left_as_it_was(fitted):
    import tensorflow as tf

    network, X = fitted
    before = network.predict(X)
    model = onnx.load_model_from_string(exported(network, "onnx"))
    kinds = [node.op_type for node in model.graph.node]
    assert "Elu" not in kinds
    assert kinds.count("Exp") == 3
    # The dilated convolution is one node, not a plain one between reshapes.
    dilations = [a.ints for n in model.graph.node for a in n.attribute if a.name == "dilations"]
    assert dilations.count([1, 2]) == 1
    assert "Transpose" not in kinds[kinds.index("Conv") : kinds.index("ConvTranspose")]
    assert np.array_equal(network.predict(X), before)
    layers = network.regressor_.model_.layers
    held = [v for layer in layers for v in vars(layer).values() if isinstance(v, tf.Tensor)]
    assert len(held) == 4
    assert not any("convolution_op" in vars(layer) for layer in layers)


def test_a_wrong_conversion_is_found(fitted, monkeypatch):
    import tf2onnx

    right = exported(fitted[0], "onnx")

    def convert(change):
        model = onnx.load_model_from_string(right)
        change(model.graph)
        monkeypatch.setattr(tf2onnx.convert, "from_function", lambda *_: (model, None))
        return exported(fitted[0], "onnx")

    def spoil(graph):
        for tensor in graph.initializer:
            if tensor.raw_data and tensor.data_type == 1:
                tensor.raw_data = (np.frombuffer(tensor.raw_data, "<f4") * 1.1).tobytes()

    def forget(graph):
        graph.node[0].op_type = "NoSuchOperator"

    assert convert(lambda graph: None) == right
    with pytest.raises(RuntimeError, match="deviates from it by"):
        convert(spoil)
    with pytest.raises(RuntimeError, match="tf2onnx cannot convert unet: "):
        convert(forget)


def test_litert_agrees_with_keras(fitted):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    network, X = fitted
    runtime = interpreter.Interpreter(model_content=exported(network, "litert"))
    index = runtime.get_input_details()[0]["index"]
    for rows in (X[:3], X[:1, :, :7]):
        runtime.resize_tensor_input(index, rows.shape)
        runtime.allocate_tensors()
        runtime.set_tensor(index, rows)
        runtime.invoke()
        got = runtime.get_tensor(runtime.get_output_details()[0]["index"])
        np.testing.assert_allclose(got, network.predict(rows), rtol=0, atol=1e-5)
