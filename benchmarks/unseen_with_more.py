"""Protocol ``unseen`` with more to train on: NOIZEUS's training part, and what trains speech-8k.

::

    python -m pip install ".[test]" pyroomacoustics
    python benchmarks/unseen_with_more.py --noizeus DIR --data FOLDER --peers

A U-Net that looks ahead, trained on fresh mixtures of both corpora (``training/corpora.py`` says
what `FOLDER` holds) and scored on the 80 files, whose speakers and recordings of noise neither has;
crowds of voices and traffic are made for training. ``--peers`` adds Conv-TasNet on the same files.
What is done is kept below ``--work`` after every epoch, and another call with the same options goes
on there. Writes ``benchmarks/results/unseen_with_more.csv``.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # read when TensorFlow is imported

import numpy as np
from keras.callbacks import BackupAndRestore
from peers import HOME, PEERS, enhance, install
from shipped_models import rows_of, score

import skse
from skse import Remix, SpeechEnhancer, STFTFeaturizer, UNetRegressor, WaveformTarget
from skse.datasets import fetch_noizeus, split_noizeus
from skse.utils import write_csv

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from train_models import NETWORK, Clock, make_pairs

RESULTS = Path(__file__).parent / "results" / "unseen_with_more.csv"
PEER = "Conv-TasNet"
REMIX = {"snr_db": (-5.0, 20.0), "babble": 0.2}
SEGMENT_FRAMES = 128


def main():
    """Train, score, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--noizeus", required=True, help="folder of NOIZEUS")
    parser.add_argument("--data", required=True, help="folder with manifest.tsv")
    parser.add_argument("--cache", help="where fetched packages are kept")
    parser.add_argument("--epochs", type=int, default=24)
    parser.add_argument("--mixtures", type=int, default=3200, help="of 2 s, in an epoch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("training/work/unseen"))
    parser.add_argument("--peers", action="store_true", help=f"{PEER} on the same files")
    parser.add_argument("--peers-home", default=HOME, help="where peers are installed")
    options = parser.parse_args()
    options.work /= f"{options.epochs}-epochs-{options.mixtures}-mixtures-seed-{options.seed}"
    options.work.mkdir(parents=True, exist_ok=True)
    if options.peers:
        install(PEERS[PEER], options.peers_home)  # before anything is trained
    train, test = split_noizeus(fetch_noizeus(data_home=options.noizeus), "unseen")
    noisy, clean = make_pairs("speech-8k", options.data, options.cache, options.seed)
    begin = time.process_time()
    enhancer = make_enhancer(options).fit(train.noisy + noisy, train.clean + clean)
    print(f"{(time.process_time() - begin) / 60:.0f} min of processor time in this call")
    enhancer.regressor_.set_params(callbacks=None)
    enhancer.set_params(regressor__callbacks=None)
    model = skse.save(enhancer, options.work / "unseen.skse")
    data = test.noisy, test.clean, np.asarray(test.snr_db)
    rows = score("NOIZEUS unseen", "U-Net", enhancer, data, 8000)
    n_weights, size = enhancer.regressor_.keras_model().count_params(), model.stat().st_size
    print(f"{n_weights} weights, {size / 1e6:.1f} MB")
    write_csv(rows, RESULTS)
    if options.peers:
        enhanced, seconds = enhance(PEER, test.noisy, 8000, options.peers_home)
        rows += rows_of("NOIZEUS unseen", PEER, enhanced, seconds, data, 8000)
    for row in rows:
        print(*row.values(), sep=" | ")
    write_csv(rows, RESULTS)


def make_enhancer(options):
    """Return the enhancer to train."""
    kept = BackupAndRestore(str(options.work / "epochs"), delete_checkpoint=False)
    network = UNetRegressor(
        **NETWORK | {"causal": False, "learning_rate_schedule": "cosine"},
        filters=(16, 24, 32, 48, 64),
        loss="snr",
        learning_rate=2e-3,
        epochs=options.epochs,
        random_state=options.seed,
        callbacks=[Clock(), kept],
    )
    return SpeechEnhancer(
        STFTFeaturizer(
            n_fft=256,
            hop_length=128,
            floor_db=-60,
            noise_channels=("posterior_snr", "prior_snr"),
        ),
        WaveformTarget(),
        network,
        sampling_rate=8000,
        segment_frames=SEGMENT_FRAMES,
        remix=Remix(n_mixtures=options.mixtures, **REMIX),
    )


if __name__ == "__main__":
    main()
