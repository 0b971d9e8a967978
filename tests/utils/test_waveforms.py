"""What counts as waveforms, and the one error that everything else gets."""

import re

import numpy as np
import pandas as pd
import pytest

from skse.utils import check_waveform, check_waveform_pairs, check_waveforms, restore_container


def objects(*items):
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


@pytest.mark.parametrize(
    "X",
    [np.ones((2, 5)), [np.ones(5), np.ones(5)], (np.ones(5), [1.0] * 5), [[1.0] * 5] * 2],
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


PCM = np.array([0, 1, -3, 16384, 32767, -32768])


@pytest.mark.parametrize("dtype", ["<i2", ">i2", "<i4", ">i4", "<i8", ">i8", object])
def test_signed_16_bit_pcm_is_scaled_in_any_container(dtype, tmp_path):
    expected = np.array([0, 1 / 32768, -3 / 32768, 0.5, 32767 / 32768, -1], np.float32)
    pcm = PCM.astype(dtype)
    for X in ([pcm], (pcm, pcm[:2]), pcm[None], objects(pcm, pcm), [pcm.tolist()]):
        waveform = check_waveforms(X)[0]
        assert waveform.dtype == np.float32
        np.testing.assert_array_equal(waveform, expected)
    if pcm.dtype.kind == "i":
        mapped = np.memmap(tmp_path / "pcm", dtype, "w+", shape=pcm.shape)
        mapped[:] = pcm
        np.testing.assert_array_equal(check_waveform(mapped), expected)


@pytest.mark.parametrize("dtype", ["f2", ">f4", ">f8", "longdouble", object])
def test_floats_of_any_kind_keep_their_values(dtype):
    x = np.array([0, 0.5, -1.5, 256])
    np.testing.assert_array_equal(check_waveforms([x.astype(dtype)])[0], x)


@pytest.mark.parametrize(
    ("X", "remedy"),
    [
        (np.array([-128, 127], "i1"), "x / 2.0**7"),
        (np.zeros(2, "i1"), "x / 2.0**7"),
        (np.array([0, 255], "u1"), "(x - 2.0**7) / 2.0**7"),
        (np.array([0, 65535], ">u2"), "(x - 2.0**15) / 2.0**15"),
        (np.array([0, 2**32 - 1], "u4"), "(x - 2.0**31) / 2.0**31"),
        (np.array([0, 2**64 - 1], "u8"), "(x - 2.0**63) / 2.0**63"),
        (np.array([-(2**31), 2**31 - 1], "i4"), "x / 2.0**31"),
        (np.array([-(2**31), 5], "i4"), "x / 2.0**31"),
        (np.array([0, 32769], ">i4"), "x / 2.0**31"),
        (np.array([0, 2**31 - 1], "i8"), "x / 2.0**31"),
        (np.array([-(2**63), 2**63 - 1], "i8"), "x / 2.0**63"),
        ([0, 2**23 - 1], "x / 2.0**23"),
    ],
)
def test_other_integers_are_refused_with_what_scales_them(X, remedy):
    for wrapped in ([X], np.asarray(X)[None]):
        with pytest.raises(ValueError, match=rf"holds u?int\d+ PCM.*{re.escape(remedy)}"):
            check_waveforms(wrapped)
    assert np.abs(check_waveforms([eval(remedy, {"x": np.asarray(X)})])).max() <= 1


@pytest.mark.parametrize("full_scale", [2**15, 2**23, 2**31])
@pytest.mark.parametrize("dtype", ["f4", "f8", object])
def test_pcm_in_floats_is_recognised(full_scale, dtype):
    stereo = np.stack([np.linspace(-1, 1, 300), np.linspace(-0.9, 0.8, 300)], 1)
    mean = np.round(stereo * (full_scale - 1)).mean(axis=1).astype(dtype)
    for X, name in ((mean[None], "X"), ([mean], r"X\[0\]"), ([mean.tolist()], r"X\[0\]")):
        with pytest.raises(ValueError, match=rf"{name} reaches .*divide them by 2.0\*\*15"):
            check_waveforms(X)
        assert check_waveforms(X, any_level=True).max() > 256
    scaled = check_waveforms([mean / full_scale])[0]
    np.testing.assert_allclose(scaled, stereo.mean(axis=1), atol=2 / full_scale + 1e-6)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("two_rows_are", ["utterances", "stereo"])
def test_columns_are_channels_where_they_cannot_be_samples(n_channels, two_rows_are):
    X = np.ones((256, n_channels))
    kind = {1: "recording of one channel", 2: "stereo recording"}
    kind = kind.get(n_channels, f"recording of {n_channels} channels")
    for table in (X, pd.DataFrame(X)):
        with pytest.raises(ValueError, match=rf"X has shape .*may be one {kind}; expected mono"):
            check_waveforms(table, two_rows_are=two_rows_are)
    assert check_waveforms(list(X), two_rows_are=two_rows_are).shape == X.shape
    assert check_waveforms(list(X.T), two_rows_are=two_rows_are).shape == X.T.shape
    assert check_waveforms(X[:255]).shape == (255, n_channels)


def test_utterances_are_not_taken_for_channels():
    for shape in ((1, 8000), (3, 8000), (7, 300), (200, 10), (1000, 65), (5000, 4000)):
        assert check_waveforms(np.zeros(shape, np.float32), two_rows_are="stereo").shape == shape


def test_the_remedy_for_channels_of_pcm_scales_it():
    X = np.full((300, 2), 16384, "i2")
    with pytest.raises(ValueError, match=r"`.mean\(axis=1\) / 2.0\*\*15`"):
        check_waveforms(X)
    np.testing.assert_array_equal(check_waveforms([X.mean(axis=1) / 2.0**15]), 0.5)


def test_a_column_of_a_table():
    """Also one whose index no longer counts from 0."""
    waveforms = [np.full(5, 0.5), np.full(3, 16384, "i2"), [0.5] * 4]
    table = pd.DataFrame({"noisy": [np.zeros(2), *waveforms]})[1:]
    out = check_waveforms(table.noisy)
    assert [x.tolist() for x in out] == [[0.5] * 5, [0.5] * 3, [0.5] * 4]
    restored = restore_container(out, table.noisy)
    assert (restored.dtype, restored.shape) == (object, (3,))
    with pytest.raises(ValueError, match=r"X\[1\] contains NaN"):
        check_waveforms(pd.Series([np.zeros(2), np.array([np.nan])], index=[7, 9]))
    with pytest.raises(ValueError, match=r"X\[0\] must be a 1-D waveform; got str: 'a.wav'. Read"):
        check_waveforms(pd.Series(["a.wav"]))
    with pytest.raises(ValueError, match=r"X is one-dimensional.*as \[X\]"):
        check_waveforms(pd.Series([0.5, 0.5]))
    with pytest.raises(ValueError, match="X is empty"):
        check_waveforms(table.noisy[:0])
    with pytest.raises(ValueError, match=r"waveform in each cell.*X.iloc\[:, 0\]"):
        check_waveforms(table)
    assert len(check_waveforms(table.iloc[:, 0])) == 3


def test_one_waveform():
    np.testing.assert_array_equal(check_waveform([0.0, 1.0, 2.0]), np.arange(3.0))
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
