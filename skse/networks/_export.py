"""Trained networks in exchange formats. Importing this loads TensorFlow: do so inside functions."""

import tempfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from onnx import helper, numpy_helper

from skse.networks._conditioning import environment_frames_of
from skse.networks._explicit_padding import pad_explicitly
from skse.networks._runtime import OnnxNetwork, form_or_refusal
from skse.networks._steps import NotSteppableError
from skse.networks._tensorflow import kept_back
from skse.networks._whole_lengths import compute_lengths_whole

# Largest difference, relative to the output's largest value, between Keras and a converted
# network. Rounding leaves some 1e-6; what a converter gets wrong is far above.
_TOLERANCE = 1e-4


def to_runtime(regressor):
    """Convert a trained network for prediction without Keras.

    Parameters
    ----------
    regressor : OwnedKerasRegressor
        As `BaseNetworkRegressor` keeps it.

    Returns
    -------
    network : OnnxNetwork

    Raises
    ------
    ValueError
        Where a weight is NaN or infinite.
    RuntimeError
        Where the converted network predicts something else.
    """
    weights = regressor.weights
    if not all(np.isfinite(array).all() for array in weights):
        raise ValueError("the network's weights contain NaN or inf: its training diverged.")
    return OnnxNetwork(to_onnx(regressor.model_), weights, regressor.shapes, regressor.ends)


def to_onnx(model):
    """Convert a Keras model to ONNX.

    Parameters
    ----------
    model : keras.Model
        With one input and one output; every axis that is open stays open.

    Returns
    -------
    onnx : bytes

    Raises
    ------
    RuntimeError
        Where it cannot be converted, or the result predicts something else.
    """
    import tf2onnx

    # Not through Keras's export: that writes a SavedModel, for as long as which TensorFlow
    # silences the warnings and log records of all threads.
    rows = _example_rows(model)
    expected = np.asarray(model(rows, training=False))
    spec = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name=model.inputs[0].name)
    function = tf.function(partial(model, training=False), autograph=False)
    # It calls operators unsupported that `_rewrite` replaces.
    with _ready_to_convert(model, dilate=True), kept_back("tf2onnx.tfonnx"):
        proto, _ = tf2onnx.convert.from_function(function, [spec])
    _rewrite(proto.graph)
    compute_lengths_whole(proto.graph)
    pad_explicitly(proto)
    converted = proto.SerializeToString()
    try:
        got = OnnxNetwork(converted, [], (), {}).predict_rows(rows)
    except Exception as error:  # onnxruntime's own derive from nothing narrower
        raise RuntimeError(f"tf2onnx cannot convert {model.name}: {error}") from error
    error = np.abs(expected - got).max() / max(np.abs(expected).max(), 1e-30)
    if not error <= _TOLERANCE:
        raise RuntimeError(
            f"The ONNX form of {model.name} deviates from it by {error:.2g}: this version of "
            "tf2onnx converts one of its layers wrongly."
        )
    return converted


def to_step_form(model):
    """Convert a Keras model to the form that predicts frame by frame.

    Parameters
    ----------
    model : keras.Model
        As for :func:`to_onnx`.

    Returns
    -------
    form : StepForm or NotSteppableError
        The latter where it has none, or no ONNX form.
    """
    try:
        return form_or_refusal(to_onnx(model))
    except Exception as error:  # tf2onnx raises whatever comes
        return NotSteppableError(str(error))


def to_litert(model):
    """Convert a Keras model to LiteRT (TFLite).

    Parameters
    ----------
    model : keras.Model
        With one input and one output; every axis that is open stays open.

    Returns
    -------
    litert : bytes
    """
    model(_example_rows(model), training=False)  # Keras exports only what has been called
    with tempfile.TemporaryDirectory() as folder, _ready_to_convert(model, dilate=False):
        path = Path(folder) / "network.tflite"
        model.export(str(path), format="litert", verbose=False)
        return path.read_bytes()


def _example_rows(model):
    """Two rows of noise of a length that strides do not divide, where it is free."""
    n_frames = 13 + environment_frames_of(model)
    shape = [2 if i == 0 else size or n_frames for i, size in enumerate(model.input_shape)]
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@contextmanager
def _ready_to_convert(model, *, dilate):
    """Change layers for as long as they are traced, so that what comes out is whole and fast.

    A tensor that a layer holds becomes an input of the converted network, an
    array becomes part of it. A dilated convolution over an open number of frames
    becomes many reshapes around a plain one, unless TensorFlow is asked for it
    directly: LiteRT recognises them, ONNX does not.
    """
    changed = []
    for layer in model._flatten_layers():
        for name, value in list(vars(layer).items()):
            if isinstance(value, tf.Tensor):
                changed.append((layer, name, value))
                setattr(layer, name, value.numpy())
        dilated = isinstance(layer, keras.layers.Conv2D) and max(layer.dilation_rate) > 1
        if dilated and dilate:
            layer.convolution_op = partial(_convolve, layer)
            changed.append((layer, "convolution_op", None))
    try:
        yield
    finally:
        for layer, name, value in changed:
            if value is None:
                delattr(layer, name)
            else:
                setattr(layer, name, value)


def _convolve(layer, inputs, kernel):
    """Convolve as a dilated Conv2D, whose stride is 1, does."""
    if layer.padding == "same":
        # On its own: tf2onnx forgets the padding of a convolution that follows another one.
        sizes = zip(layer.kernel_size, layer.dilation_rate, strict=True)
        totals = [dilation * (size - 1) for size, dilation in sizes]
        around = [[0, 0], *([total // 2, total - total // 2] for total in totals), [0, 0]]
        inputs = tf.pad(inputs, around)
    return tf.nn.conv2d(inputs, kernel, layer.strides, "VALID", dilations=layer.dilation_rate)


def _rewrite(graph):
    """Replace operators that onnxruntime lacks or is slow at by some that it is fast at.

    ELU becomes max(x, exp(min(x, 0)) - 1), with which a default U-Net predicts 1.2
    times faster; erfc, which tf2onnx leaves behind (in GELU), becomes 1 - erf.
    """
    nodes = []
    for node in graph.node:
        if node.op_type == "Elu" and all(a.f == 1 for a in node.attribute if a.name == "alpha"):
            (x,), (y,) = node.input, node.output
            nodes += [
                helper.make_node("Min", [x, "skse_zero"], [f"{y}_min"]),
                helper.make_node("Exp", [f"{y}_min"], [f"{y}_exp"]),
                helper.make_node("Sub", [f"{y}_exp", "skse_one"], [f"{y}_below"]),
                helper.make_node("Max", [x, f"{y}_below"], [y]),
            ]
        elif node.op_type == "Erfc":
            (x,), (y,) = node.input, node.output
            nodes += [
                helper.make_node("Erf", [x], [f"{y}_erf"]),
                helper.make_node("Sub", ["skse_one", f"{y}_erf"], [y]),
            ]
        else:
            nodes.append(node)
    if len(nodes) > len(graph.node):
        used = {name for node in nodes for name in node.input}
        for name, value in {"skse_zero": 0, "skse_one": 1}.items():
            if name in used:
                graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
        del graph.node[:]
        graph.node.extend(nodes)
