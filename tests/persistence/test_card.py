"""The model card and its text."""

import json
import zipfile

import numpy as np
import pytest

import skse
from skse.persistence import read_card
from skse.persistence._card import card_text, make_card


@pytest.fixture(scope="module")
def enhancer():
    return skse.WienerFilter(8000).fit(np.ones((3, 400)))


def test_what_the_user_says_comes_first(enhancer):
    card = make_card(enhancer, {"sampling_rate": 44100, "scores": {"pesq": np.float32(2.5)}})
    assert card["sampling_rate"] == 44100
    assert card["scores"] == {"pesq": 2.5}
    assert card["created"].startswith("20")
    assert card["parameters"]["noise_frames"] == "12"
    json.dumps(card, allow_nan=False)


def test_scores_that_are_not_available(enhancer):
    card = make_card(enhancer, {"scores": {"pesq": float("nan")}})
    assert card["scores"] == {"pesq": None}
    assert "| pesq | n/a |" in card_text(card, "model.skse")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("CC0", "card='CC0' must be a dict"),
        ({"scores": np.ones(2)}, r"card\['scores'\]=array"),
        ({"scores": [{1: 2}]}, r"card\['scores'\]\[0\]="),
    ],
)
def test_cards_that_are_none(card, message, enhancer, tmp_path):
    with pytest.raises(ValueError, match=message):
        skse.save(enhancer, tmp_path / "model.skse", card=card)
    assert list(tmp_path.iterdir()) == []


def test_the_text_says_what_people_ask(enhancer, tmp_path):
    given = {
        "description": "For telephones.",
        "training_data": "Own recordings, 3 h",
        "licence": "CC BY 4.0",
        "scores": {"snr_gain": 5.1},
        "authors": ["A", "B"],
        "by_noise": {"a|b": "1|2"},
    }
    path = skse.save(enhancer, tmp_path / "phone.skse", card=given)
    with zipfile.ZipFile(path) as archive:
        text = archive.read("README.md").decode()
    assert text.startswith("# phone.skse\n\nFor telephones.\n")
    for line in [
        'enhanced = skse.load("phone.skse").predict(noisy)',
        "at 8000 Hz",
        "## Training data\n\nOwn recordings, 3 h\n",
        "## Licence\n\nCC BY 4.0\n",
        "| snr_gain | 5.1 |",
        "## Authors\n\n- A\n- B\n",
        r"| a\|b | 1\|2 |",
        f"| skse | {skse.__version__} |",
    ]:
        assert line in text
    assert read_card(path).items() >= given.items()
