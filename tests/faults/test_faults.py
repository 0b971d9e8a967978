"""The short version of ``python tests/faults``: all kinds of faults, some of each."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler"
)
# Where no recording is read: what is said of one that cannot be is tested in tests/audio.
READERS = "load,fetch_noizeus,fetch_ms_snsd,fetch_ms_snsd archive"


def run(*arguments):
    command = [sys.executable, Path(__file__).parent, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ["kill", "fill", "two", "download", "mutate"],
        ["read", "--times", "6", "--commands", READERS],
    ],
    ids=["kill to mutate", "read"],
)
def test_nothing_is_lost_wrong_or_left_over(arguments):
    result = run(*arguments)
    assert result.stdout.splitlines()[-1:] == ["0 faults"], result.stdout + result.stderr
    assert result.returncode == 0


def test_what_writes_in_place_is_found():
    result = run("kill", "fill", "--times", "6", "--commands", "careless")
    assert result.returncode == 1
    assert "a.txt is not whole" in result.stdout
    assert "no line with the file" in result.stdout
