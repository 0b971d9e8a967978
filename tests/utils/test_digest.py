import hashlib

import numpy as np
import pytest

from skse.utils import digest


@pytest.mark.parametrize(
    ("content", "data"),
    [
        ("", b""),
        ("ä", b"\xc3\xa4"),
        (b"\x00\xff", b"\x00\xff"),
        ([], b""),
        ([np.array([1.0, -2.0], "<f4"), np.zeros(0, "<f4")], b"2\0\0\x80\x3f\0\0\0\xc00"),
        (np.array([[1, 2], [3, 4]], "u1"), b"2\x01\x022\x03\x04"),
        ([np.arange(8, dtype="u1")[::4]], b"2\x00\x04"),
    ],
    ids=repr,
)
def test_is_sha256_of_the_bytes(content, data):
    assert digest(content) == hashlib.sha256(data).hexdigest()
    assert digest("x", content) == hashlib.sha256(b"x" + data).hexdigest()


def test_tells_lengths_apart():
    x = np.arange(6, dtype=np.float32)
    assert digest([x]) != digest([x[:3], x[3:]])
    assert digest([x[:2], x[2:]]) != digest([x[:4], x[4:]])
    assert digest([x, x]) == digest([x], [x])
