"""Exported networks in every runtime that they are exported for, against onnxruntime in Python.

    python -m pip install openvino "skse[litert]"
    cd examples/javascript && npm install
    python benchmarks/runtime_matrix.py

Writes ``benchmarks/results/runtime_matrix.csv``: for every network, runtime, precision and number
of frames how many frames came back, and the largest difference, relative to the largest value. A
runtime that is not installed is named and left out. Fails where the number of frames is another, or
the difference in float32 above 1e-5.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "runtime_matrix.csv"
JAVASCRIPT = HERE.parent / "examples" / "javascript"
FRAMES = (1, 2, 13, 255, 257, 300, 513)
TOLERANCE = 1e-5
# Runs a network on files of raw floats: network, input, shape, output, package.
PROGRAM = """
import { readFileSync, writeFileSync } from "node:fs";
const [network, source, shape, goal, name] = process.argv.slice(2);
const { default: ort } = await import(name);
const session = await ort.InferenceSession.create(readFileSync(network));
const bytes = Uint8Array.from(readFileSync(source));
const values = new Float32Array(bytes.buffer);
const rows = new ort.Tensor("float32", values, JSON.parse(shape));
const result = await session.run({ [session.inputNames[0]]: rows });
const { data, dims } = result[session.outputNames[0]];
writeFileSync(goal, Buffer.from(data.buffer, data.byteOffset, data.byteLength));
console.log(JSON.stringify(dims));
"""


def networks(folder):
    """Yield name, enhancer, and the path of its network as ONNX; as LiteRT it lies beside."""
    import numpy as np

    from skse import SpeechEnhancer, STFTFeaturizer, UNetRegressor
    from skse.models import load_model

    rng = np.random.default_rng(0)
    noise = rng.standard_normal((8, 8000)).astype(np.float32)
    small = SpeechEnhancer(
        STFTFeaturizer(64, 32),
        regressor=UNetRegressor((4, 6), fold=2, bottleneck_units=4, epochs=1, random_state=0),
        sampling_rate=8000,
    ).fit(noise, noise)
    default = SpeechEnhancer(
        regressor=UNetRegressor(epochs=1, random_state=0), sampling_rate=8000
    ).fit(noise, noise)
    made = {"default U-Net": default, "small U-Net": small}
    made |= {name: load_model(name) for name in ("speech-8k", "speech-16k")}
    for name, enhancer in made.items():
        stem = name.replace(" ", "-")
        onnx = enhancer.export(folder / f"{stem}.onnx")
        enhancer.export(folder / f"{stem}.tflite", format="litert")
        yield name, enhancer, onnx


def with_onnxruntime(path, rows):
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: rows})[0]


def with_litert(path, rows):
    from ai_edge_litert.interpreter import Interpreter

    runtime = Interpreter(model_path=str(path.with_suffix(".tflite")))
    entry = runtime.get_input_details()[0]["index"]
    runtime.resize_tensor_input(entry, rows.shape)
    runtime.allocate_tensors()
    runtime.set_tensor(entry, rows)
    runtime.invoke()
    return runtime.get_tensor(runtime.get_output_details()[0]["index"])


def with_openvino(precision):
    def run(path, rows):
        import openvino

        options = {"INFERENCE_PRECISION_HINT": precision}
        compiled = openvino.Core().compile_model(path, "CPU", options)
        return compiled([rows])[0]

    return run


def with_node(package):
    def run(path, rows):
        import numpy as np

        if not (JAVASCRIPT / "node_modules" / package).is_dir() or not shutil.which("node"):
            raise ImportError("needs node, and npm install in examples/javascript")
        with tempfile.TemporaryDirectory() as folder:
            source, goal = Path(folder, "in.f32"), Path(folder, "out.f32")
            rows.astype("<f4").tofile(source)
            command = ["node", "--input-type=module", "-", path, source]
            done = subprocess.run(
                [*map(str, command), json.dumps(rows.shape), str(goal), package],
                input=PROGRAM, capture_output=True, text=True, cwd=JAVASCRIPT, check=True,
            )  # fmt: skip
            return np.fromfile(goal, "<f4").reshape(json.loads(done.stdout))

    return run


RUNTIMES = {
    ("onnxruntime-node", "float32"): with_node("onnxruntime-node"),
    ("onnxruntime-web", "float32"): with_node("onnxruntime-web"),
    ("LiteRT", "float32"): with_litert,
    ("OpenVINO", "float32"): with_openvino("f32"),
    ("OpenVINO", "bfloat16"): with_openvino("bf16"),
    ("OpenVINO", "float16"): with_openvino("f16"),
}


def measure(folder, frames):
    """Yield one row of the table after the other."""
    import numpy as np

    rng, left_out = np.random.default_rng(0), set()
    for name, enhancer, path in networks(folder):
        shape = enhancer.regressor_.input_shape_
        for n_frames in frames:
            sizes = (2, shape[0], n_frames, *shape[2:])
            rows = rng.standard_normal(sizes).astype(np.float32)
            expected = with_onnxruntime(path, rows)
            for (runtime, precision), run in RUNTIMES.items():
                if runtime in left_out:
                    continue
                try:
                    got = run(path, rows)
                except ImportError as error:
                    print(f"{runtime} is left out: {error}", file=sys.stderr)
                    left_out.add(runtime)
                    continue
                whole = got.shape == expected.shape
                error = np.abs(got - expected).max() / np.abs(expected).max() if whole else np.nan
                yield {
                    "network": name,
                    "runtime": runtime,
                    "precision": precision,
                    "n_frames": n_frames,
                    "n_frames_out": got.shape[2] if got.ndim > 2 else None,
                    "largest_difference": f"{error:.2g}",
                }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--frames", type=int, nargs="+", default=FRAMES)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    wrong, rows = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder), options.frames):
            exact = row["precision"] != "float32" or float(row["largest_difference"]) <= TOLERANCE
            fine = row["n_frames_out"] == row["n_frames"] and exact
            wrong += not fine
            rows.append(row)
            print(*row.values(), "" if fine else "WRONG", flush=True)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
