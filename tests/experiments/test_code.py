import subprocess
import sys
from types import ModuleType

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skse.experiments._code import name_of
from skse.targets import BaseTarget

OWN = """
import functools
from skse.targets import BaseTarget

FACTOR = 3.0

def helper(x):
    return FACTOR * x

def careful(x, weight=1):
    return weight * helper(x)

careful.compares = "anything"

def make(power):
    def loss(x):
        return x**power
    return loss

class Base(BaseTarget):
    output_range = (0.0, 1.0)

    def compute(self, noisy, clean):
        return abs(clean) > {threshold}

class Mask(Base):
    @property
    def twice(self):
        return 2

    @staticmethod
    def third():
        return [x for x in (1, 2) if x in {{1, "a", "b"}}]

    def apply(self, prediction, noisy):
        return super().apply(prediction, noisy)
"""


def load(text=OWN, **values):
    """Run code as a module of one's own; return it."""
    module = ModuleType("own_module")
    sys.modules["own_module"] = module
    exec(compile(text.format(threshold=values.get("threshold", 2)), "own_module.py", "exec"),
         vars(module))  # fmt: skip
    return module


@pytest.fixture(autouse=True)
def forget():
    yield
    sys.modules.pop("own_module", None)


def test_names_of_the_house_are_bare():
    assert [name_of(thing) for thing in (BaseTarget, Ridge, np.abs, dict)] == [
        "BaseTarget",
        "Ridge",
        "absolute",
        "dict",
    ]


def test_names_of_other_packages_have_their_version():
    import scipy
    from scipy.signal import hilbert

    assert name_of(hilbert).endswith(f".hilbert {scipy.__version__}")


@pytest.mark.parametrize("name", ["careful", "Mask"])
def test_name_is_the_same_wherever_the_code_stands(name):
    before = name_of(getattr(load(), name))
    assert before.startswith(f"own_module.{name} ")
    assert name_of(getattr(load("\n\n# more lines\n" + OWN), name)) == before
    code = (
        "import sys; from types import ModuleType; from skse.experiments._code import name_of;"
        "m = sys.modules['own_module'] = ModuleType('own_module');"
        f"exec(compile({OWN.format(threshold=2)!r}, 'elsewhere.py', 'exec'), vars(m));"
        f"print(name_of(m.{name}))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("careful", "return weight * helper(x)", "return helper(x)"),
        ("careful", "weight=1", "weight=2"),
        ("careful", "FACTOR * x", "x"),
        ("careful", '"anything"', '"probabilities"'),
        ("careful", "FACTOR = 3.0", "FACTOR = 2.0"),
        ("Mask", "return 2", "return 3"),
        ("Mask", "(1, 2)", "(1, 3)"),
        ("Mask", "{threshold}", "1"),
        ("Mask", "(0.0, 1.0)", "(0.0, 2.0)"),
    ],
)
def test_other_code_is_another_name(name, old, new):
    before = name_of(getattr(load(), name))
    assert OWN.count(old) == 1
    assert name_of(getattr(load(OWN.replace(old, new)), name)) != before


def test_what_is_enclosed_counts():
    make = load().make
    assert name_of(make(1)) == name_of(make(1)) != name_of(make(2))


def test_another_class_of_the_module_does_not_count():
    before = name_of(load().Mask)
    assert name_of(load(OWN + "\nclass More:\n    pass\n").Mask) == before
