"""Every public name says what it takes and returns, and a type checker reads it."""

import ast
import importlib
import importlib.util
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import skse

HOME = Path(skse.__file__).parent
ROOT = Path(__file__).parents[1]
# Lines of a user's script -> what mypy says about them.
SCRIPT = {
    "import numpy as np": None,
    "import skse": None,
    "from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer, UNetRegressor": None,
    "from skse.metrics import evaluate, snr_gain_score, snr_score": None,
    "noisy = [np.zeros(800, np.float32), np.zeros(900, np.float32)]": None,
    "clean = list(noisy)": None,
    "enhanced = SpeechEnhancer().fit(noisy, clean).predict(noisy)": None,
    "gain = snr_gain_score(clean, enhanced, noisy).mean()": None,
    "print(enhanced[0].shape, round(snr_score([0.5, 1.0], [0.5, 0.9]), 1))": None,
    "evaluate(clean, enhanced, sampling_rate=8000, metrics=['snr', snr_score])": None,
    "parts = STFTFeaturizer(512, 256), IdealMaskTarget('psm'), UNetRegressor(epochs=3)": None,
    "skse.save(SpeechEnhancer(*parts, strength=0.5), 'model.skse')": None,
    "skse.LogMMSE(8000).fit([[0.0, 0.1]]).predict(np.zeros((2, 800)))": None,
    "SpeechEnhancer(strength='x')": "arg-type",
    "SpeechEnhancer(strenght=0.5)": "call-arg",
    "SpeechEnhancer().fit(noisy)": "call-arg",
    "SpeechEnhancer().fit(['noisy.wav'], ['clean.wav'])": "list-item",
    "skse.LogMMSE(8000).fit('noisy.wav')": "arg-type",
    "UNetRegressor(epochs='all')": "arg-type",
    "snr_score(clean)": "call-arg",
    "skse.enhancer": "attr-defined",
}


def public_functions():
    """Yield every public function, and the public methods and properties of every class."""
    spec = importlib.util.spec_from_file_location("api_table", ROOT / "docs" / "api_table.py")
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    for name in table.NAMES:
        package, _, last = name.rpartition(".")
        found = getattr(importlib.import_module(package), last)
        if inspect.isfunction(found):
            yield name, found
        if not inspect.isclass(found):
            continue
        for owner in inspect.getmro(found):
            for member, value in vars(owner).items() if owner.__module__[:5] == "skse." else ():
                value = value.fget if isinstance(value, property) else inspect.unwrap(value)
                value = getattr(value, "__func__", value)
                public = member in ("__init__", "__call__") or not member.startswith("_")
                if public and inspect.isfunction(value) and value.__module__[:5] == "skse.":
                    yield f"{name}.{member}", value


def unannotated(function):
    """Return the names of the parameters without annotation, "return" among them."""
    signature = inspect.signature(function)
    names = [*signature.parameters]
    bound = names[:1] if names[:1] in (["self"], ["cls"]) else []
    known = {*function.__annotations__, *bound}
    return [name for name in (*names, "return") if name not in known]


def test_every_public_function_is_annotated():
    functions = dict(public_functions())
    assert len(functions) > 250
    missing = {name: unannotated(f) for name, f in functions.items() if unannotated(f)}
    assert missing == {}


def test_what_is_not_annotated_is_found():
    def half(self, X: list, *rest, y=None) -> None:
        """Take something."""

    def none(x: int):
        """Return something."""

    assert (unannotated(half), unannotated(none)) == (["rest", "y"], ["return"])


def test_the_stub_of_the_package_holds_its_names():
    tree = ast.parse((HOME / "__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    homes = {alias.asname: node.module for node in imports for alias in node.names}
    assert {*homes, "__version__"} == set(skse.__all__)
    for name, home in homes.items():
        assert getattr(skse, name) is getattr(importlib.import_module(home), name)


def test_mypy_reads_the_annotations_of_a_users_script(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "script.py").write_text("\n".join(SCRIPT) + "\n", encoding="utf-8")
    # Where skse is not installed it is found beside the tests; its own errors are not the user's.
    path = {} if "site-packages" in str(HOME) else {"MYPYPATH": str(HOME.parent)}
    options = ["--strict", "--follow-imports=silent", "--no-pretty", "--cache-dir=cache"]
    run = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file=", *options, "script.py"],
        cwd=tmp_path,
        env={**os.environ, **path},
        capture_output=True,
        text=True,
    )
    said = [line for line in run.stdout.splitlines() if ": error: " in line]
    wanted = [f"script.py:{i}: [{code}]" for i, code in enumerate(SCRIPT.values(), 1) if code]
    assert [f"{line.split(': ')[0]}: [{line.rpartition('[')[2]}" for line in said] == wanted, said
