"""What is true of every handle: slices, equality, arithmetic, pickling."""

import pickle

import numpy as np
import pytest

from skse.utils import Scaled, WaveformHandle


class Ramp(WaveformHandle):
    """A handle as short as one can be."""

    def __init__(self, n_times, sampling_rate=None):
        self.address, self.sampling_rate = n_times, sampling_rate

    def __len__(self):
        return self.address

    def read(self, start=0, stop=None):
        return (np.arange(self.address, dtype=np.float32) / 100)[start:stop]


class Other(Ramp):
    pass


X = np.arange(50, dtype=np.float32) / 100
FORMS = [
    (Ramp(50), X),
    (Ramp(60)[5:55], (np.arange(60, dtype=np.float32) / 100)[5:55]),
    (Scaled(Ramp(50), -1), -X),
    (Scaled(Ramp(50), 0.3), X * np.float32(0.3)),
]


@pytest.mark.parametrize(("handle", "expected"), FORMS)
def test_parts_of_parts_are_those_of_the_array(handle, expected):
    np.testing.assert_array_equal(handle, expected)
    assert (handle.shape, handle.ndim, handle.dtype) == ((50,), 1, np.float32)
    for a, b in [(0, 50), (3, 9), (-7, None), (None, -3), (10, 5), (40, 99), (0, 0)]:
        part = handle[a:b]
        assert isinstance(part, WaveformHandle)
        assert len(part) == len(expected[a:b])
        np.testing.assert_array_equal(part, expected[a:b])
        np.testing.assert_array_equal(handle.read(a or 0, b), expected[a:b])
        np.testing.assert_array_equal(part[2:5], expected[a:b][2:5])
    for index in (7, -1, slice(None, None, 2), slice(None, None, -1), [3, 4]):
        np.testing.assert_array_equal(handle[index], expected[index])
    assert pickle.loads(pickle.dumps(handle)) == handle
    assert pickle.loads(pickle.dumps(handle[3:9])) == handle[3:9]


@pytest.mark.parametrize(("handle", "expected"), FORMS)
def test_arithmetic_is_that_of_the_array(handle, expected):
    for result, right in [
        (handle - X, expected - X),
        (X - handle, X - expected),
        (handle - handle, expected - expected),
        (-handle, -expected),
        (handle**2, expected**2),
        (np.add.reduce(handle), np.add.reduce(expected)),
        (np.multiply(handle, 2, out=np.empty(50, "f4")), 2 * expected),
        (handle > 0.2, expected > 0.2),
    ]:
        np.testing.assert_array_equal(result, right)


def test_equality_is_that_of_kind_and_address():
    different = {Ramp(50), Ramp(51), Other(50), Ramp(50)[1:], Ramp(50)[2:], Scaled(Ramp(50), 2)}
    assert len(different | {Ramp(50), Ramp(50)[1:], Scaled(Ramp(50), 2.0)}) == 6
    assert Ramp(50) == Ramp(50)
    assert (Ramp(50) != Ramp(50)) is False
    assert Ramp(50) != Other(50)
    assert Ramp(50) != "Ramp"
    assert Ramp(50)[:][0:99][3:][:4] == Ramp(50)[3:7]
    assert Ramp(50)[3:][:4] == Ramp(50)[3:7]
    assert Ramp(50) in [Other(50), Ramp(50)]


def test_what_is_made_of_a_handle_has_its_rate():
    ramp = Ramp(50, sampling_rate=8000)
    assert {ramp[3:].sampling_rate, Scaled(ramp, 2)[1:].sampling_rate} == {8000}
    assert Ramp(50)[3:].sampling_rate is None
    assert repr(Scaled(ramp[3:7], 2)).startswith("2 * <")
    assert repr(ramp[3:7]).endswith(">[3:7]")
