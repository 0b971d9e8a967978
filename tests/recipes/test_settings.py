import json

import numpy as np

from skse.recipes import get_recipe
from skse.recipes._settings import (
    describe_parameters,
    peak_memory_mb,
    read_settings,
    write_settings,
)


def test_parameters_survive_json_and_tell_recipes_apart():
    described = {
        name: describe_parameters(get_recipe(name).enhancer) for name in ("seed-02", "seed-03-mse")
    }
    again = describe_parameters(get_recipe("seed-02").enhancer)
    assert json.loads(json.dumps(described["seed-02"])) == again == described["seed-02"]
    one, other = described.values()
    assert {k for k in one if one[k] != other[k]} == {"regressor__activation"}
    assert one["regressor__optimizer"]["beta_1"] == 0.5


def test_settings_are_read_back(tmp_path):
    path = tmp_path / "settings.json"
    assert read_settings(path) == {}
    write_settings(path, {"settings": {"n_test": 3}})
    assert read_settings(path) == {"settings": {"n_test": 3}}
    path.write_text("{half")
    assert read_settings(path) == {}


def test_peak_memory_grows_with_an_array():
    before = peak_memory_mb()
    held = np.ones(60_000_000, dtype=np.uint8)
    after = peak_memory_mb()
    assert 10 < before <= after
    assert after >= held.nbytes / 1e6
