"""What was trained is not lost where its file cannot be written."""

import errno
import os
import tempfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skse.cli import main
from skse.files import NotSavedError, _train, train_from_folders
from skse.files._rescue import check_folder, save_or_keep


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """The system's folder for temporary files, and the home: two empty ones."""
    folders = [tmp_path / "temporary", tmp_path / "home"]
    for folder in folders:
        folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders[0]))
    monkeypatch.setenv("HOME", str(folders[1]))
    monkeypatch.setenv("USERPROFILE", str(folders[1]))
    return folders


@pytest.fixture
def folders(write, tmp_path, rng):
    for name in "ab":
        clean = 0.3 * np.sin(rng.uniform(0.2, 0.5) * np.arange(4000))
        write(f"clean/{name}.wav", clean)
        write(f"noisy/{name}.wav", clean + 0.1 * rng.standard_normal(4000))
    return tmp_path / "noisy", tmp_path / "clean"


def failing(error):
    def save(*_):
        raise error

    return save


@pytest.mark.parametrize(
    ("error", "reason", "where"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "m.skse"), "No space", "temporary"),
        (RuntimeError("The ONNX form deviates"), "The ONNX form deviates", "models"),
    ],
)
def test_kept_elsewhere(tmp_path, elsewhere, error, reason, where):
    out = tmp_path / "models" / "m.skse"
    out.parent.mkdir()
    with pytest.raises(NotSavedError, match=reason) as caught:
        save_or_keep(failing(error), Ridge(alpha=3), out)
    kept = caught.value.kept_at
    assert (kept.parent.name, kept.suffix) == (where, ".joblib")
    assert str(caught.value).startswith(f"{out}: what was trained could not be saved ({reason}")
    assert str(kept) in str(caught.value)
    assert joblib.load(kept).alpha == caught.value.enhancer.alpha == 3


def test_the_next_folder_where_one_is_full(tmp_path, elsewhere):
    elsewhere[0].rmdir()
    with pytest.raises(NotSavedError) as caught:
        save_or_keep(failing(OSError(5, "Input/output error")), Ridge(), tmp_path / "m.skse")
    assert caught.value.kept_at.parent == elsewhere[1]


def test_what_cannot_be_pickled_is_in_the_error(tmp_path, elsewhere):
    own = Ridge(alpha=lambda: 1)
    with pytest.raises(NotSavedError, match="it is in `enhancer` of this error") as caught:
        save_or_keep(failing(ValueError("no")), own, tmp_path / "m.skse")
    assert caught.value.enhancer is own
    assert caught.value.kept_at is None
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


def test_a_training_whose_file_cannot_be_written(folders, tmp_path, elsewhere, monkeypatch):
    monkeypatch.setattr(_train, "save_model", failing(RuntimeError("not converted")))
    options = {"network": Ridge(), "validation_fraction": 0}
    with pytest.raises(NotSavedError, match="not converted") as caught:
        train_from_folders(*folders, tmp_path / "out" / "m.skse", **options)
    noisy = np.random.default_rng(0).standard_normal((1, 4000))
    expected = caught.value.enhancer.predict(noisy)
    np.testing.assert_array_equal(joblib.load(caught.value.kept_at).predict(noisy), expected)


def test_the_command_says_where_it_is(folders, tmp_path, elsewhere, monkeypatch):
    from click.testing import CliRunner

    from skse import files

    def train(*arguments, **options):
        return train_from_folders(*arguments, **options | {"network": Ridge()})

    monkeypatch.setattr(files, "train_from_folders", train)
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(_train, "save_model", failing(error))
    out = tmp_path / "m.skse"
    run = CliRunner().invoke(main, ["train", *map(str, folders), "--out", str(out)])
    assert run.exit_code == 1
    (kept,) = elsewhere[0].iterdir()
    assert run.stderr.strip().splitlines()[-1].startswith(f"Error: {out}: ")
    assert str(kept) in run.stderr
    assert isinstance(joblib.load(kept).regressor_, Ridge)


def test_a_folder_that_takes_no_file_is_found_before_training(tmp_path):
    check_folder("train", tmp_path / "new" / "m.skse")
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="train: no file can be written there") as caught:
        check_folder("train", tmp_path / "file" / "m.skse")
    assert caught.value.filename == str(tmp_path / "file" / "m.skse")


def test_training_does_not_begin_where_nothing_can_be_saved(folders, tmp_path, monkeypatch):
    def began(*_, **__):
        pytest.fail("the pairs were read")

    monkeypatch.setattr(_train, "_load", began)
    Path(tmp_path, "file").touch()
    with pytest.raises(OSError, match="no file can be written there"):
        train_from_folders(*folders, tmp_path / "file" / "m.skse", network=Ridge())
    monkeypatch.setattr(_train, "check_keras", failing(ValueError("backend='jax'")))
    with pytest.raises(ValueError, match="backend='jax'"):
        train_from_folders(*folders, tmp_path / "m.skse")
