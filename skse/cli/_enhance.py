"""``skse enhance``."""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from skse.cli._types import Choice, Table, failure, ignore_others_option, scheduler_option

_EPILOG = """\b
Examples:
  skse enhance talk.wav --out enhanced
  skse enhance recordings/ --model model.skse --out enhanced --jobs 2
  skse enhance 'recordings/**/*.flac' --model model.skse --out enhanced --resume
  skse enhance /nfs/recordings --out /nfs/enhanced --scheduler tcp://10.0.0.1:8786
  arecord -f S16_LE -r 16000 -d 10 | skse enhance - --out - | aplay
"""

DEFAULT_METHOD = "log-mmse"  # as in skse.files, which is slow to import


@click.command(epilog=_EPILOG)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(),
    required=True,
    help="Folder for the results; - writes that of the only recording to standard output, as WAV.",
)
@click.option(
    "--model",
    metavar="NAME|FILE|URL",
    help="Model that comes with skse (skse models lists them; auto chooses by the rate of the "
    "recording), model file, .skse or .joblib (which runs code when it is loaded: trust its "
    "origin), or https://.../NAME.skse#sha256=... Recordings are resampled to its rate and back; "
    "the band above is kept, turned down as the octave below it is. Default: auto, and log-mmse "
    "below 4 kHz.",
)
@click.option(
    "--method",
    type=Choice(Table("skse.files", "METHODS")),
    help="Classical enhancer to use in place of a model, at each recording's own rate. log-mmse, "
    "that of --noise alone, is on NOIZEUS the best of them to listen to (PESQ, see "
    "benchmarks/results/classical_noizeus.csv); spectral-subtraction is the best in SNR and SI-SDR "
    "gain and in STOI, and the fastest; wpe takes away the late echo of rooms instead of noise "
    '(pip install "skse[rooms]"), and goes without --noise, --strength and --mask-floor-db.',
)
@click.option(
    "--noise",
    type=Choice(Table("skse.enhancement", "NOISES")),
    help="Where --method, log-mmse unless named, has the noise from. Default: tracked, from frame "
    "to frame, which leaves recordings shorter than 1 s as they are; start takes it from the "
    "beginning, which must hold noise alone, and from pauses.",
)
@click.option(
    "--sampling-rate",
    type=click.FloatRange(min=0, min_open=True),
    help="Rate of the model in Hz, for one that does not say. One that it contradicts is an error.",
)
@click.option(
    "--strength",
    type=click.FloatRange(0, 1),
    help="Blend: 0 is the recording as it is, 1 the enhanced one. Default: the model's.",
)
@click.option(
    "--mask-floor-db",
    type=click.FloatRange(max=0),
    help="Attenuate nothing by more than this, such as -15. Default: the model's.",
)
@click.option(
    "--trust",
    metavar="NAME",
    multiple=True,
    help="Class that a .skse file may import and build beside those of skse, such as "
    "mypackage.MyMask: its code is run. Can be repeated.",
)
@click.option("--force", is_flag=True, help="Overwrite results that exist.")
@click.option("--resume", is_flag=True, help="Leave results that exist as they are: they are done.")
@ignore_others_option
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Processes side by side. The results do not depend on it.",
)
@scheduler_option
def enhance(inputs, out, model, method, noise, sampling_rate, strength, mask_floor_db, trust, force,
            resume, ignore_others, jobs, scheduler):  # fmt: skip
    """Enhance recordings: files, folders (with all subfolders), quoted globs, - (standard input).

    Every result has the name, format, bit depth, sampling rate, channels, length and metadata
    (chunks, tags, comments, pictures) of its recording; what cannot be kept is named. Formats of
    phones, messengers, meetings and films (m4a, mp4, amr, 3gp, webm, wma, ...) need PyAV: pip
    install "skse[media]"; their result is of the same kind where that can be written well, else
    FLAC. Results of a folder keep their path below it. A result is complete or not there; what
    cannot be enhanced is named and does not keep the rest from it. In folders, hidden files are
    left out, and other files that are not recordings are named. The level is kept;
    a result that would clip is turned down, which is said. Recordings of hours need no more
    memory than those of minutes, but room for temporary files in --out.

    With --scheduler, recordings and --out must be at the same paths on the machines of the workers,
    which write the results; the model is sent to them. --resume goes on with or without.

    \b
    Exit code
      0    everything enhanced, or done before (--resume)
      1    something could not be enhanced, the model not be used, or the cluster was lost
      2    wrong usage, or the cluster cannot be used; nothing was written
      130  interrupted: --resume goes on from there
    """  # noqa: D301  click's mark for lines to leave alone
    if model is not None and method is not None:
        raise click.UsageError("--method goes without --model only.")
    if model is not None and noise is not None:
        raise click.UsageError("--noise goes without --model only.")
    if model is None and sampling_rate is not None:
        raise click.UsageError("--sampling-rate goes with --model only.")
    if force and resume:
        raise click.UsageError("--force and --resume contradict each other.")
    if scheduler is not None and (jobs > 1 or out == "-"):
        other = "--jobs" if jobs > 1 else "--out -"
        raise click.UsageError(f"--scheduler goes without {other} only.")
    if out == "-" and (len(inputs) != 1 or os.path.isdir(inputs[0])):
        raise click.UsageError("--out - takes one recording: a file or - (standard input).")

    from skse.files import ModelError, enhance_files
    from skse.utils import SchedulerError

    if method is not None or noise is not None:
        click.echo(f"Using {method or DEFAULT_METHOD}, which needs no training.", err=True)
    elif model is None or model == "auto":
        rest = f", {DEFAULT_METHOD} below 4 kHz" if model is None else ""
        click.echo(f"Using speech-8k below 12 kHz, speech-16k from there on{rest}.", err=True)
    folder = out
    if out == "-":
        folder = click.get_current_context().with_resource(TemporaryDirectory())
    try:
        results = enhance_files(
            inputs,
            folder,
            model=model,
            method=method,
            noise=noise,
            sampling_rate=sampling_rate,
            strength=strength,
            mask_floor_db=mask_floor_db,
            trusted=trust,
            force=force,
            resume=resume,
            ignore_others=ignore_others,
            as_wav=out == "-",
            n_jobs=jobs,
            scheduler=scheduler,
            progress=True,
        )
    except KeyboardInterrupt:
        click.echo(
            f"\nInterrupted. What is finished is kept in {out}; --resume goes on from there.",
            err=True,
        )
        sys.exit(130)
    except SchedulerError as error:
        if error.midway:
            click.echo(f"What is finished is kept in {out}; --resume goes on from there.", err=True)
        raise failure(error) from error
    except (ModelError, OSError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.UsageError(str(error).removeprefix("enhance_files: ")) from error
    for result in results:
        if result.reason:
            click.echo(f"{result.source}: {result.reason}", err=True)
        elif result.gain_db < 0:
            click.echo(
                f"{result.source}: would have clipped; its result is turned down by "
                f"{-result.gain_db:.2g} dB",
                err=True,
            )
        for remark in result.remarks:
            click.echo(f"{result.source}: {remark}", err=True)
    if out == "-":
        for result in results:
            if result.status == "enhanced":
                sys.stdout.buffer.write(Path(result.destination).read_bytes())
                sys.stdout.flush()
    click.echo(_summarize(results, out), err=out == "-")
    if any(result.status == "failed" for result in results):
        sys.exit(1)


def _summarize(results, out):
    number = {
        status: sum(result.status == status for result in results)
        for status in ("enhanced", "skipped", "failed")
    }
    minutes = sum(result.seconds for result in results) / 60
    text = f"{number['enhanced']} enhanced ({minutes:.1f} min) in {out}"
    if number["skipped"]:
        text += f", {number['skipped']} done before"
    if quieter := sum(result.gain_db < 0 for result in results):
        text += f", {quieter} turned down so as not to clip"
    return text + f", {number['failed']} failed."
