import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import skse
from skse.models import available_models
from skse.utils import digest

SCRIPT = Path(__file__).parents[2] / "training" / "register.py"


@pytest.fixture
def register(tmp_path):
    """Call the script on a folder of its own."""
    spec = importlib.util.spec_from_file_location("register", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "data").mkdir()
    return lambda path: module.register(path, tmp_path / "data")


def test_the_records_that_ship_are_what_it_writes(register, tmp_path):
    for record in reversed(available_models().values()):
        register(record.path)
        assert (tmp_path / "data" / record.path.name).read_bytes() == record.path.read_bytes()
    written = (tmp_path / "data" / "models.json").read_bytes()
    assert written == (record.path.parent / "models.json").read_bytes()


def test_a_model_takes_the_place_of_another(register, tmp_path):
    enhancer = skse.WienerFilter(8000, noise="start", noise_frames=1).fit(np.ones((1, 4000)))
    for licence in ("CC0", "MIT"):
        card = {"licence": licence, "description": "One.", "training_data": "-", "scores": "-"}
        register(skse.save(enhancer, tmp_path / "one.skse", card=card))
    records = json.loads((tmp_path / "data" / "models.json").read_text("utf-8"))
    assert records["one"]["licence"] == "MIT"
    assert records["one"]["sha256"] == digest((tmp_path / "one.skse").read_bytes())


def test_what_is_refused(register, tmp_path):
    enhancer = skse.WienerFilter(8000).fit(np.ones((1, 4000)))
    with pytest.raises(SystemExit, match="its card has no licence"):
        register(skse.save(enhancer, tmp_path / "one.skse"))
    assert list((tmp_path / "data").iterdir()) == []
