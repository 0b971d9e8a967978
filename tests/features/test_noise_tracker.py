"""The noise tracker: against slow references, closed forms, and recordings as they begin."""

import numpy as np
import pytest

from skse import LogMMSE, SpectralSubtraction, StreamingEnhancer, WienerFilter
from skse.datasets import load_harvard
from skse.enhancement import BaseGainEnhancer
from skse.features._noise_tracker import NoiseTracker, roughness
from skse.metrics import snr_gain_score

RATE = 8000
ENHANCERS = [SpectralSubtraction, WienerFilter, LogMMSE]
FLOOR = 1e-8


def follow(power, tracker=None):
    """Noise after each frame; `power` has shape (n_frames, n_recordings, n_frequencies)."""
    tracker = tracker or NoiseTracker(256, 64, FLOOR)
    state = tracker.start(*power.shape[1:])
    noises = []
    for frame in power:
        tracker.update(frame.astype(np.float32), state)
        noises.append(state["noise"].copy())
    return np.array(noises), state


def white(rng, n_frames, n_recordings=1, n_frequencies=129):
    """Power of noise in frames that are independent; its mean is 1."""
    return rng.exponential(size=(n_frames, n_recordings, n_frequencies))


@pytest.fixture(scope="module")
def harvard():
    """Speech in white noise at 5 dB, some of the sentences."""
    data = load_harvard(noises=["white"], snr_db=5)
    return data.noisy[1::8], data.clean[1::8]


@pytest.fixture(scope="module")
def sentences():
    """Clean speech, every sentence once."""
    clean = load_harvard(noises=["white"], snr_db=5).clean
    return list({np.asarray(c).tobytes(): np.asarray(c) for c in clean}.values())


def test_tracking_follows_the_equations(rng):
    """Gerkmann and Hendriks (2012), one unit after the other."""
    power = white(rng, 120, 2, 5) * np.geomspace(1, 3, 120)[:, None, None]
    tracker = NoiseTracker(256, 64, FLOOR)
    state = tracker.start(2, 5)
    begin = 1 + rng.random((2, 5)).astype(np.float32)
    heard = np.array([True, False])
    state["noise"][:] = begin
    for frame in power:
        tracker._track(frame.astype(np.float32), state, heard)
    snr = 10**1.2
    for k in range(5):
        noise = float(begin[0, k])
        for y in power[:, 0, k]:
            presence = 1 / (1 + (1 + snr) * np.exp(-y / noise * snr / (1 + snr)))
            periodogram = (1 - presence) * y + presence * noise
            noise = 0.9 * noise + 0.1 * periodogram
        np.testing.assert_allclose(state["noise"][0, k], noise, rtol=1e-4)
    np.testing.assert_array_equal(state["noise"][1], begin[1])


def test_noise_stays_between_the_mean_and_its_minimum(rng):
    power = (white(rng, 400, 1, 3) * np.repeat([1, 8, 0.1, 3], 100)[:, None, None])[:, 0]
    tracker = NoiseTracker(256, 64, FLOOR)
    state = tracker.start(1, 3)
    mean, means, heard = power[0], [], np.ones(1, bool)
    for step, y in enumerate(power):
        state["noise"][:] = 1e6 if step % 2 else FLOOR
        tracker._bound(y[None].astype(np.float32), state, heard, step)
        mean = 0.64 * mean + 0.36 * y
        means.append(mean)
        if step % 2 == 0:
            expected = np.full(3, FLOOR)
        elif step % 10 != 9 or step < 79:
            expected = 3 * mean
        else:
            expected = np.maximum(3 * mean, 1.5 * np.min(means[step - 79 :], axis=0))
        np.testing.assert_allclose(state["noise"][0], expected, rtol=1e-4)
    state["noise"][:] = FLOOR
    for step in range(9):
        tracker._bound(power[-1:].astype(np.float32), state, heard, step + 1)
    assert (state["noise"] > 10 * FLOOR).all()  # the minimum raises what is too little


@pytest.mark.parametrize(("n_fft", "hop_length"), [(256, 64), (256, 128), (512, 128), (255, 100)])
def test_power_of_stationary_noise_is_found_within_two_decibels(rng, n_fft, hop_length):
    frames = np.lib.stride_tricks.sliding_window_view(
        rng.standard_normal((4, 40000)), n_fft, axis=1
    )
    spectra = np.fft.rfft(frames[:, ::hop_length] * np.hanning(n_fft))
    power = np.moveaxis(np.abs(spectra) ** 2, 0, 1) / np.sum(np.hanning(n_fft) ** 2)
    tracker = NoiseTracker(n_fft, hop_length, FLOOR)
    noises, state = follow(power, tracker)
    assert state["noise_known"].all()
    found = noises[tracker.n_ahead + 6 :, :, 2:-2].mean(axis=2)
    assert np.abs(10 * np.log10(found)).max() < 2
    assert abs(10 * np.log10(found.mean())) < 1.5


def test_a_step_is_followed(rng):
    """A rise of 10 dB within the memory of the minimum, a fall of 20 dB within a quarter second."""
    levels = np.repeat([1, 10, 0.1], [100, 300, 100])
    noises, _ = follow(white(rng, 500, 4) * levels[:, None, None])
    decibels = 10 * np.log10(noises.mean(axis=2) / levels[:, None])
    assert np.abs(decibels[20:100]).max() < 3
    assert np.abs(decibels[100 + 2 * 90 : 400]).max() < 2
    assert np.abs(decibels[400 + 32 :]).max() < 3


def test_speech_does_not_enter(harvard, rng):
    """Speech 15 dB above white noise: the noise is that of the pauses, also in between."""
    clean = harvard[1][0] / np.std(harvard[1][0])
    noise = rng.standard_normal(len(clean)) * 10 ** (-15 / 20)
    lead = rng.standard_normal(1600) * 10 ** (-15 / 20)
    x = np.concatenate([lead, clean + noise])
    frames = np.lib.stride_tricks.sliding_window_view(x, 256)[::64]
    power = np.abs(np.fft.rfft(frames * np.hanning(256))) ** 2 / np.sum(np.hanning(256) ** 2)
    noises, _ = follow(power[:, None])
    decibels = 10 * np.log10(noises[20:, 0].mean(axis=1)) + 15
    assert np.abs(np.median(decibels)) < 1.5
    assert decibels.max() < 4
    assert 10 * np.log10(power.mean(axis=1)).max() + 15 > 20


def test_nothing_is_known_before_it_is_found(rng):
    tone = np.zeros((200, 1, 129))
    tone[:, :, 10::12] = 100
    noises, state = follow(tone + 0.01 * white(rng, 200))
    assert not state["noise_known"].any()
    assert noises[:150].max() < 1


def test_roughness():
    """Of noise, of tones that beat, and of a hiss; the first against its definition."""
    rng = np.random.default_rng(0)
    noise = white(rng, 13, 3).transpose(1, 0, 2).astype(np.float32)
    value = roughness(noise, noise.mean(axis=1))
    flat = np.log(noise.mean(axis=1)) - np.log(noise).mean(axis=1)
    pitch = np.fft.irfft(np.sqrt(noise.mean(axis=1)))
    for i, (frames, mean) in enumerate(zip(noise, noise.mean(axis=1), strict=True)):
        weighted = np.average(flat[i], weights=mean)
        level = np.std([np.log(np.mean(frame / mean)) for frame in frames])
        expected = np.std(flat[i]) + 0.85 * pitch[i, 20:108].max() / pitch[i, 0]
        expected += 0.5 * level + 0.5 * abs(weighted - 0.53)
        tilt = np.mean(np.log(mean) * np.linspace(-1, 1, 129))
        expected += 0.1 * np.clip(tilt, -1, 0)
        assert value[i] == pytest.approx(expected, rel=1e-3)
    assert value.max() < 0.45
    voiced = noise.copy()
    voiced[:, :, ::8] *= 100
    assert roughness(voiced, voiced.mean(axis=1)).min() > 0.7
    bursts = noise * np.where(np.arange(13) % 4 == 0, 30, 1)[:, None] ** np.linspace(0, 1, 129)
    hiss = noise * np.geomspace(0.01, 10, 129)
    for other in (bursts, hiss):
        assert roughness(other, other.mean(axis=1)).min() > 0.52


def beginnings(n, noise_rms, rng):
    """Return what may come before a recording: `n` samples each."""
    noise = noise_rms * rng.standard_normal(n)
    clicks = np.zeros(n)
    clicks[:: max(n // 3, 700)] = 0.5
    return {
        "near silence": rng.integers(-1, 2, n) / 32768,
        "very quiet noise": noise / 1000,
        "digital zeros": np.zeros(n),
        "codec": np.where(np.arange(n) // 160 % 2, rng.integers(-1, 2, n) * 1e-5, 0),
        "clicks": clicks,
        "fade-in": noise * np.linspace(0, 1, n),
        "10 dB louder": noise * np.sqrt(10),
        "20 dB louder": noise * 10,
    }


@pytest.mark.parametrize("make", ENHANCERS)
@pytest.mark.parametrize("seconds", [0.05, 0.2, 0.5, 1, 2])
def test_the_gain_behind_any_beginning_is_that_without_it(make, seconds, harvard, rng):
    noisy, clean = harvard
    n = int(seconds * RATE)
    enhancer = make(sampling_rate=RATE, noise="tracked").fit(noisy)
    without = np.mean(snr_gain_score(clean, enhancer.predict(noisy), noisy))
    assert without > 3
    heads = [beginnings(n, np.std(x - c), rng) for x, c in zip(noisy, clean, strict=True)]
    for name in heads[0]:
        longer = [np.concatenate([h[name], x]) for h, x in zip(heads, noisy, strict=True)]
        enhanced = [y[n:] for y in enhancer.predict(longer)]
        gain = np.mean(snr_gain_score(clean, enhanced, noisy))
        tolerance = 0.6 if name == "20 dB louder" else 0.5
        assert abs(gain - without) < tolerance, (name, gain, without)


@pytest.mark.parametrize("make", ENHANCERS)
@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2, 0.5])
def test_a_word_without_a_pause_before_it_is_kept(make, seconds, sentences, rng):
    n = int(seconds * RATE)
    words = []
    for c in sentences:
        begin = int(np.argmax(np.convolve(c**2, np.ones(n), "valid")))
        words.append(c[begin : begin + n])
    for snr_db in (15, 20, 30):
        noise = 10 ** (-snr_db / 20)
        noisy = [c + noise * np.std(c) * rng.standard_normal(n) for c in words]
        enhanced = make(RATE, min_duration=0).fit(noisy).predict(noisy)
        changes = snr_gain_score(words, enhanced, noisy)
        # A vowel that is as steady as noise is taken for it; the rule before took all words.
        assert np.mean(changes > -0.5) > 0.95
        assert np.median(changes) > -0.1
    enhanced = make(RATE, min_duration=0).fit(words).predict(words)
    kept = [np.dot(e, c) / np.dot(c, c) for e, c in zip(enhanced, words, strict=True)]
    assert np.median(kept) > 0.99


@pytest.mark.parametrize("make", ENHANCERS)
@pytest.mark.parametrize("size", [64, 777])
def test_a_stream_tracks_as_predict_does(make, size, harvard, rng, streamed):
    x = harvard[0][0][:6000]
    for head in beginnings(1000, 0.01, rng).values():
        longer = np.concatenate([head, x, np.zeros(500), x[:3000]]).astype(np.float32)
        enhancer = make(noise="tracked").fit([longer])
        stream = StreamingEnhancer(enhancer, level=float(np.sqrt(np.mean(longer**2))))
        # The latency of the rule before, whose noise was that of 12 frames.
        assert stream.latency_samples_ == 1151
        np.testing.assert_allclose(
            streamed(stream, longer, size), enhancer.predict([longer])[0], rtol=0, atol=1e-6
        )


def test_only_the_start_rule_waits_for_noise_frames():
    x = np.ones(4000)
    for noise, latency in (("tracked", 1151), ("start", 255 + 64 * (100 + 2))):
        enhancer = LogMMSE(noise=noise, noise_frames=100).fit([x])
        assert StreamingEnhancer(enhancer).latency_samples_ == latency


def test_a_subclass_tracks_where_it_says_so(harvard):
    class Gate(BaseGainEnhancer):
        noise = "tracked"

        def __init__(self, sampling_rate=None):
            self.sampling_rate = sampling_rate

        def start(self, noise):
            return {"noise": noise, "own": np.zeros(len(noise))}

        def step(self, power, state):
            return np.where(power > 4 * state["noise"], 1.0, 0.1)

    class OldGate(Gate):
        noise = "start"

    noise = 0.1 * np.random.default_rng(0).standard_normal((1, 8000))
    noise[:, :2000] *= 1e-3
    assert np.std(Gate().fit(noise).predict(noise)) < 0.5 * np.std(noise)
    assert np.std(OldGate().fit(noise).predict(noise)) > 0.9 * np.std(noise)
