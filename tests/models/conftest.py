"""A model file that is quickly made, and a home for what is downloaded."""

import numpy as np
import pytest

import skse


@pytest.fixture
def own_file(tmp_path):
    """A model file of one's own, a Wiener filter."""
    enhancer = skse.WienerFilter(sampling_rate=8000).fit(np.ones((1, 4000)))
    card = {"licence": "CC0", "description": "A Wiener filter."}
    return skse.save(enhancer, tmp_path / "own.skse", card=card)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Folder of what is downloaded."""
    monkeypatch.setenv("SKSE_DATA", str(tmp_path / "home"))
    return tmp_path / "home"
