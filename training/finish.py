"""Give a trained model its card, with the scores measured, and keep it in half precision.

    python training/finish.py training/work/speech-8k.skse --out trained

The scores are the rows of ``benchmarks/results/shipped_models.csv``. What comes out is for
``training/register.py``.
"""

import argparse
import csv
from pathlib import Path

import skse
from skse.persistence import read_card

ROWS = Path(__file__).parents[1] / "benchmarks" / "results" / "shipped_models.csv"
DESCRIPTIONS = {
    "speech-8k": "One voice in noise at 8 kHz, such as on the telephone; causal, latency 32 ms.",
    "speech-16k": "One voice in noise at 16 kHz; causal, latency 32 ms.",
}
LICENCE = "BSD-3-Clause; the data ask for the credits under training_data"
TRAINED_BY = {
    "speech-8k": "the SNR",
    "speech-16k": (
        "the SNR, at last together with the error of compressed spectra, which weighs 100 dB "
        "(training/loss.py); the weights are the mean of those before and after that"
    ),
}
LIMITS = (
    "Trained on English, German, Gaelic, Russian (and at 8 kHz Italian) voices, mixed with noise "
    "at -5 to 35 dB, of both a part in the band of a telephone. Of several voices at once it keeps "
    "all that are about as loud; music counts as noise where it does not sound like a voice. The "
    "echo of a room stays."
)
SCORES = {"snr_gain_db": "SNR gain in dB", "stoi": "STOI", "pesq": "PESQ"}


def scores_of(name, path=ROWS):
    """Return the scores of a model by set, and by what they are: a text of those at each SNR."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scores = {}
    for set_name in dict.fromkeys(row["set"] for row in rows):
        own = [row for row in rows if row["set"] == set_name and row["enhancer"] == name]
        if not own:
            continue
        if set_name.endswith("clean"):
            own = [row for row in own if row["snr_db"] != "100"]
        snrs = "/".join(row["snr_db"] for row in own)
        scores[f"{set_name}, at {snrs} dB"] = {
            label: "/".join(f"{float(row[column]):.2f}" for row in own)
            for column, label in SCORES.items()
        }
    if not scores:
        raise SystemExit(f"{path} has no rows of {name}; run benchmarks/shipped_models.py.")
    return scores


def main():
    """Read, add, write."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", nargs="+", help="NAME.skse as training left it")
    parser.add_argument("--out", required=True, help="folder")
    options = parser.parse_args()
    Path(options.out).mkdir(parents=True, exist_ok=True)
    for path in map(Path, options.model):
        enhancer = skse.load(path)
        with path.with_suffix(".csv").open(encoding="utf-8") as file:
            n_mixtures = (sum(1 for _ in file) - 1) * enhancer.remix.n_mixtures
        card = read_card(path)
        n_mixtures += card.get("earlier_mixtures", 0)
        own = {
            "training_data": card["training_data"],
            "trained_on": f"{n_mixtures} mixtures of 2 s, {n_mixtures / 1800:.0f} hours",
            "trained_by": TRAINED_BY[path.stem],
            "description": DESCRIPTIONS[path.stem],
            "licence": LICENCE,
            "limits": LIMITS,
            "scores": scores_of(path.stem),
        }
        # For whoever trains it further: not as long, and in small steps.
        enhancer.set_params(
            regressor__epochs=10,
            regressor__learning_rate=2e-4,
            regressor__learning_rate_schedule="cosine",
            remix__n_mixtures=None,
        )
        skse.save(enhancer, Path(options.out, path.name), card=own, half_precision=True)


if __name__ == "__main__":
    main()
