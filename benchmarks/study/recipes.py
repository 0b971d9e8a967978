"""The seed's five experiments as they were, through ``skse.recipes``.

Each runs in a process of its own, so that its peak memory is its own. The autoencoders train as
long as in the seed. The U-Nets at 256 x 256 take about two minutes an epoch on two cores:
they train for fewer epochs, which the CSV states; ``--recipe-epochs 50`` trains them in full.
"""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from skse import recipes
from skse.datasets import fetch_noizeus
from skse.recipes import get_recipe
from study.candidates import Candidate, score, settings_of

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
RESCALED = "rescaled"
# Parts of Adam's configuration that every version of Keras has
_OPTIMIZER = ("class", "learning_rate", "beta_1", "beta_2", "epsilon")


def candidates(options, records):
    """Return the experiments as they ran."""
    return [
        _candidate(name, seed, options) for name in RECIPES for seed in range(options.n_seeds(1))
    ]


def rescaled_candidates(options, records):
    """Return the U-Nets as they were meant, with the imaginary part rescaled.

    That is done behind the network: they score the networks that :func:`candidates` train.
    """
    return [
        _candidate(name, seed, options, imaginary="rescale")
        for name in UNETS
        for seed in range(options.n_seeds(1))
    ]


def _candidate(name, seed, options, **parameters):
    protocol, epochs, seconds = RECIPES[name]
    if name in UNETS:
        epochs = options.recipe_epochs or UNET_EPOCHS
    epochs = options.n_epochs(epochs)
    out = Path(options.models) / "recipes" / f"{name}-{epochs}-{seed}"
    trained = bool(parameters) and (out / "enhancer.joblib").exists()
    enhancer = get_recipe(name, **parameters).enhancer
    enhancer.set_params(regressor__epochs=epochs, regressor__random_state=seed)
    settings = settings_of(recipe=name, protocol=protocol, enhancer=enhancer)
    optimizer = settings["enhancer"]["regressor__optimizer"]
    if isinstance(optimizer, dict):
        settings["enhancer"]["regressor__optimizer"] = {key: optimizer[key] for key in _OPTIMIZER}
    return Candidate(
        part=PART,
        name=name,
        variant=f"{epochs} epochs" + (f", {RESCALED}" if parameters else ""),
        protocol=protocol,
        seed=seed,
        settings=settings,
        compute=_Run(name, epochs, seed, out, bool(parameters)),
        effort=seconds * (1 if trained else epochs),
        priority=20 + (name in UNETS),
    )


class _Run:
    """Run a recipe in a process of its own."""

    def __init__(self, *arguments):
        self.arguments = arguments

    def __call__(self, corpus):
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(run_recipe, corpus.data_home, corpus.limit, *self.arguments).result()


def run_recipe(data_home, limit, name, epochs, seed, out, rescaled):
    """Run a recipe; return scores and figures as the CSV wants them."""
    data = fetch_noizeus(data_home=data_home)
    results = recipes.run_recipe(
        name, data, out=out, epochs=epochs, limit=limit, random_state=seed, progress=False
    )
    enhancer, protocol = results.enhancer, get_recipe(name).protocol
    if rescaled:
        enhancer.target_.set_params(imaginary="rescale")
    _, test = recipes.prepare_pairs(data, protocol, limit=limit, random_state=seed)
    figures = {
        "epochs": epochs,
        "training_s": round(results.figures["training_s"], 1),
        "peak_memory_mb": round(results.figures["peak_memory_mb"] or 0),
        "n_parameters": enhancer.regressor_.regressor_.model_.count_params(),
    }
    return score(test, enhancer.predict(test.noisy)), figures
