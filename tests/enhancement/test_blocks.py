"""A recording in pieces is the recording as a whole."""

import numpy as np
import pytest

from skse import STFTFeaturizer
from skse.enhancement._blocks import Recording, n_frames_of, root_mean_square

SETTINGS = [(256, 128), (256, 64), (512, 100), (255, 100), (64, 16)]


@pytest.mark.parametrize(("n_fft", "hop_length"), SETTINGS)
@pytest.mark.parametrize("n_times", [1, 100, 1000, 4096, 5000])
def test_stft_of_a_part_is_part_of_the_stft(rng, n_fft, hop_length, n_times):
    featurizer = STFTFeaturizer(n_fft=n_fft, hop_length=hop_length)
    x = rng.standard_normal(n_times).astype(np.float32)
    recording = Recording(x, featurizer)
    n_frames = n_frames_of(n_times, hop_length)
    padded = np.zeros((1, (n_frames - 1) * hop_length + n_fft % 2), np.float32)
    padded[0, :n_times] = x
    whole = featurizer.stft(padded)[0]
    assert recording.n_frames == whole.shape[1]
    for begin in range(0, n_frames, 7):
        end = min(begin + 9, n_frames)
        np.testing.assert_allclose(recording.stft(begin, end), whole[:, begin:end], atol=1e-5)


@pytest.mark.parametrize(("n_fft", "hop_length"), SETTINGS)
@pytest.mark.parametrize("step", [1, 3, 10, 1000])
def test_adding_frames_in_pieces_gives_the_waveform_back(rng, n_fft, hop_length, step):
    featurizer = STFTFeaturizer(n_fft=n_fft, hop_length=hop_length)
    x = rng.standard_normal(3333).astype(np.float32)
    recording = Recording(x, featurizer, gain=4.0)
    for begin in range(0, recording.n_frames, step):
        end = min(begin + step, recording.n_frames)
        complete = recording.add(recording.stft(begin, end))
        assert complete == (end == recording.n_frames)
    np.testing.assert_allclose(recording.enhanced, x, atol=2e-6)


@pytest.mark.parametrize("n_times", [1, 1023, 1100, 4100])
def test_a_modified_spectrum_does_not_click_at_the_end(n_times):
    """A gain that changes from bin to bin must not be blown up at the last samples."""
    x = np.ones(n_times, np.float32)
    recording = Recording(x, STFTFeaturizer())
    stft = recording.stft()
    recording.add(stft * np.linspace(0, 1, len(stft), dtype=np.float32)[::-1, None])
    assert np.abs(recording.enhanced).max() < 1.5


@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e10])
def test_root_mean_square(rng, scale):
    x = (scale * rng.standard_normal(200_000)).astype(np.float32)
    expected = scale * np.sqrt(np.mean((x.astype(np.float64) / scale) ** 2))
    assert root_mean_square(x) == pytest.approx(expected, rel=1e-6)
    assert root_mean_square(np.zeros(5, np.float32)) == 0
