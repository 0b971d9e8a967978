"""What the networks of the four papers cost, beside the default U-Net.

::

    python benchmarks/network_costs.py --rounds 3

prints for every network, in turns and each in a process of its own, on one core: its weights; the
multiply-adds that a second of sound takes (half the floating-point operations that TensorFlow
counts in its graph); with the features and targets of its recipe, the processor time of an epoch
and of enhancing, for a second of sound, as ratios to those of the U-Net; and the most memory that
the process held. The speech is that of the corpus inside. ``--size paper`` takes the sizes of
the papers. The environment that NoiseEmbedding hears counts as often as it is heard: once for every
2 s in training and in the multiply-adds, once for a recording in enhancing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings

for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[variable] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # read when TensorFlow is imported

import numpy as np  # noqa: E402  reads the number of threads

RECIPES = {
    "U-Net": None,
    "NoiseEmbedding": "paper-02",
    "DenseNet": "paper-03",
    "SEGAN": "paper-04",
    "WideResNet": "paper-05",
}
SECONDS = 2  # of a segment
N_SEGMENTS = 48


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", choices=("small", "paper"), default="small")
    parser.add_argument("--networks", nargs="*", default=list(RECIPES), choices=RECIPES)
    parser.add_argument("--one", choices=RECIPES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(costs_of(options.one, options.size)))
        return
    found = {name: [] for name in options.networks}
    for _ in range(options.rounds):
        for name, results in found.items():
            command = [sys.executable, __file__, "--one", name, "--size", options.size]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
    print(table(found))


def table(found):
    """Return the costs of every network; of times, the ratios to the U-Net round by round."""
    lines = [
        "| network | weights | million multiply-adds a second | training | enhancing | MB |",
        "|---|---|---|---|---|---|",
    ]
    for name, results in found.items():
        cells = [f"{results[0]['weights']:,}", f"{results[0]['multiply_adds'] / 1e6:,.0f}"]
        for what in ("training_s", "enhancing_s"):
            pairs = zip(results, found.get("U-Net", results), strict=True)
            ratios = [own[what] / unet[what] for own, unet in pairs]
            spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
            cells.append(f"{statistics.median(ratios):.2f} ({spread})")
        cells.append(f"{statistics.median(r['memory_mb'] for r in results):.0f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def costs_of(name, size):
    """Measure one network."""
    from skse import SpeechEnhancer, STFTFeaturizer, UNetRegressor
    from skse.datasets import load_harvard
    from skse.experiments import peak_memory_mb
    from skse.recipes import get_recipe

    if name == "U-Net":
        enhancer = SpeechEnhancer(STFTFeaturizer(256, 128), regressor=UNetRegressor())
        enhancer.set_params(sampling_rate=8000)
    else:
        enhancer = get_recipe(RECIPES[name], size=size).enhancer
    enhancer.set_params(remix=False, regressor__random_state=0)
    data, n_times = load_harvard(), SECONDS * 8000
    noisy, clean = (
        np.concatenate(waveforms)[: N_SEGMENTS * n_times].reshape(N_SEGMENTS, n_times)
        for waveforms in (data.noisy, data.clean)
    )
    epochs = {}
    for n_epochs in (1, 1, 5):  # once to load; then what four epochs add
        enhancer.set_params(regressor__epochs=n_epochs)
        begin = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            enhancer.fit(noisy, clean)
        epochs[n_epochs] = time.process_time() - begin
    long = [np.concatenate(noisy)]
    enhancer.predict(long)
    begin = time.process_time()
    enhancer.predict(long)
    n_seconds = N_SEGMENTS * SECONDS
    model = enhancer.regressor_.keras_model()
    return {
        "weights": model.count_params(),
        "multiply_adds": multiply_adds(model, enhancer),
        "training_s": (epochs[5] - epochs[1]) / 4 / n_seconds,
        "enhancing_s": (time.process_time() - begin) / n_seconds,
        "memory_mb": peak_memory_mb(),
    }


def multiply_adds(model, enhancer):
    """Count the multiply-adds of a second of sound."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2_as_graph,
    )

    n_before = getattr(enhancer.regressor_, "environment_frames", 0)
    n_frames = model.inputs[0].shape[2] or enhancer.segment_frames
    shape = (1, model.inputs[0].shape[1], n_before + n_frames, *model.inputs[0].shape[3:])
    specs = [tf.TensorSpec(shape, model.inputs[0].dtype)]
    graph = tf.function(model).get_concrete_function(*specs)
    frozen, _ = convert_variables_to_constants_v2_as_graph(graph)
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    with tf.Graph().as_default() as flat:
        tf.graph_util.import_graph_def(frozen.graph.as_graph_def(), name="")
        n_operations = tf.compat.v1.profiler.profile(flat, cmd="op", options=options)
    seconds = n_frames * enhancer.featurizer_.hop_length / enhancer.sampling_rate
    return n_operations.total_float_ops / 2 / seconds


if __name__ == "__main__":
    main()
