"""Waveforms that are not in memory: slices in, slices out, the same numbers."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from skse import (
    IdentityEnhancer,
    LogMMSE,
    SpectralSubtraction,
    SpeechEnhancer,
    WienerFilter,
)


class OnlySlices:
    """A waveform of which nothing but its length and slices can be had."""

    def __init__(self, n_times, dtype=np.float32):
        self._values = np.full(n_times, np.nan, dtype)
        self.largest = 0

    @classmethod
    def of(cls, x):
        waveform = cls(len(x))
        waveform[0 : len(x)] = x
        return waveform

    def __len__(self):
        return len(self._values)

    def __getitem__(self, key):
        assert isinstance(key, slice)
        values = self._values[key].copy()
        self.largest = max(self.largest, len(values))
        return values

    def __setitem__(self, key, values):
        assert isinstance(key, slice)
        self._values[key] = values
        self.largest = max(self.largest, len(values))


@pytest.mark.parametrize(
    ("enhancer", "n_times"),
    [
        (IdentityEnhancer(), 400_000),
        (SpectralSubtraction(), 400_000),
        (WienerFilter(), 400_000),
        (LogMMSE(), 400_000),
        (SpeechEnhancer(regressor=Ridge()), 1_500_000),
    ],
    ids=lambda value: None if isinstance(value, int) else type(value).__name__,
)
def test_slices_are_enough_and_bounded(rng, enhancer, n_times):
    x = rng.standard_normal(n_times).astype(np.float32)
    x[: 2**16 + 5] = 0  # the noise begins after a whole chunk of silence
    enhancer.fit([x[-8000:]], [x[-8000:]])
    made = []

    def allocate(n_times, dtype):
        made.append(OnlySlices(n_times, dtype))
        return made[-1]

    sliced = OnlySlices.of(x)
    sliced.largest = 0
    enhanced = enhancer.enhance([sliced], allocate)
    assert enhanced == made
    np.testing.assert_array_equal(enhanced[0]._values, enhancer.predict([x])[0])
    assert max(sliced.largest, made[0].largest) < len(x) / 2
