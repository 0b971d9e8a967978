"""A stream gives what predict gives, later."""

import copy
import tracemalloc

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from skse import (
    AutoencoderRegressor,
    DenseNetRegressor,
    FeatureScaler,
    IdealMaskTarget,
    IdentityEnhancer,
    LogMMSE,
    MelFeaturizer,
    PeakNormalize,
    SignalApproximationTarget,
    SpectralSubtraction,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    StreamingEnhancer,
    UNetRegressor,
    WideResNetRegressor,
    WienerFilter,
)

SIZES = [127, 128, 1000, "any", 10**6]
TINY = {"filters": (4, 4), "dilations": (1,), "top_filters": 2, "epochs": 1, "random_state": 0}


def rms(x):
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) or 1.0


@pytest.fixture
def pairs(rng):
    times = np.arange(4000) / 8000
    clean = 0.3 * np.sin(2 * np.pi * (rng.uniform(300, 900, (4, 1)) * times + 300 * times**2))
    return clean + 0.1 * rng.standard_normal(clean.shape), clean


@pytest.fixture
def recordings(rng):
    """Of ordinary length, shorter than a frame, one sample, silent, late to begin."""
    x = (0.2 * rng.standard_normal(3000)).astype(np.float32)
    late = np.concatenate([np.zeros(1234, np.float32), x[:1500]])
    return [x, x[:50], x[:1], np.zeros(500, np.float32), late]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    "enhancer",
    [
        SpeechEnhancer(regressor=Ridge()),
        SpeechEnhancer(
            MelFeaturizer(8000, n_fft=200, hop_length=70),
            SpectrumTarget("magnitude"),
            Ridge(),
            context_frames=0,
            mask_floor_db=-20,
            strength=0.7,
        ),
        SpeechEnhancer(
            STFTFeaturizer(n_fft=64, noise_channels=("posterior_snr", "prior_snr"), hop_length=20),
            IdealMaskTarget(),
            Ridge(),
        ),
        LogMMSE(min_duration=0),
        WienerFilter(n_fft=255, min_duration=0, strength=0.8, mask_floor_db=-15),
        LogMMSE(noise="start"),
        SpectralSubtraction(hop_length=100, min_duration=0),
        SpectralSubtraction(noise="start", hop_length=100, noise_frames=3),
        SpectralSubtraction(noise="start", noise_frames=100),
        IdentityEnhancer(),
    ],
)
def test_any_block_size_gives_what_predict_gives(pairs, recordings, streamed, enhancer, size):
    enhancer.fit(*pairs)
    for x in recordings:
        stream = StreamingEnhancer(enhancer, level=rms(x))
        np.testing.assert_allclose(
            streamed(stream, x, size), enhancer.predict([x])[0], rtol=0, atol=1e-6
        )


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("back", "ahead"), [(0, 0), (5, 0), (0, 4), (3, 6), (300, 2)])
def test_networks_with_a_bounded_view(pairs, recordings, streamed, make_echo, back, ahead, size):
    enhancer = SpeechEnhancer(
        STFTFeaturizer(hop_length=64),
        regressor=make_pipeline(FeatureScaler(), make_echo(back, ahead)),
        normalize_level=False,
        segment_frames=16,
    ).fit(*pairs)
    stream = StreamingEnhancer(enhancer)
    assert stream.latency_samples_ == 255 + 64 * ahead
    for x in recordings:
        np.testing.assert_allclose(
            streamed(stream, x, size), enhancer.predict([x])[0], rtol=0, atol=1e-6
        )


def test_sample_by_sample(pairs, streamed, make_echo):
    x = pairs[0][0].astype(np.float32)
    echo = SpeechEnhancer(regressor=make_echo(2, 3), normalize_level=False)
    for enhancer in (echo, LogMMSE(noise="start", noise_frames=3)):
        out = streamed(StreamingEnhancer(enhancer.fit(*pairs)), x[:1500], 1)
        np.testing.assert_allclose(out, enhancer.predict([x[:1500]])[0], rtol=0, atol=1e-6)


@pytest.mark.training
@pytest.mark.parametrize(
    ("target", "causal"), [(None, False), (None, True), (SignalApproximationTarget(), True)]
)
def test_u_net(pairs, recordings, streamed, target, causal):
    enhancer = SpeechEnhancer(
        target=target,
        regressor=UNetRegressor(**TINY, causal=causal),
        segment_frames=16,
        sampling_rate=8000,
    ).fit(*pairs)
    ahead = 0 if causal else enhancer.regressor_.receptive_field()[1]
    for x in recordings:
        stream = StreamingEnhancer(enhancer, level=rms(x))
        assert stream.latency_samples_ == 255 + 128 * ahead
        assert stream.latency_ms_ == stream.latency_samples_ / 8
        for size in (100, 10**6):
            np.testing.assert_allclose(
                streamed(stream, x, size), enhancer.predict([x])[0], rtol=0, atol=1e-6
            )


@pytest.mark.training
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    "network",
    [
        DenseNetRegressor(3, n_layers=1, n_levels=1, first_filters=4, dilations=(1, 2)),
        WideResNetRegressor((4,), n_blocks=2),
    ],
    ids=["densenet", "wideresnet"],
)
def test_other_networks(pairs, recordings, streamed, network, causal):
    network = clone(network).set_params(causal=causal, epochs=1, random_state=0)
    enhancer = SpeechEnhancer(regressor=network, segment_frames=16).fit(*pairs)
    ahead = 0 if causal else enhancer.regressor_.receptive_field()[1]
    for x in recordings:
        stream = StreamingEnhancer(enhancer, level=rms(x))
        assert stream.latency_samples_ == 255 + 128 * ahead
        for size in (100, 10**6):
            np.testing.assert_allclose(
                streamed(stream, x, size), enhancer.predict([x])[0], rtol=0, atol=1e-6
            )


@pytest.mark.parametrize("ahead", [0, 3])
def test_the_stated_latency_is_the_least(pairs, make_echo, ahead):
    """At some sample, what comes out has only just become known."""
    enhancer = SpeechEnhancer(regressor=make_echo(2, ahead), normalize_level=False)
    stream = StreamingEnhancer(enhancer.fit(*pairs))
    left = []
    for sample in pairs[0][0][:2000]:
        stream.process([sample])
        left.append(len(stream._ready))
    assert min(left) == 0


def test_output_never_depends_on_what_comes_later(pairs, make_echo):
    enhancer = SpeechEnhancer(regressor=make_echo(2, 1), normalize_level=False).fit(*pairs)
    x = pairs[0][0]
    first, second = StreamingEnhancer(enhancer), StreamingEnhancer(enhancer)
    np.testing.assert_array_equal(first.process(x[:1500]), second.process(x)[:1500])


def test_a_long_stream_costs_no_memory_and_no_frame_twice_that_need_not_be(pairs, make_echo, rng):
    enhancer = SpeechEnhancer(regressor=make_echo(10, 2), normalize_level=False).fit(*pairs)
    stream = StreamingEnhancer(enhancer)
    block = (0.1 * rng.standard_normal(200_000)).astype(np.float32)
    stream.process(block)  # first use allocates
    enhancer.regressor_.n_seen_.clear()
    tracemalloc.start()
    for _ in range(5):
        stream.process(block)
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 4 * block.nbytes
    n_frames = 5 * len(block) // 128
    assert sum(enhancer.regressor_.n_seen_) < 1.05 * n_frames
    assert max(enhancer.regressor_.n_seen_) <= 512


def test_level_unknown_to_the_classical_enhancers(pairs, streamed, rng):
    """As good as where it is known; what is loud must be the more like noise, which differs."""
    x = (0.01 * rng.standard_normal(4000)).astype(np.float32)
    level = float(np.sqrt(np.mean(x**2)))
    for make in (LogMMSE, WienerFilter, SpectralSubtraction):
        enhancer = make(min_duration=0)
        expected = enhancer.fit(*pairs).predict([x])[0]
        told = streamed(StreamingEnhancer(enhancer, level=level), x, 500)
        np.testing.assert_allclose(told, expected, rtol=0, atol=1e-6)
        out = streamed(StreamingEnhancer(enhancer), x, 500)
        assert np.std(out) < 0.2 * np.std(x)
        assert np.std(out) == pytest.approx(np.std(expected), rel=0.15)


def test_reset_and_flush_begin_another_stream(pairs, make_echo, streamed):
    enhancer = SpeechEnhancer(regressor=make_echo(4, 2), normalize_level=False).fit(*pairs)
    stream = StreamingEnhancer(enhancer)
    x = pairs[0][0].astype(np.float32)
    first = streamed(stream, x, 300)
    stream.process(x[:1000])
    stream.reset()
    np.testing.assert_array_equal(streamed(stream, x, 300), first)
    np.testing.assert_array_equal(stream.flush(), np.zeros(stream.latency_samples_))


def test_int16_is_scaled_as_predict_scales_it(pairs, streamed):
    enhancer = LogMMSE().fit(*pairs)
    pcm = np.round(pairs[0][0] * 10000).astype(np.int16)
    out = streamed(StreamingEnhancer(enhancer), pcm, 500)
    np.testing.assert_allclose(out, enhancer.predict([pcm])[0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ([0.0, np.nan], "block contains NaN, first at sample 1"),
        ([np.inf], "block contains inf"),
        (np.zeros((10, 2)), r"block has shape \(10, 2\); expected one mono waveform.*axis=1"),
        (np.zeros((0, 2)), r"block has shape \(0, 2\)"),
        (np.zeros(4, complex), "Complex data not supported"),
        (np.zeros(4, np.uint8), "block holds uint8 PCM"),
        ("file.wav", "block must be a 1-D waveform; got str"),
        (None, "block must be a 1-D waveform; got NoneType"),
        (["a", "b"], "block must hold numbers"),
    ],
)
def test_a_bad_block_is_refused_and_the_stream_goes_on(pairs, block, message):
    enhancer = LogMMSE().fit(*pairs)
    x = pairs[0][0]
    stream = StreamingEnhancer(enhancer)
    expected = StreamingEnhancer(enhancer).process(x)
    begun = stream.process(x[:1700])
    with pytest.raises(ValueError, match=message):
        stream.process(block)
    rest = stream.process(x[1700:])
    np.testing.assert_allclose(np.concatenate([begun, rest]), expected, atol=1e-7)


def test_an_empty_block_gives_an_empty_one(pairs):
    stream = StreamingEnhancer(LogMMSE().fit(*pairs))
    assert stream.process([]).shape == (0,)


class TestRefused:
    def test_other_objects(self, pairs):
        pipeline = make_pipeline(PeakNormalize(), LogMMSE()).fit(*pairs)
        for enhancer in (pipeline, Ridge(), None):
            with pytest.raises(ValueError, match="must be a fitted SpeechEnhancer or a classical"):
                StreamingEnhancer(enhancer)
        with pytest.raises(NotFittedError):
            StreamingEnhancer(LogMMSE())
        with pytest.raises(ValueError, match="noise_frames == 0, must be >= 1"):
            StreamingEnhancer(LogMMSE().fit(*pairs).set_params(noise_frames=0))

    def test_networks_that_see_segments_as_a_whole(self, pairs, make_echo):
        message = r"needs a regressor that looks a bounded number.*UNetRegressor with a stride of 1"
        enhancer = SpeechEnhancer(regressor=make_echo(bounded=False)).fit(*pairs)
        with pytest.raises(ValueError, match=message):
            StreamingEnhancer(enhancer, level=0.1)
        for network in (AutoencoderRegressor(), UNetRegressor(strides=(2, 2))):
            other = copy.copy(enhancer)
            other.regressor_ = network
            with pytest.raises(ValueError, match=message):
                StreamingEnhancer(other, level=0.1)

    def test_level(self, pairs):
        enhancer = SpeechEnhancer(regressor=Ridge()).fit(*pairs)
        with pytest.raises(ValueError, match=r"normalize_level=True.*Pass the level.*or fit with"):
            StreamingEnhancer(enhancer)
        for level in (0, -1.0, np.nan, np.inf, "loud", True):
            with pytest.raises(ValueError, match="StreamingEnhancer: level"):
                StreamingEnhancer(enhancer, level=level)
        enhancer.set_params(normalize_level=False).fit(*pairs)
        with pytest.raises(ValueError, match=r"level=0\.1 is of no use"):
            StreamingEnhancer(enhancer, level=0.1)
