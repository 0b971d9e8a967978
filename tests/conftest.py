"""Shared fixtures."""

import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def noizeus_home():
    """Folder of the NOIZEUS corpus; the test is skipped where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "noizeus"
    home = Path(os.environ.get("SKSE_NOIZEUS", default))
    if not home.is_dir():
        pytest.skip("NOIZEUS is not here; set SKSE_NOIZEUS to its folder")
    return home


@pytest.fixture
def rng():
    return np.random.default_rng(0)
