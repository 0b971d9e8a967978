"""Levels and groups of training pairs."""

import warnings

import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from skse.datasets import load_harvard
from skse.enhancement._pairs import check_groups, groups_of, match_levels, warn_of_other_level
from skse.utils import WaveformHandle, check_waveforms


def test_one_sentence_at_any_level_is_one_group(rng):
    sentences = [rng.standard_normal(n).astype(np.float32) for n in (900, 900, 900, 901)]
    clean, expected = [], []
    for gain in (1.0, 0.37, 1e-3, -2.0):
        for i, s in enumerate(sentences):
            clean.append(np.float32(gain) * s)
            expected.append(i)
    groups = groups_of(clean)
    assert len(set(groups)) == 4
    for i in range(4):
        assert len({g for g, e in zip(groups, expected, strict=True) if e == i}) == 1


def test_rounding_to_16_bits_makes_no_other_sentence(rng):
    s = 0.5 * rng.standard_normal(8000).clip(-2, 2)
    rounded = [np.rint(gain * s * 32767).astype("f4") / 32768 for gain in (0.9, 0.03)]
    assert len(set(groups_of(rounded))) == 1


def test_silence_and_repetitions_with_a_difference(rng):
    s = rng.standard_normal(500).astype(np.float32)
    other = s + 0.1 * rng.standard_normal(500).astype(np.float32)
    groups = groups_of([s, np.zeros(500, "f4"), other, np.zeros(500, "f4"), 2 * s])
    assert groups[1] == groups[3]
    assert groups[0] == groups[4]
    assert len(set(groups)) == 3


@pytest.mark.parametrize("snr_db", [(0, 5, 10, 15), (-10, -5, 0, 5)])
def test_sentences_of_the_corpus_inside(snr_db):
    """Pairs that would clip are turned down there, each by a factor of its own."""
    data = load_harvard(snr_db=snr_db)
    groups = groups_of(data.clean)
    by_sentence = {}
    for sentence, group in zip(data.sentence, groups, strict=True):
        by_sentence.setdefault(sentence, set()).add(int(group))
    assert len(by_sentence) == 48
    assert all(len(found) == 1 for found in by_sentence.values())
    assert len(set(groups)) == 48


class Made(WaveformHandle):
    """A handle to an array, which counts how often it is read."""

    def __init__(self, address, x):
        self.address, self.x, self.n_read = address, x, 0

    def __len__(self):
        return len(self.x)

    def read(self, start=0, stop=None):
        self.n_read += 1
        return self.x[start:stop]


def speech(rng, n_times, n_syllables):
    """Noise whose level changes from syllable to syllable, as that of speech does."""
    levels = np.repeat(rng.uniform(0, 1, n_syllables) ** 3, -(-n_times // n_syllables))[:n_times]
    return (levels * rng.standard_normal(n_times)).astype(np.float32)


def are_same(x, y):
    """Whether two recordings are one at two levels, and peak over RMS does not tell them apart."""
    crests = [np.max(np.abs(z)) ** 2 / np.dot(z, z) for z in (x, y)]
    alike = max(crests) * (1 - 0.02) <= min(crests)
    return alike and np.dot(x, y) ** 2 >= (1 - 1e-3) ** 2 * np.dot(x, x) * np.dot(y, y)


@pytest.mark.parametrize("n_syllables", [1, 20])
@pytest.mark.parametrize("n_times", [1, 7, 31, 32, 33, 700])
def test_groups_are_those_of_all_comparisons(rng, n_times, n_syllables):
    """Of speech, and of what is as loud in every part as any other."""
    different = [speech(rng, n_times, n_syllables) for _ in range(12)]
    clean = [np.float32(rng.normal()) * different[i] for i in rng.integers(12, size=40)]
    clean += [x + 0.01 * np.std(x) * rng.standard_normal(n_times).astype("f4") for x in clean[:9]]
    same = np.array([[are_same(x, y) for y in clean] for x in clean])
    n_groups, expected = connected_components(same)
    groups = groups_of(clean)
    assert len(set(groups)) == n_groups
    assert len(set(zip(groups, expected, strict=True))) == n_groups


def test_handles_are_grouped_as_arrays_and_equal_ones_read_once(rng):
    different = [speech(rng, 700, 20) for _ in range(6)]
    which = rng.integers(6, size=30)
    copies = rng.integers(2, size=30)
    arrays = [np.float32(0.5**copy) * different[i] for i, copy in zip(which, copies, strict=True)]
    handles = [
        Made((i, copy), x) for i, copy, x in zip(which.tolist(), copies, arrays, strict=True)
    ]
    handles[3] = arrays[3]
    groups = groups_of(check_waveforms(handles))
    np.testing.assert_array_equal(groups, groups_of(arrays))
    alone = [Made(i, x) for i, x in enumerate(different)]
    groups_of(check_waveforms([alone[i] for i in which]))
    assert {x.n_read for x in alone} == {1}
    silent = [Made("a", np.zeros(9)), Made("b", np.zeros(9)), Made("a", np.zeros(9))]
    assert groups_of(check_waveforms(silent)).tolist() == [0, 0, 0]


def test_many_recordings_of_one_length_are_not_compared_with_all(rng):
    handles = [Made(i, speech(rng, 700, 20)) for i in range(300)]
    assert len(set(groups_of(check_waveforms(handles)))) == 300
    assert sum(x.n_read for x in handles) < 2 * 300


def test_groups_of_the_caller():
    np.testing.assert_array_equal(check_groups(["b", "a", "b"], 3), [1, 0, 1])
    with pytest.raises(ValueError, match=r"groups has shape \(2,\); expected one label for each"):
        check_groups([1, 2], 3)
    for groups in ([None, 1.5, 2], [[1], [1, 2], [3]]):
        with pytest.raises(ValueError, match=r"groups=\[.* cannot be sorted; expected one number"):
            check_groups(groups, 3)


def test_levels_are_matched_by_least_squares(rng):
    clean = rng.standard_normal((3, 1000))
    noisy = np.array([[0.5], [2.0], [-1.0]]) * clean
    for x, s in zip(noisy, match_levels(noisy, clean), strict=True):
        np.testing.assert_allclose(s, x, rtol=1e-6)
    silent = np.zeros(10)
    assert match_levels([silent], [silent])[0].sum() == 0
    clean, noisy = clean.astype("f4"), noisy.astype("f4")
    unread = check_waveforms([Made(i, s) for i, s in enumerate(clean)])
    for s, expected in zip(match_levels(noisy, unread), match_levels(noisy, clean), strict=True):
        np.testing.assert_array_equal(s, expected)


def warning_of(noisy, clean):
    with pytest.warns(UserWarning, match="^The (noisy|clean) waveforms") as caught:
        (lambda: (lambda: warn_of_other_level(noisy, clean))())()
    (warning,) = caught
    return str(warning.message)


def test_a_delay_and_a_turned_polarity_are_no_level(rng):
    clean = rng.standard_normal((3, 4000))
    late = np.concatenate([np.zeros((3, 120)), clean[:, :-120]], axis=1)
    text = warning_of(late, clean)
    assert "delay against the clean ones (the first of 3: 120 samples)" in text
    assert "no other level" in text
    assert "inverted polarity" in warning_of(-clean, clean)
    text = warning_of(0.1 * clean, clean)
    assert text.startswith("The clean waveforms are contained in the noisy ones at -20.0 dB")


def test_the_warning_is_about_the_median_pair(rng):
    """Four of nine recordings at another level are no reason to warn, five are."""
    clean = rng.standard_normal((9, 1000))
    gains = np.array([1.0] * 5 + [0.01] * 4)[:, None]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_of_other_level(gains * clean, clean)
    gains[4] = 0.01
    with pytest.warns(UserWarning, match=r"at -40\.0 dB \(median\)"):
        warn_of_other_level(gains * clean, clean)
