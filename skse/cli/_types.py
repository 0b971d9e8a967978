"""Types of command-line parameters that several commands share."""

import click


class Names(click.ParamType):
    """Some of several names, separated by commas."""

    name = "names"

    def __init__(self, allowed):
        self.allowed = allowed

    def get_metavar(self, param, ctx=None):
        """Show the names in ``--help``."""
        return ",".join(self.allowed)

    def convert(self, value, param, ctx):
        """Split at commas and check every name."""
        names = [name.strip() for name in value.split(",")] if isinstance(value, str) else value
        for name in names:
            if name not in self.allowed:
                listed = ", ".join(self.allowed)
                self.fail(f"{name!r} is not one of {listed}; separate several by commas.")
        if len(set(names)) < len(names):
            self.fail(f"{value!r} holds a name twice.")
        return tuple(names)
