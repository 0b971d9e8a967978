"""Where the time of a training goes, and what PyTorch takes for the same network.

::

    python benchmarks/training_cost.py --rounds 5

Of one training step of an enhancer with its defaults, on the corpus inside and on one core:
processor time for mixing speech and noise anew, for features and targets, for the network's forward
pass, and for its gradients and update. ``--unet NAME=VALUE ...`` changes the U-Net, such as
``fold=2``. Where PyTorch is installed, the same U-Net is built in it and trained on the same rows
(channels last), in turns with that of skse, and the ratio is printed; both have as many weights.
"""

import argparse
import ast
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # read when TensorFlow is imported

import numpy as np

import skse
from skse import Remix, SpeechEnhancer, UNetRegressor
from skse.datasets import load_harvard
from skse.enhancement._mixer import Mixer

STEPS = 4  # in a round


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--unet", nargs="*", default=[], metavar="NAME=VALUE")
    options = parser.parse_args()
    changed = {
        name: ast.literal_eval(value)
        for name, _, value in (part.partition("=") for part in options.unet)
    }
    enhancer = SpeechEnhancer(
        regressor=UNetRegressor(random_state=0, **changed), sampling_rate=8000
    )
    parts = parts_of_a_step(enhancer)
    round_in_torch = in_torch(enhancer, parts.pop("rows"))
    seconds = {name: [] for name in (*parts, *(["PyTorch"] if round_in_torch else []))}
    for _ in range(options.rounds):
        for name, run in parts.items():
            begin = time.process_time()
            for _ in range(STEPS):
                run()
            seconds[name].append((time.process_time() - begin) / STEPS)
        if round_in_torch:
            seconds["PyTorch"].append(round_in_torch())
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    report(medians, seconds, changed)


def report(medians, seconds, changed):
    """Print the share of every part, and the ratio to PyTorch."""
    whole = sum(medians[name] for name in ("mixing", "features and targets", "network"))
    print(f"skse {skse.__version__}, Python {platform.python_version()}, {platform.machine()}")
    print(f"U-Net changed by {changed or 'nothing'}\n\n| part of a step | share |\n|---|---|")
    shares = {name: medians[name] for name in ("mixing", "features and targets")}
    shares["network, forward"] = medians["forward"]
    shares["network, gradients and update"] = medians["network"] - medians["forward"]
    for name, value in shares.items():
        print(f"| {name} | {100 * value / whole:.0f} % |")
    print(f"\na step takes {1000 * whole:.0f} ms of processor time")
    if "PyTorch" in seconds:
        pairs = zip(seconds["network"], seconds["PyTorch"], strict=True)
        ratios = [ours / theirs for ours, theirs in pairs]
        low, high = min(ratios), max(ratios)
        middle = statistics.median(ratios)
        print(f"the network's step over PyTorch's: {middle:.2f} ({low:.2f} to {high:.2f})")


def parts_of_a_step(enhancer):
    """Return what to run for every part of a step, and the rows of one under "rows"."""
    import tensorflow as tf

    data, network = load_harvard(), enhancer.regressor
    chain = enhancer.make_chain().fit(data.noisy, data.clean)
    n_times = (chain.mixture_segments * enhancer.segment_frames - 1) * chain.featurizer.hop_length
    mixer = Mixer(Remix(), data.noisy, data.clean, n_times)
    n_mixtures = -(-network.batch_size // chain.mixture_segments)
    mixed = mixer.mix(n_mixtures, np.random.default_rng(0))
    X, y = chain.mixture_rows(*mixed)
    network.set_params(epochs=1)
    model = network.fit(X, y).keras_model()
    forward = tf.function(model)
    rows, targets = tf.constant(X), tf.constant(y)
    return {
        "mixing": lambda: mixer.mix(n_mixtures, np.random.default_rng(1)),
        "features and targets": lambda: chain.mixture_rows(*mixed),
        "forward": lambda: forward(rows, training=True),
        "network": lambda: model.train_on_batch(rows, targets),
        "rows": X,
    }


def in_torch(enhancer, X):
    """Return what runs a round in PyTorch and gives its seconds; None where it is not installed.

    A process of its own: the libraries of PyTorch and TensorFlow do not go into one.
    """
    if importlib.util.find_spec("torch") is None:
        return None
    network = enhancer.regressor
    parameters = {name: value for name, value in network.get_params().items() if is_plain(value)}
    script = Path(__file__).with_name("torch_unet.py")
    twin = subprocess.Popen(
        [sys.executable, script, json.dumps(parameters), *map(str, (*X.shape, STEPS))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    n_weights = int(twin.stdout.readline())
    expected = sum(int(np.prod(w.shape)) for w in network.keras_model().trainable_weights)
    if n_weights != expected:
        raise SystemExit(f"PyTorch's twin has {n_weights} weights, the network {expected}")

    def run():
        twin.stdin.write("\n")
        twin.stdin.flush()
        return float(twin.stdout.readline())

    return run


def is_plain(value):
    """Whether it goes into JSON as it is."""
    return value is None or isinstance(value, (bool, int, float, str, tuple, list))


if __name__ == "__main__":
    main()
