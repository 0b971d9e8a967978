"""Files are written whole or not at all; the others of a folder are never touched."""

import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

import skse
from skse.utils import list_files, naming, replacing, walk, write_whole
from skse.utils._files import _list_unfinished, _unfinished_name

NAMES = [
    "a.txt",
    "no_suffix",
    ".hidden",
    "x" * 251 + ".wav",
    "語" * 83 + ".flac",  # three bytes a character: 254 with the suffix
    "a" + "語" * 83 + ".wav",
    "🎙" * 62 + ".npz",
    "1. a suffix that is none" + " at all" * 30,
    "caf\udce9" * 60 + ".wav",  # bytes that are not UTF-8, as Python names them
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_file_of_any_name_is_written(tmp_path, name):
    path = tmp_path / name
    path.write_text("old")
    with replacing(path) as part:
        assert part.parent == tmp_path
        assert part.name.startswith(".")
        assert len(os.fsencode(part.name)) < 100  # also where a file system takes less than 255
        part.name.encode()  # no half characters
        part.write_text("new")
        assert path.read_text() == "old"
    assert (path.read_text(), os.listdir(tmp_path)) == ("new", [name])


def test_a_new_file_is_written_and_a_str_is_a_path(tmp_path):
    with replacing(f"{tmp_path}/a.txt") as part:
        assert part.read_bytes() == b""
        part.write_text("new")
    assert (tmp_path / "a.txt").read_text() == "new"


def test_the_suffix_tells_a_writer_the_format(tmp_path):
    with replacing(tmp_path / "a.flac") as part:
        soundfile.write(part, np.zeros(8), 8000)
    assert soundfile.info(tmp_path / "a.flac").format == "FLAC"
    with replacing(tmp_path / "a.npz") as part:
        np.savez(part, x=1)  # would add the suffix where there is none
    assert sorted(os.listdir(tmp_path)) == ["a.flac", "a.npz"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_where_the_block_fails_the_old_file_stays_and_no_part(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail(part):
        part.write_text("half")
        raise error

    with pytest.raises(error), replacing(path) as part:
        fail(part)
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["a.txt"])


def test_an_error_names_the_file_that_was_asked_for(tmp_path):
    path = tmp_path / "none" / "a.txt"
    with pytest.raises(FileNotFoundError) as error, replacing(path) as part:
        part.write_text("x")
    assert str(error.value) == f"[Errno 2] No such file or directory: '{path}'"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r"directory: '.*/folder'$"):
        write_whole(tmp_path / "folder", "x")
    assert os.listdir(tmp_path) == ["folder"]
    with pytest.raises(FileNotFoundError, match="elsewhere"), replacing(tmp_path / "a") as part:
        open(tmp_path / "elsewhere")  # noqa: SIM115


def test_no_two_unfinished_files_have_one_name():
    assert len({_unfinished_name("a.wav") for _ in range(1000)}) == 1000


def test_writers_at_the_same_time_do_not_meet(tmp_path):
    """All have begun before one ends; what is there at last is what one of them wrote."""
    path = tmp_path / "a.txt"
    barrier = threading.Barrier(8, timeout=60)
    failed = []

    def write(text):
        try:
            with replacing(path) as part:
                part.write_text(text)
                barrier.wait()
                assert part.read_text() == text
        except BaseException as error:
            failed.append(error)

    texts = [str(i) * 1000 for i in range(8)]
    threads = [threading.Thread(target=write, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert path.read_text() in texts
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.skipif(os.name == "nt", reason="has no such modes")
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_mode_is_as_open_would_have_it(tmp_path, umask):
    def mode(path):
        return stat.S_IMODE(path.stat().st_mode)

    before = os.umask(umask)
    try:
        write_whole(tmp_path / "new", "x")
        (tmp_path / "opened").write_text("x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "new") == mode(tmp_path / "opened") == 0o666 & ~umask
    for kept in (0o640, 0o600, 0o444):
        (tmp_path / "new").chmod(kept)
        write_whole(tmp_path / "new", "y")
        assert mode(tmp_path / "new") == kept


def test_text_is_utf8_with_the_line_ends_it_has(tmp_path):
    write_whole(tmp_path / "a", "é\n")
    assert (tmp_path / "a").read_bytes() == b"\xc3\xa9\n"
    write_whole(tmp_path / "a", b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == b"\x00\xff"
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "a", "\udc80")
    assert (tmp_path / "a").read_bytes() == b"\x00\xff"


def test_files_are_listed_in_order_and_hidden_ones_are_not(tmp_path):
    names = ["b.wav", "a/z.wav", "a/b/c", "out/x.wav", "a/out/y.wav"]
    for name in [*names, ".h.wav", ".git/d.wav", "a/.h/e.wav"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list_files(tmp_path) == sorted(tmp_path / name for name in names)
    (tmp_path / "link").symlink_to(tmp_path / "out")
    left = [path.relative_to(tmp_path) for path in list_files(tmp_path, without=tmp_path / "link")]
    assert left == [Path("a/b/c"), Path("a/out/y.wav"), Path("a/z.wav"), Path("b.wav")]
    assert [path.name for path in list_files(tmp_path / ".git")] == ["d.wav"]
    assert list_files(tmp_path / "none") == []


def test_no_other_module_puts_a_file_in_place():
    root = Path(skse.__file__).parent
    found = [
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"\bos\.(replace|rename)\b", path.read_text(encoding="utf-8"))
    ]
    assert found == ["utils/_files.py"]


def abandoned(folder, name):
    """Begin to write a file in a process that is killed; return what is left."""
    code = (
        "import os, signal, sys; from skse.utils import replacing\n"
        "with replacing(sys.argv[1]) as part:\n"
        "    part.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, folder / name], check=False)
    (left,) = [path for path in folder.iterdir() if path.name.startswith(".")]
    return left


@pytest.mark.skipif(os.name == "nt", reason="has no such locks")
def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path):
    left = abandoned(tmp_path, "a.txt")
    write_whole(tmp_path / "b.txt", "of another name")
    assert left.exists()
    similar = [tmp_path / f".{stem}.{16 * '0'}.part.txt" for stem in ("a.b", "ab")]
    for path in similar:
        path.touch()
    with replacing(tmp_path / "a.txt") as part:  # in use while another is written
        _list_unfinished.cache_clear()
        write_whole(tmp_path / "a.txt", "new")
        assert part.exists()
        assert not left.exists()
        part.write_text("newer")
    assert (tmp_path / "a.txt").read_text() == "newer"
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "a.txt", tmp_path / "b.txt", *similar])


def test_a_link_is_followed(tmp_path):
    (tmp_path / "data").mkdir()
    for name in ("there", "new"):
        (tmp_path / name).symlink_to(tmp_path / "data" / name)
    (tmp_path / "data" / "there").write_text("old")
    for name in ("there", "new"):
        write_whole(tmp_path / name, "new")
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "data" / name).read_text() == "new"
    assert sorted(os.listdir(tmp_path / "data")) == ["new", "there"]


@pytest.mark.skipif(os.name == "nt", reason="has no such files")
def test_a_device_or_a_pipe_is_written_to(tmp_path):
    write_whole("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "all of it")
    reader.join(timeout=60)
    assert read == ["all of it"]
    assert os.listdir(tmp_path) == ["pipe"]


def test_errors_get_the_name_of_the_file_and_keep_their_own(tmp_path):
    for error, name in [
        (OSError(28, "No space left on device"), f"{tmp_path / 'a'}"),
        (OSError(2, "No such file or directory", "b"), "b"),
    ]:
        with pytest.raises(OSError, match="No s") as raised, replacing(tmp_path / "a"):
            raise error
        assert raised.value.filename == name
        with pytest.raises(OSError, match="No s") as raised, naming(tmp_path / "a"):
            raise error
        assert raised.value.filename == name
    with pytest.raises(OSError, match=r"^no number$"), naming("a"):
        raise OSError("no number")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_listed_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match="closed"):
        list_files(tmp_path)
    assert list_files(tmp_path / "none") == list(walk(tmp_path / "none")) == []
