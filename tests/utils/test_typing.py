"""Whatever the aliases of the annotations allow is taken at run time too."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import get_args, get_origin

import numpy as np
import pytest
import soundfile
from numpy.testing import assert_array_equal
from sklearn.utils import check_random_state

from skse.datasets import load_pairs
from skse.utils import check_waveform, check_waveforms, list_files
from skse.utils.typing import FilePath, Match, RandomState, SupportsArray, Waveform, Waveforms


class Tensor:
    """What NumPy makes an array of, and nothing else."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


class Items(Sequence):
    """A sequence that is neither a list nor a tuple."""

    def __init__(self, items):
        self.items = items

    def __getitem__(self, i):
        return self.items[i]

    def __len__(self):
        return len(self.items)


def values_of(hint, known, shape=()):
    """List a value of every kind that a hint allows: `known`, or numbers 0.5 of this shape."""
    if isinstance(hint, UnionType):
        return [value for kind in get_args(hint) for value in values_of(kind, known, shape)]
    if get_origin(hint) is Sequence:
        items = values_of(*get_args(hint), known, shape[1:])
        return [make([item] * shape[0]) for item in items for make in (list, tuple, Items)]
    numbers = {SupportsArray: Tensor(np.full(shape, 0.5)), float: 0.5}
    return [{**numbers, **known}[hint]]


@pytest.mark.parametrize(
    ("hint", "check", "shape", "n_kinds"),
    [(Waveform, check_waveform, (4,), 4), (Waveforms, check_waveforms, (2, 4), 13)],
)
def test_waveforms_are_what_the_checks_take(hint, check, shape, n_kinds):
    values = values_of(hint, {}, shape)
    assert len(values) == n_kinds
    for value in values:
        assert_array_equal(check(value), np.full(shape, 0.5))
    for other in ("a.wav", None, 0.5):
        with pytest.raises(ValueError, match=r"must|dimensional"):
            check(other)


def test_paths_are_what_files_are_found_by(tmp_path):
    (tmp_path / "a.wav").touch()
    for folder in values_of(FilePath, {str: str(tmp_path), os.PathLike[str]: tmp_path}):
        assert list_files(folder) == [tmp_path / "a.wav"]


def test_random_states_are_what_scikit_learn_takes():
    known = {int: 3, np.random.RandomState: np.random.RandomState(3), NoneType: None}
    for value in values_of(RandomState, known):
        assert isinstance(check_random_state(value), np.random.RandomState)


def test_matches_are_what_pairs_are_found_by(tmp_path):
    for name in ("noisy/a1.wav", "clean/a.wav"):
        (tmp_path / name).parent.mkdir()
        soundfile.write(tmp_path / name, np.full(9, 0.5), 8000)
    known = {
        str: r"(a)\d",
        re.Pattern[str]: re.compile(r"(a)\d"),
        Mapping[str, str]: {"a1": "a"},
        Callable[[Path], str | None]: lambda path: path.stem[0],
    }
    for match in values_of(Match, known):
        pairs = load_pairs(tmp_path / "noisy", tmp_path / "clean", match=match)
        assert pairs.sentence.tolist() == ["a"]
