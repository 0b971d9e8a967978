"""Checked waveforms that are read, and checked, when their turn comes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skse.utils._ahead import in_threads
from skse.utils._errors import UnusableFileError
from skse.utils._handles import Scaled, WaveformHandle
from skse.utils.typing import Arrays

# Samples that wait to be used where waveforms are read ahead: 64 MB.
_MOST_AHEAD = 2**24


class UnreadWaveforms(Sequence):
    """Waveforms of which some are handles: each is read when it is asked for, and not kept.

    Whoever goes through them gets arrays, which threads read ahead.

    Parameters
    ----------
    waveforms : sequence of WaveformHandle or ndarray
        What they are.
    check : callable
        ``check(x, name)`` returns a waveform that is read as checked samples in float32.
    name : str
        What error messages call the argument.
    numbers : sequence of int, default=None
        By which they go in error messages. None counts them.
    """

    def __init__(self, waveforms, check, name, numbers=None):
        self._waveforms, self._check, self._name = waveforms, check, name
        self._numbers = range(len(waveforms)) if numbers is None else numbers

    @property
    def lengths(self) -> list[int]:
        """Samples of each."""
        return [len(x) for x in self._waveforms]

    @property
    def sampling_rate(self) -> float | None:
        """Sampling rate in Hz of the handles that know theirs, or None; it is one."""
        found = {}
        for number, x in zip(self._numbers, self._waveforms, strict=True):
            if getattr(x, "sampling_rate", None) is not None:
                found.setdefault(x.sampling_rate, number)
        if len(found) > 1:
            (rate, i), (other, j), *_ = found.items()
            raise ValueError(
                f"{self._name}[{i}] has {rate} Hz and {self._name}[{j}] {other} Hz; expected one "
                "rate. Pass sampling_rate to skse.datasets.AudioFile, which resamples."
            )
        return next(iter(found), None)

    def take(self, indices: Sequence[int]) -> "UnreadWaveforms":
        """Return some of them, unread."""
        chosen, numbers = ([of[i] for i in indices] for of in (self._waveforms, self._numbers))
        return UnreadWaveforms(chosen, self._check, self._name, numbers)

    def scaled(self, factors: Sequence[float]) -> "UnreadWaveforms":
        """Return each times its factor in float32, unread."""
        scaled = [
            Scaled(x, factor) if isinstance(x, WaveformHandle) else x * np.float32(factor)
            for x, factor in zip(self._waveforms, factors, strict=True)
        ]
        return UnreadWaveforms(scaled, self._check, self._name, self._numbers)

    def address(self, i: int) -> Any:
        """Return what is equal for two of them that are one handle, or one array."""
        x = self._waveforms[i]
        return x if isinstance(x, WaveformHandle) else id(x)

    def read(self, i: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Read samples of one."""
        x, name = self._waveforms[i], f"{self._name}[{self._numbers[i]}]"
        try:
            samples = x.read(start, stop) if isinstance(x, WaveformHandle) else x[start:stop]
        except UnusableFileError as error:
            raise ValueError(f"{name}: {error}.") from error
        return self._check(samples, name)

    def __len__(self):
        return len(self._waveforms)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return self.take(range(len(self))[index])
        return self.read(index)

    def __iter__(self):
        return in_threads(self.read, range(len(self)), self.lengths, _MOST_AHEAD)


class _View:
    """One of them, of which the samples that are asked for are read."""

    __slots__ = ("_i", "_n_times", "_waveforms")

    def __init__(self, waveforms, i, n_times):
        self._waveforms, self._i, self._n_times = waveforms, i, n_times

    def __len__(self):
        return self._n_times

    def __getitem__(self, part):
        begin, end, _ = part.indices(self._n_times)
        return self._waveforms.read(self._i, begin, end)


def lengths_of(waveforms: Arrays) -> list[int]:
    """Return the samples of each of checked waveforms, without reading any.

    Parameters
    ----------
    waveforms : ndarray of shape (n_samples, n_times) or sequence of ndarray
        As :func:`check_waveforms` returns them.

    Returns
    -------
    lengths : list of int
    """
    if isinstance(waveforms, UnreadWaveforms):
        return waveforms.lengths
    return [len(x) for x in waveforms]


def rate_of(waveforms: Arrays) -> float | None:
    """Return the sampling rate that checked waveforms say they have.

    Parameters
    ----------
    waveforms : ndarray of shape (n_samples, n_times) or sequence of ndarray
        As :func:`check_waveforms` returns them.

    Returns
    -------
    sampling_rate : float or None
        Hz; None for arrays, which do not say.
    """
    return waveforms.sampling_rate if isinstance(waveforms, UnreadWaveforms) else None


def pick(waveforms: Arrays, indices: Sequence[int]) -> Arrays:
    """Return some of checked waveforms, without reading any.

    Parameters
    ----------
    waveforms : ndarray of shape (n_samples, n_times) or sequence of ndarray
        As :func:`check_waveforms` returns them.
    indices : sequence of int
        Which, in which order.

    Returns
    -------
    waveforms : sequence of ndarray
    """
    if isinstance(waveforms, UnreadWaveforms):
        return waveforms.take(indices)
    return [waveforms[i] for i in indices]


def views_of(waveforms: Arrays) -> list[Any]:
    """Return checked waveforms as objects of which a slice is an array, without reading any.

    Parameters
    ----------
    waveforms : ndarray of shape (n_samples, n_times) or sequence of ndarray
        As :func:`check_waveforms` returns them.

    Returns
    -------
    views : list
        Each has a length, and ``view[begin:end]`` are samples.
    """
    if isinstance(waveforms, UnreadWaveforms):
        return [_View(waveforms, i, n) for i, n in enumerate(waveforms.lengths)]
    return list(waveforms)
