"""Frames through a chain as they arrive: what comes out is what predict makes of the whole."""

import math
import pickle

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from skse import (
    FeatureScaler,
    IdealMaskTarget,
    NetworkRegressor,
    SpeechEnhancer,
    STFTFeaturizer,
    StreamingEnhancer,
    UNetRegressor,
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


class Clipped(UNetRegressor):
    """A network with a `predict` of its own."""

    def predict(self, X):
        return np.clip(super().predict(X), 0.4, 0.6)


SMALL = {"filters": (4,), "dilations": (1,), "top_filters": 2, "epochs": 1, "random_state": 0}


@pytest.mark.parametrize(
    "regressor",
    [
        UNetRegressor(**SMALL),
        Clipped(**SMALL, causal=True),
        make_pipeline(make_pipeline(FeatureScaler(), UNetRegressor(**SMALL))),
        make_pipeline(FeatureScaler(), NetworkRegressor(Recurrent(), epochs=1, random_state=0)),
    ],
)
def test_streams_of_every_kind_equal_predict(regressor, rng, streamed):
    noisy = [rng.standard_normal(3000).astype(np.float32) for _ in range(3)]
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=64, hop_length=32), regressor=regressor, normalize_level=False
    ).fit(noisy, noisy)
    stream = StreamingEnhancer(enhancer)
    for size in (1000, 100):
        out = streamed(stream, noisy[0], size)
        np.testing.assert_allclose(out, enhancer.predict(noisy)[0], atol=1e-5)
    again = pickle.loads(pickle.dumps(enhancer))
    out = streamed(StreamingEnhancer(again), noisy[0], 100)
    np.testing.assert_allclose(out, enhancer.predict(noisy)[0], atol=1e-5)


def test_limits_take_effect_in_a_running_stream(make_echo, rng):
    x = rng.standard_normal(4000).astype(np.float32)
    enhancer = SpeechEnhancer(regressor=make_echo(1, 1), normalize_level=False).fit([x], [x])
    stream = StreamingEnhancer(enhancer)
    enhancer.set_params(strength=0.0)
    out = np.concatenate([stream.process(x), stream.flush()])
    np.testing.assert_allclose(out[stream.latency_samples_ :], x, atol=1e-5)
