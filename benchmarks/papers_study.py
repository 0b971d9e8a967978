"""Four papers: every mechanism against the same network without it.

::

    python benchmarks/papers_study.py --data-home DIR --papers 03,05 --seeds 3

trains the recipes ``paper-02`` to ``paper-05`` and what they are compared with on NOIZEUS,
protocol ``unseen`` (speakers, noises and rooms never heard), and writes a row for each candidate,
seed, noise and SNR to ``benchmarks/results/papers_study.csv``. What is there already, with the same
settings, is not run again: interrupt it, and the same command goes on. ``--table`` prints means
over seeds and half the distance of the highest from the lowest.

The 60 trainings take two hours of processor time, scores not counted, because they are shorter than
the recipes' own (``EPOCHS``); ``--epochs N`` takes another number, 0 the recipes'. The CSV says how
many there were.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from sklearn.utils import Bunch

from skse import WPE, IdealMaskTarget, SEGANRegressor, SpectrumTarget, UNetRegressor
from skse.datasets import fetch_noizeus, load_harvard
from skse.enhancement import environment_ablation
from skse.experiments import condition_means, describe
from skse.features import STFTFeaturizer
from skse.metrics import evaluate, inconsistency, silence_spectrum
from skse.recipes import get_recipe, prepare_pairs
from skse.targets import TrainedFourierTarget
from skse.utils import digest, write_csv

RESULTS = Path(__file__).parent / "results" / "papers_study.csv"
METRICS = ("snr_gain", "si_sdr", "stoi", "pesq_nb", "srmr", "cepstral_distance")
COLUMNS = (
    "snr_gain",
    "stoi",
    "pesq_nb",
    "srmr",
    "cepstral_distance",
    "inconsistency_db",
    "tone_db",
)


def unet(recipe, target):
    """Put the default U-Net with a target in the place of a recipe's network."""
    recipe.enhancer.set_params(
        featurizer=STFTFeaturizer(256, 128),
        target=target,
        regressor=UNetRegressor(epochs=recipe.enhancer.regressor.epochs),
    )
    if recipe.name == "paper-02":
        recipe.enhancer.set_params(environment=None)
    if recipe.name == "paper-04":  # its samples are none that a mask could be put on
        recipe.enhancer.set_params(segment_frames=126)


def trained_kernels(recipe):
    recipe.enhancer.set_params(target=TrainedFourierTarget("complex", bound=None))


def no_shortcuts(recipe):
    recipe.enhancer.set_params(regressor__shortcut=False)


def masking(recipe):
    recipe.enhancer.set_params(target=IdealMaskTarget("psm"))


def spectrum_alone(recipe):
    recipe.enhancer.set_params(featurizer=STFTFeaturizer(256, 128))


def irm(recipe):
    unet(recipe, IdealMaskTarget("irm", beta=1.0))


def psm(recipe):
    unet(recipe, IdealMaskTarget("psm"))


def mapping(recipe):
    unet(recipe, SpectrumTarget(scale="log"))


# Paper -> candidate -> parameters of the recipe, and what is changed in it.
CANDIDATES = {
    "02": {
        "noise embedding": ({}, None),
        "mean log spectrum": ({"embedding": "mean"}, None),
        "told nothing": ({"embedding": None}, None),
        "noise embedding, 2 noises": ({}, None),
        "told nothing, 2 noises": ({"embedding": None}, None),
        "U-Net, irm": ({}, irm),
    },
    "03": {
        "loss on the waveform": ({}, None),
        "loss on the spectrum": ({"loss_on": "spectrum"}, None),
        "loss on the mask": ({"loss_on": "mask"}, None),
        "trained Fourier kernels": ({}, trained_kernels),
        "U-Net, irm": ({}, irm),
    },
    "04": {
        "with a discriminator": ({}, None),
        "L1 and power terms alone": ({"adversarial": False}, None),
        "U-Net, psm": ({}, psm),
    },
    "05": {
        "wide residual network, mapping": ({}, None),
        "the same, masking": ({}, masking),
        "the same without shortcuts": ({}, no_shortcuts),
        "the same, spectrum alone": ({}, spectrum_alone),
        "U-Net, mapping": ({}, mapping),
        "U-Net, psm": ({}, psm),
    },
}
# Passes over the data: of a paper's network, and of the U-Net that it is compared with, chosen to
# take about as much processor time; within a paper all others have as many as its network.
EPOCHS = {"02": (2, 2), "03": (2, 3), "04": (8, 8), "05": (20, 4)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-home", help="folder of NOIZEUS; downloaded where absent")
    parser.add_argument("--data", choices=("noizeus", "harvard"), default="noizeus")
    parser.add_argument("--papers", default=",".join(CANDIDATES), help="with commas between")
    parser.add_argument("--candidates", nargs="*", help="names; default: all of a paper")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, help="default: EPOCHS; 0: as in the recipes")
    parser.add_argument("--limit", type=int, help="pairs, for a trial")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="print what there is, and stop")
    options = parser.parse_args()
    rows = read(options.out)
    if not options.table:
        data = (
            load_harvard()
            if options.data == "harvard"
            else fetch_noizeus(data_home=options.data_home)
        )
        for seed in range(options.seeds):
            for paper in options.papers.split(","):
                rows = add_baselines(rows, options, data, paper, seed)
                for name, how in CANDIDATES[paper].items():
                    if not options.candidates or name in options.candidates:
                        rows = add(rows, options, data, paper, name, seed, *how)
    print(table(rows))


def add(rows, options, data, paper, name, seed, parameters, change):
    """Train, score and write one candidate; return all rows."""
    recipe = get_recipe(f"paper-{paper}", **parameters)
    if change is not None:
        change(recipe)
    is_unet = isinstance(recipe.enhancer.regressor, UNetRegressor)
    epochs = EPOCHS[paper][is_unet] if options.epochs is None else options.epochs
    enhancer = recipe.enhancer.set_params(regressor__random_state=seed)
    if epochs:
        enhancer.set_params(regressor__epochs=epochs)
    own = {"paper": paper, "candidate": name, "seed": seed}
    settings = digest(
        json.dumps([name, describe(enhancer), dict(recipe.protocol), options.limit], default=str)
    )[:12]
    key = {**own, "settings": settings}
    if any(all(str(row[k]) == str(v) for k, v in key.items()) for row in rows):
        return rows
    train, _ = pairs_of(recipe, data, options.limit, seed)
    noisy, clean = train.noisy, train.clean
    if name.endswith(", 2 noises"):  # of six
        known = np.flatnonzero(np.isin(train.noise, np.unique(train.noise)[:2]))
        noisy, clean = ([waveforms[i] for i in known] for waveforms in (noisy, clean))
    begin = time.process_time()
    enhancer.fit(noisy, clean)
    figures = {
        "epochs": enhancer.regressor.epochs,
        "processor_s": f"{time.process_time() - begin:.0f}",
        "n_parameters": enhancer.regressor_.keras_model().count_params(),
    }
    for test in tests_of(recipe, paper, data, options.limit, seed):
        for label, enhanced in outputs(enhancer, test, paper, name):
            if paper == "04":
                figures = figures | {"tone_db": f"{tone_of(test, enhanced):.1f}"}
            for means in score(test, enhanced, enhancer if paper == "03" else None):
                rows.append({**key, "candidate": label} | means | figures)
    save(rows, options.out)
    print(f"paper-{paper} | {name} | seed {seed}: {figures['processor_s']} s", file=sys.stderr)
    return rows


def add_baselines(rows, options, data, paper, seed):
    """Score what is not trained, where the noisy speech is unlike that of NOIZEUS alone."""
    baselines = {"04": ("as it was",), "05": ("as it was", "WPE")}.get(paper, ())
    for name in baselines:
        own = {"paper": paper, "candidate": name, "seed": seed}
        own["settings"] = "" if options.limit is None else f"limit {options.limit}"
        if any(all(str(row[k]) == str(v) for k, v in own.items()) for row in rows):
            continue
        for test in tests_of(get_recipe(f"paper-{paper}"), paper, data, options.limit, seed):
            enhanced = test.noisy
            if name == "WPE":
                enhanced = WPE(test.sampling_rate).fit(test.noisy).predict(test.noisy)
            rows += [own | means for means in score(test, enhanced)]
        save(rows, options.out)
    return rows


def save(rows, path):
    """Write all rows."""
    fields = list(dict.fromkeys(field for row in rows for field in row))
    write_csv([{field: row.get(field, "") for field in fields} for row in rows], path)


def tests_of(recipe, paper, data, limit, seed):
    """Return what to test on: for rooms, also what no harm may be done to."""
    tests = [pairs_of(recipe, data, limit, seed)[1]]
    if paper == "05":
        plain = Bunch(
            enhancer=recipe.enhancer, protocol=Bunch(**{**recipe.protocol, "condition": None})
        )
        tests.append(almost_clean(pairs_of(plain, data, limit, seed)[1]))
    return tests


def pairs_of(recipe, data, limit, seed):
    """Return what to train and what to test on."""
    hop_length = recipe.enhancer.featurizer.hop_length
    return prepare_pairs(
        data, recipe.protocol, hop_length=hop_length, limit=limit, random_state=seed
    )


def almost_clean(test):
    """Return pairs to which no harm may be done: at 20, 30 and 40 dB, and clean."""
    noisy, snr_db = [], []
    for i, (x, c) in enumerate(zip(test.noisy, test.clean, strict=True)):
        level = (20.0, 30.0, 40.0, np.inf)[i % 4]
        noise = (x - c) * np.linalg.norm(c) / np.linalg.norm(x - c)
        noisy.append((c + noise * 10 ** (-level / 20)).astype(np.float32))
        snr_db.append(level)
    noise = np.where(np.isinf(snr_db), "clean", "noise")
    return Bunch(**{**test, "noisy": noisy, "noise": noise, "snr_db": np.array(snr_db)})


def tone_of(test, enhanced):
    """By how many dB the loudest multiple of 1 kHz stands out where speech is silent."""
    frequencies, _, prominences = silence_spectrum(
        test.clean, list(enhanced), sampling_rate=test.sampling_rate
    )
    tones = range(1000, int(test.sampling_rate / 2), 1000)
    return max(prominences[np.argmin(np.abs(frequencies - tone))] for tone in tones)


def outputs(enhancer, test, paper, name):
    """Yield what a trained candidate makes of the test data; paper 02 in wrong environments too."""
    yield name, enhancer.predict(test.noisy)
    if paper == "02" and name == "noise embedding":
        noise = [test.noisy[i] - test.clean[i] for i in alike(test)]
        for kind, enhanced in environment_ablation(
            enhancer, test.noisy, noise, groups=list(test.noise)
        ).items():
            yield f"{name}, told {kind}", enhanced
    if paper == "04" and isinstance(enhancer.regressor_, SEGANRegressor):
        enhancer.regressor_.use_z("drawn")
        yield f"{name}, z drawn", enhancer.predict(test.noisy)
        enhancer.regressor_.use_z("zero")


def alike(test):
    """Return for every recording the number of another one in the same noise at the same SNR."""
    conditions = list(zip(test.noise, test.snr_db, strict=True))
    found = []
    for i, condition in enumerate(conditions):
        own = [j for j, other in enumerate(conditions) if other == condition]
        found.append(own[(own.index(i) + 1) % len(own)])
    return found


def score(test, enhanced, enhancer=None):
    """Mean scores of every noise and SNR; with an enhancer, the inconsistency of its spectra.

    What lies above twice the full scale is clipped there.
    """
    enhanced = [np.clip(x, -2, 2) for x in enhanced]
    scores = evaluate(
        test.clean, enhanced, test.noisy, sampling_rate=test.sampling_rate, metrics=METRICS
    )
    if enhancer is not None:
        scores["inconsistency_db"] = inconsistency_of(enhancer, test.noisy)
    return [
        {k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()}
        for row in condition_means(scores, test.noise, test.snr_db)
    ]


def inconsistency_of(enhancer, waveforms):
    """Inconsistency in dB of the enhanced STFT of every recording, before it becomes sound."""
    chain, stfts = enhancer.chain_, []
    for x in waveforms:
        parts = chain.predictions([x], enhancer.regressor_)
        stfts.append(np.concatenate([chain.apply(target, y) for _, target, y in parts], axis=-1))
    return inconsistency(stfts, enhancer.featurizer_, [len(x) for x in waveforms])


def read(path):
    """Read the rows that are there."""
    import csv

    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(rows):
    """Means over all files of each candidate, over seeds, with half the spread between them."""
    lines = ["| paper | candidate | epochs | seeds | " + " | ".join(COLUMNS) + " |"]
    lines.append("|---" * (4 + len(COLUMNS)) + "|")
    rows = [row for row in rows if row["noise"] not in ("noise", "clean")]  # almost clean
    for key in dict.fromkeys(map(key_of, rows)):
        own = [row for row in rows if key_of(row) == key]
        seeds = sorted({str(row["seed"]) for row in own})
        cells = []
        for column in COLUMNS:
            means = [mean(own, seed, column) for seed in seeds]
            means = [value for value in means if np.isfinite(value)]
            spread = f" ± {(max(means) - min(means)) / 2:.2f}" if len(means) > 1 else ""
            cells.append(f"{np.mean(means):.2f}{spread}" if means else "")
        lines.append(f"| {' | '.join(key)} | {len(seeds)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def key_of(row):
    """Return what the seeds of a row have in common."""
    return row["paper"], row["candidate"], str(row.get("epochs", ""))


def mean(rows, seed, column):
    """Mean of one seed over all files."""
    own = [
        row for row in rows if str(row["seed"]) == seed and row.get(column, "") not in ("", "nan")
    ]
    if not own:
        return float("nan")
    weights = [int(row["n_utterances"]) for row in own]
    return float(np.average([float(row[column]) for row in own], weights=weights))


if __name__ == "__main__":
    main()
