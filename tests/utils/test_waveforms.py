"""What counts as waveforms, and the one error that everything else gets."""

import numpy as np
import pytest

from skse.utils import check_waveform, check_waveform_pairs, check_waveforms, restore_container


def objects(*items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


@pytest.mark.parametrize(
    "X",
    [np.ones((2, 5)), [np.ones(5), np.ones(5)], (np.ones(5), [1.0] * 5), [[1] * 5] * 2],
)
def test_equal_lengths_become_an_array(X):
    out = check_waveforms(X)
    assert out.dtype == np.float32
    np.testing.assert_array_equal(out, np.ones((2, 5)))


@pytest.mark.parametrize("container", [list, tuple, lambda x: objects(*x)])
def test_unequal_lengths_become_a_list(container):
    out = check_waveforms(container([np.ones(5), np.ones(3)]))
    assert [len(x) for x in out] == [5, 3]
    assert all(x.dtype == np.float32 for x in out)


@pytest.mark.parametrize("X", [np.full((3, 4), 16384, "i2"), [np.full(4, 16384, "i2")] * 3])
def test_int16_is_scaled_to_full_scale_one(X):
    np.testing.assert_array_equal(check_waveforms(X), 0.5)


def test_one_waveform():
    np.testing.assert_array_equal(check_waveform([0, 1, 2]), np.arange(3.0))
    assert check_waveform(np.full(3, 16384, "i2")).dtype == np.float32
    with pytest.raises(ValueError, match=r"block has shape \(5, 2\).*axis=1"):
        check_waveform(np.ones((5, 2)), "block")
    with pytest.raises(ValueError, match="x contains NaN, first at sample 1"):
        check_waveform([0, np.nan])


def test_float32_is_not_copied():
    X = np.zeros((3, 4), np.float32)
    assert np.shares_memory(check_waveforms(X), X)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("a.wav", "X must be a 2-D array .* got str: 'a.wav'"),
        (None, "got NoneType"),
        (3.0, "got float"),
        ([], "X is empty; expected at least one waveform"),
        (np.ones(5), r"X is one-dimensional.*wrap a single waveform as \[X\]"),
        ([1.0, 2.0], "X is one-dimensional"),
        ([np.ones(3), np.ones(0)], r"X\[1\] has length 0"),
        (np.ones((3, 0)), "0 feature"),
        ([np.ones(3), "x.wav"], r"X\[1\] must be a 1-D waveform; got str: 'x.wav'. Read audio"),
        (objects(np.ones(3), None), r"X\[1\] must be a 1-D waveform; got NoneType"),
        (objects(np.ones(3), 7.0), r"X\[1\] must be a 1-D waveform; got float"),
        ([np.ones(3), np.array(["a", "b"])], r"X\[1\] must hold numbers"),
        ([np.ones(3), np.array([1, np.nan])], r"X\[1\] contains NaN, first at sample 1"),
        ([np.ones(3), np.array([np.inf, 1])], r"X\[1\] contains inf"),
        (np.array([[0, 1.0], [1, np.nan]]), r"X\[1\] contains NaN, first at sample 1"),
        (np.array([[0, 1.0], [-np.inf, 0]]), r"X\[1\] contains inf"),
        (np.full((1, 3), 1e300), r"X\[0\] contains inf .*too large for float32"),
        ([np.ones(3) * 1j], r"Complex data not supported: X\[0\]"),
        (np.ones((3, 4)) * 1j, "Complex data not supported"),
        (np.ones((1000, 2)), r"may be one stereo recording.*\.mean\(axis=1\).*pass list\(X\)"),
        ([np.ones((1000, 2))], r"X\[0\] has shape \(1000, 2\).*\.mean\(axis=1\)"),
        ([np.ones((2, 1000))], r"X\[0\] has shape \(2, 1000\).*\.mean\(axis=0\)"),
        (np.ones((3, 2, 100)), r"X has shape \(3, 2, 100\).*more than one channel"),
        (np.full((1, 3), 2**30, "i4"), r"int32 PCM.*x / 2.0\*\*31"),
        ([np.full(3, 128, "u1")], r"X\[0\] holds uint8 PCM.*\(x - 128.0\) / 128"),
    ],
)
def test_bad_input_gets_one_clear_error(X, message):
    with pytest.raises(ValueError, match=message):
        check_waveforms(X)


def test_two_long_rows_are_stereo_where_told():
    X = np.ones((2, 1000))
    assert len(check_waveforms(X)) == 2
    with pytest.raises(ValueError, match=r"may be one stereo recording.*\.mean\(axis=0\)"):
        check_waveforms(X, two_rows_are="stereo")
    assert len(check_waveforms(list(X), two_rows_are="stereo")) == 2


def test_pairs_must_agree_in_number_and_length():
    x, y = np.ones(5), np.ones(4)
    with pytest.raises(ValueError, match="same number of waveforms; got 2 and 1"):
        check_waveform_pairs([x, x], [x])
    with pytest.raises(ValueError, match=r"X\[1\] and y\[1\] must be equally long; got 5 and 4"):
        check_waveform_pairs([x, x], [x, y])
    with pytest.raises(ValueError, match=r"clean\[0\] and enhanced\[0\]"):
        check_waveform_pairs([x], [y], names=("clean", "enhanced"))


def test_restore_container():
    waveforms = [np.ones(3), np.zeros(3)]
    assert isinstance(restore_container(waveforms, [1]), list)
    assert isinstance(restore_container(waveforms, (1,)), tuple)
    assert restore_container(waveforms, np.ones((2, 3))).shape == (2, 3)
    out = restore_container(waveforms, objects(np.ones(3), np.ones(3)))
    assert out.dtype == object
    assert out.shape == (2,)
