import os

import pytest

from skse.utils._stderr import silent_stderr


def fail_in_silence():
    with silent_stderr():
        os.write(2, b"inside ")
        raise ValueError("passed on")


def test_what_compiled_code_writes_is_dropped(capfd):
    os.write(2, b"before ")
    with pytest.raises(ValueError, match="passed on"):
        fail_in_silence()
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"
