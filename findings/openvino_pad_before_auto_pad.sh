#!/usr/bin/env bash
# OpenVINO 2026.4.1 drops the padding of a convolution with auto_pad behind an operator Pad.
#
# A Pad of one zero in front of five numbers, then a convolution of three with auto_pad="SAME_UPPER",
# gives six numbers in onnxruntime 1.32.0, as the specification says. OpenVINO takes the Pad into the
# convolution and forgets what that pads itself: four numbers come back, two of the six are missing,
# and nothing is said. With pads=[1, 1] in the place of auto_pad, which says the same, all six come.
# So it goes for causal convolutions as Keras and tf2onnx write them (Pad, convolution, crop).
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet openvino==2026.4.1 onnx==1.23.2 onnxruntime==1.32.0
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
import openvino
from onnx import TensorProto, helper, numpy_helper

x = np.arange(1, 6, dtype=np.float32).reshape(1, 1, 5)
constants = [
    numpy_helper.from_array(np.array([[[1, 2, 4]]], np.float32), "kernel"),
    numpy_helper.from_array(np.array([0, 0, 1, 0, 0, 0]), "one_in_front"),
]
ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 1, None]) for n in "xy"]
expected = [4, 10, 17, 24, 31, 14]
for padding, seen in (
    ({"auto_pad": "SAME_UPPER"}, [10, 17, 24, 31]),
    ({"pads": [1, 1]}, expected),
):
    nodes = [
        helper.make_node("Pad", ["x", "one_in_front"], ["padded"]),
        helper.make_node("Conv", ["padded", "kernel"], ["y"], kernel_shape=[3], **padding),
    ]
    graph = helper.make_graph(nodes, "graph", ends[:1], ends[1:], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with open("model.onnx", "wb") as file:
        file.write(model.SerializeToString())
    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    compiled = openvino.Core().compile_model(
        "model.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    theirs, other = session.run(None, {"x": x})[0].ravel(), compiled([x])[0].ravel()
    print(padding, "onnxruntime", theirs.tolist(), "OpenVINO", other.tolist())
    assert theirs.tolist() == expected, theirs
    assert other.tolist() == seen, other
print("as described")
PYTHON
