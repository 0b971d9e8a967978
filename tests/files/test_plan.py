import os
from pathlib import Path

import pytest

from skse.files._plan import make_groups, make_plan

OTHER = "not the suffix of a recording; name the file to have it tried, or pass --ignore-others"


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """Make empty files and stand in their folder."""
    monkeypatch.chdir(tmp_path)

    def make(*names):
        for name in names:
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()

    return make


def plan(*inputs, out="out", **options):
    jobs, results = make_plan(inputs, Path(out), **options)
    pairs = {job.source.as_posix(): job.destination.as_posix() for job in jobs}
    return pairs, {result.source: result.reason or result.status for result in results}


def test_folders_keep_their_structure(tree):
    tree("in/a.wav", "in/b/c.FLAC", "in/b/notes.txt", "in/.hidden.wav", "in/.git/d.wav")
    jobs = {"in/a.wav": "out/a.wav", "in/b/c.FLAC": "out/b/c.FLAC"}
    assert plan("in") == (jobs, {"in/b/notes.txt": OTHER})
    assert plan("in", ignore_others=True) == (jobs, {})


def test_a_folder_or_glob_without_recordings_is_named(tree):
    tree("in/notes.txt", "empty/a/.hidden.wav")
    assert plan("in", "empty", "none/*") == (
        {},
        {"in/notes.txt": OTHER, "empty": "no file is there", "none/*": "no file is there"},
    )
    assert plan("in/notes.txt")[0] == {"in/notes.txt": "out/notes.txt"}  # it was asked for


def test_streams_become_wav(tree):
    os.mkfifo("pipe")
    assert plan("-", "pipe") == ({"-": "out/stdin.wav", "pipe": "out/pipe.wav"}, {})
    tree("a.flac")
    assert plan("a.flac", as_wav=True) == ({"a.flac": "out/a.wav"}, {})


def test_files_keep_their_name_whatever_it_is(tree):
    tree("in/b/a.dat")
    assert plan("in/b/a.dat") == ({"in/b/a.dat": "out/a.dat"}, {})


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("in/*.wav", {"in/a.wav": "out/a.wav"}),
        ("in/*/*.wav", {"in/b/c.wav": "out/b/c.wav"}),
        ("in/**/*.wav", {"in/a.wav": "out/a.wav", "in/b/c.wav": "out/b/c.wav"}),
        ("in/b/[a-c].*", {"in/b/c.wav": "out/c.wav"}),
    ],
)
def test_globs_keep_what_follows_the_first_wildcard(tree, pattern, found):
    tree("in/a.wav", "in/b/c.wav", "in/b/c.txt")
    assert plan(pattern, ignore_others=True) == (found, {})


def test_a_name_that_looks_like_a_glob_is_a_name_first(tree):
    tree("take [1].wav")
    assert plan("take [1].wav")[0] == {"take [1].wav": "out/take [1].wav"}


def test_what_is_not_there_is_named(tree):
    tree("in/a.wav", "in/b.txt")
    jobs, failed = plan("in/a.wav", "none.wav", "in/*.mp3")
    assert jobs == {"in/a.wav": "out/a.wav"}
    assert failed == {"none.wav": "no such file", "in/*.mp3": "no file is there"}


def test_one_file_given_twice_is_one_job(tree):
    tree("in/a.wav")
    assert plan("in", "in/a.wav", "in/*.wav") == ({"in/a.wav": "out/a.wav"}, {})


@pytest.mark.parametrize("names", [("x/a.wav", "y/a.wav"), ("x/a.wav", "y/A.wav")])
def test_two_files_that_would_become_one_are_both_refused(tree, names):
    tree(*names, "x/b.wav")
    jobs, failed = plan("x", "y")
    assert jobs == {"x/b.wav": "out/b.wav"}
    assert set(failed) == set(names)
    assert all("2 recordings would become out/" in reason for reason in failed.values())
    assert "such as x/a.wav" in failed[names[1]]


def test_results_that_exist(tree):
    tree("in/a.wav", "in/b.wav", "out/a.wav")
    both = {"in/a.wav": "out/a.wav", "in/b.wav": "out/b.wav"}
    jobs, failed = plan("in")
    assert jobs == {"in/b.wav": "out/b.wav"}
    assert failed == {"in/a.wav": "out/a.wav exists; --force overwrites it, --resume keeps it"}
    assert plan("in", resume=True) == ({"in/b.wav": "out/b.wav"}, {"in/a.wav": "skipped"})
    assert plan("in", force=True) == (both, {})


def test_a_folder_in_the_place_of_a_result(tree):
    tree("in/a.wav", "out/a.wav/b.txt")
    assert plan("in", force=True) == ({}, {"in/a.wav": "out/a.wav is a folder"})


@pytest.mark.parametrize(
    ("inputs", "out"),
    [(["in"], "in"), (["in/a.wav"], "in"), (["in"], "link"), (["in/b/c.wav", "in/c.wav"], "in")],
)
@pytest.mark.parametrize("force", [False, True])
def test_a_recording_is_never_overwritten(tree, inputs, out, force):
    tree("in/a.wav", "in/b/c.wav", "in/c.wav")
    os.symlink("in", "link")
    with pytest.raises(ValueError, match=r"would take the place of the recording"):
        plan(*inputs, out=out, force=force)


def test_results_below_the_input_are_not_enhanced_again(tree):
    tree("in/a.wav", "in/enhanced/a.wav", "in/enhanced/b.wav")
    expected = {"in/a.wav": "in/enhanced/a.wav"}
    for pattern in ("in", "in/**/*.wav"):
        assert plan(pattern, out="in/enhanced", force=True) == (expected, {})


def test_groups_are_bounded_in_number_and_size(tree):
    sizes = [10] * 40 + [3 * 2**20, 2**20 - 100, 2**30, 10]
    for i, size in enumerate(sizes):
        tree(f"in/{i:02}.wav")
        os.truncate(f"in/{i:02}.wav", size)
    jobs, _ = make_plan(["in"], Path("out"))
    groups = make_groups(jobs, side_by_side=True)
    assert [len(group) for group in groups] == [32, 10, 1, 1]
    assert [job for group in groups for job in group] == jobs
    assert [len(group) for group in make_groups(jobs, side_by_side=False)] == [1] * 44


def test_links_are_followed_and_two_names_are_two_recordings(tree):
    tree("in/real/a.wav", "other/b.wav")
    os.symlink("real/a.wav", "in/alias.wav")
    os.symlink("../other", "in/linked")
    os.symlink("..", "in/linked/round")
    assert plan("in")[0] == {
        "in/alias.wav": "out/alias.wav",
        "in/linked/b.wav": "out/linked/b.wav",
        "in/real/a.wav": "out/real/a.wav",
    }


def test_a_pipe_in_a_folder_is_not_waited_for(tree):
    tree("in/a.wav")
    os.mkfifo("in/p.wav")
    reason = "a pipe, which is read only where it is named itself"
    assert plan("in") == ({"in/a.wav": "out/a.wav"}, {"in/p.wav": reason})


@pytest.mark.parametrize("given", ["in", "in/**/*.wav"])
def test_a_folder_that_cannot_be_listed_is_named_and_the_rest_goes_on(tree, monkeypatch, given):
    tree("in/a.wav", "in/locked/b.wav", "in/z/c.wav")
    scan = os.scandir

    def scandir(path="."):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    jobs, failed = plan(given)
    assert {"in/a.wav", "in/z/c.wav"} <= set(jobs)
    assert failed["in/locked"] == "Permission denied"


def test_what_is_read_and_not_written_becomes_flac(tree):
    tree("a.mp2")
    assert plan("a.mp2")[0] == {"a.mp2": "out/a.flac"}
