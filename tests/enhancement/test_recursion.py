"""Gains frame by frame, many recordings abreast."""

import librosa
import numpy as np
import pytest

from skse import SpectralSubtraction, STFTFeaturizer, StreamingEnhancer
from skse.enhancement import _recursion
from skse.enhancement._recursion import _n_leading_zeros, apply_gains, update_noise


def _keep(power, state):
    return np.ones_like(power)


@pytest.mark.parametrize(("n_fft", "hop_length"), [(256, 64), (256, 128), (64, 20), (63, 21)])
@pytest.mark.parametrize("block", [1, 5, 512])
def test_a_gain_of_one_changes_nothing(n_fft, hop_length, block, monkeypatch, rng):
    monkeypatch.setattr(_recursion, "_BLOCK", block)
    featurizer = STFTFeaturizer(n_fft=n_fft, hop_length=hop_length)
    waveforms = [rng.standard_normal(n).astype(np.float32) for n in (1, 2000, 64, 777, 1280)]
    enhanced = apply_gains(waveforms, featurizer, 3, lambda noise: {"noise": noise}, _keep)
    for x, out in zip(waveforms, enhanced, strict=True):
        np.testing.assert_allclose(out, x, atol=1e-5)


def test_step_sees_every_frame_in_order_and_keeps_its_state(monkeypatch, rng):
    monkeypatch.setattr(_recursion, "_BLOCK", 4)
    featurizer = STFTFeaturizer(hop_length=64)
    x = rng.standard_normal(1000).astype(np.float32)
    seen = []

    def step(power, state):
        seen.append(power[0].copy())
        state["count"] += 1
        assert state["count"][0, 0] == len(seen)
        return np.ones_like(power)

    apply_gains([x], featurizer, 3, lambda noise: {"count": np.zeros((1, 1))}, step)
    expected = np.abs(featurizer.stft(np.pad(x, (0, 24))[None])[0]) ** 2 / np.mean(x**2)
    np.testing.assert_allclose(np.array(seen)[: expected.shape[1]].T, expected, rtol=1e-3)


def test_the_first_noise_is_that_of_frames_within_the_recording(rng):
    """White noise of RMS 1: the sum of squared window weights in each unit."""
    starts = []

    def start(noise):
        starts.append(noise)
        return {"noise": noise}

    x = rng.standard_normal(8000).astype(np.float32)
    silent = np.concatenate([np.zeros(5000, np.float32), x])
    apply_gains([x, silent], STFTFeaturizer(hop_length=64), 100, start, _keep)
    after_silence, plain = starts[0].mean(axis=1)  # the longest comes first
    assert plain == pytest.approx(96, rel=0.05)
    assert after_silence == pytest.approx(96 * 13 / 8, rel=0.05)


@pytest.mark.parametrize(
    ("n_zeros", "n_times", "noise_frames", "noise_alone"),
    [
        (0, 3200, 3, slice(2, 5)),  # frame 2 is the first that begins within the recording
        (640, 3200, 3, slice(12, 15)),
        (640, 3200, 1, slice(12, 13)),
        # Of 11 frames: the last ones, or all, where there are too few within.
        (0, 640, 10, slice(1, 11)),
        (448, 640, 3, slice(8, 11)),
        (0, 640, 100, slice(0, 11)),
    ],
)
def test_noise_is_that_of_the_first_frames_in_full(
    rng, streamed, n_zeros, n_times, noise_frames, noise_alone
):
    """Subtraction of a noise that stays as it is, against librosa; a stream does the same."""
    x = rng.standard_normal(n_times).astype(np.float32)
    x[:n_zeros] = 0
    S = librosa.stft(x, n_fft=256, hop_length=64)
    power = np.abs(S) ** 2
    noise = power[:, noise_alone].mean(axis=1, keepdims=True)
    S *= np.sqrt(np.maximum(1 - noise / np.maximum(power, 1e-9), 0))
    expected = librosa.istft(S, n_fft=256, hop_length=64, length=n_times)
    enhancer = SpectralSubtraction(
        noise="start",
        noise_frames=noise_frames,
        over_subtraction=1,
        noise_floor_db=-300,
        vad_threshold_db=-1000,
    ).fit([x])
    np.testing.assert_allclose(enhancer.predict([x])[0], expected, atol=1e-4)
    np.testing.assert_allclose(streamed(StreamingEnhancer(enhancer), x, 100), expected, atol=1e-4)


def test_update_noise():
    noise = np.full((3, 4), 2.0, np.float32)
    power = np.full((3, 4), 6.0, np.float32)
    power[2] = 0
    update_noise(noise, power, np.array([True, False, True]), 0.75)
    np.testing.assert_array_equal(noise[:, 0], [3.0, 2.0, 2.0])


@pytest.mark.parametrize("n_zeros", [0, 5, 2**16 - 1, 2**16, 200_000])
def test_leading_silence_is_counted_whatever_its_length(n_zeros):
    x = np.append(np.zeros(n_zeros, np.float32), [0.1, 0.0, 0.2])
    assert _n_leading_zeros(x) == n_zeros
    assert _n_leading_zeros(np.zeros(n_zeros + 1)) == 0
