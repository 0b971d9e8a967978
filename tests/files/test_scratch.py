import errno
import os

import numpy as np
import pytest

from skse.files import _scratch
from skse.files._scratch import FileWaveform


def test_it_behaves_as_an_array(rng, tmp_path):
    expected = np.zeros(1000, np.float32)
    waveform = FileWaveform(1000, folder=tmp_path)
    for begin, end in [(900, 1000), (0, 10), (5, 500), (990, 1000)]:
        values = rng.standard_normal(end - begin)
        waveform[begin:end] = values
        expected[begin:end] = values
    assert len(waveform) == 1000
    for begin, end in [(0, 1000), (3, 7), (990, 2000), (5, 5)]:
        part = waveform[begin:end]
        assert part.dtype == np.float32
        np.testing.assert_array_equal(part, expected[begin:end])


def test_no_file_is_left(tmp_path):
    waveform = FileWaveform(10, folder=tmp_path)
    waveform[0:10] = 1.0
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_an_error(monkeypatch, tmp_path):
    class Full:
        def truncate(self, size):
            pass

        def seek(self, position):
            pass

        def write(self, values):
            return 4

    monkeypatch.setattr(_scratch.tempfile, "TemporaryFile", lambda **options: Full())
    with pytest.raises(OSError, match="No space") as error:
        FileWaveform(10)[0:2] = [1, 2]
    assert error.value.errno == errno.ENOSPC
