"""``skse compare``."""

import os
import sys

import click

from skse.cli._types import (
    Names,
    Table,
    data_home_option,
    failure,
    fit_for_bce,
    scheduler_option,
    seed_option,
)

NETWORKS = ("autoencoder", "unet", "densenet", "wideresnet", "noiseembedding")
LOSSES = ("mse", "bce", "snr")
# NOIZEUS has 960 pairs; every sentence eight times is as much as one can wait for.
_NOIZEUS_PAIRS = 240
_MOST_JOBS = 8


@click.command()
@click.option(
    "--data",
    type=click.Choice(["harvard", "noizeus"]),
    default="harvard",
    show_default=True,
    help="Corpus: harvard is synthetic and ships inside skse, noizeus is real speech.",
)
@data_home_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    help=f"Use this many pairs only, spread over sentences, noises and SNRs. Default: all 192 of "
    f"harvard, {_NOIZEUS_PAIRS} of the 960 of noizeus.",
)
@click.option(
    "--networks",
    type=Names(NETWORKS),
    default=NETWORKS[:2],
    help="Default: autoencoder,unet.",
)
@click.option(
    "--targets",
    type=Names(Table("skse.targets", "TARGETS")),
    default=("log", "ibm", "irm", "waveform"),
    help="What the network learns: the clean spectrum (log to complex), a mask (ibm to cirm), or "
    "a mask that is judged by the waveform (waveform). Default: log,ibm,irm,waveform.",
)
@click.option(
    "--losses",
    type=Names(LOSSES),
    default=LOSSES,
    help="Mean squared error, binary cross-entropy (for masks other than cirm), negative SNR (for "
    "waveform, where it takes the place of the other two). Default: all.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Passes over the training data of every network.",
)
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=3,
    show_default=True,
    help="Parts into which the data are cut, each tested once by networks trained on the rest.",
)
@click.option(
    "--hold-out",
    type=click.Choice(["sentence", "speaker"]),
    default="sentence",
    show_default=True,
    help="What no network may have heard in training. Every sentence has one speaker: speaker "
    "holds out both, and is the harder test.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help=f"Processes side by side. Default: one a core, at most {_MOST_JOBS}.",
)
@scheduler_option
@seed_option
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    default="skse-compare",
    show_default=True,
    help="Folder for the results.",
)
@click.option(
    "--report",
    is_flag=False,
    flag_value="",
    type=click.Path(dir_okay=False),
    metavar="[FILE]",
    help="Also write one HTML page to look at, to listen to and to hand on. Default of FILE: "
    "report.html in --out.",
)
@click.option("--restart", is_flag=True, help="Forget what an earlier run left in --out.")
def compare(data, data_home, limit, networks, targets, losses, epochs, folds, hold_out, jobs,
            scheduler, seed, out, report, restart):  # fmt: skip
    """Compare networks, targets and losses by cross-validation.

    Trains every combination of network, target and loss, scores it on speech that it has not
    heard, and prints one table, best SNR gain first, beside the noisy speech, classical
    enhancers and each target's ceiling (the score if the network made no error).

    \b
    --out then holds
      results.csv       the table, columns named with their units
      scores.csv        the same for every noise and SNR
      comparison.png    the table as a picture
      spectrograms.png  noisy, enhanced by the best of each target, clean
      audio/            the same to listen to
      best.joblib       the best candidate, fitted on all pairs: joblib.load it, call predict
      records/          finished fits: after an interruption the same command goes on from there

    With --scheduler, the data are sent to the workers; --out is written here.

    \b
    Exit code
      0    everything compared
      1    something failed, or the cluster was lost; finished fits are kept
      2    wrong usage, or the cluster cannot be used; nothing was trained
      130  interrupted; finished fits are kept
    """  # noqa: D301  click's mark for lines to leave alone
    if data_home is not None and data != "noizeus":
        raise click.UsageError("--data-home goes with --data noizeus only.")
    if losses == ("bce",) and not set(masks := fit_for_bce()) & set(targets):
        raise click.UsageError(
            f"--losses bce needs a mask: add one of {', '.join(masks)} to --targets."
        )
    if scheduler is not None and jobs is not None:
        raise click.UsageError("--scheduler goes without --jobs only.")
    if report == "":
        report = os.path.join(out, "report.html")
    os.environ["MPLBACKEND"] = "agg"

    import joblib

    from skse import comparison

    try:
        pairs = _load(data, data_home, limit, seed)
        if (n_groups := len(set(pairs[hold_out]))) < folds:
            raise click.UsageError(
                f"--folds {folds} is more than the {n_groups} {hold_out}s that there are"
                + ("; --hold-out sentence allows more." if hold_out == "speaker" else ".")
            )
        click.echo(_describe(pairs, data), err=True)
        results = comparison.compare(
            pairs,
            networks=networks,
            targets=targets,
            losses=losses,
            epochs=epochs,
            n_splits=folds,
            group_by=hold_out,
            n_jobs=1 if scheduler else jobs or min(joblib.cpu_count(), _MOST_JOBS),
            scheduler=scheduler,
            random_state=seed,
            out=out,
            restart=restart,
            report=report,
        )
    except KeyboardInterrupt:
        click.echo(
            f"\nInterrupted. Finished fits are kept in {out}; the same command goes on from there.",
            err=True,
        )
        sys.exit(130)
    except OSError as error:
        if getattr(error, "midway", False):
            click.echo(
                f"Finished fits are kept in {out}; the same command goes on from there.", err=True
            )
        raise failure(error) from error
    click.echo(comparison.format_table(results.rows))
    click.echo(_explain(folds, hold_out, out, results.best))
    if report is not None:
        click.echo(f"Report, to be opened in a browser: {report}")


def _load(data, data_home, limit, seed):
    from skse.comparison import spread_subset
    from skse.datasets import fetch_noizeus, load_harvard

    if data == "harvard":
        pairs = load_harvard()
    else:
        pairs = fetch_noizeus(data_home=data_home)
        limit = limit or _NOIZEUS_PAIRS
    return pairs if limit is None else spread_subset(pairs, limit, random_state=seed)


def _describe(pairs, data):
    minutes = sum(map(len, pairs.noisy)) / pairs.sampling_rate / 60
    levels = ", ".join(f"{level:g}" for level in sorted(set(pairs.snr_db)))
    return (
        f"{data}: {len(pairs.noisy)} pairs ({minutes:.1f} min), {len(set(pairs.sentence))} "
        f"sentences, {len(set(pairs.speaker))} speakers, {len(set(pairs.noise))} noises, "
        f"{levels} dB SNR."
    )


def _explain(folds, hold_out, out, best):
    unheard = "speakers and sentences" if hold_out == "speaker" else "sentences"
    return (
        f"\nMean ± standard deviation over {folds} folds, each tested on {unheard} that the "
        "networks had not heard.\nHigher is better, but for RMSE. A ceiling is the score of the "
        "true target: no network can do better with it.\n"
        f"Best candidate: {best}, fitted on all pairs in {os.path.join(out, 'best.joblib')}.\n"
        f"Also in {out}: results.csv, scores.csv, comparison.png, spectrograms.png, audio/."
    )
