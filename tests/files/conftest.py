import sys

import joblib
import numpy as np
import pytest
from sklearn.linear_model import Ridge

import skse
from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer


@pytest.fixture
def own_model(tmp_path, monkeypatch, speech):
    """An enhancer of a user's own class, OwnFilter of the module ownfilter, and its file."""
    module = tmp_path / "modules" / "ownfilter.py"
    module.parent.mkdir()
    module.write_text("import skse\nclass OwnFilter(skse.WienerFilter): pass\n")
    monkeypatch.syspath_prepend(module.parent)
    import ownfilter

    enhancer = ownfilter.OwnFilter(8000).fit([speech])
    yield enhancer, skse.save(enhancer, tmp_path / "own.skse")
    del sys.modules["ownfilter"]


@pytest.fixture(scope="session")
def enhancer():
    """A trained enhancer that needs no TensorFlow."""
    rng = np.random.default_rng(0)
    clean = np.sin(2 * np.pi * rng.uniform(300, 600, (4, 1)) * np.arange(8000) / 8000)
    noisy = clean + 0.3 * rng.standard_normal(clean.shape)
    return SpeechEnhancer(STFTFeaturizer(), IdealMaskTarget(), Ridge(), sampling_rate=8000).fit(
        noisy, clean
    )


@pytest.fixture(scope="session")
def model(enhancer, tmp_path_factory):
    """The file of it."""
    path = tmp_path_factory.mktemp("model") / "model.joblib"
    joblib.dump(enhancer, path)
    return path
