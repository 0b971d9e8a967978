"""Enhancers to save, and a way to forge model files."""

import json
import zipfile
from hashlib import sha256

import numpy as np
import pytest

import skse

TINY = {
    "filters": (4, 4),
    "dilations": (1,),
    "top_filters": 2,
    "epochs": 1,
    "random_state": 0,
    "bottleneck_units": None,
    "activation": "elu",
    "skip": "add",
    "dropout": 0.0,
}


@pytest.fixture(scope="session")
def speech():
    """Noisy and clean waveforms of unequal length."""
    rng = np.random.default_rng(0)
    clean = [0.3 * np.sin(0.3 * rng.uniform(0.5, 2) * np.arange(n)) for n in (4000, 3000, 5000)]
    noisy = [s + 0.1 * rng.standard_normal(len(s)) for s in clean]
    return noisy, clean


@pytest.fixture(scope="session")
def make_unet():
    """A tiny U-Net."""
    return lambda **parameters: skse.UNetRegressor(**{**TINY, **parameters})


@pytest.fixture(scope="session")
def make_enhancer(speech):
    """Fit a SpeechEnhancer with small spectra and segments."""

    def make(regressor=None, featurizer=None, target=None, **options):
        return skse.SpeechEnhancer(
            featurizer or skse.STFTFeaturizer(n_fft=64, hop_length=32),
            target,
            skse.UNetRegressor(**TINY) if regressor is None else regressor,
            sampling_rate=8000,
            segment_frames=16,
            **options,
        ).fit(*speech)

    return make


@pytest.fixture(scope="session")
def unet(make_enhancer):
    """An enhancer with a tiny U-Net, and whatever may be learnt beside it."""
    return make_enhancer(target=skse.SpectrumTarget())


@pytest.fixture(scope="session")
def model_file(unet, tmp_path_factory):
    """Its model file. Not to be changed."""
    path = tmp_path_factory.mktemp("model") / "model.skse"
    return skse.save(unet, path, card={"licence": "CC0"})


@pytest.fixture
def forge(tmp_path):
    """Write a model file with some members replaced, all checksums right."""

    def write(original, changes=(), **manifest_changes):
        with zipfile.ZipFile(original) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        manifest = json.loads(members.pop("manifest.json"))
        members.update(changes)
        members = {name: data for name, data in members.items() if data is not None}
        manifest["members"] = {
            name: {"size": len(data), "sha256": sha256(data).hexdigest()}
            for name, data in members.items()
        }
        manifest.update(manifest_changes)
        path = tmp_path / "forged.skse"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.json", json.dumps(manifest))
            for name, data in members.items():
                archive.writestr(name, data)
        return path

    return write
