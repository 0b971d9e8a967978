"""Size, speed and error of the networks that ship, their numbers in fewer bits.

    python benchmarks/smaller_networks.py --out benchmarks/results/smaller_networks.csv

Each network is taken as it is exported, its kernels rounded to float16 as ``half_precision=True``
does, quantised to int8 (dynamically, with signed and with unsigned weights), and converted to
float16 by the converter that comes with onnxruntime, as a whole and with the sigmoids left in
float32. Prints, in onnxruntime and on one thread: whether it loads at all, the processor time a
second of sound in the best of several runs, and the largest error of an output against that of
float32, relative to its largest value.
"""

import argparse
import csv
import logging
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.float16 import convert_float_to_float16

import skse
from skse.networks import exported
from skse.networks._runtime import OnnxNetwork

HEAD = ["Network", "Numbers", "Size (kB)", "Time of 1 s of sound (ms)", "Largest error"]


def quantised(model, folder, kind):
    """Return the model with weights of int8, whose activations are quantised while it runs."""
    source, target = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
    onnx.save(model, source)
    quantize_dynamic(source, target, weight_type=kind)
    return target.read_bytes()


def halved(model, **options):
    """Return the model computed in float16, its input and output in float32."""
    copy = onnx.ModelProto.FromString(model.SerializeToString())
    return convert_float_to_float16(copy, keep_io_types=True, **options).SerializeToString()


def forms(network, folder):
    """Yield the name of every form, and the function that makes it."""
    content = exported(network, "onnx")
    model = onnx.load_model_from_string(content)
    kept = OnnxNetwork(content, [], (), {})
    yield "float32", lambda: content
    yield "float16 kernels, computed in float32", lambda: kept.halved().model
    yield "int8, signed weights", lambda: quantised(model, folder, QuantType.QInt8)
    yield "int8, unsigned weights", lambda: quantised(model, folder, QuantType.QUInt8)
    yield "float16", lambda: halved(model)
    yield "float16, sigmoids in float32", lambda: halved(model, op_block_list=["Sigmoid"])


def run(content, rows, repeats):
    """Return the output for `rows` and the least processor time in seconds of a run."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    name, times = session.get_inputs()[0].name, []
    (output,) = session.run(None, {name: rows})
    for _ in range(repeats):
        start = time.process_time()
        session.run(None, {name: rows})
        times.append(time.process_time() - start)
    return output, min(times)


def measure(name, repeats, seconds):
    """Return a line of the table for each form of a network that ships."""
    enhancer = skse.load(Path(skse.__file__).parent / "models" / "data" / f"{name}.skse")
    chain, network, rate = enhancer.chain_, enhancer.regressor_, enhancer.sampling_rate_
    hop = chain.featurizer.hop_length
    shape = [1, *network.input_shape_]
    shape[2] = round(seconds * rate / hop)
    rows = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    lines, expected = [], None
    with tempfile.TemporaryDirectory() as folder:
        for form, make in forms(network, folder):
            try:
                content = make()
                output, duration = run(content, rows, repeats)
            except Exception as error:  # of converters and runtimes, which raise anything
                lines.append([name, form, "–", "–", f"not run: {type(error).__name__}"])
                continue
            expected = output if expected is None else expected
            error = float(np.abs(output - expected).max() / np.abs(expected).max())
            size, milliseconds = len(content) / 1000, 1000 * duration / seconds
            lines.append([name, form, f"{size:.0f}", f"{milliseconds:.1f}", f"{error:.1g}"])
    return lines


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", default="speech-8k,speech-16k")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--out", help="CSV file to write the table to")
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)  # of quantize_dynamic, on how to prepare a model
    names = options.models.split(",")
    lines = [HEAD, *(x for n in names for x in measure(n, options.repeats, options.seconds))]
    for line in lines:
        print("  ".join(text.ljust(12) for text in line), flush=True)
    if options.out:
        with open(options.out, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(lines)
    return int(any("not run" in line[-1] for line in lines if line[1] == "float32"))


if __name__ == "__main__":
    sys.exit(main())
