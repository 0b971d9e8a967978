"""A graph that sees every frame once gives what the whole graph gives."""

import numpy as np
import onnx
import pytest

from skse.networks import Autoencoder, NotSteppableError, UNet
from skse.networks._step_graph import step_form
from skse.networks._steps import StepStream

# Options of a small U-Net, and how many frames its output lags.
UNETS = {
    "default": {},
    "causal": {"causal": True},
    "folded": {"causal": True, "fold": 4, "first_kernel_size": 3},
    "bottleneck": {"causal": True, "bottleneck_units": 6, "activation": "relu"},
    "even kernels": {"kernel_size": 4, "first_kernel_size": 2},
    "even, causal": {"kernel_size": 2, "first_kernel_size": 4, "causal": True},
    "max_pool": {"downsampling": "max_pool", "n_convolutions": 2, "skip": "concatenate"},
    "stride 3": {"strides": (3, 1), "head_filters": (3, 2), "bottleneck_filters": 5},
    "plain": {"normalization": None, "residual": False, "n_convolutions": 2, "causal": True},
    "single frames": {"kernel_size": 1, "first_kernel_size": 1},
    "gelu": {"activation": "gelu", "dilations": (1, 3), "input_skip": False},
}


def converted(architecture, shape=(13, None), out=None, seed=0):
    """The ONNX of a network with random weights and averages."""
    from skse.networks._export import to_onnx
    from skse.networks._scikeras import build_network

    ends = {"output_activation": "linear", "input_statistics": None, "output_statistics": None}
    model = build_network(
        shape, out or shape, architecture=architecture, head=None, ends=ends, seed=seed
    )
    rng = np.random.default_rng(seed)
    model.set_weights([w + 0.1 * rng.random(w.shape).astype("f4") for w in model.get_weights()])
    return to_onnx(model)


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


@pytest.mark.parametrize("name", UNETS)
def test_a_unet_in_pieces_equals_the_whole(name, rng):
    network = UNet(**{"filters": (4, 5), "top_filters": 3, "dilations": (1, 2), **UNETS[name]})
    shape = (13, None, 2) if "causal" in UNETS[name] else (13, None)
    model = converted(network, shape)
    form = step_form(model)
    assert form.ahead == network.receptive_field()[1]
    assert form.input_shape == (1, *shape)
    assert form.output_shape == (1, *shape)
    stream = StepStream(form)
    for n_frames, sizes in [(1, [1]), (5, [5]), (60, [1] * 60), (60, [31, 2, 27]), (9, [4, 5])]:
        rows = rng.standard_normal((1, 13, n_frames, *shape[2:])).astype(np.float32)
        whole = run(model, rows)
        assert np.abs(whole).max() > 0.01
        # The same stream again: nothing is left of the recording before.
        atol = 2e-6 * max(1, np.abs(whole).max())
        np.testing.assert_allclose(in_pieces(stream, rows, sizes), whole, atol=atol, rtol=1e-5)


def test_frames_come_out_as_early_as_they_can(rng):
    stream = StepStream(step_form(converted(UNet((4,), dilations=(1,)))))
    assert stream.ahead > 3
    rows = rng.standard_normal((1, 13, 40)).astype(np.float32)
    assert stream.push(rows[:, :, :3]).shape == (1, 13, 0)
    assert stream.push(rows[:, :, 3:20]).shape == (1, 13, 20 - stream.ahead)
    assert stream.finish().shape == (1, 13, stream.ahead)


def test_the_graph_describes_itself():
    form = step_form(converted(UNet((4,), dilations=(2,), causal=True)))
    graph = onnx.load_model_from_string(form.model).graph
    onnx.checker.check_model(form.model, full_check=True)
    assert [entry.name for entry in graph.input] == ["frames", *form.state_shapes]
    outputs = ["frames_out", *(f"{name}_out" for name in form.state_shapes)]
    assert [result.name for result in graph.output] == outputs
    # A convolution along time keeps so many frames as its kernel reaches back.
    reaches = sorted(shape[-1] for shape in form.state_shapes.values())
    assert sum(reaches) == UNet((4,), dilations=(2,), causal=True).receptive_field()[0]
    ahead = step_form(converted(UNet((4,), dilations=())))
    names = [entry.name for entry in onnx.load_model_from_string(ahead.model).graph.input]
    assert names[:3] == ["frames", "position", "length"]


def test_networks_of_fixed_length_or_a_stride_are_refused():
    for network, shape in [
        (Autoencoder((4,), dense_units=(8,)), (13, 8)),
        (UNet((4,), strides=(2, 2)), (13, None)),
    ]:
        with pytest.raises(NotSteppableError):
            step_form(converted(network, shape))


def test_a_step_form_that_deviates_is_not_used(monkeypatch):
    model = converted(UNet((4,), dilations=()))
    monkeypatch.setattr("skse.networks._step_graph._TOLERANCE", -1)
    with pytest.raises(NotSteppableError, match="deviates from it by"):
        step_form(model)
