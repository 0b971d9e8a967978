"""What the beginning of a recording does to the classical enhancers, noise tracked or not.

    python benchmarks/noise_start.py --data-home DIR

Three tables, each with ``noise="start"`` and ``noise="tracked"``, the default:

1. SNR gain on NOIZEUS: all of it, protocol ``unseen``, and the speakers m3 and f3. Most was
   tuned on the other four, the last constants on all of it: no part is unseen by them. Ends
   with an error where tracking gains less on all of it or on ``unseen``.
2. Recordings behind another beginning: change of the SNR gain over the original part.
3. Words cut out of speech, with noise from the first sample on: change of the SNR.

Tables 2 and 3 are of the speakers m3 and f3, and of every other sentence of load_harvard;
what tells noise from words was chosen with these in view.
"""

import argparse
import time

import numpy as np

from skse import LogMMSE, SpectralSubtraction, WienerFilter
from skse.datasets import fetch_noizeus, load_harvard, split_noizeus
from skse.metrics import snr_gain_score

ENHANCERS = (SpectralSubtraction, WienerFilter, LogMMSE)
NOISES = ("start", "tracked")
HELD_OUT = ("m3", "f3")
SNRS_DB = (0, 5, 10, 15)
SECONDS = (0.05, 0.2, 0.5, 1, 2)
WORDS = (0.05, 0.1, 0.2, 0.5, 1)
WORD_SNRS_DB = (15, 20, 30, 60)
TOLERANCE_DB = 0.5


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    parser.add_argument("--tables", default="123", help="which of them, such as 23")
    args = parser.parse_args()
    data = fetch_noizeus(data_home=args.data_home)
    _, unseen = split_noizeus(data, "unseen")
    held_out = np.isin(data.speaker, HELD_OUT)
    corpora = {
        "all": (data.noisy, data.clean, data.snr_db),
        "unseen": (unseen.noisy, unseen.clean, unseen.snr_db),
        "m3, f3": [
            [values[i] for i in np.flatnonzero(held_out)]
            for values in (data.noisy, data.clean, data.snr_db)
        ],
    }
    less = corpus_table(corpora) if "1" in args.tables else []
    harvard = load_harvard(noises=["white"], snr_db=5)
    some = np.flatnonzero(held_out)[::29]
    noisy = [data.noisy[i] for i in some] + list(harvard.noisy[1::12])
    clean = [data.clean[i] for i in some] + list(harvard.clean[1::12])
    if "2" in args.tables:
        starts_table(noisy, clean, data.sampling_rate)
    speech = {np.asarray(data.clean[i]).tobytes(): data.clean[i] for i in np.flatnonzero(held_out)}
    if "3" in args.tables:
        words_table([*speech.values(), *harvard.clean[1::2]], data.sampling_rate)
    if less:
        raise SystemExit(f"Tracking gains less: {', '.join(less)}")


def gains(enhancer, noisy, clean, begins=None):
    """SNR gain in dB of each recording, from sample `begins` on."""
    begins = [0] * len(noisy) if begins is None else begins
    enhanced = enhancer.fit(noisy).predict(noisy)
    return np.array(
        [
            snr_gain_score([c[b:]], [e[b:]], [x[b:]])[0]
            for c, e, x, b in zip(clean, enhanced, noisy, begins, strict=True)
        ]
    )


def corpus_table(corpora):
    """Print the gains on each corpus; return where tracking gains less."""
    print("SNR gain in dB on NOIZEUS\n")
    print("| corpus | enhancer | noise | 0 dB | 5 dB | 10 dB | 15 dB | s |")
    print("|---" * 8 + "|")
    less = []
    for name, (noisy, clean, snr_db) in corpora.items():
        for make in ENHANCERS:
            means = {}
            for noise in NOISES:
                begin = time.process_time()
                all_gains = gains(make(noise=noise), noisy, clean)
                seconds = time.process_time() - begin
                means[noise] = [all_gains[np.equal(snr_db, s)].mean() for s in SNRS_DB]
                cells = " | ".join(f"{mean:.2f}" for mean in means[noise])
                print(
                    f"| {name} | {make.__name__} | {noise} | {cells} | {seconds:.1f} |", flush=True
                )
            if name != "m3, f3" and np.any(np.less(means["tracked"], means["start"])):
                less.append(f"{make.__name__} on {name}")
    return less


def beginnings(x, n, rng):
    """Yield (name, samples) of `n` samples to go before a recording."""
    rms = np.std(x[:800])
    noise = np.resize(np.concatenate([x[:900], x[899::-1]]), n)
    clicks = np.where(rng.random(n) < 1 / 800, 0.5, 0)
    clicks[rng.integers(n)] = 0.5
    yield "±1 step of 16 bit", rng.integers(-1, 2, n) / 32768
    yield "noise 60 dB below", rng.standard_normal(n) * np.std(x) / 1000
    yield "digital zeros", np.zeros(n)
    yield (
        "zeros and tiny values",
        np.where(np.arange(n) // 160 % 2, rng.integers(-1, 2, n), 0) * 1e-5,
    )
    yield "clicks", clicks
    yield "noise with clicks", clicks + rms * rng.standard_normal(n)
    yield "fade-in", noise * np.linspace(0, 1, n)
    yield "noise 10 dB louder", noise * np.sqrt(10)
    yield "noise 20 dB louder", noise * 10


def starts_table(noisy, clean, rate):
    """Print how the gain over the original part changes behind each beginning."""
    print(f"\nChange of the SNR gain in dB: mean, least, files of {len(noisy)} below −0.5 dB\n")
    print("| beginning | s |" + "".join(f" {m.__name__} {n} |" for m in ENHANCERS for n in NOISES))
    print("|---" * (2 + len(ENHANCERS) * len(NOISES)) + "|")
    for seconds in SECONDS:
        made, rng = {}, np.random.default_rng(0)
        for x, c in zip(noisy, clean, strict=True):
            for name, head in beginnings(np.asarray(x), int(seconds * rate), rng):
                longer = np.concatenate([head, x]), np.concatenate([np.zeros(len(head)), c])
                made.setdefault(name, []).append(longer)
        cells = {name: [] for name in made}
        for make in ENHANCERS:
            for noise in NOISES:
                enhancer = make(noise=noise)
                without = gains(enhancer, noisy, clean)
                for name, pairs in made.items():
                    with_it = gains(
                        enhancer, *zip(*pairs, strict=True), [int(seconds * rate)] * len(noisy)
                    )
                    cells[name].append(summary(with_it - without))
        for name, row in cells.items():
            print(f"| {name} | {seconds} | {' | '.join(row)} |", flush=True)


def words_table(speech, rate):
    """Print how the SNR of words changes: the loudest stretch of each sentence, in white noise."""
    print(f"\nSNR gain in dB of {len(speech)} words: mean, least, words below −0.5 dB\n")
    print("| s | SNR dB |" + "".join(f" {m.__name__} {n} |" for m in ENHANCERS for n in NOISES))
    print("|---" * (2 + len(ENHANCERS) * len(NOISES)) + "|")
    rng = np.random.default_rng(0)
    for seconds in WORDS:
        n = int(seconds * rate)
        cuts = [np.argmax(np.convolve(np.square(c), np.ones(n), "valid")) for c in speech]
        clean = [np.asarray(c)[b : b + n] for c, b in zip(speech, cuts, strict=True)]
        for snr_db in WORD_SNRS_DB:
            noisy = [c + rng.standard_normal(n) * np.std(c) * 10 ** (-snr_db / 20) for c in clean]
            cells = [
                summary(gains(make(noise=noise, min_duration=0), noisy, clean))
                for make in ENHANCERS
                for noise in NOISES
            ]
            print(f"| {seconds} | {snr_db} | {' | '.join(cells)} |", flush=True)


def summary(changes):
    n_worse = int((changes < -TOLERANCE_DB).sum())
    return f"{changes.mean():.1f}, {changes.min():.1f}, {n_worse}"


if __name__ == "__main__":
    main()
