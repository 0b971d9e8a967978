"""What plain defaults reach on speakers and noises never heard.

::

    python benchmarks/default_quality.py --data-home DIR
    python benchmarks/default_quality.py --data-home DIR --speakers 1 4 --noises airport train

Fits ``SpeechEnhancer(STFTFeaturizer(256, 64), IdealMaskTarget("irm"), UNetRegressor())``,
everything else left as it is, on NOIZEUS without two speakers and two noises, and scores it on
these: by default the 80 files of the protocol ``unseen``. Writes the mean scores at every SNR to
``benchmarks/results/default_quality.csv``, where those of other splits and seeds stay.
"""

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer, UNetRegressor
from skse.datasets import fetch_noizeus, take
from skse.experiments import condition_means
from skse.metrics import available_metrics, evaluate
from skse.utils import write_csv

RESULTS = Path(__file__).parent / "results" / "default_quality.csv"
METRICS = ("snr_gain", "si_sdr", "stoi", "pesq_nb")
SENTENCES = 5  # of each of the six speakers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    parser.add_argument("--speakers", type=int, nargs=2, default=[0, 5], help="0 to 5")
    parser.add_argument("--noises", nargs=2, default=["babble", "street"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", type=int, default=2)
    options = parser.parse_args()
    data = fetch_noizeus(data_home=options.data_home)
    number = np.array([int(name[2:]) - 1 for name in data.sentence])
    own_speaker = np.isin(number // SENTENCES, options.speakers)
    own_noise = np.isin(data.noise, options.noises)
    train = take(data, np.flatnonzero(~own_speaker & ~own_noise))
    test = take(data, np.flatnonzero(own_speaker & own_noise))
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=256, hop_length=64),
        IdealMaskTarget(mask="irm"),
        UNetRegressor(random_state=options.seed, verbose=options.verbose),
        sampling_rate=8000,
    )
    begin = time.process_time()
    enhancer.fit(train.noisy, train.clean)
    minutes = (time.process_time() - begin) / 60
    metrics = [name for name in METRICS if name in available_metrics(8000)]
    scores = evaluate(
        test.clean, enhancer.predict(test.noisy), test.noisy, sampling_rate=8000, metrics=metrics
    )
    split = {
        "speakers": " ".join(map(str, options.speakers)),
        "noises": " ".join(options.noises),
        "seed": str(options.seed),
    }
    rows = [
        {**split, **{k: f"{v:.4g}" if k in metrics else v for k, v in row.items()}}
        for row in condition_means(scores, ["all"] * len(test.noisy), test.snr_db)
    ]
    kept = [row for row in read() if {name: row[name] for name in split} != split]
    write_csv(kept + rows, RESULTS)
    print(f"{len(train.noisy)} pairs, {minutes:.1f} minutes of processor time")
    for row in rows:
        print(row)
    print("mean SNR gain:", round(float(np.mean(scores["snr_gain"])), 2))


def read():
    """Read the rows that are there."""
    if not RESULTS.exists():
        return []
    with RESULTS.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    main()
