"""A constant offset is told where scores depend on it, and nowhere else."""

import numpy as np
import pytest

from skse import metrics
from skse.files import score_folders
from skse.files._offset import offset_of, tell_offsets


@pytest.fixture
def pair(speech, rng):
    return speech, speech + 0.002 * rng.standard_normal(len(speech)).astype(np.float32)


@pytest.mark.parametrize("offset", [0.01, -0.01, 0.002])
def test_found_where_scores_depend_on_it(pair, offset):
    clean, enhanced = pair
    assert offset_of(clean, enhanced + offset) == pytest.approx(offset, abs=1e-4)
    lost = metrics.snr_score(clean, enhanced) - metrics.snr_score(clean, enhanced + offset)
    assert lost > 1


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: x + 0.0005,  # less than the noise
        lambda x: np.floor(x * 2**15) / 2**15,
        lambda x: 0.5 * x,
        lambda x: -x,
        lambda x: np.roll(x, 100) + 0.001,
    ],
)
def test_not_found_where_there_is_none_that_counts(pair, change):
    clean, enhanced = pair
    assert offset_of(clean, change(enhanced)) == 0
    assert offset_of(clean[:0], enhanced[:0]) == 0


def test_a_copy_cut_to_16_bits_has_none(speech):
    assert offset_of(speech, np.floor(speech * 2**15) / 2**15) == 0


def test_told_by_file(pair):
    clean, enhanced = pair
    channels = [("a", clean, enhanced - 0.01), ("a", clean, enhanced), ("b", clean, enhanced)]
    (line,) = tell_offsets(channels)
    assert line.startswith("1 of 2 recordings (first: a) have a constant (DC) offset")
    assert "by -0.01 of full scale at most" in line
    assert tell_offsets(channels[1:]) == []
    assert tell_offsets(channels[:1])[0].startswith("1 of 1 recordings have")


def test_score_folders_says_so(write, tmp_path, pair):
    clean, enhanced = pair
    write("clean/a.wav", clean, subtype="FLOAT")
    write("enhanced/a.wav", enhanced + 0.01, subtype="FLOAT")
    write("clean/b.wav", clean, subtype="FLOAT")
    write("enhanced/b.wav", enhanced, subtype="FLOAT")
    scores = score_folders(tmp_path / "clean", tmp_path / "enhanced", metrics=["snr"])
    (remark,) = scores.remarks
    assert remark.startswith("1 of 2 recordings (first: a.wav) have a constant (DC) offset")
    lag = np.concatenate([np.zeros(120, np.float32), enhanced[:-120]]) + 0.01
    write("enhanced/a.wav", lag, subtype="FLOAT")
    folders = tmp_path / "clean", tmp_path / "enhanced"
    remarks = score_folders(*folders, metrics=["snr"], align=True).remarks
    assert ["120 samples (15 ms)" in remarks[0], "DC" in remarks[1]] == [True, True]
    assert len(remarks) == 2
