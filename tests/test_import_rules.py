"""The rules of the house: the syntax trees of all modules of skse are walked.

Who may import whom; that no package reaches into another's private modules and no code into
another object's private names; that no two modules import each other.
"""

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
    "audio": {"utils"},
    "datasets": {"audio", "utils"},
    "features": {"utils"},
    "targets": {"utils"},
    "networks": {"utils"},
    "metrics": {"utils"},
    "enhancement": {"features", "targets", "networks", "metrics", "utils"},
    "experiments": {
        "audio",
        "datasets",
        "features",
        "targets",
        "networks",
        "metrics",
        "enhancement",
        "utils",
    },
}
ON_TOP = {"cli", "comparison", "files", "models", "persistence", "plotting", "recipes", "report"}


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
        if other not in allowed or is_private(name, package):
            edges.append(f"{line}: {name}")
    return edges


def is_private(name, package):
    """Whether a name is, or comes from, a private module of another package."""
    parts = name.split(".")[1:]
    return len(parts) > 1 and parts[0] != package and any(p.startswith("_") for p in parts)


# Private names of other libraries, for want of public ones -> where they are used.
FOREIGN = {
    "networks/_conditioning.py": {"_flatten_layers"},
    "networks/_export.py": {"_flatten_layers"},
    "networks/_scikeras.py": {"_flatten_layers", "_all_reduce_sum_gradients"},
}


def private_names(source):
    """Return 'line: name' of every ``_name`` of an object other than self, cls and super()."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or not node.attr.startswith("_"):
            continue
        if node.attr.startswith("__") and node.attr.endswith("__"):
            continue
        owner = node.value
        own = isinstance(owner, ast.Name) and owner.id in ("self", "cls")
        inherited = isinstance(owner, ast.Call) and getattr(owner.func, "id", "") == "super"
        if not own and not inherited:
            found.append(f"{node.lineno}: {node.attr}")
    return found


def module_of(path):
    """Dotted name of a module; a package's is its own."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(["skse", *(part for part in parts if part != "__init__")])


def imports_at_the_top(path, modules):
    """Modules of skse that are imported when a module is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))]
    module = ".".join(["skse", *path.relative_to(PACKAGE).with_suffix("").parts])
    for _, name in imported_names(ast.unparse(tree), module):
        while name and name not in modules:
            name = name.rpartition(".")[0]
        yield name


def find_circle(graph):
    """Return modules that import each other, as a path; an empty list where there are none."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return []
        path.append(module)
        for other in graph[module]:
            if circle := visit(other):
                return circle
        done.add(path.pop())
        return []

    return next((circle for module in graph if (circle := visit(module))), [])


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_imports_follow_the_rules(path):
    module = ".".join(["skse", *path.relative_to(PACKAGE).with_suffix("").parts])
    assert forbidden_edges(path.read_text(encoding="utf-8"), module) == []


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix()
)
def test_no_code_reaches_into_another_object(path):
    allowed = FOREIGN.get(path.relative_to(PACKAGE).as_posix(), set())
    found = private_names(path.read_text(encoding="utf-8"))
    assert [line for line in found if line.split(": ")[1] not in allowed] == []


def test_no_two_modules_import_each_other():
    paths = {module_of(path): path for path in PACKAGE.rglob("*.py")}
    graph = {
        # The facade of a package imports its modules, which is what it is there for.
        module: [
            other
            for other in imports_at_the_top(path, paths)
            if not (
                module == other
                or (paths[other].name == "__init__.py" and module.startswith(f"{other}."))
            )
        ]
        for module, path in paths.items()
    }
    assert find_circle(graph) == []
    assert find_circle({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c", "b"]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("self._x\ncls._y\nsuper()._z()", []),
        ("type(self).__name__", []),
        ("enhancer._gain(x)", ["1: _gain"]),
        ("x = 1\nself.remix._check()", ["2: _check"]),
    ],
)
def test_private_names_are_found(source, found):
    assert private_names(source) == found


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
        ("skse.enhancement._chain", "from skse.features._base import BaseFeaturizer"),
        ("skse.persistence._codec", "def late():\n    from skse.networks._export import to_onnx"),
        ("skse.files._score", "from skse.utils import _params"),
        ("skse.experiments._records", "from skse.comparison import compare"),
        ("skse.experiments._examples", "from skse.plotting import MaskDisplay"),
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
        ("skse.experiments._subset", "from skse.datasets import take"),
        ("skse.recipes._run", "from skse.experiments import describe"),
        ("skse.cli", "from skse import comparison"),
        ("skse.persistence._card", "from skse import __version__"),
    ],
)
def test_an_allowed_import_passes(module, source):
    assert forbidden_edges(source, module) == []
