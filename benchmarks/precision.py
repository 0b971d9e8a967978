"""The network of a model that ships in fewer bits: size, speed and what it costs.

    python -m pip install onnxconverter-common
    python benchmarks/precision.py

Writes ``benchmarks/results/precision.csv``: for every way to store it the size, processor time of a
prediction of 10 s of speech over that of float32 (alternating, one thread, median), the largest
difference from it relative to the largest value, and the SNR gain on a part of the corpus inside
skse. What does not load or cannot be converted is named in the column "problem".
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from skse.utils import write_csv

RESULTS = Path(__file__).resolve().parent / "results" / "precision.csv"


def float32(model, folder):
    return model


def float16_kernels(model, folder):
    """Store kernels as skse.save does: float16 in the file, cast when the session starts."""
    from skse.networks import OnnxNetwork

    return OnnxNetwork(model, [], (), {}).halved().model


def float16_by_onnxruntime(model, folder):
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    proto = convert_float_to_float16(onnx.load_model_from_string(model), keep_io_types=True)
    return proto.SerializeToString()


def float16_by_onnxconverter_common(model, folder):
    import onnx
    from onnxconverter_common.float16 import convert_float_to_float16

    proto = convert_float_to_float16(onnx.load_model_from_string(model), keep_io_types=True)
    return proto.SerializeToString()


def quantized(kind):
    def quantize(model, folder):
        from onnxruntime.quantization import QuantType, quantize_dynamic

        source, goal = folder / "float.onnx", folder / f"{kind}.onnx"
        source.write_bytes(model)
        quantize_dynamic(source, goal, weight_type=getattr(QuantType, kind))
        return goal.read_bytes()

    return quantize


WAYS = {
    "float32": float32,
    "kernels in float16 (skse)": float16_kernels,
    "float16, onnxruntime's converter": float16_by_onnxruntime,
    "float16, onnxconverter-common": float16_by_onnxconverter_common,
    "dynamic int8, signed": quantized("QInt8"),
    "dynamic int8, unsigned": quantized("QUInt8"),
}


def plain(model):
    """Return the network with kernels in float32, as it was before it was saved."""
    import onnx
    from onnx import numpy_helper

    proto = onnx.load_model_from_string(model)
    graph = proto.graph
    halves = {tensor.name: tensor for tensor in graph.initializer if tensor.data_type == 10}
    for node in [node for node in graph.node if node.input and node.input[0] in halves]:
        values = numpy_helper.to_array(halves[node.input[0]]).astype(np.float32)
        halves[node.input[0]].CopyFrom(numpy_helper.from_array(values, node.output[0]))
        graph.node.remove(node)
    return proto.SerializeToString()


def session_of(model):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 4
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def measure(name, repeats, n_files):
    """Yield one row of the table after the other."""
    from skse.datasets import load_harvard
    from skse.metrics import snr_gain_score
    from skse.models import load_model

    enhancer = load_model(name)
    network = enhancer.regressor_
    model = plain(network.regressor_.model)
    data = load_harvard()
    step = len(data.noisy) // n_files
    noisy, clean = data.noisy[::step], data.clean[::step]
    speech = np.concatenate(noisy)[: 10 * data.sampling_rate]
    rows = enhancer.chain_.inputs(enhancer.featurizer_.stft([speech])[0])[None]
    reference = session_of(model)
    entry = reference.get_inputs()[0].name
    expected = reference.run(None, {entry: rows})[0]
    with tempfile.TemporaryDirectory() as folder:
        for way, convert in WAYS.items():
            row = dict.fromkeys(
                ("network", "way", "bytes", "time", "difference", "snr_gain_db", "problem"), ""
            ) | {"network": name, "way": way}
            try:
                content = convert(model, Path(folder))
                session = session_of(content)
                got = session.run(None, {entry: rows})[0]
                error = np.abs(got - expected).max() / np.abs(expected).max()
                network.regressor_.model, network.regressor_._session = content, session
                gains = snr_gain_score(clean, enhancer.predict(noisy), noisy)
                row |= {
                    "bytes": len(content),
                    "time": f"{ratio(session, reference, entry, rows, repeats):.2f}",
                    "difference": f"{error:.2g}",
                    "snr_gain_db": f"{np.mean(gains):.2f}",
                }
            except Exception as error:  # whatever converters and onnxruntime raise
                row["problem"] = f"does not run ({type(error).__name__})"
            yield row


def ratio(session, reference, entry, rows, repeats):
    """Return the processor time of a session over that of another, measured in turn."""
    ratios = []
    for _ in range(repeats):
        times = []
        for one in (session, reference):
            begin = time.process_time()
            one.run(None, {entry: rows})
            times.append(time.process_time() - begin)
        ratios.append(times[0] / times[1])
    return statistics.median(ratios)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=21)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = []
    for row in measure("speech-8k", options.repeats, options.files):
        rows.append(row)
        print(*row.values(), sep=" | ", flush=True)
    write_csv(rows, options.out)


if __name__ == "__main__":
    sys.exit(main())
