"""Loading for the commands: they tell themselves what was left out."""

import warnings

import numpy as np
import pytest
import soundfile

from skse.datasets import load_pairs
from skse.files._quiet import load_quietly


@pytest.fixture
def folders(tmp_path):
    rng = np.random.default_rng(0)
    for side in ("noisy", "clean"):
        (tmp_path / side).mkdir()
        for name in ("a.wav", "b.flac"):
            soundfile.write(tmp_path / side / name, 0.1 * rng.standard_normal(800), 8000)
    (tmp_path / "noisy" / "c.wav").write_bytes(b"RIFF, but no recording")
    soundfile.write(tmp_path / "clean" / "c.wav", np.zeros(800), 8000)
    (tmp_path / "noisy" / "notes.txt").write_text("not audio")
    soundfile.write(tmp_path / "noisy" / "alone.wav", np.zeros(800), 8000)
    return tmp_path / "noisy", tmp_path / "clean"


def test_nothing_is_warned_of_and_everything_is_told(folders):
    with pytest.warns(UserWarning, match="load_pairs: "):
        load_pairs(*folders)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pairs = load_quietly(*folders)
    assert [len(x) for x in pairs.noisy] == [800, 800]
    noisy = folders[0]
    reasons = dict(pairs.skipped)
    assert set(reasons) == {str(noisy / "c.wav"), str(noisy / "notes.txt")}
    assert "--ignore-others" in reasons[str(noisy / "notes.txt")]
    pairs = load_quietly(*folders, ignore_others=True)
    assert [path for path, _ in pairs.skipped] == [str(noisy / "c.wav")]
    assert any("alone.wav" in str(item) for item in pairs.unmatched)


def test_options_and_other_warnings_pass(folders, monkeypatch):
    from skse.files import _quiet

    def load(noisy_dir, clean_dir, *, sampling_rate):
        warnings.warn("something else", UserWarning, stacklevel=1)
        pairs = load_pairs(noisy_dir, clean_dir, sampling_rate=sampling_rate)
        return pairs

    monkeypatch.setattr(_quiet, "load_pairs", load)
    with pytest.warns(UserWarning, match="something else") as caught:
        pairs = load_quietly(*folders, sampling_rate=4000)
    assert len(caught) == 1
    assert [len(x) for x in pairs.noisy] == [400, 400]
