"""The command ``skse``: one module a command, which parses, calls public functions, prints."""

import os

import click

from skse.cli._compare import compare
from skse.cli._enhance import enhance
from skse.cli._models import models
from skse.cli._reproduce import reproduce
from skse.cli._score import score
from skse.cli._train import train


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="skse", message="%(prog)s %(version)s")
def main():
    """Speech enhancement the scikit-learn way."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # here and in worker processes


main.add_command(compare)
main.add_command(enhance)
main.add_command(score)
main.add_command(train)
main.add_command(models)
main.add_command(reproduce)
