"""The seed's five experiments as they were, through ``skse.recipes``.

Each runs in a process of its own, so that its peak memory is its own. The autoencoders train as
long as in the seed. The U-Nets at 256 x 256 take about two minutes an epoch on two cores:
they train for fewer epochs, which the CSV states; ``--recipe-epochs 50`` trains them in full.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from study.candidates import Candidate

PART = "recipes"
# Name -> protocol, epochs of the seed, seconds of an epoch on two quiet cores
RECIPES = {
    "seed-01": ("seed-720-210", 60, 18.0),
    "seed-02": ("seed-720-210", 50, 18.0),
    "seed-03-mse": ("seed-720-210", 50, 18.0),
    "seed-03-bce": ("seed-720-210", 50, 18.0),
    "seed-04": ("seed-660-60", 50, 120.0),
    "seed-05": ("seed-660-60", 50, 120.0),
}
UNETS = ("seed-04", "seed-05")
UNET_EPOCHS = 5


def candidates(options, records):
    """Return all candidates of the part."""
    found = []
    for name, (protocol, epochs, seconds) in RECIPES.items():
        if name in UNETS:
            epochs = options.recipe_epochs or UNET_EPOCHS
        epochs = options.n_epochs(epochs)
        for seed in range(options.n_seeds(1)):
            out = Path(options.models) / "recipes" / f"{name}-{epochs}-{seed}"
            found.append(
                Candidate(
                    part=PART,
                    name=name,
                    variant=f"{epochs} epochs",
                    protocol=protocol,
                    seed=seed,
                    settings={"recipe": name, "epochs": epochs},
                    compute=_Run(name, epochs, seed, out),
                    effort=epochs * seconds,
                    priority=20 + (name in UNETS),
                )
            )
    return found


class _Run:
    """Run a recipe in a process of its own."""

    def __init__(self, name, epochs, seed, out):
        self.arguments = (name, epochs, seed, out)

    def __call__(self, corpus):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(run_recipe, corpus.data_home, corpus.limit, *self.arguments).result()


def run_recipe(data_home, limit, name, epochs, seed, out):
    """Run a recipe; return scores and figures as the CSV wants them."""
    from skse.datasets import fetch_noizeus
    from skse.recipes import run_recipe

    data = fetch_noizeus(data_home=data_home)
    results = run_recipe(
        name, data, out=out, epochs=epochs, limit=limit, random_state=seed, progress=False
    )
    figures = {
        "epochs": epochs,
        "training_s": round(results.figures["training_s"], 1),
        "peak_memory_mb": round(results.figures["peak_memory_mb"] or 0),
        "n_parameters": results.enhancer.regressor_.regressor_.model_.count_params(),
    }
    return as_scores(results.rows), figures


def as_scores(rows):
    """Turn the rows of a recipe into those of the CSV: gains instead of SI-SDR."""
    before = {(r["noise"], r["snr_db"]): r["si_sdr"] for r in rows if r["kind"] == "noisy"}
    return [
        {
            "noise": row["noise"],
            "snr_db": row["snr_db"],
            "n_files": row["n_utterances"],
            "snr_gain_db": row["snr_gain"],
            "si_sdr_gain_db": row["si_sdr"] - before[row["noise"], row["snr_db"]],
            "stoi": row["stoi"],
            "pesq": row.get("pesq", ""),
            "rmse": row["rmse"],
        }
        for row in rows
        if row["kind"] == "candidate"
    ]
