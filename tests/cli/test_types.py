import sys
from types import ModuleType

import click
import pytest
from click.testing import CliRunner

from skse import cli, files, metrics, targets
from skse.cli._types import Choice, Names, Table, fit_for_bce


@pytest.fixture
def table(monkeypatch):
    """A table that is not there yet when the types are made."""
    lazy = Table("made_up", "TABLE")
    one, some = Choice(lazy), Names(lazy)
    module = ModuleType("made_up")
    module.TABLE = {"a": 1, "b": 2}
    monkeypatch.setitem(sys.modules, "made_up", module)
    return one, some


def test_names_are_read_when_they_are_needed(table):
    one, some = table
    assert (one.choices, one.convert("b", None, None)) == (("a", "b"), "b")
    assert (some.convert("b, a", None, None), some.convert(("a",), None, None)) == (
        ("b", "a"),
        ("a",),
    )
    assert some.get_metavar(None) == "a,b"
    with pytest.raises(click.BadParameter, match="'c' is not one of 'a', 'b'"):
        one.convert("c", None, None)
    with pytest.raises(click.BadParameter, match="'c' is not one of a, b; separate several"):
        some.convert("a,c", None, None)
    with pytest.raises(click.BadParameter, match="'a,a' holds a name twice"):
        some.convert("a,a", None, None)


@pytest.mark.parametrize(
    ("command", "option", "names"),
    [
        ("compare", "targets", targets.TARGETS),
        ("train", "target", targets.TARGETS),
        ("score", "metrics", metrics.METRICS),
        ("enhance", "method", files.METHODS),
    ],
)
def test_choices_are_those_of_the_tables(command, option, names):
    parameter = next(x for x in cli.main.commands[command].params if x.name == option)
    assert list(parameter.type.allowed) == list(names)
    shown = CliRunner().invoke(cli.main, [command, "--help"], terminal_width=2000).output
    assert ("," if "s" in option[-1] else "|").join(names) in shown


def test_cross_entropy_wants_what_lies_between_0_and_1():
    assert fit_for_bce() == ["ibm", "tbm", "irm", "smm", "psm"]
