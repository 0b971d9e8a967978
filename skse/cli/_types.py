"""Types of command-line parameters, and options, that several commands share."""

from importlib import import_module
from typing import Any

import click


class Table:
    """The keys of a public table of skse, read when they are first needed.

    The commands are built without loading what the tables stand on.

    Parameters
    ----------
    package, name : str
        Where it is, such as "skse.targets" and "TARGETS".
    """

    def __init__(self, package, name):
        self.package, self.name = package, name

    def __iter__(self):
        return iter(getattr(import_module(self.package), self.name))


class Choice(click.Choice):
    """One of several names, which are listed when they are first needed.

    Parameters
    ----------
    allowed : iterable of str
        The names.
    """

    def __init__(self, allowed):
        self.allowed, self.case_sensitive = allowed, True

    # In place of an attribute, which would need the names at once.
    choices: Any = property(lambda self: tuple(self.allowed))


class Names(click.ParamType):
    """Some of several names, separated by commas.

    Parameters
    ----------
    allowed : iterable of str
        The names.
    also : tuple of str, default=()
        Older names, which are accepted and not shown.
    """

    name = "names"

    def __init__(self, allowed, also=()):
        self.allowed, self.also = allowed, also

    def get_metavar(self, param, ctx=None):
        """Show the names in ``--help``."""
        return ",".join(self.allowed)

    def convert(self, value, param, ctx):
        """Split at commas and check every name."""
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        for name in names:
            if name not in self.also and name not in self.allowed:
                listed = ", ".join(self.allowed)
                self.fail(f"{name!r} is not one of {listed}; separate several by commas.")
        if len(set(names)) < len(names):
            self.fail(f"{value!r} holds a name twice.")
        return tuple(names)


def fit_for_bce():
    """Names of the targets between 0 and 1, as the cross-entropy needs them."""
    from skse.targets import TARGETS

    return [name for name, target in TARGETS.items() if target.is_probability]


class _NotBegun(click.ClickException):
    exit_code = 2


def failure(error):
    """Return the error to end a command with: 2 where the cluster cannot be used, else 1."""
    midway = getattr(error, "midway", True)
    return (click.ClickException if midway else _NotBegun)(str(error))


# Options that several commands have.
scheduler_option = click.option(
    "--scheduler",
    metavar="tcp://HOST:PORT",
    help="Scheduler of a Dask cluster, whose workers do the work in place of --jobs. Needs "
    'python -m pip install "skse[dask]"; the workers, the same skse.',
)
clean_name_option = click.option(
    "--clean-name",
    metavar="TEMPLATE",
    help="Name of the clean file, {1} being the first group of --match, {0} all that it matches: "
    r"--match 'fileid_(\d+)$' --clean-name 'clean_fileid_{1}'.",
)
align_option = click.option(
    "--align",
    is_flag=True,
    help="Take out a delay between the recordings of a pair, and turn back a turned polarity. "
    "Without, both are told only.",
)
ignore_others_option = click.option(
    "--ignore-others",
    is_flag=True,
    help="Say nothing of files in folders and of globs that do not have the suffix of a recording. "
    "Without, they are named, and the exit code is 1.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Random seed."
)
data_home_option = click.option(
    "--data-home",
    type=click.Path(file_okay=False),
    help="Folder of NOIZEUS; what is missing there is downloaded (43 MB in all). Default: a "
    "cache folder.",
)
