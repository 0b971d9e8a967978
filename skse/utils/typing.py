"""The words of the annotations: what public functions take and what they return."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np


class SupportsArray(Protocol):
    """Whatever NumPy makes an array of: an array, a tensor, a data frame."""

    def __array__(self) -> Any: ...


FilePath: TypeAlias = str | os.PathLike[str]
# Which clean file belongs to a noisy one, as load_pairs reads it.
Match: TypeAlias = str | re.Pattern[str] | Mapping[str, str] | Callable[[Path], str | None]
RandomState: TypeAlias = int | np.random.RandomState | None
# One mono waveform, and several, of any lengths. Neither is a str: the path of a recording.
Waveform: TypeAlias = SupportsArray | Sequence[float]
Waveforms: TypeAlias = SupportsArray | Sequence[Waveform]
OneOrMany: TypeAlias = Waveform | Waveforms
Window: TypeAlias = str | tuple[Any, ...] | Waveform
# Checked waveforms, STFTs or features: an array where all are equally long, else a sequence.
Arrays: TypeAlias = np.ndarray | Sequence[np.ndarray]
# What makes the arrays that results are written to, such as numpy.empty.
Allocate: TypeAlias = Callable[..., np.ndarray]
# Arrays as a result. Which one it is depends on the argument: Any spares the caller a cast.
ArrayOrList: TypeAlias = np.ndarray | Any
# A number for every utterance, or a float where the argument was a single waveform.
Scores: TypeAlias = Any
