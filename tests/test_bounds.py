"""What pyproject.toml asks for is what runs: every bound is tried, every import is declared."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
# The extras "dev" and "docs" are tools of this checkout, not of those who use skse.
TRIED = [
    *PROJECT["dependencies"],
    *(one for extra in ("litert", "media", "metrics", "rooms", "test") for one in EXTRAS[extra]),
]
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn"}
SOURCES = sorted((ROOT / "skse").rglob("*.py"))


def parts(requirement):
    """``"keras>=3.14,<3.16"`` → ``("keras", {">=": "3.14", "<": "3.16"})``."""
    name, bounds = re.fullmatch(r"([\w-]+)(.*)", requirement).groups()
    return name, dict(
        re.fullmatch(r"([<>=]+)([\d.]+)", bound).groups() for bound in bounds.split(",")
    )


def names(requirements):
    return {parts(requirement)[0] for requirement in requirements}


def third_party_imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module]
        else:
            continue
        tops = {module.split(".")[0] for module in modules}
        yield from tops - sys.stdlib_module_names - {"skse"}


def optional_imports(tree):
    """Yield what import_optional is called with: ``(module, extra)``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "import_optional":
            extra = [keyword.value.value for keyword in node.keywords if keyword.arg == "extra"]
            yield node.args[0].value, *extra


def test_the_oldest_versions_allowed_are_those_that_are_tried():
    lines = (ROOT / ".ci" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    pinned = [line for line in lines if line and not line.startswith("#")]
    bounds = [(name, limits.get(">=", limits.get("=="))) for name, limits in map(parts, TRIED)]
    assert pinned == sorted({f"{name}=={version}" for name, version in bounds})


def test_an_extra_that_is_tried_asks_for_no_other_version():
    versions = {}
    for requirement in TRIED:
        name, limits = parts(requirement)
        assert versions.setdefault(name, limits) == limits


@pytest.mark.parametrize("package", ["keras", "scikeras"])
def test_private_names_are_used_of_versions_that_were_run_only(package):
    limits = dict(map(parts, PROJECT["dependencies"]))[package]
    assert limits.keys() & {"<", "=="}


def test_every_import_is_declared():
    declared = names(PROJECT["dependencies"])
    for path in SOURCES:
        for module in third_party_imports(ast.parse(path.read_text(encoding="utf-8"))):
            assert DISTRIBUTIONS.get(module, module) in declared, (path, module)


def test_every_optional_import_has_an_extra():
    found = set()
    for path in SOURCES:
        for module, extra in optional_imports(ast.parse(path.read_text(encoding="utf-8"))):
            assert module in names(EXTRAS[extra]), path
            found.add(module)
    assert "pesq" in found


def test_every_extra_that_is_named_exists():
    texts = [*SOURCES, *(ROOT / "docs").glob("**/*.rst"), *ROOT.glob("*.md")]
    named = {
        extra.strip()
        for path in texts
        for match in re.findall(r"(?:skse|\.)\[([a-z, ]+)\]\"", path.read_text(encoding="utf-8"))
        for extra in match.split(",")
    }
    assert {"litert", "metrics", "test"} <= named
    assert named <= EXTRAS.keys()


def test_the_versions_of_python_that_are_run_are_those_that_are_announced():
    announced = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    script = (ROOT / ".ci" / "versions").read_text(encoding="utf-8")
    run = re.findall(r"^(?:oldest|newest)_python=([\d.]+)", script, re.M)
    assert run == [announced[0], announced[-1]]
    assert PROJECT["requires-python"] == f">={announced[0]}"
