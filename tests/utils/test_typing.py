"""What the words of the annotations promise is what the checks take when they run."""

import collections.abc
import typing

import numpy as np
import pytest
from sklearn.utils import check_random_state

from skse.utils import check_waveforms
from skse.utils import typing as words


@pytest.mark.parametrize(
    "value",
    [
        np.zeros((2, 8)),
        np.zeros((2, 8), np.float32),
        [np.zeros(8), np.zeros(9, np.float32)],
        ([0.0, 0.5], [0.25]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_waveforms_of_every_kind_are_taken(value):
    array, sequence = typing.get_args(words.Waveforms)
    assert hasattr(value, "__array__") or isinstance(value, typing.get_origin(sequence))
    assert array is words.SupportsArray
    assert all(x.dtype == np.float32 and x.ndim == 1 for x in check_waveforms(value))


def test_a_path_is_no_waveform():
    """It is a sequence, but not of numbers: a type checker refuses it, and so does skse."""
    _, sequence = typing.get_args(words.Waveform)
    assert sequence == collections.abc.Sequence[float]
    with pytest.raises((TypeError, ValueError)):
        check_waveforms("noisy.wav")


@pytest.mark.parametrize("value", [None, 0, np.random.RandomState(0)])
def test_random_states_are_those_of_scikit_learn(value):
    assert isinstance(value, words.RandomState)
    assert isinstance(check_random_state(value), np.random.RandomState)
    with pytest.raises(ValueError, match="seed"):
        check_random_state("0")
    assert not isinstance("0", words.RandomState)
