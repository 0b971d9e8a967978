import pytest

from skse.files._results import reason_of
from skse.utils import UnusableFileError


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnusableFileError("a.wav", "no samples in it"), "no samples in it"),
        (FileNotFoundError(2, "whatever", "a.wav"), "No such file or directory (a.wav)"),
        (OSError(28, ""), "No space left on device"),
        (ValueError("two\nlines"), "ValueError: two lines"),
        (MemoryError(), "MemoryError:"),
    ],
)
def test_reason(error, reason):
    assert reason_of(error) == reason
