import os
import subprocess
import sys
import textwrap

import pytest

from skse.utils import progress_bar


def test_a_bar_is_shown_on_the_error_stream(capsys):
    assert list(progress_bar("abc", desc="letters")) == ["a", "b", "c"]
    shown = capsys.readouterr()
    assert "letters: 100%" in shown.err
    assert "3/3" in shown.err
    assert shown.out == ""


def test_or_not(capsys):
    with progress_bar(total=2, show=False) as bar:
        bar.update()
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "code",
    [
        "sys.stderr = None",
        "sys.stderr.close()",
        "os.close(2)",
        "sys.stderr = type('Stream', (), {'write': lambda self, text: None})()",
    ],
)
def test_nothing_fails_without_an_error_stream(code, tmp_path):
    code = f"""
        import os, sys
        from skse.utils import progress_bar
        {code}
        with progress_bar(total=2) as bar:
            bar.update()
            bar.set_postfix_str("half")
        print("done")
        """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        timeout=300,
    )
    assert run.stdout == b"done\n"


def test_nothing_fails_where_the_process_begins_without_one(tmp_path):
    code = "from skse.utils import progress_bar\nprint(*progress_bar('abc'))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.close(2),
        timeout=300,
    )
    assert run.stdout == b"a b c\n"
