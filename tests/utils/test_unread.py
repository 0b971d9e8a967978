"""Checked waveforms that are read when their turn comes."""

import gc

import numpy as np
import pandas as pd
import pytest

from skse.utils import (
    UnreadWaveforms,
    UnusableFileError,
    WaveformHandle,
    check_waveform,
    check_waveform_pairs,
    check_waveforms,
    lengths_of,
    pick,
    rate_of,
    views_of,
)


class Recorded(WaveformHandle):
    """Remembers which parts of it were read."""

    def __init__(self, x, sampling_rate=None):
        self.x, self.sampling_rate, self.parts = x, sampling_rate, []
        self.address = id(self)

    def __len__(self):
        return len(self.x)

    def read(self, start=0, stop=None):
        self.parts.append((start, stop))
        if isinstance(self.x, Broken):
            raise UnusableFileError("talk.wav", "gone")
        return self.x[start:stop]


class Broken(list):
    pass


def handles(*lengths, **options):
    rng = np.random.default_rng(0)
    return [Recorded(rng.uniform(-1, 1, n).astype(np.float32), **options) for n in lengths]


def column(items):
    series = pd.Series([None] * len(items), dtype=object)
    for i, item in enumerate(items):
        series[i] = item
    return series


@pytest.mark.parametrize("container", [list, tuple, column, lambda x: column(x).to_numpy()])
def test_nothing_is_read_before_its_turn(container):
    given = handles(30, 50, 30)
    X = check_waveforms(container(given))
    assert isinstance(X, UnreadWaveforms)
    assert check_waveforms(X) is X
    assert len(X) == 3
    assert lengths_of(X) == [30, 50, 30]
    assert rate_of(X) is None
    some, views = pick(X, [2, 0]), views_of(X)
    assert lengths_of(some) == lengths_of(X[::2]) == [30, 30]
    assert [len(view) for view in views] == [30, 50, 30]
    assert not any(x.parts for x in given)
    for x, read in zip(given, X, strict=True):
        np.testing.assert_array_equal(read, x.x)
    np.testing.assert_array_equal(X[-1], given[2].x)
    np.testing.assert_array_equal(some[1], given[0].x)
    np.testing.assert_array_equal(X[1:][0], given[1].x)
    np.testing.assert_array_equal(views[1][10:20], given[1].x[10:20])
    assert given[1].parts[-1] == (10, 20)
    with pytest.raises(IndexError):
        X[3]


def test_arrays_beside_handles_are_checked_at_once():
    [handle] = handles(5)
    X = check_waveforms([np.array([0, 16384], "i2"), handle, [0.5] * 3])
    assert [x.dtype for x in X] == [np.float32] * 3
    np.testing.assert_array_equal(X[0], [0, 0.5])
    np.testing.assert_array_equal(X[2], [0.5] * 3)
    with pytest.raises(ValueError, match=r"X\[1\] contains NaN"):
        check_waveforms([handle, np.array([np.nan])])


def test_helpers_take_arrays_too():
    X = np.ones((3, 4), np.float32)
    assert (lengths_of(X), rate_of(X)) == ([4] * 3, None)
    assert [len(x) for x in pick(X, [0, 2])] == [4, 4]
    assert np.shares_memory(views_of(X)[1][1:3], X)


def test_scaled_waveforms_are_those_times_a_number():
    X = check_waveforms([*handles(5, 6), np.ones(7)])
    scaled = X.scaled([0.5, -2.0, 3.0])
    for x, s, factor in zip(X, scaled, (0.5, -2.0, 3.0), strict=True):
        np.testing.assert_array_equal(s, x * np.float32(factor))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.array([0.1, np.nan, 0]), r"X\[7\] contains NaN, first at sample 1"),
        (np.array([0.1, 300, 0]), r"X\[7\] reaches 300"),
        (np.zeros((3, 2)), r"X\[7\] has shape \(3, 2\); expected one mono"),
        (Broken([0, 0, 0]), r"^X\[7\]: talk.wav: gone\.$"),
    ],
)
def test_what_is_wrong_is_found_when_it_is_read_and_named_by_its_number(x, message):
    X = check_waveforms([*handles(*[3] * 7), Recorded(x)])
    for read in (
        lambda: X[7],
        lambda: list(X),
        lambda: X[4:][3],
        lambda: pick(pick(X, [0, 7]), [1])[0],
        lambda: views_of(X)[7][:],
    ):
        with pytest.raises(ValueError, match=message):
            read()
    with pytest.raises(ValueError, match=message.replace("X", "x").replace(r"\[7\]", "")):
        check_waveform(Recorded(x))


def test_a_handle_to_nothing_is_refused_at_once():
    with pytest.raises(ValueError, match=r"X\[1\] has length 0"):
        check_waveforms(handles(3, 0))
    with pytest.raises(ValueError, match=r"X is one-dimensional.*wrap a single waveform as \[X\]"):
        check_waveforms(handles(3)[0])


def test_rates_must_agree():
    eight, sixteen = handles(3, sampling_rate=8000), handles(3, sampling_rate=16000)
    assert rate_of(check_waveforms([*eight, *handles(3), np.ones(2)])) == 8000
    mixed = check_waveforms([*handles(3), *eight, *sixteen])
    with pytest.raises(ValueError, match=r"X\[1\] has 8000 Hz and X\[2\] 16000 Hz; expected one"):
        rate_of(mixed)
    with pytest.raises(ValueError, match=r"noisy has 8000 Hz and clean 16000 Hz; expected one"):
        check_waveform_pairs(eight, sixteen, names=("noisy", "clean"))
    check_waveform_pairs(eight, [np.ones(3)])


def test_lengths_of_pairs_are_compared_unread():
    noisy, clean = handles(3, 4), handles(3, 5)
    with pytest.raises(ValueError, match=r"X\[1\] and y\[1\] must be equally long; got 4 and 5"):
        check_waveform_pairs(noisy, clean)
    assert not any(x.parts for x in (*noisy, *clean))


def test_few_are_in_memory_at_once():
    class Large(WaveformHandle):
        alive = most = 0

        def __init__(self, number):
            self.address = number

        def __len__(self):
            return 10**6

        def read(self, start=0, stop=None):
            class Counted(np.ndarray):
                def __del__(self):
                    Large.alive -= 1

            Large.alive += 1
            Large.most = max(Large.most, Large.alive)
            return np.zeros(10, np.float32).view(Counted)

    for _ in check_waveforms([Large(i) for i in range(200)]):
        pass
    gc.collect()
    assert Large.most <= 20
