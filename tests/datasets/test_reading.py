"""Pairs hold what two recordings share: their channels, their length, their time."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from skse.datasets import load_harvard
from skse.datasets._reading import PairReader, tell_alignment
from skse.utils import UnusableFileError, WaveformHandle

RATE = 8000


@pytest.fixture(scope="module")
def speech():
    """Clean and noisy speech as a 24-bit file holds it."""
    data = load_harvard(noises=["white"], snr_db=5)
    return [np.rint(x[0] * 2**23).astype(np.float32) / 2**23 for x in (data.clean, data.noisy)]


@pytest.fixture
def read(tmp_path):
    """Write a clean and a noisy file, and read the pairs; handles to them are the same."""

    def run(clean, noisy, align=False, rates=(RATE, RATE), sampling_rate=None):
        paths = tmp_path / "noisy.wav", tmp_path / "clean.wav"
        for path, x, rate in zip(paths, (noisy, clean), rates[::-1], strict=True):
            soundfile.write(path, x, rate, "PCM_24")
        pairs = PairReader(sampling_rate, align).read(*paths)
        handles = PairReader(sampling_rate, align, lazy=True).read(*paths)
        for pair, other in zip(pairs, handles, strict=True):
            for name, expected in vars(pair).items():
                value = getattr(other, name)
                assert isinstance(value, WaveformHandle) == isinstance(expected, np.ndarray)
                np.testing.assert_array_equal(value, expected)
        return pairs

    return run


@pytest.mark.parametrize("n", [120, -120])
@pytest.mark.parametrize("polarity", [1, -1])
def test_a_delay_is_found_and_taken_out(read, speech, n, polarity):
    clean, noisy = speech
    moved = polarity * np.r_[np.zeros(max(n, 0)), noisy[max(-n, 0) :]]
    [told] = read(clean, moved)
    assert (told.delay, told.polarity, told.start, told.n_cut) == (n, polarity, 0, 120)
    np.testing.assert_array_equal(told.noisy, moved[: len(clean)].astype(np.float32))
    [pair] = read(clean, moved, align=True)
    assert (pair.delay, pair.polarity, pair.start) == (n, polarity, max(-n, 0))
    np.testing.assert_array_equal(pair.noisy, noisy[pair.start :])
    np.testing.assert_array_equal(pair.clean, clean[pair.start :])
    np.testing.assert_array_equal(pair.recording, clean)


@pytest.mark.parametrize("extra", [1, 306, 4000])
def test_padding_and_a_cut_leave_the_common_part(read, speech, extra):
    clean, noisy = speech
    for ours, theirs in (
        (clean, np.r_[noisy, np.zeros(extra)]),
        (clean, noisy[:-extra]),
        (clean[:-extra], noisy),
    ):
        [pair] = read(ours, theirs)
        n_times = min(len(ours), len(theirs))
        np.testing.assert_array_equal(pair.clean, clean[:n_times])
        np.testing.assert_array_equal(pair.noisy, noisy[:n_times])
        assert (pair.n_cut, pair.delay) == (extra, 0)


def test_what_more_may_be_cut_off(read, speech, rng):
    """Any silence; up to a half where the recordings are the same; of others up to a quarter."""
    clean, noisy = speech
    assert len(read(clean[:4000], np.r_[noisy[:4000], np.zeros(20000)])[0].clean) == 4000
    half = len(clean) // 2
    assert read(clean, noisy[: half + 1])[0].n_cut == len(clean) - half - 1
    with pytest.raises(UnusableFileError, match=f"{half - 9} samples where .* than padding"):
        read(clean, noisy[: half - 9])
    noise = 0.1 * rng.standard_normal(9000)
    assert read(noise[:3000], noise[:4000][::-1])[0].n_cut == 1000
    with pytest.raises(UnusableFileError, match="are they of one recording"):
        read(noise[:2900], noise[:4000][::-1])


def test_channel_by_channel(read, speech):
    clean, noisy = speech
    both = np.stack([clean, -0.5 * clean], 1)
    theirs = np.stack([noisy, -0.5 * noisy], 1)
    pairs = read(both, theirs)
    assert [(pair.channel, pair.polarity) for pair in pairs] == [(1, 1), (2, 1)]
    for channel, pair in enumerate(pairs):
        np.testing.assert_allclose(pair.clean, both[:, channel], atol=2**-23)
        np.testing.assert_allclose(pair.noisy, theirs[:, channel], atol=2**-23)
        np.testing.assert_array_equal(pair.recording, clean)
    pairs = read(clean, theirs)  # one clean channel for all
    assert [pair.polarity for pair in pairs] == [1, -1]
    np.testing.assert_array_equal(pairs[1].clean, clean)
    for wrong in (clean, theirs[:, [0, 1, 1]]):
        with pytest.raises(
            UnusableFileError, match=r"number of channels \d where .* has 2; expect"
        ):
            read(both, wrong)


def test_rates(read, rng):
    x = 0.1 * rng.standard_normal(1001)
    with pytest.raises(
        UnusableFileError, match=r"8000 Hz where .* has 16000 Hz; pass sampling_rat"
    ):
        read(x, x[::2], rates=(16000, 8000))
    [pair] = read(x, x[:500], rates=(16000, 8000), sampling_rate=8000)
    assert (len(pair.clean), pair.n_cut, pair.rate) == (500, 0, 8000)  # rounding is no padding


def test_what_is_told(read, speech):
    clean, noisy = speech
    straight, late, early, turned = (
        replace(read(clean, x)[0], path=name)
        for name, x in (
            ("a", noisy),
            ("b", np.r_[np.zeros(120), noisy]),
            ("c", noisy[40:]),
            ("d", -noisy),
        )
    )
    assert tell_alignment([straight, straight], False) == []
    assert tell_alignment([late], False) == [
        "1 of 1 recordings differ in length from their clean ones, by 120 samples at most: the "
        "part they share is used.",
        "1 of 1 recordings lag behind their clean ones by 120 samples (15 ms): align=True "
        "(--align) takes the delay out.",
    ]
    lines = tell_alignment([straight, late, early, turned], True, "noisy ")
    assert lines == [
        "2 of 4 noisy recordings (first: b) differ in length from their clean ones, by 120 samples "
        "at most: the part they share is used.",
        "2 of 4 noisy recordings (first: b) have a delay of -40 to 120 samples against their clean "
        "ones: the delay was taken out.",
        "1 of 4 noisy recordings (first: d) have the inverted polarity of their clean ones: it was "
        "turned back.",
    ]
    assert "are ahead of their clean ones by 40 samples (5 ms)" in tell_alignment([early], False)[1]


def test_few_clean_recordings_are_kept_for_handles(tmp_path, rng, monkeypatch):
    for i in range(20):
        soundfile.write(tmp_path / f"{i}.wav", 0.1 * rng.standard_normal(500), RATE)
    clean_read = []
    original = PairReader._read
    monkeypatch.setattr(
        PairReader, "_read", lambda self, path: clean_read.append(path) or original(self, path)
    )
    reader = PairReader(None, False, lazy=True)
    for i in (*range(20), 19):
        reader.read(tmp_path / "0.wav", tmp_path / f"{i}.wav")
    assert len(clean_read) == 20 + 21
    reader.read(tmp_path / "0.wav", tmp_path / "0.wav")
    assert len(clean_read) == 20 + 21 + 2
