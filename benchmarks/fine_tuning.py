"""What a few minutes of one's own pairs make of a model that ships, and of a new network.

::

    python -m pip install ".[test]"
    python benchmarks/fine_tuning.py

The pairs are those of seven tenths of the sentences of the corpus inside skse (synthetic voices,
which ``speech-8k`` has not heard), the test is on the rest. The new network has the architecture
of the model, and starts anew; both train for as many epochs. Prints the mean SNR gain, and writes
``benchmarks/results/fine_tuning.csv``.
"""

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # read when TensorFlow is imported

import numpy as np
from sklearn.base import clone
from sklearn.model_selection import GroupShuffleSplit

from skse import LogMMSE
from skse.datasets import load_harvard
from skse.metrics import evaluate
from skse.models import load_model
from skse.utils import write_csv

RESULTS = Path(__file__).parent / "results" / "fine_tuning.csv"
TRAINING = {
    "regressor__epochs": 10,
    "regressor__learning_rate_schedule": "cosine",
    "regressor__random_state": 0,
    "remix": "auto",
}


def main():
    """Train, score, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default="speech-8k")
    options = parser.parse_args()
    data = load_harvard()
    split = GroupShuffleSplit(1, test_size=0.3, random_state=0)
    train, test = next(split.split(data.noisy, groups=data.sentence))
    parts = [
        [[waveforms[i] for i in part] for waveforms in (data.noisy, data.clean)]
        for part in (train, test)
    ]
    minutes = sum(map(len, parts[0][0])) / data.sampling_rate / 60
    print(f"{len(train)} pairs, {minutes:.1f} min; tested on {len(test)}")
    rows = []
    for name, make in {
        "log-MMSE": lambda: LogMMSE(data.sampling_rate).fit(*parts[0]),
        options.model: lambda: load_model(options.model),
        f"{options.model}, trained further": lambda: (
            load_model(options.model)
            .set_params(**TRAINING, regressor__learning_rate=5e-4)
            .partial_fit(*parts[0])
        ),
        "new network": lambda: (
            clone(load_model(options.model))
            .set_params(**TRAINING, regressor__learning_rate=3e-3)
            .fit(*parts[0])
        ),
    }.items():
        begin = time.process_time()
        enhancer = make()
        seconds = time.process_time() - begin
        noisy, clean = parts[1]
        metrics = ["snr_gain", "stoi"]
        scores = evaluate(
            clean, enhancer.predict(noisy), noisy, sampling_rate=data.sampling_rate, metrics=metrics
        )
        means = {f"mean_{metric}": f"{np.mean(scores[metric]):.3f}" for metric in metrics}
        rows.append({"enhancer": name, **means, "processor_s": f"{seconds:.0f}"})
        print(*rows[-1].values(), sep=" | ", flush=True)
    write_csv(rows, RESULTS)


if __name__ == "__main__":
    main()
