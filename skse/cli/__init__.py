"""The command ``skse``: one module a command, which parses, calls public functions, prints."""

import click

from skse.cli._compare import compare


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="skse", message="%(prog)s %(version)s")
def main():
    """Speech enhancement the scikit-learn way."""


main.add_command(compare)
