"""Frames through a chain as they arrive: what comes out is what predict makes of the whole."""

import math

import numpy as np
import pytest

from skse import (
    IdealMaskTarget,
    NetworkRegressor,
    SpeechEnhancer,
    STFTFeaturizer,
    StreamingEnhancer,
)
from skse.networks import BaseArchitecture


class Recurrent(BaseArchitecture):
    """A GRU over frames."""

    def __init__(self, units=4):
        self.units = units

    def body(self, image, n_channels, stateful=False):
        from keras import layers

        frames = layers.Reshape((-1, image.shape[1]))(layers.Permute((2, 1, 3))(image))
        frames = layers.GRU(self.units, return_sequences=True, stateful=stateful)(frames)
        frames = layers.Dense(image.shape[1])(frames)
        return layers.Permute((2, 1, 3))(layers.Reshape((-1, image.shape[1], 1))(frames))

    def receptive_field(self):
        return math.inf, 0


@pytest.mark.parametrize("size", [1, 100, 5000, "any"])
def test_a_state_is_carried_through_recordings_and_streams(size, rng, streamed):
    noisy = [rng.standard_normal(n).astype(np.float32) for n in (4000, 40000)]
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=64, hop_length=32),
        IdealMaskTarget(),
        NetworkRegressor(Recurrent(), epochs=1, random_state=0),
        normalize_level=False,
    ).fit(noisy, noisy)
    x = noisy[0] if size == 1 else noisy[1]
    out = streamed(StreamingEnhancer(enhancer), x, size)
    np.testing.assert_allclose(out, enhancer.predict(noisy)[int(size != 1)], atol=1e-5)


def test_limits_take_effect_in_a_running_stream(make_echo, rng):
    x = rng.standard_normal(4000).astype(np.float32)
    enhancer = SpeechEnhancer(regressor=make_echo(1, 1), normalize_level=False).fit([x], [x])
    stream = StreamingEnhancer(enhancer)
    enhancer.set_params(strength=0.0)
    out = np.concatenate([stream.process(x), stream.flush()])
    np.testing.assert_allclose(out[stream.latency_samples_ :], x, atol=1e-5)
