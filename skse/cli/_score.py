"""``skse score``."""

import sys

import click

from skse.cli._types import (
    Names,
    Table,
    align_option,
    clean_name_option,
    failure,
    ignore_others_option,
    scheduler_option,
)

_EPILOG = r"""\b
Examples:
  skse score clean/ enhanced/
  skse score clean/ enhanced/ --noisy noisy/ --csv scores.csv --report scores.html
  skse score clean/ noisy/ --match 'fileid_(\d+)$' --clean-name 'clean_fileid_{1}'
"""


@click.command(epilog=_EPILOG.replace(r"\b", "\b"))
@click.argument("clean_dir", type=click.Path(exists=True, file_okay=False))
@click.argument("enhanced_dir", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--noisy",
    type=click.Path(exists=True, file_okay=False),
    help="Folder of the noisy recordings, named as the enhanced ones or as the first group of "
    "--match: adds the gains, and the scores of the noisy recordings to compare with.",
)
@click.option(
    "--noisy-name",
    metavar="TEMPLATE",
    help="Name of the noisy file, as --clean-name is that of the clean one.",
)
@click.option(
    "--match",
    default="stem",
    show_default=True,
    help="Which clean file belongs to an enhanced one: the one of the same name (stem), or a "
    "regular expression whose first group, found in the enhanced name, is the clean name, or is "
    "found in the clean name too.",
)
@clean_name_option
@align_option
@ignore_others_option
@click.option(
    "--metrics",
    type=Names(Table("skse.metrics", "METRICS"), also=("pesq",)),
    help="Default: all that can be computed (gains with --noisy only; PESQ where it is installed: "
    'python -m pip install "skse[metrics]"). pesq_nb is narrow-band PESQ, at 8 and 16 kHz, and so '
    "is pesq; pesq_wb is wide-band PESQ, at 16 kHz, what papers on 16 kHz speech report.",
)
@click.option(
    "--sampling-rate",
    type=click.IntRange(min=1),
    help="Rate to score at in Hz; recordings of another are resampled. Default: that of the "
    "recordings, which must have one only.",
)
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False), help="Write the table to this.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False),
    help="Write an HTML page to this: charts, and recordings to listen to.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Processes side by side. Default: one a core, or one where there is little to score.",
)
@scheduler_option
def score(clean_dir, enhanced_dir, noisy, noisy_name, match, clean_name, align, ignore_others,
          metrics, sampling_rate, csv_file, report, jobs,
          scheduler):  # fmt: skip
    """Score enhanced recordings against clean ones, file by file.

    Prints a table of all files and their mean. Scores are of the whole file, in the time domain,
    without rescaling, channel by channel. A metric that is not defined for a file (such as SNR of
    silence) is nan there and left out of the mean; how often is said. Files that differ in length
    are scored over the part they share. With --scheduler, the workers read the recordings, which
    must be at the same paths there.

    \b
    Exit code
      0    every enhanced file is scored
      1    a file could not be scored: it is named, and the rest is scored
      2    wrong usage, or the cluster cannot be used
      130  interrupted
    """  # noqa: D301  click's mark for lines to leave alone
    from skse.files import score_folders
    from skse.metrics import get_metric

    gains = [key for key in metrics or () if "noisy" in get_metric(key).needs]
    if noisy is None and noisy_name:
        raise click.UsageError("--noisy-name: needs --noisy.")
    if noisy is None and gains:
        raise click.UsageError(f"--metrics {','.join(gains)}: needs --noisy.")
    if scheduler is not None and jobs is not None:
        raise click.UsageError("--scheduler goes without --jobs only.")
    try:
        scores = score_folders(
            clean_dir,
            enhanced_dir,
            noisy_dir=noisy,
            metrics=metrics,
            sampling_rate=sampling_rate,
            match=match,
            clean_name=clean_name,
            noisy_name=noisy_name,
            align=align,
            ignore_others=ignore_others,
            csv_file=csv_file,
            report=report,
            n_jobs=jobs,
            scheduler=scheduler,
            progress=True,
        )
    except KeyboardInterrupt:
        click.echo("\nInterrupted.", err=True)
        sys.exit(130)
    except (OSError, ValueError, ImportError) as error:
        raise failure(error) from error
    for path, reason in scores.skipped:
        click.echo(f"{path}: {reason}", err=True)
    for path in scores.unused:
        click.echo(f"{path}: no enhanced recording belongs to it", err=True)
    n_files = len({row["file"] for row in scores.rows})
    counted = f"{n_files} files"
    if n_files < len(scores.rows):
        counted = f"{len(scores.rows)} channels of {counted}"
    for name, number in scores.n_undefined.items():
        click.echo(f"{name} is not defined for {number} of {counted}.", err=True)
    for remark in scores.remarks:
        click.echo(remark, err=True)
    click.echo(scores.table)
    written = " and ".join(filter(None, [csv_file, report]))
    click.echo(
        f"\n{counted} scored at {scores.sampling_rate:g} Hz, "
        f"{len(scores.skipped)} problems" + (f"; see {written}." if written else ".")
    )
    if scores.skipped:
        sys.exit(1)
