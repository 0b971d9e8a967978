"""``skse train``."""

import os
import sys
from pathlib import Path

import click

from skse.cli._types import (
    Choice,
    Table,
    align_option,
    clean_name_option,
    fit_for_bce,
    ignore_others_option,
    seed_option,
)

NETWORKS = ("unet", "autoencoder", "densenet", "wideresnet", "noiseembedding")
LOSSES = ("snr", "si_sdr", "mse", "mae", "bce")
_THREAD_VARIABLES = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_EPILOG = r"""\b
Examples:
  skse train noisy/ clean/ --out model.skse
  skse train noisy/ clean/ --out model.skse --sampling-rate 16000 --epochs 60
  skse train noisy/ clean/ --out model.skse --from speech-8k
  skse train noisy/ clean/ --out model.skse --match '^(sp\d+)_'
"""


@click.command(epilog=_EPILOG.replace(r"\b", "\b"))
@click.argument("noisy_dir", type=click.Path(exists=True, file_okay=False))
@click.argument("clean_dir", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--out",
    type=click.Path(),
    required=True,
    help="Model file: model.skse, which runs no code when it is loaded, or model.joblib.",
)
@click.option(
    "--match",
    default="stem",
    show_default=True,
    help="Which clean file belongs to a noisy one: the one of the same name (stem), or a regular "
    "expression whose first group, found in the noisy name, is the clean name, or is found in "
    "the clean name too.",
)
@clean_name_option
@align_option
@ignore_others_option
@click.option(
    "--network",
    type=click.Choice(NETWORKS),
    help="What is trained. Default: unet.",
)
@click.option(
    "--target",
    type=Choice(Table("skse.targets", "TARGETS")),
    help="What the network learns: a mask that is judged by the waveform it leads to (waveform), a "
    "mask (ibm to cirm) or the clean spectrum (log to complex). Default: waveform, but irm for "
    "--loss mse, mae and bce.",
)
@click.option(
    "--loss",
    type=click.Choice(LOSSES),
    help="Negative SNR or SI-SDR (for waveform), mean squared or absolute error, binary "
    "cross-entropy (for masks other than cirm). Default: snr for waveform, mse for the rest.",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    default=30,
    show_default=True,
    help="Passes over the training data at most.",
)
@click.option(
    "--sampling-rate",
    type=click.IntRange(min=1),
    help="Rate of the model in Hz; recordings of another are resampled. Default: that of the "
    "recordings, which must have one only.",
)
@click.option(
    "--validation",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.1,
    show_default=True,
    help="Part of the clean recordings that is held out to stop training in time. 0 for none.",
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Epochs without improvement on what is held out before training stops.",
)
@click.option(
    "--remix/--no-remix",
    default=None,
    help="Whether to mix speech and noise of the pairs anew in every epoch, so that no recording "
    "is learnt by heart. Default: for a network that sees segments long enough. Not where noisy is "
    "more than clean plus noise, as after a codec or in a room.",
)
@click.option(
    "--from",
    "start_from",
    metavar="MODEL",
    help="Train this model further instead of a new one (fine-tuning): a name of `skse models`, a "
    "file or a URL. Network, target, loss and sampling rate stay its own.",
)
@seed_option
@click.option("--jobs", type=click.IntRange(min=1), help="Cores to train on. Default: all.")
@click.option("--force", is_flag=True, help="Overwrite --out.")
def train(noisy_dir, clean_dir, out, match, clean_name, align, ignore_others, network, target, loss,
          epochs, sampling_rate, validation, patience, remix, start_from, seed, jobs,
          force):  # fmt: skip
    """Train a model on pairs of noisy and clean recordings.

    Both folders are searched with all their subfolders; many noisy files may share a clean one.
    Of two that differ in length the part they share is used; of several channels each is learnt
    from. A file that cannot be used is named and left out. No sentence that training is stopped by
    was trained on.

    \b
    Exit code
      0    the model is written
      1    no pair found, or the model could not be written; or it is written, and a noisy
           recording was left out of its training, or ended it before its time because it could
           be read no longer, which is named
      2    wrong usage
      130  interrupted: the model of the epochs that were finished is saved, where there are any
    """  # noqa: D301  click's mark for lines to leave alone
    if start_from is None:
        if loss == "bce" and target not in (None, *(masks := fit_for_bce())):
            raise click.UsageError(f"--loss bce needs a mask: --target {', '.join(masks)}.")
        if loss in ("snr", "si_sdr") and target not in (None, "waveform"):
            raise click.UsageError(f"--loss {loss} compares waveforms: it needs --target waveform.")
    if not out.endswith((".skse", ".joblib")):
        raise click.UsageError(f"--out {out}: a model file must be named .skse or .joblib.")
    if os.path.exists(out) and not force:
        raise click.UsageError(f"--out {out} exists; --force overwrites it.")
    if jobs:  # read when TensorFlow starts
        os.environ.update(dict.fromkeys(_THREAD_VARIABLES, str(jobs)))

    from skse.files import train_from_folders

    try:
        training = train_from_folders(
            noisy_dir,
            clean_dir,
            out,
            network=network,
            target=target,
            loss=loss,
            epochs=epochs,
            sampling_rate=sampling_rate,
            match=match,
            clean_name=clean_name,
            align=align,
            ignore_others=ignore_others,
            validation_fraction=validation,
            patience=patience,
            remix="auto" if remix is None else remix,
            start_from=start_from,
            random_state=seed,
            force=force,
            progress=True,
        )
    except KeyboardInterrupt as error:
        if (training := getattr(error, "training", None)) is None:
            click.echo("\nInterrupted. Nothing was written.", err=True)
        else:
            cut_short = training.cut_short.capitalize()
            click.echo(f"\n{cut_short}; {out} is the model as of then.", err=True)
        sys.exit(130)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    for path, reason in training.skipped:
        click.echo(f"{path}: left out: {reason}", err=True)
    for path in training.unmatched:
        click.echo(f"{path}: left out: no partner", err=True)
    for remark in training.remarks:
        click.echo(remark, err=True)
    losses = ", ".join(
        f"{name} {min(training.history[key]):.4g}"
        for key, name in (("loss", "training loss"), ("val_loss", "validation loss"))
        if key in training.history
    )
    noisy_left_out = [
        path for path in training.unmatched if not Path(path).is_relative_to(clean_dir)
    ]
    n_left_out = len(training.skipped) + len(noisy_left_out)
    click.echo(
        f"{out}: trained on {training.n_pairs} pairs ({training.seconds / 60:.1f} min at "
        f"{training.sampling_rate} Hz, {training.n_clean} clean recordings), "
        f"{len(training.history['loss'])} epochs in {training.fit_time:.0f} s, best {losses}"
        + (f"; {n_left_out} files left out." if n_left_out else ".")
    )
    if training.cut_short:
        click.echo(f"{training.cut_short}; {out} is the model as of then.", err=True)
    if n_left_out or training.cut_short:
        sys.exit(1)
