"""What every enhancer gets from its base class; a minimal one of a user's own."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from skse import StreamingEnhancer
from skse.enhancement import BaseClassicalEnhancer, BaseEnhancer, BaseGainEnhancer


class Halve(BaseClassicalEnhancer):
    def __init__(self, sampling_rate=None):
        self.sampling_rate = sampling_rate

    def enhance(self, waveforms, allocate=np.empty):
        return [0.5 * x for x in waveforms]


class Gate(BaseGainEnhancer):
    def __init__(self, sampling_rate=None, *, gain=0.25, strength=1.0):
        self.sampling_rate = sampling_rate
        self.gain = gain
        self.strength = strength

    def step(self, power, state):
        return np.full(power.shape, self.gain, np.float32)


def test_checks_container_and_rate(rng):
    noisy = rng.standard_normal((3, 1000))
    enhancer = Halve(8000)
    with pytest.raises(NotFittedError):
        enhancer.predict(noisy)
    enhancer.fit(noisy)
    np.testing.assert_allclose(enhancer.predict(noisy), 0.5 * noisy, rtol=1e-6)
    assert isinstance(enhancer.predict(tuple(noisy)), tuple)
    with pytest.raises(ValueError, match=r"sampling_rate=8000, but X .* 16000 Hz"):
        enhancer.predict(noisy, sampling_rate=16000)
    with pytest.raises(ValueError, match="sampling_rate=-1"):
        Halve(-1).fit(noisy)
    assert enhancer.score(noisy, noisy) > 90


def test_a_whole_recording_is_no_stream(rng):
    enhancer = Halve().fit(rng.standard_normal((3, 1000)))
    with pytest.raises(ValueError, match="Halve enhances whole recordings only"):
        StreamingEnhancer(enhancer)


def test_hooks_that_are_missing(rng):
    noisy = rng.standard_normal((3, 1000))
    with pytest.raises(NotImplementedError, match="BaseEnhancer has no method enhance"):
        BaseEnhancer().enhance(noisy)
    with pytest.raises(NotImplementedError, match="BaseGainEnhancer has no method step"):
        BaseGainEnhancer().fit(noisy).predict(noisy)


@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_a_gain_enhancer_works_on_recordings_and_streams(strength, rng):
    x = rng.standard_normal(5000).astype(np.float32)
    gate = Gate(strength=strength).fit([x])
    expected = (1 + strength * (0.25 - 1)) * x
    np.testing.assert_allclose(gate.predict([x])[0], expected, atol=1e-5)
    stream = StreamingEnhancer(gate)
    out = np.concatenate([*map(stream.process, np.split(x, 10)), stream.flush()])
    np.testing.assert_allclose(out[stream.latency_samples_ :], expected, atol=1e-5)
