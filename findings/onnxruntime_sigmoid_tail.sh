#!/usr/bin/env bash
# onnxruntime 1.32.0 (CPU): Sigmoid is exactly 0 below -18, and wrong before that.
#
# It is a rational function, true to 2e-7 of full scale and not of its own value: at -12 it is 0.6
# % off, at -15 17 %, at -17 it is more than twice the true 4.1e-8, and at -18 and below it is 0.
# On the way it rises and falls in steps of 2e-7. NumPy and TensorFlow 2.21 give 2.1e-9 at -20. So
# a mask in decibels, its logit, or its logarithm in a loss is -inf where the network that was
# exported has a number.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.3.5
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper

ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in "xy"]
graph = helper.make_graph([helper.make_node("Sigmoid", ["x"], ["y"])], "graph", ends[:1], ends[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
session = onnxruntime.InferenceSession(
    model.SerializeToString(), providers=["CPUExecutionProvider"]
)
x = np.linspace(-30, 30, 60_001).astype(np.float32)
y = session.run(None, {"x": x})[0]
true = 1 / (1 + np.exp(-x.astype(np.float64)))
at = {value: float(y[np.abs(x - value).argmin()]) for value in (-20, -17, -15, -12, -5)}
off = {value: at[value] * (1 + np.exp(-value)) - 1 for value in at}
print(onnxruntime.__version__, at, off, np.abs(y - true).max(), x[y > 0].min())
assert np.abs(y - true).max() < 4e-7
assert (y[x <= -18] == 0).all()
assert at[-20] == 0 < 2e-9 < 1 / (1 + np.exp(np.float32(20)))
assert off[-17] > 0.5 and off[-15] > 0.1 and abs(off[-12]) > 0.002 and abs(off[-5]) < 1e-4, off
assert (np.diff(y) < 0).any()
print("as described")
PYTHON
