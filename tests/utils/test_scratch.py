"""Arrays in temporary files."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from skse.utils import FileArray, _scratch


def test_a_waveform_behaves_as_an_array(rng, tmp_path):
    expected = np.zeros(1000, np.float32)
    waveform = FileArray(1000, folder=tmp_path)
    for begin, end in [(900, 1000), (0, 10), (5, 500), (990, 1000), (7, 7)]:
        values = rng.standard_normal(end - begin)
        waveform[begin:end] = values
        expected[begin:end] = values
    assert len(waveform) == 1000
    for begin, end in [(0, 1000), (3, 7), (990, 2000), (5, 5)]:
        part = waveform[begin:end]
        assert part.dtype == np.float32
        np.testing.assert_array_equal(part, expected[begin:end])


@pytest.mark.parametrize("row", [(), (3,), (3, 4), (2, 1, 5)])
def test_rows_behave_as_those_of_an_array(row, rng, tmp_path):
    expected = rng.standard_normal((20, *row)).astype(np.float32)
    rows = FileArray(expected.shape, folder=tmp_path)
    for begin in range(0, 20, 7):
        rows[begin : begin + 7] = expected[begin : begin + 7]
    assert (rows.shape, rows.ndim, rows.dtype) == (expected.shape, expected.ndim, expected.dtype)
    np.testing.assert_array_equal(rows, expected)
    some = np.array([3, 19, 0, 3])
    np.testing.assert_array_equal(rows[some], expected[some])
    fewer, chosen = rows.take(np.arange(1, 20, 2)), expected[1::2]
    assert fewer.shape == chosen.shape
    for part in (slice(2, 5), slice(None), np.array([9, 0]), slice(5, 3)):
        np.testing.assert_array_equal(fewer[part], chosen[part])
    again = np.array([4, 4, 1])
    np.testing.assert_array_equal(fewer.take(again)[:], chosen[again])


def test_threads_read_side_by_side(rng, tmp_path):
    expected = rng.standard_normal((500, 100)).astype(np.float32)
    rows = FileArray(expected.shape, folder=tmp_path)
    rows[:] = expected
    chosen = [rng.integers(500, size=16) for _ in range(100)]
    with ThreadPoolExecutor(4) as pool:
        for some, read in zip(chosen, pool.map(rows.__getitem__, chosen), strict=True):
            np.testing.assert_array_equal(read, expected[some])


def test_no_file_is_left(tmp_path):
    waveform = FileArray(10, folder=tmp_path)
    waveform[0:10] = 1.0
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_an_error(monkeypatch):
    class Full:
        n_left = 4

        def truncate(self, size):
            pass

        def seek(self, position):
            pass

        def write(self, values):
            if not self.n_left:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            self.n_left -= 4
            return 4

    monkeypatch.setattr(_scratch.tempfile, "TemporaryFile", lambda **options: Full())
    with pytest.raises(OSError, match="No space") as error:
        FileArray(10)[0:2] = [1, 2]
    assert error.value.errno == errno.ENOSPC
