"""The records are those of the files, which are whole, small and causal enough to stream."""

import json

import pytest

from skse import StreamingEnhancer
from skse.models import available_models, load_model, model_for
from skse.models._registry import FOLDER
from skse.utils import digest

RECORDS = available_models()


def test_every_file_has_a_record():
    files = {path.stem for path in FOLDER.iterdir() if path.suffix == ".skse"}
    assert files == set(RECORDS) == {"speech-8k", "speech-16k"}
    assert set(json.loads((FOLDER / "models.json").read_text("utf-8"))) == files


@pytest.mark.parametrize("record", RECORDS.values(), ids=list(RECORDS))
def test_a_record_is_that_of_its_file(record):
    assert digest(record.path.read_bytes()) == record.sha256
    assert record.size == record.path.stat().st_size <= 2_000_000
    card = record.read_card()
    assert (card["licence"], card["description"]) == (record.licence, record.description)
    assert card["training_data"]
    assert "\n" not in record.description
    enhancer = load_model(record.name)
    assert enhancer.sampling_rate_ == card["sampling_rate"] == record.sampling_rate
    level = 0.1 if enhancer.normalize_level else None
    assert StreamingEnhancer(enhancer, level=level).latency_ms_ == record.latency_ms <= 40


def test_the_dict_is_ones_own():
    available_models().clear()
    assert available_models() == RECORDS


@pytest.mark.parametrize(
    ("rate", "name"),
    [
        (4000, "speech-8k"),
        (8000, "speech-8k"),
        (11999, "speech-8k"),
        (12000, "speech-16k"),
        (192000, "speech-16k"),
    ],
)
def test_the_rate_chooses(rate, name):
    assert model_for(rate) == name


def test_a_rate_that_no_model_fits():
    with pytest.raises(ValueError, match=r"no model .*speech-8k, speech-16k\) fits .* 1000"):
        model_for(1000)
    with pytest.raises(ValueError, match="must be a positive number of hertz"):
        model_for(float("nan"))
