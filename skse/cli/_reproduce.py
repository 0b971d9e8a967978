"""``skse reproduce``."""

import json
import os
import sys
from pathlib import Path

import click

from skse.cli._types import data_home_option, seed_option


@click.command()
@click.argument("name", required=False)
@click.option("--list", "listed", is_flag=True, help="List the recipes and stop.")
@click.option(
    "--data",
    type=click.Choice(["noizeus", "harvard"]),
    default="noizeus",
    show_default=True,
    help="Corpus: noizeus is the one of the seed, harvard is synthetic and ships inside skse.",
)
@data_home_option
@click.option("--epochs", type=click.IntRange(min=1), help="Default: as in the recipe.")
@click.option(
    "--imaginary",
    type=click.Choice(["drop", "rescale"]),
    help="What becomes of the noisy imaginary part in seed-04 and seed-05: nothing, as published, "
    "or it gets the gain of the real part, as was meant. Default: drop.",
)
@click.option(
    "--size",
    type=click.Choice(["small", "paper"]),
    help="Of the networks of paper-02 to paper-05: small trains in under an hour on two cores, "
    "paper is that of the paper, for a GPU. Default: small.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=2),
    help="Use this many pairs only, spread over sentences, noises and SNRs. Default: all.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    help="Folder for the results. Default: skse-reproduce/NAME, or NAME-rescale with "
    "--imaginary rescale, NAME-paper with --size paper.",
)
@seed_option
@click.option("--report", is_flag=True, help="Write report.html too: scores, pictures, players.")
@click.option("--restart", is_flag=True, help="Train anew, whatever is in --out.")
def reproduce(
    name, listed, data, data_home, epochs, imaginary, size, limit, out, seed, report, restart
):
    """Train and score a published system: the recipe NAME.

    Prepares the data as the recipe wants them, trains with a progress bar, and prints the
    scores of the noisy speech, the enhanced speech and the ceiling (the score if the network
    made no error).

    \b
    --out then holds
      scores.csv        a row for noisy, enhanced and ceiling in every noise and SNR
      summary.csv       the same over all test files, with the seed's own measure
      history.csv/.png  the loss of every epoch
      spectrograms.png  noisy, enhanced, clean
      masks.png         ideal and estimated mask, where the recipe has one
      audio/            the same to listen to
      enhancer.joblib   the fitted enhancer: joblib.load it, call predict
      settings.json     every parameter, versions, time and peak memory
      training-state/   the state after the last epoch, while training: after an
                        interruption the same command goes on from there
    """  # noqa: D301  click's mark for lines to leave alone
    if listed:
        _print_list()
        return
    if name is None:
        raise click.UsageError("Name a recipe; --list shows them.")
    if data_home is not None and data != "noizeus":
        raise click.UsageError("--data-home goes with --data noizeus only.")
    chosen = {"imaginary": imaginary, "size": size}
    recipe = _find(name, {key: value for key, value in chosen.items() if value is not None})
    os.environ["MPLBACKEND"] = "agg"
    if out is None:
        added = "-rescale" * (imaginary == "rescale") + "-paper" * (size == "paper")
        out = os.path.join("skse-reproduce", name + added)

    from skse import recipes

    try:
        click.echo(f"{name}: {recipes.list_recipes()[name]}", err=True)
        results = recipes.run_recipe(
            recipe,
            _load(data, data_home),
            out=out,
            epochs=epochs,
            limit=limit,
            random_state=seed,
            restart=restart,
            report=report,
        )
    except KeyboardInterrupt:
        click.echo(f"\nInterrupted. {_describe_kept(out)}", err=True)
        sys.exit(130)
    except OSError as error:
        raise click.ClickException(str(error)) from error
    click.echo(recipes.format_scores(results.rows, results.summary))
    click.echo(_explain(results, out))


def _print_list():
    from skse.recipes import list_recipes

    recipes = list_recipes()
    width = max(map(len, recipes))
    click.echo("\n".join(f"{name:{width}}  {summary}" for name, summary in recipes.items()))


def _find(name, parameters):
    """Return the name of a recipe or, with parameters, the recipe."""
    from skse.recipes import get_recipe, list_recipes

    if not parameters and name in list_recipes():
        return name
    try:
        return get_recipe(name, **parameters)
    except ValueError as error:
        raise click.UsageError(str(error).removeprefix("get_recipe: ")) from None


def _load(data, data_home):
    from skse.datasets import fetch_noizeus, load_harvard

    return load_harvard() if data == "harvard" else fetch_noizeus(data_home=data_home)


def _describe_kept(out):
    """Say what an interrupted run left in its folder."""
    out = Path(out)
    if (out / "enhancer.joblib").exists():
        kept = f"The trained enhancer is kept in {out}"
    elif (state := out / "training-state" / "training_metadata.json").exists():
        n_epochs = json.loads(state.read_text(encoding="utf-8"))["epoch"]
        kept = f"The training up to epoch {n_epochs} is kept in {out}"
    else:
        return "No epoch was finished, and nothing is kept."
    return f"{kept}; the same command goes on from there."


def _explain(results, out):
    figures = results.figures
    peak = figures["peak_memory_mb"]
    memory = "" if peak is None else f", peak memory {peak:.0f} MB"
    written = ", ".join(path.name for path in results.files if path.suffix != ".wav")
    return (
        "\nHigher is better, but for RMSE (of the samples) and the seed's RMSE (of the network's "
        "output: root of the\nsummed squared error over the spectrograms in a batch).\n"
        f"Training {figures['training_s']:.1f} s, all {figures['total_s']:.1f} s{memory}.\n"
        f"In {out}: {written}, audio/."
    )
