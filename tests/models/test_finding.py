import dataclasses
import subprocess
import sys

import numpy as np
import pytest

import skse
from skse.models import _finding, available_models, find_model, load_model
from skse.persistence import ModelFileError


def test_a_name(rng):
    enhancer = load_model("speech-8k", n_threads=1)
    noisy = [(0.1 * rng.standard_normal(n)).astype(np.float32) for n in (8000, 3001)]
    enhanced = enhancer.predict(noisy, sampling_rate=8000)
    assert [len(x) for x in enhanced] == [8000, 3001]
    again = skse.load(available_models()["speech-8k"].path).predict(noisy)
    for x, y in zip(enhanced, again, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_path(own_file, kind):
    assert find_model(kind(own_file)) == own_file
    assert isinstance(load_model(kind(own_file)), skse.WienerFilter)


def test_a_file_that_is_named_like_a_model(own_file, tmp_path, monkeypatch):
    own_file.rename(tmp_path / "speech-8k")
    (tmp_path / "other").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    assert find_model("speech-8k") == available_models()["speech-8k"].path
    assert isinstance(load_model("./speech-8k"), skse.WienerFilter)
    assert find_model("other").name == "other"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("speech16k", "(speech-8k, speech-16k); did you mean 'speech-16k'?"),
        ("Speech-8k", "(speech-8k, speech-16k); did you mean 'speech-8k'?"),
        ("music", "(speech-8k, speech-16k)."),
        ("", "(speech-8k, speech-16k)."),
    ],
)
def test_an_unknown_name(name, end):
    with pytest.raises(ValueError, match=r"^model='\S*' is neither a file nor a model") as error:
        load_model(name)
    assert str(error.value).endswith(end)


def test_a_path_that_is_not_there():
    with pytest.raises(FileNotFoundError, match=r"none\.skse"):
        load_model("none.skse")


def test_a_model_that_was_replaced(own_file, monkeypatch):
    record = dataclasses.replace(available_models()["speech-8k"], sha256="0" * 64)
    monkeypatch.setattr(_finding, "available_models", lambda: {"speech-8k": record})
    with pytest.raises(ModelFileError, match=r"damaged or was replaced.*expected 0000") as error:
        load_model("speech-8k")
    assert "\n" not in str(error.value)


def test_it_needs_no_tensorflow(tmp_path):
    code = (
        "import sys, numpy as np\nfrom skse.models import load_model\n"
        "load_model('speech-16k').predict([np.ones(4000)])\n"
        "print({'tensorflow', 'keras'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert run.stdout == "set()\n"
