#!/usr/bin/env bash
# tf2onnx 1.17.0 makes a Loop of a GRU of Keras 3.15.1, not the operator GRU of ONNX.
#
# tf2onnx documents that it recognises the recurrent layers of Keras; those of Keras 3 it does not:
# a layer keras.layers.GRU becomes a Loop over the frames, at opset 15 (its default) as at 18, and
# nothing is said. The results agree to 1e-6, but onnxruntime 1.32.0 then takes a multiple of the
# processor time. Seen on one thread, 2000 frames of 64 numbers, 128 units: 4.3 times that of the
# operator GRU (linear_before_reset=1) with the same weights, whose gates lie in the same order.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet keras==3.15.1 tensorflow==2.21.0 tf2onnx==1.17.0 \
    onnx==1.23.2 onnxruntime==1.32.0
cd "$scratch"
TF_CPP_MIN_LOG_LEVEL=3 "$scratch/venv/bin/python" - <<'PYTHON'
import time
from collections import Counter

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx
from onnx import TensorProto, helper, numpy_helper

inputs = keras.Input((None, 64))
model = keras.Model(inputs, keras.layers.GRU(128, return_sequences=True)(inputs))
function = tf.function(lambda x: model(x, training=False), autograph=False)
spec = [tf.TensorSpec((None, None, 64), tf.float32, name="x")]
for opset in (15, 18):
    converted, _ = tf2onnx.convert.from_function(function, spec, opset=opset)
    kinds = Counter(node.op_type for node in converted.graph.node)
    print("opset", opset, dict(kinds))
    assert kinds["Loop"] == 1 and kinds["GRU"] == 0, kinds

kernel, recurrent, bias = model.get_weights()
constants = {"W": kernel.T[None], "R": recurrent.T[None], "B": bias.reshape(1, -1)}
sides = {
    name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None, size])
    for name, size in (("x", 64), ("y", 128))
}
graph = helper.make_graph(
    [
        helper.make_node("Transpose", ["x"], ["frames"], perm=[1, 0, 2]),
        helper.make_node(
            "GRU", ["frames", "W", "R", "B"], ["states"], hidden_size=128, linear_before_reset=1
        ),
        helper.make_node("Squeeze", ["states", "direction"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["y"], perm=[1, 0, 2]),
    ],
    "gru",
    [sides["x"]],
    [sides["y"]],
    [
        *(numpy_helper.from_array(np.ascontiguousarray(v), k) for k, v in constants.items()),
        numpy_helper.from_array(np.array([1]), "direction"),
    ],
)
operator = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
x = np.random.default_rng(0).standard_normal((1, 2000, 64)).astype(np.float32)
outputs, seconds = [], []
for proto in (converted, operator):
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    times = []
    for _ in range(7):
        begin = time.process_time()
        (y,) = session.run(None, {session.get_inputs()[0].name: x})
        times.append(time.process_time() - begin)
    outputs.append(y)
    seconds.append(min(times))
difference = np.abs(outputs[0] - outputs[1]).max()
ratio = seconds[0] / seconds[1]
print(f"largest difference {difference:.1e}, processor time of Loop over GRU {ratio:.1f}")
assert difference < 1e-5
assert ratio > 1.5, ratio
print("as described")
PYTHON
