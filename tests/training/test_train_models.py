import sys

import numpy as np
import pytest

import skse
from skse.models import load_model
from skse.persistence import read_card


@pytest.fixture
def train_models(monkeypatch):
    """The script; it loads TensorFlow."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")  # else it sets that for good
    import train_models

    return train_models


@pytest.fixture
def train(train_models, tmp_path, monkeypatch, rng):
    """Trains on a second or two of noise, with the arguments given; returns the model file."""
    speech = [rng.standard_normal(3 * 8000).astype(np.float32) for _ in range(2)]
    noise = [rng.standard_normal(3 * 8000).astype(np.float32) for _ in range(2)]
    pairs = speech + noise, speech + [np.zeros_like(x) for x in noise]
    monkeypatch.setattr(train_models, "make_pairs", lambda *arguments: pairs)
    monkeypatch.setattr(train_models, "credits_of", lambda *arguments: ["speech: made"])
    monkeypatch.setattr(train_models, "SEGMENT_FRAMES", 32)

    def run(*arguments):
        options = ["--data", ".", "--work", str(tmp_path), "--mixtures", "8", *arguments]
        monkeypatch.setattr(sys, "argv", ["train_models.py", "speech-8k", *options])
        train_models.main()
        return tmp_path / "speech-8k.skse"

    return run


def n_epochs(path):
    return len(path.with_suffix(".csv").read_text().splitlines()) - 1


def test_a_training_goes_on_where_it_was(train):
    path = train("--epochs", "1")
    assert n_epochs(path) == 1
    assert read_card(path)["earlier_mixtures"] == 0
    train("--epochs", "2")
    assert n_epochs(path) == 2
    parameters = skse.load(path).get_params()
    assert parameters["regressor__callbacks"] is None
    assert parameters["regressor__loss"] == "snr"  # one that skse knows
    assert parameters["regressor__filters"] == (16, 24, 32, 48, 64)


def test_further_begins_with_the_weights_of_a_model(train, train_models, monkeypatch):
    losses = []

    class Watching(train_models.Clock):
        def on_train_begin(self, logs=None):
            super().on_train_begin(logs)
            losses.append(self.model.loss.loss)

    monkeypatch.setattr(train_models, "Clock", Watching)
    path = train("--further", "speech-8k", "--epochs", "1", "--learning-rate", "1e-9")
    assert [(type(loss).__name__, loss.n_fft) for loss in losses] == [("SnrAndSpectrum", 256)]
    shipped, further = load_model("speech-8k"), skse.load(path)
    for own, other in zip(weights(further), weights(shipped), strict=True):
        if own.ndim > 1:  # not the averages of normalisation, which follow the rows
            np.testing.assert_allclose(own, other, atol=1e-5)
    assert further.get_params()["regressor__warm_start"] is False
    earlier = read_card(path)["earlier_mixtures"]
    assert earlier == train_models.n_mixtures_of("speech-8k") > 40_000


def test_weights_are_averaged_with_those_of_the_beginning(train, train_models, monkeypatch):
    ends = []

    def average_with(enhancer, model):
        ends.append(weights(enhancer))
        averaged(enhancer, model)

    averaged = train_models.average_with
    monkeypatch.setattr(train_models, "average_with", average_with)
    path = train("--further", "speech-8k", "--average", "--epochs", "1", "--learning-rate", "1e-3")
    for own, end, begin in zip(
        weights(skse.load(path)), ends[0], weights(load_model("speech-8k")), strict=True
    ):
        np.testing.assert_allclose(own, (end + begin) / 2, rtol=1e-5, atol=1e-6)
        assert begin.ndim < 2 or np.any(end != begin)


def test_nothing_is_averaged_with_random_weights(train):
    with pytest.raises(SystemExit):
        train("--average")


def weights(enhancer):
    return enhancer.regressor_.regressor_.weights


def test_another_beginning_needs_another_folder(train):
    path = train("--epochs", "1")
    with pytest.raises(
        SystemExit, match=r"began with random weights, this one begins with speech-8k"
    ):
        train("--further", "speech-8k", "--epochs", "1")
    assert n_epochs(path) == 1


@pytest.mark.parametrize(
    ("model", "message"),
    [("speech-16k", "at 16000 Hz, but speech-8k is one at 8000"), ("own", "finish.py must have")],
)
def test_a_model_that_cannot_be_gone_on_with(train, tmp_path, model, message):
    if model == "own":
        model = tmp_path / "own.skse"
        skse.save(load_model("speech-8k"), model, card={"training_data": ["speech: made"]})
    with pytest.raises(SystemExit, match=message):
        train("--further", str(model), "--epochs", "1")
    assert not (tmp_path / "speech-8k.begun").exists()
