"""Frames of a recording that is not over are those of the whole."""

import numpy as np
import pytest

from skse import STFTFeaturizer
from skse.enhancement._blocks import Recording
from skse.enhancement._live import LiveRecording, PassThrough


class Kept:
    """Returns frames as they are, `n_ahead` frames later; keeps a copy."""

    n_at_once = 20

    def __init__(self, n_ahead=0):
        self.n_ahead = n_ahead
        self.seen, self.sounds = [], []
        self.waiting = None

    def push(self, stft, first_sound, complete):
        self.seen.append(stft)
        self.sounds.append(first_sound)
        waiting = stft if self.waiting is None else np.concatenate([self.waiting, stft], axis=1)
        n_ready = waiting.shape[1] if complete else max(waiting.shape[1] - self.n_ahead, 0)
        self.waiting = waiting[:, n_ready:]
        return waiting[:, :n_ready]


@pytest.mark.parametrize(
    ("n_fft", "hop_length"), [(256, 128), (256, 64), (512, 100), (255, 100), (64, 16), (9, 5)]
)
@pytest.mark.parametrize("n_times", [1, 31, 1000, 1024, 4999])
@pytest.mark.parametrize("size", [37, 5000])
def test_frames_and_samples_are_those_of_a_whole_recording(rng, n_fft, hop_length, n_times, size):
    featurizer = STFTFeaturizer(n_fft, hop_length, window="hamming")
    x = rng.standard_normal(n_times).astype(np.float32)
    x[:500] = 0
    frames = Kept(n_ahead=3)
    live = LiveRecording(featurizer, 4.0, frames)
    out = []
    for begin in range(0, n_times, size):
        out.append(live.push(x[begin : begin + size]))
        n_in, n_out = min(begin + size, n_times), sum(map(len, out))
        assert n_out >= n_in - live.latency
    out = np.concatenate([*out, live.finish()])
    np.testing.assert_allclose(out, x, atol=2e-6)
    whole = Recording(x, featurizer, 4.0).stft()
    np.testing.assert_allclose(np.concatenate(frames.seen, axis=1), whole, atol=1e-4)
    assert max(stft.shape[1] for stft in frames.seen) <= frames.n_at_once + 3
    assert frames.sounds[-1] == (500 if n_times > 500 else None)


def test_nothing_in_nothing_out():
    live = LiveRecording(STFTFeaturizer(), 1.0, Kept())
    assert live.latency == 255
    assert len(live.push(np.zeros(0, np.float32))) == len(live.finish()) == 0


def test_pass_through(rng):
    x = rng.standard_normal(5)
    live = PassThrough()
    assert live.latency == 0
    np.testing.assert_array_equal(live.push(x), x)
    assert len(live.finish()) == 0
