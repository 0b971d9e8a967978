"""Tests stand where their modules stand, and modules are of a size to be read at one go."""

import ast
from pathlib import Path

import pytest

import skse

PACKAGE = Path(skse.__file__).parent
TESTS = Path(__file__).parent
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 440, 80


def name(path):
    return path.relative_to(PACKAGE).as_posix()


def docstring_lines(node):
    """Number of lines of a function that its docstring takes."""
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return first.end_lineno - first.lineno + 1
    return 0


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_test_file_stands_where_the_module_stands(path):
    relative = path.relative_to(PACKAGE)
    test = TESTS / relative.parent / f"test_{path.stem.removeprefix('_')}.py"
    assert test.exists()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_function_is_longer_than_a_page(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lengths = {
        node.name: node.end_lineno - node.lineno + 1 - docstring_lines(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert {n: length for n, length in lengths.items() if length > MOST_LINES_OF_A_FUNCTION} == {}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_module_is_longer_than_it_should_be(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
