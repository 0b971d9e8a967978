"""The models that ship, on recordings that no training of theirs heard.

::

    python -m pip install ".[test,metrics]"
    python benchmarks/shipped_models.py --noizeus DIR

- NOIZEUS at 8 kHz, all 960 files and the 80 of protocol ``unseen``: ``speech-8k``;
- wide-band mixtures at 16 kHz (``training/held_out.py``): ``speech-16k``;
- harm: their clean speech as it is and in noise at 30 and 40 dB;

beside the noisy speech and log-MMSE. Scores are means over the files of one stated SNR. Writes
``benchmarks/results/shipped_models.csv``. ``--models FOLDER`` takes NAME.skse from there.
``--peers`` adds what people use in place of skse (``peers.py`` says what, and how it is run), on
the same files, all 960 of NOIZEUS excepted. ``rtf`` is processor seconds per second of audio. Rows
of enhancers that are not run stay as they are: where models alone are scored again, those of peers.
"""

import argparse
import csv
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from peers import HOME, PEERS, enhance, install

import skse
from skse import IdentityEnhancer, LogMMSE
from skse.datasets import fetch_noizeus, make_noise, mix_at_snr, split_noizeus
from skse.metrics import evaluate
from skse.models import load_model
from skse.utils import write_csv

sys.path.insert(0, str(Path(__file__).parents[1] / "training"))
from held_out import voices_of, wide_band_pairs

RESULTS = Path(__file__).parent / "results" / "shipped_models.csv"
METRICS = {8000: "pesq_nb", 16000: "pesq_wb"}
TOO_MANY = ("NOIZEUS",)  # sets that peers are not run on
CLEAN = 100  # dB, stands for no noise at all
COLUMNS = ("set", "enhancer", "snr_db", "n_files", "snr_gain_db", "si_sdr_gain_db", "si_sdr_db",
           "stoi", "pesq", "rtf")  # fmt: skip


def main():
    """Score, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--noizeus", required=True, help="folder of NOIZEUS")
    parser.add_argument("--models", help="folder with NAME.skse; default: those that ship")
    parser.add_argument("--cache", help="where fetched packages are kept")
    parser.add_argument("--only", nargs="*", help="names of models")
    all_peers = f"peers to run too; with no name all: {', '.join(PEERS)}"
    parser.add_argument("--peers", nargs="*", choices=PEERS, metavar="NAME", help=all_peers)
    parser.add_argument("--peers-home", default=HOME, help="where peers are installed")
    parser.add_argument("--results", type=Path, default=RESULTS, help="file to write")
    options = parser.parse_args()
    peers = list(PEERS) if options.peers == [] else options.peers or []
    for peer in peers:
        install(PEERS[peer], options.peers_home)  # before anything is scored, which may be lost
    rows = []
    for name, rate in (("speech-8k", 8000), ("speech-16k", 16000)):
        if options.only and name not in options.only:
            continue
        path = name if options.models is None else Path(options.models, f"{name}.skse")
        enhancers = {
            "noisy": IdentityEnhancer(),
            "log-MMSE": LogMMSE(rate, n_fft=rate * 4 // 125, hop_length=rate // 125),
            name: load_model(path, n_threads=1),
        }
        sets = narrow_band(options.noizeus) if rate == 8000 else wide_band(options.cache)
        for set_name, data in sets.items():
            for label, enhancer in enhancers.items():
                rows += score(set_name, label, enhancer, data, rate)
            for peer in peers if set_name not in TOO_MANY else ():
                enhanced, seconds = enhance(peer, data[0], rate, options.peers_home)
                rows += rows_of(set_name, peer, enhanced, seconds, data, rate)
    write_csv(joined(rows, options.results), options.results)
    print(f"skse {skse.__version__}, {time.strftime('%Y-%m-%d')}")
    for row in rows:
        print(*(row[column] for column in COLUMNS), sep=" | ")


def joined(rows, path):
    """Return rows in the places of those of the same names that a file holds; the others stay."""
    table = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            table = {names_of(row): row for row in csv.DictReader(file)}
    table.update((names_of(row), row) for row in rows)
    return list(table.values())


def names_of(row):
    """Return what a row is of."""
    return row["set"], row["enhancer"], str(row["snr_db"])


def narrow_band(folder):
    """Return sets of noisy and clean waveforms and their SNRs, at 8 kHz."""
    corpus = fetch_noizeus(data_home=folder)
    sets = {}
    for name, data in (("NOIZEUS unseen", split_noizeus(corpus, "unseen")[1]), ("NOIZEUS", corpus)):
        sets[name] = data.noisy, data.clean, np.asarray(data.snr_db)
    _, first = np.unique(corpus.sentence, return_index=True)
    sets["NOIZEUS clean"] = nearly_clean([corpus.clean[i] for i in first], 8000)
    return sets


def wide_band(cache):
    """Return the same at 16 kHz."""
    return {
        "wide band": wide_band_pairs(cache),
        "wide band clean": nearly_clean(voices_of(cache), 16000),
    }


def nearly_clean(speech, rate):
    """Return speech as it is, and in noise at 30 and 40 dB."""
    noisy, clean, snrs_db = [], [], []
    for i, x in enumerate(speech):
        for snr_db in (30, 40, CLEAN):
            noise = make_noise("street", len(x), rate, random_state=i)
            noisy.append(x if snr_db == CLEAN else mix_at_snr(x, noise, snr_db=snr_db))
            clean.append(x)
            snrs_db.append(snr_db)
    return noisy, clean, np.array(snrs_db)


def score(set_name, label, enhancer, data, rate):
    """Return a row for every SNR."""
    noisy, clean, _ = data
    if not hasattr(enhancer, "sampling_rate_"):
        enhancer.fit(noisy[:1], clean[:1])
    begin = time.process_time()
    enhanced = enhancer.predict(noisy)
    return rows_of(set_name, label, enhanced, time.process_time() - begin, data, rate)


def rows_of(set_name, label, enhanced, seconds, data, rate):
    """Return a row for every SNR, of waveforms that took so many seconds."""
    noisy, clean, snrs_db = data
    rtf = seconds * rate / sum(map(len, noisy))
    names = ["snr_gain", "si_sdr_gain", "si_sdr", "stoi", METRICS[rate]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of clean speech: its gain is not defined
        scores = evaluate(clean, enhanced, noisy, sampling_rate=rate, metrics=names)
    rows = []
    for snr_db in np.unique(snrs_db):
        chosen = snrs_db == snr_db
        means = [f"{np.nanmean(scores[n][chosen]):.4g}" for n in names]
        values = (set_name, label, int(snr_db), int(chosen.sum()), *means, f"{rtf:.3g}")
        rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


if __name__ == "__main__":
    main()
