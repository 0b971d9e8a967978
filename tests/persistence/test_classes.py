"""Classes of skse are known, those of a user's own saved by name and loaded where trusted."""

import json
import re
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

import skse
from skse.persistence import ModelFileError, get_untrusted_types
from skse.persistence._classes import known_classes

DATA = Path(__file__).parent / "data"


@pytest.fixture
def own(monkeypatch):
    """The module of a user's own parts."""
    monkeypatch.syspath_prepend(DATA)
    import ownparts

    yield ownparts
    del sys.modules["ownparts"]


@pytest.fixture
def of_own_parts(own, make_enhancer, speech, tmp_path):
    """An enhancer of such parts, and its file."""
    enhancer = make_enhancer(
        own.Parts.MeanRegressor(factor=0.9),
        own.LouderFeaturizer(64, 32),
        own.SquaredMask("tbm"),
    )
    return enhancer, skse.save(enhancer, tmp_path / "own.skse")


NAMES = ["ownparts.LouderFeaturizer", "ownparts.Parts.MeanRegressor", "ownparts.SquaredMask"]


def run_python(code, *arguments, **options):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )


def test_every_public_estimator_may_be_named():
    assert known_classes().keys() >= {
        "STFTFeaturizer",
        "MelFeaturizer",
        "FeatureScaler",
        "IdealMaskTarget",
        "SpectrumTarget",
        "TrainedFourierTarget",
        "UNetRegressor",
        "AutoencoderRegressor",
        "DenseNetRegressor",
        "WideResNetRegressor",
        "NoiseEmbeddingRegressor",
        "SEGANRegressor",
        "SEGAN",
        "SamplesFeaturizer",
        "SamplesTarget",
        "SpeechEnhancer",
        "WienerFilter",
    }


def test_trusted_parts_come_back(of_own_parts, own, speech):
    enhancer, path = of_own_parts
    loaded = skse.load(path, trusted=NAMES)
    assert all(map(np.array_equal, loaded.predict(speech[0]), enhancer.predict(speech[0])))
    assert repr(loaded) == repr(enhancer)
    assert type(loaded.regressor_.estimators_[0]) is own.Parts.MeanRegressor
    assert loaded.target_.seen_ == enhancer.target_.seen_
    np.testing.assert_array_equal(loaded.target_.ltass_, enhancer.target_.ltass_)


def test_untrusted_parts_are_named_and_not_imported(of_own_parts, tmp_path):
    _, path = of_own_parts
    code = """
        import sys
        import skse
        from skse.persistence import get_untrusted_types
        path, folder = sys.argv[1:]
        sys.path.insert(0, folder)
        print(get_untrusted_types(path))
        for trusted in ([], ["ownparts.SquaredMask"], ["ownparts"]):
            try:
                skse.load(path, trusted=trusted)
            except skse.persistence.ModelFileError as error:
                print(str(error).partition("needs ")[2])
        print("ownparts" in sys.modules)
        skse.load(path, trusted=[*get_untrusted_types(path), "never.heard.Of"])
        print("ownparts" in sys.modules, "never" in sys.modules)
        """
    run = run_python(code, path, DATA, cwd=tmp_path)
    reason = (
        "classes that are not of skse, {}; where you trust them to run their own code, pass "
        "trusted={} (--trust of the commands)."
    )
    all_three = reason.format(", ".join(NAMES), NAMES)
    two = reason.format(", ".join(NAMES[:2]), NAMES[:2])
    expected = [str(NAMES), all_three, two, all_three, "False", "True False"]
    assert (run.stdout.splitlines(), run.stderr) == (expected, "")


def test_the_card_says_what_it_takes(of_own_parts, model_file):
    text = zipfile.ZipFile(of_own_parts[1]).read("README.md").decode()
    assert f'skse.load("own.skse", trusted={NAMES}).predict' in text
    assert "no code of its author's but that of the classes named above" in text
    assert get_untrusted_types(model_file) == []
    assert "trusted" not in zipfile.ZipFile(model_file).read("README.md").decode()


def test_an_enhancer_of_ones_own_and_a_step_before_it(own, speech, tmp_path):
    pipeline = make_pipeline(skse.PeakNormalize(), own.Quieter(8000)).fit(speech[0])
    path = skse.save(pipeline, tmp_path / "own.skse")
    loaded = skse.load(path, trusted=["ownparts.Quieter"])
    assert all(map(np.array_equal, loaded.predict(speech[0]), pipeline.predict(speech[0])))


def test_a_network_of_ones_own(own, make_enhancer, speech, tmp_path):
    network = own.OwnNetwork((4,), dilations=(), top_filters=2, epochs=1, random_state=0)
    enhancer = make_enhancer(network)
    path = skse.save(enhancer, tmp_path / "own.skse")
    loaded = skse.load(path, trusted=["ownparts.OwnNetwork"])
    for new, old in zip(loaded.predict(speech[0]), enhancer.predict(speech[0]), strict=True):
        np.testing.assert_allclose(new, old, rtol=0, atol=1e-5)


def test_a_module_that_is_not_there_is_one_error(of_own_parts, tmp_path):
    code = "import sys, skse; skse.load(sys.argv[1], trusted=sys.argv[2:])"
    run = run_python(code, of_own_parts[1], *NAMES, cwd=tmp_path)
    assert run.stderr.splitlines()[-1].endswith(
        "cannot be loaded: ownparts.LouderFeaturizer cannot be imported "
        "(ModuleNotFoundError(\"No module named 'ownparts'\")); install the package that defines "
        "it, or name its folder in PYTHONPATH."
    )


def test_a_module_that_fails_is_one_error(of_own_parts, tmp_path):
    (tmp_path / "ownparts.py").write_text("import math\nmath.no_such\n")
    code = "import sys, skse; skse.load(sys.argv[1], trusted=sys.argv[2:])"
    run = run_python(code, of_own_parts[1], *NAMES, cwd=tmp_path)
    assert "ModelFileError" in run.stderr.splitlines()[-1]
    assert "no_such" in run.stderr.splitlines()[-1]


class OfThisTest(BaseEstimator):
    """Importable by the name that pytest gives this module."""


def make_local():
    class Local(BaseEstimator):
        pass

    return Local()


def make_of_main():
    part = OfThisTest()
    part.__class__ = type("Mask", (BaseEstimator,), {"__module__": "__main__"})
    return part


def make_renamed():
    part = OfThisTest()
    part.__class__ = type("Renamed", (BaseEstimator,), {"__module__": OfThisTest.__module__})
    return part


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            make_of_main,
            "learnt_ is a Mask of __main__, where nothing can import it from; a model file cannot "
            "hold that: move the class into a module of its own and import it from there.",
        ),
        (make_local, "<locals>.Local, which nothing can import by that name; a model file cannot "),
        (make_renamed, "Renamed, which nothing can import by that name; a model file cannot hold "
         "that: define the class at the top level of a module."),
    ],
)  # fmt: skip
def test_classes_that_cannot_be_found_again_are_refused(make, message, tmp_path):
    enhancer = skse.IdentityEnhancer().fit(np.ones((1, 4)))
    enhancer.learnt_ = make()
    with pytest.raises(ValueError, match=re.escape(message)):
        skse.save(enhancer, tmp_path / "model.skse")
    assert list(tmp_path.iterdir()) == []


def test_what_hides_an_attribute_of_its_class_is_refused(own, tmp_path):
    enhancer = own.Shadowing().fit(np.ones((1, 4)))
    with pytest.raises(ValueError, match=r"Shadowing\.learnt_ is an attribute of its class, too"):
        skse.save(enhancer, tmp_path / "model.skse")


@pytest.fixture
def forge_class(forge, tmp_path):
    """Write a file whose estimator is of a class of that name."""
    original = skse.save(skse.IdentityEnhancer().fit(np.ones((1, 4))), tmp_path / "a.skse")

    def write(name, parameters=(), **node):
        node = {"type": "estimator", "class": name, "parameters": {}, "state": {}, **node}
        return forge(original, {"estimator.json": json.dumps(node).encode()})

    return write


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("os:system", "os.system is no class of a user's own that derives from"),
        ("subprocess:Popen", "subprocess.Popen is no class of a user's own"),
        ("ownparts:NoEstimator", "ownparts.NoEstimator is no class of a user's own"),
        ("ownparts:np", "ownparts.np is no class"),
        ("sklearn.tree:DecisionTreeRegressor", "is no class of a user's own"),
        ("ownparts:BaseEstimator", "ownparts.BaseEstimator is no class of a user's own"),
        ("skse.enhancement._remix:Remix", "is no class of a user's own"),
        ("ownparts:Absent", "ownparts.Absent cannot be imported"),
        ("a b:c", "a b.c cannot be imported"),
    ],
)
def test_trust_does_not_make_an_estimator_of_anything(name, message, own, forge_class):
    path = forge_class(name)
    shown = name.replace(":", ".")
    assert get_untrusted_types(path) == [shown]
    with pytest.raises(ModelFileError, match="where you trust them"):
        skse.load(path)
    with pytest.raises(ModelFileError, match=re.escape(message)):
        skse.load(path, trusted=[shown])


def test_state_may_not_hide_methods_of_trusted_classes_either(own, forge_class):
    path = forge_class("ownparts:Quieter", state={"predict": 1})
    with pytest.raises(ModelFileError, match=re.escape("it sets Quieter.predict")):
        skse.load(path, trusted=["ownparts.Quieter"])


def test_a_parameter_may_have_its_default_at_the_class(own, forge_class):
    path = forge_class("ownparts:WithDefault", state={"sampling_rate_": 8000})
    assert skse.load(path, trusted=["ownparts.WithDefault"]).floor == 3


@pytest.mark.parametrize("kind", ["part", "estimator inside a part", "data that look like a node"])
def test_no_untrusted_class_gets_past_the_list(kind, own, forge_class):
    node = {"type": "estimator", "class": "ownparts:Quieter", "parameters": {}, "state": {}}
    if kind == "part":
        path = forge_class("ownparts:Quieter", type="part")
    elif kind == "estimator inside a part":
        part = {"type": "part", "class": "Segments", "state": {"n_frames": node, "step": 1}}
        path = forge_class("IdentityEnhancer", state={"_windows": part})
    else:
        data = {"type": "dict", "items": {"type": "estimator", "class": "a:b"}}
        path = forge_class("IdentityEnhancer", state={"sampling_rate_": None, "data": data})
        assert skse.load(path).data == {"type": "estimator", "class": "a:b"}
        return
    with pytest.raises(ModelFileError, match=r"ownparts\.Quieter"):
        skse.load(path)


def test_deep_nesting_is_refused_before_anything_is_trusted(forge, forge_class):
    text = b"[" * 900 + b"]" * 900
    path = forge(forge_class("IdentityEnhancer"), {"estimator.json": text})
    with pytest.raises(ModelFileError, match=r"is not JSON|does not describe"):
        skse.load(path, trusted=["a.B"])


@pytest.mark.parametrize("trusted", ["ownparts.Quieter", [3], [OfThisTest]])
def test_trusted_is_a_list_of_names(trusted, model_file):
    with pytest.raises(ValueError, match=r"must be a list of names, such as \['mypackage.MyMask'"):
        skse.load(model_file, trusted=trusted)


def test_a_regressor_of_scikit_learn_needs_no_trust(make_enhancer, tmp_path):
    path = skse.save(make_enhancer(Ridge()), tmp_path / "model.skse")
    assert get_untrusted_types(path) == []
    assert type(skse.load(path).regressor_) is Ridge
