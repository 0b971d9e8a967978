"""Who may import whom inside skse: the syntax trees of all modules are walked."""

import ast
from pathlib import Path

import pytest

import skse

PACKAGE = Path(skse.__file__).parent

# Package -> the other packages of skse that it may import. A package that is not
# listed stands on top: it may import everything listed and the packages on top,
# and nothing listed may import it.
ALLOWED = {
    "utils": set(),
    "datasets": {"utils"},
    "features": {"utils"},
    "targets": {"utils"},
    "networks": {"utils"},
    "metrics": {"utils"},
    "enhancement": {"features", "targets", "networks", "metrics", "utils"},
}
ON_TOP = {"cli", "comparison", "files", "persistence", "plotting", "recipes", "report"}


def imported_names(source, module):
    """Dotted names under skse that a module imports, at whatever depth of its code.

    `module` is the module's own dotted name, with ``__init__`` kept, to resolve
    relative imports.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[: -node.level]
                base = ".".join([*parents, base]).rstrip(".")
            names = [f"{base}.{alias.name}" for alias in node.names]
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            names = [node.args[0].value]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "skse":
                yield node.lineno, name


def forbidden_edges(source, module):
    """Return 'line: name' of every import that the rules do not allow."""
    package = module.split(".")[1]
    if package == "__init__":
        return []
    on_top = ALLOWED.keys() | ON_TOP | {"__version__"}
    allowed = ALLOWED[package] | {package} if package in ALLOWED else on_top
    edges = []
    for line, name in imported_names(source, module):
        # "from skse import UNetRegressor" reaches any package through the facade: never allowed.
        other = [*name.split("."), ""][1]
        if other not in allowed:
            edges.append(f"{line}: {name}")
    return edges


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_imports_follow_the_rules(path):
    module = ".".join(["skse", *path.relative_to(PACKAGE).with_suffix("").parts])
    assert forbidden_edges(path.read_text(encoding="utf-8"), module) == []


def test_every_package_has_a_rule():
    packages = {
        path.stem if path.suffix else path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }
    assert packages - {"__init__"} <= ALLOWED.keys() | ON_TOP


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("skse.utils._params", "import skse.metrics"),
        ("skse.utils._params", "from skse import UNetRegressor"),
        ("skse.utils._params", "from skse import __version__"),
        ("skse.features._stft", "from skse.targets import SpectrumTarget"),
        ("skse.features._stft", "def late():\n    from skse.enhancement import LogMMSE"),
        ("skse.features._stft", "from ..networks import UNetRegressor"),
        ("skse.features.__init__", "from ..networks import UNetRegressor"),
        (
            "skse.metrics._base",
            "import importlib\nimportlib.import_module('skse.datasets')",
        ),
        ("skse.datasets._pairs", "from skse import metrics"),
        ("skse.enhancement._enhancer", "from skse.datasets import load_harvard"),
        ("skse.enhancement._enhancer", "import skse.plotting"),
        ("skse.plotting._spectrogram", "from skse import UNetRegressor"),
    ],
)
def test_a_forbidden_import_is_found(module, source):
    assert len(forbidden_edges(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("skse.utils.__init__", "from skse.utils._params import check_number"),
        ("skse.features._mel", "from ._stft import STFTFeaturizer"),
        ("skse.features._mel", "from skse.utils import check_number\nimport librosa"),
        ("skse.enhancement._enhancer", "from skse.metrics import si_sdr_score"),
        ("skse.cli", "from skse.comparison import compare"),
        ("skse.cli", "from skse import comparison"),
        ("skse.persistence._card", "from skse import __version__"),
    ],
)
def test_an_allowed_import_passes(module, source):
    assert forbidden_edges(source, module) == []
