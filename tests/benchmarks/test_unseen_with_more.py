import csv
import sys

import numpy as np
import pytest

import skse
from skse.datasets import load_harvard, take


@pytest.fixture
def unseen_with_more(monkeypatch):
    """The script; it loads TensorFlow."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1")  # else it sets that for good
    import unseen_with_more

    return unseen_with_more


@pytest.mark.training
def test_both_corpora_are_trained_on_and_the_rest_is_scored(
    unseen_with_more, tmp_path, monkeypatch, rng
):
    data = load_harvard(noises=["white"])
    parts = take(data, range(4)), take(data, range(4, 12))
    noise = rng.standard_normal(16000).astype(np.float32)
    fitted, fit = [], skse.SpeechEnhancer.fit

    def watched(enhancer, noisy, clean):
        fitted.extend(bool(x.any()) for x in clean)
        return fit(enhancer, noisy, clean)

    monkeypatch.setattr(unseen_with_more, "fetch_noizeus", lambda data_home: data)
    monkeypatch.setattr(unseen_with_more, "split_noizeus", lambda data, protocol: parts)
    monkeypatch.setattr(unseen_with_more, "make_pairs", lambda *_: ([noise], [0 * noise]))
    monkeypatch.setattr(unseen_with_more, "RESULTS", tmp_path / "rows.csv")
    monkeypatch.setattr(unseen_with_more, "SEGMENT_FRAMES", 32)
    monkeypatch.setattr(skse.SpeechEnhancer, "fit", watched)
    options = ["--noizeus", ".", "--data", ".", "--work", str(tmp_path / "work")]
    options += ["--epochs", "1", "--mixtures", "8"]
    monkeypatch.setattr(sys, "argv", ["unseen_with_more.py", *options])
    unseen_with_more.main()
    assert fitted == [True] * 4 + [False]
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["enhancer"] for row in rows} == {"U-Net"}
    assert sum(int(row["n_files"]) for row in rows) == 8
    (path,) = (tmp_path / "work").iterdir()
    assert path.name == "1-epochs-8-mixtures-seed-0"
    enhancer = skse.load(path / "unseen.skse")
    assert enhancer.regressor.callbacks is None
    assert not enhancer.regressor.causal
