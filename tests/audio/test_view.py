import io
import os

import pytest

from skse.audio._view import Part, PartView

CONTENT = bytes(range(200))


@pytest.fixture
def path(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    return tmp_path / "a"


@pytest.mark.parametrize("begin", [0, 7, 150])
@pytest.mark.parametrize("end", [None, 150, 180])
@pytest.mark.parametrize("n_bytes", [1, 13, 500])
def test_a_part_reads_as_the_slice_with_its_patches(path, begin, end, n_bytes):
    patches = ((5, b"abcd"), (148, b"xyz"), (199, b"!"))
    expected = bytearray(CONTENT)
    for position, patch in patches:
        expected[position : position + len(patch)] = patch
    expected = bytes(expected[begin:end])
    with PartView(path, Part(begin, end, patches)) as view:
        found = b"".join(iter(lambda: view.read(n_bytes), b""))
        assert found == expected
        assert view.seek(0, os.SEEK_END) == len(expected)
        assert (view.seekable(), view.readable(), view.tell()) == (True, True, len(expected))
        middle = len(expected) // 2
        view.seek(middle)
        assert view.seek(0, os.SEEK_CUR) == middle
        assert view.read(3) == expected[middle : middle + 3]


def test_the_end_of_an_endless_part_is_far_away_but_is_reached(path):
    with PartView(path, Part(endless=True)) as view:
        view.seek(0, os.SEEK_END)
        assert view.tell() > 2**50
        assert view.read(1) == b""
        view.seek(-2, os.SEEK_END)
        assert view.read(10) == CONTENT[-2:]
        view.seek(3)
        assert (view.tell(), view.read(2)) == (3, CONTENT[3:5])


def test_closing_closes_the_file(path):
    view = PartView(path, Part())
    view.close()
    with pytest.raises(ValueError, match="closed"):
        io.BufferedReader(view).read(1)


def test_an_error_of_the_system_is_kept(path, monkeypatch):
    with PartView(path, Part()) as view:
        assert view.error is None
        view.read(5)

        def fail(*_):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(view, "_file", type("File", (), {"tell": fail, "close": bool}))
        assert view.read(5) == b""
        assert view.error.errno == 5
