"""Importing skse is cheap, and every public name is there."""

import importlib
import pkgutil
import subprocess
import sys

import pytest

import skse

HEAVY = ["tensorflow", "keras", "scikeras", "numba", "librosa", "matplotlib", "jinja2"]
HEAVY += ["onnx", "onnxruntime", "skops", "safetensors", "tf2onnx"]
PACKAGES = ["skse", *(f"skse.{module.name}" for module in pkgutil.iter_modules(skse.__path__))]


def run_python(code, cwd):
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, timeout=120
    )


def test_importing_loads_nothing_heavy(tmp_path):
    """Import every package and resolve every public name."""
    code = "\n".join(
        [
            "import importlib, sys",
            f"for name in {PACKAGES!r}:",
            "    importlib.import_module(name)",
            "import skse",
            "for name in skse.__all__:",
            "    getattr(skse, name)",
            f"print(*[name for name in {HEAVY!r} if name in sys.modules])",
        ]
    )
    run = run_python(code, tmp_path)
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "", "")


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_resolves(package):
    module = importlib.import_module(package)
    if package == "skse.cli":
        return
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None
        assert name in dir(module)


def test_names_of_the_top_are_those_of_the_packages():
    for name in set(skse.__all__) - {"__version__"}:
        found = getattr(skse, name)
        if not hasattr(found, "__path__"):
            package = importlib.import_module(".".join(found.__module__.split(".")[:2]))
            assert name in package.__all__
            assert getattr(package, name) is found


def test_every_package_is_there_without_an_import_of_its_own(tmp_path):
    packages = [name for name in PACKAGES if name not in ("skse", "skse.cli")]
    run = run_python("import skse\n" + "\n".join(packages), tmp_path)
    assert run.stderr == ""
    assert {name.partition(".")[2] for name in packages} <= set(skse.__all__)


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'skse' has no attribute 'UNet'"):
        skse.UNet  # noqa: B018


def test_star_import(tmp_path):
    run = run_python("from skse import *\nprint(SpeechEnhancer.__module__)", tmp_path)
    assert run.stdout.startswith("skse.enhancement"), run.stderr
