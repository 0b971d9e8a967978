"""What the networks of ``skse compare`` owe to the noise channels, to folding and to the loss.

::

    python -m pip install ".[test]"
    python benchmarks/compare_choices.py

The U-Net as it was compared before (an ideal ratio mask, the log spectrum alone), then with one
change after the other, on the first of three folds of the corpus inside skse; beside the classical
enhancers. Prints the SNR gain at each SNR, and the processor time of the fit as a ratio to the
first row, one thread each; writes ``benchmarks/results/compare_choices.csv``.
"""

import os
import time
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # read when TensorFlow is imported

import numpy as np
import tensorflow as tf
from sklearn.model_selection import GroupKFold

from skse import (
    IdealMaskTarget,
    LogMMSE,
    SpectralSubtraction,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
    WienerFilter,
)
from skse.datasets import load_harvard
from skse.metrics import evaluate
from skse.utils import write_csv

RESULTS = Path(__file__).parent / "results" / "compare_choices.csv"
NOISE = ("posterior_snr", "prior_snr")
# The U-Net of then, whatever the defaults have become since.
BEFORE = {
    "filters": (16, 24, 32, 48),
    "dilations": (1, 2, 4),
    "bottleneck_units": None,
    "activation": "elu",
    "skip": "add",
    "dropout": 0.0,
}
FOLDED = BEFORE | {"fold": 4, "filters": (24, 32, 48), "first_kernel_size": 3}
NARROW = FOLDED | {"bottleneck_units": 64}
IRM, WAVEFORM = (IdealMaskTarget("irm", beta=0.5), "mse"), (WaveformTarget(), "snr")
# What is changed -> parameters of the U-Net, noise channels, target and loss, epochs.
CHOICES = {
    "as before": (BEFORE, (), IRM, 2),
    "noise channels": (BEFORE, NOISE, IRM, 2),
    "and folded": (FOLDED, NOISE, IRM, 2),
    "and judged by the waveform": (FOLDED, NOISE, WAVEFORM, 2),
    "and one frequency at the bottom": (NARROW, NOISE, WAVEFORM, 2),
    "without noise channels": (NARROW, (), WAVEFORM, 2),
    "without folding": (BEFORE | {"bottleneck_units": 64}, NOISE, WAVEFORM, 2),
}


def main():
    """Fit, score, print and write."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    data = load_harvard()
    train, test = next(GroupKFold(3).split(data.noisy, groups=data.sentence))
    rows = [
        score(type(enhancer).__name__, enhancer, data, train, test)
        for enhancer in (SpectralSubtraction(8000), WienerFilter(8000), LogMMSE(8000))
    ]
    for name, choice in CHOICES.items():
        rows.append(score(name, make(*choice), data, train, test))
    first = next(row["fit_s"] for row in rows if row["enhancer"] == "as before")
    for row in rows:
        row["fit_time_ratio"] = f"{row.pop('fit_s') / first:.2f}"
        print(*row.values(), sep=" | ")
    write_csv(rows, RESULTS)


def make(sizes, noise_channels, learnt, epochs):
    """Return an enhancer whose U-Net trains as in ``skse compare``."""
    target, loss = learnt
    network = UNetRegressor(batch_size=8, loss=loss, epochs=epochs, random_state=0, **sizes)
    return SpeechEnhancer(
        STFTFeaturizer(noise_channels=noise_channels),
        target,
        network,
        sampling_rate=8000,
        segment_frames=32,
        remix=False,
    )


def score(name, enhancer, data, train, test):
    """Return a row: means over the test files of each SNR."""
    (noisy, clean), tested = (
        [[waveforms[i] for i in part] for waveforms in (data.noisy, data.clean)]
        for part in (train, test)
    )
    begin = time.process_time()
    enhancer.fit(noisy, clean)
    seconds = time.process_time() - begin
    enhanced = enhancer.predict(tested[0])
    scores = evaluate(
        tested[1], enhanced, tested[0], sampling_rate=8000, metrics=["snr_gain", "stoi"]
    )
    gains, snrs_db = scores["snr_gain"], np.asarray(data.snr_db)[test]
    row = {"enhancer": name}
    for snr_db in np.unique(snrs_db):
        row[f"snr_gain_db_at_{snr_db:g}"] = f"{np.mean(gains[snrs_db == snr_db]):.2f}"
    row["snr_gain_db"] = f"{np.mean(gains):.2f}"
    row["stoi"] = f"{np.mean(scores['stoi']):.3f}"
    row["fit_s"] = seconds
    return row


if __name__ == "__main__":
    main()
