"""A classical enhancer of one's own: a gate that closes where there is noise alone."""

import numpy as np

from skse.enhancement import BaseGainEnhancer


class Gate(BaseGainEnhancer):
    """Attenuate every unit that is not much louder than the noise."""

    def __init__(self, sampling_rate=None, *, threshold=3.0, closed=0.1):
        self.sampling_rate = sampling_rate
        self.threshold = threshold
        self.closed = closed

    def step(self, power, state):
        is_open = power > self.threshold * state["noise"]
        return np.where(is_open, np.float32(1), np.float32(self.closed))
