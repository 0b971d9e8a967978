"""Cutting and merging: what goes in comes out."""

import numpy as np
import pytest

from skse.enhancement._segments import ContextFrames, Segments, Surroundings

WAYS = [Segments(16, 0), Segments(16, 5), Segments(16, 15), ContextFrames(0), ContextFrames(3)]
WAYS += [Surroundings(0, 0), Surroundings(4, 1), Surroundings(0, 30), Surroundings(300, 300)]


def merged(windows, spectrogram, max_frames):
    """Predict with the identity, block by block."""
    parts, carry = [], None
    for block in windows.blocks(0, spectrogram.shape[1], max_frames):
        features = spectrogram[:, block.begin : block.end]
        missing = windows.min_frames - features.shape[1]
        if missing > 0:
            features = np.pad(features, [(0, 0), (0, missing)] + [(0, 0)] * (features.ndim - 2))
        rows = windows.block_rows(features, block)
        if isinstance(windows, ContextFrames):  # keep the middle frame of each row
            width = 2 * windows.context + 1
            rows = rows.reshape(len(rows), spectrogram.shape[0], -1, width)[..., windows.context]
            rows = rows.reshape(len(rows), -1)
        part, carry = windows.merge(rows, block, carry)
        assert part.shape[1] == block.core_end - block.core_begin
        parts.append(part)
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("windows", WAYS)
@pytest.mark.parametrize("n_frames", [1, 2, 15, 16, 17, 31, 32, 100])
@pytest.mark.parametrize("max_frames", [1, 20, 64, 1000])
@pytest.mark.parametrize("channels", [(), (2,)])
def test_identity_predictions_merge_to_the_spectrogram(
    rng, windows, n_frames, max_frames, channels
):
    spectrogram = rng.standard_normal((5, n_frames, *channels)).astype(np.float32)
    if isinstance(windows, ContextFrames):
        windows = ContextFrames(windows.context, channels)
    out = merged(windows, spectrogram, max_frames)
    np.testing.assert_allclose(out[:, :n_frames], spectrogram, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_frames", [16, 17, 40, 48])
def test_segments_cover_every_frame_and_count_right(n_frames):
    windows = Segments(16, 4)
    spectrogram = np.arange(n_frames)[None]
    rows = windows.training_rows(spectrogram)
    assert rows.shape == (windows.n_rows(n_frames), 1, 16)
    assert set(rows.ravel()) == set(range(n_frames))


def test_cross_fade_is_a_linear_ramp():
    windows = Segments(8, 3)
    blocks = list(windows.blocks(0, 13, 1000))
    assert [block.starts for block in blocks] == [[0, 5]]
    rows = np.stack([np.zeros((1, 8)), np.ones((1, 8))]).astype(np.float32)
    out, _ = windows.merge(rows, blocks[0], None)
    np.testing.assert_allclose(out[0], [0] * 5 + [0.25, 0.5, 0.75] + [1] * 5, atol=1e-6)


def test_context_repeats_the_edges():
    rows = ContextFrames(2).training_rows(np.arange(4.0)[None])
    np.testing.assert_array_equal(rows[0], [0, 0, 0, 1, 2])
    np.testing.assert_array_equal(rows[3], [1, 2, 3, 3, 3])


@pytest.mark.parametrize("windows", [ContextFrames(3), Surroundings(2, 5), Surroundings(400, 1)])
@pytest.mark.parametrize("n_frames", [1, 7, 50, 1500])
@pytest.mark.parametrize("max_frames", [1, 20, 1000])
def test_blocks_hold_what_their_cores_depend_on(windows, n_frames, max_frames):
    blocks = list(windows.blocks(0, n_frames, max_frames))
    cores = [range(block.core_begin, block.core_end) for block in blocks]
    assert [frame for core in cores for frame in core] == list(range(n_frames))
    for block in blocks:
        assert block.begin == max(block.core_begin - windows.back, 0)
        assert block.end == min(block.core_end + windows.ahead, n_frames)
        assert block.end - block.begin <= max(max_frames, 2 * (windows.back + windows.ahead) + 1)


def test_blocks_of_an_unfinished_recording_wait_for_the_frames_ahead():
    windows, done = Surroundings(2, 3), 0
    for n_frames in (1, 3, 4, 9, 10):
        for block in windows.blocks(0, n_frames, 100, core_begin=done, complete=False):
            assert (block.core_begin, block.end) == (done, n_frames)
            done = block.core_end
        assert done == max(n_frames - 3, 0)
