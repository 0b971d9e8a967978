"""Spectrograms to the rows that a regressor sees, and predictions back to spectrograms.

:class:`Segments` is for regressors that take 3-D input, :class:`ContextFrames` for
every other scikit-learn regressor. Where a network says how many frames it looks
back and ahead, :class:`Surroundings` takes the place of the former at prediction.
All cut a recording into blocks of consecutive frames, so that prediction needs no
more memory for an hour than for a minute.
"""

from dataclasses import dataclass, field

import numpy as np

# Most frames in a row of a network that takes any number of them.
_ROW_FRAMES = 512


@dataclass
class Block:
    """A run of frames that is predicted at one go.

    Frames ``begin`` to ``end`` are looked at, frames ``core_begin`` to
    ``core_end`` are finished by it; ``starts`` are the first frames of its
    segments, counted from ``begin``.
    """

    utterance: int
    begin: int
    end: int
    core_begin: int
    core_end: int
    starts: list = field(default_factory=list)


class Segments:
    """Rows are segments of `n_frames` frames; predictions are cross-faded.

    Parameters
    ----------
    n_frames : int
        Frames in a segment.
    overlap : int
        Frames that neighbouring segments share at prediction, less than `n_frames`.
    """

    def __init__(self, n_frames, overlap):
        self.n_frames = n_frames
        self.step = n_frames - overlap
        ramp = np.minimum(np.arange(1, n_frames + 1), np.arange(n_frames, 0, -1))
        self.weights = np.minimum(ramp / (overlap + 1), 1).astype(np.float32)

    def to_state(self):
        """Return the arguments that make it again, a dict."""
        return {"n_frames": self.n_frames, "overlap": self.n_frames - self.step}

    @property
    def min_frames(self):
        """Shorter spectrograms must be padded with silence to this length."""
        return self.n_frames

    def n_rows(self, n_frames):
        """Return the number of training rows of a spectrogram of `n_frames` frames."""
        return len(self._starts(n_frames, self.n_frames))

    def training_rows(self, spectrogram):
        """Cut ``(n_frequencies, n_frames, ...)`` into ``(n_rows, n_frequencies, segment, ...)``."""
        starts = self._starts(spectrogram.shape[1], self.n_frames)
        return self._cut(spectrogram, starts)

    training_targets = training_rows

    def blocks(self, utterance, n_frames, max_frames):
        """Cut a recording of `n_frames` frames into blocks of about `max_frames`."""
        starts = self._starts(n_frames, self.step)
        per_block = max(1, max_frames // self.step)
        for i in range(0, len(starts), per_block):
            chosen = starts[i : i + per_block]
            begin, end = chosen[0], min(chosen[-1] + self.n_frames, n_frames)
            after = starts[i + per_block] if i + per_block < len(starts) else n_frames
            yield Block(utterance, begin, end, begin, after, [s - begin for s in chosen])

    def block_rows(self, features, block):
        """Rows of one block, from the features of its frames."""
        return self._cut(features, block.starts)

    def merge(self, rows, block, carry):
        """Cross-fade the predicted rows of a block.

        Parameters
        ----------
        rows : ndarray of shape (n_rows, n_frequencies, segment, ...)
            Predictions.
        block : Block
            Where they belong.
        carry : tuple or None
            What the block before left over.

        Returns
        -------
        merged : ndarray of shape (n_frequencies, core_end - core_begin, ...)
            Finished frames.
        carry : tuple
            What the next block needs.
        """
        n_frames = block.starts[-1] + self.n_frames
        total = np.zeros((rows.shape[1], n_frames, *rows.shape[3:]), dtype=np.float32)
        weight = np.zeros(n_frames, dtype=np.float32)
        if carry is not None:
            n_carried = len(carry[1])
            total[:, :n_carried] += carry[0]
            weight[:n_carried] += carry[1]
        fade = self.weights.reshape(-1, *[1] * (rows.ndim - 3))
        for row, start in zip(rows, block.starts, strict=True):
            total[:, start : start + self.n_frames] += row * fade
            weight[start : start + self.n_frames] += self.weights
        n_done = block.core_end - block.core_begin
        merged = total[:, :n_done] / weight[:n_done].reshape(-1, *[1] * (rows.ndim - 3))
        return merged, (total[:, n_done:], weight[n_done:])

    def _starts(self, n_frames, step):
        last = max(n_frames - self.n_frames, 0)
        return [*range(0, last, step), last]

    def _cut(self, spectrogram, starts):
        return np.stack([spectrogram[:, s : s + self.n_frames] for s in starts])


class _Neighbours:
    """Blocks for predictions that depend on `back` frames before their own and on `ahead` after.

    Each block holds what its core depends on, or ends where the recording does:
    the result is that of the recording as a whole, however it is cut.
    """

    min_frames = 1

    def __init__(self, back, ahead):
        self.back, self.ahead = back, ahead

    @property
    def n_at_once(self):
        """New frames that fill a block, where frames arrive little by little."""
        return max(_ROW_FRAMES - self.back - self.ahead, self.back + self.ahead)

    def blocks(self, utterance, n_frames, max_frames, *, core_begin=0, complete=True):
        """Cut a recording into blocks of about `max_frames`.

        Parameters
        ----------
        utterance : int
            Number of the recording.
        n_frames : int
            Its frames, so far.
        max_frames : int
            Frames in a block, if more than twice what surrounds a frame.
        core_begin : int, default=0
            First frame that no earlier block finished.
        complete : bool, default=True
            Whether no more frames will follow.
        """
        max_frames = max(max_frames, 2 * (self.back + self.ahead) + 1)
        last = n_frames if complete else n_frames - self.ahead
        while core_begin < last:
            begin = max(core_begin - self.back, 0)
            core_end = min(begin + max_frames - self.ahead, last)
            end = min(core_end + self.ahead, n_frames)
            yield Block(utterance, begin, end, core_begin, core_end)
            core_begin = core_end


class Surroundings(_Neighbours):
    """A block is one row: a run of frames as long as a network may take them.

    Parameters
    ----------
    back, ahead : int
        How many frames the network looks back and ahead.
    """

    def blocks(self, utterance, n_frames, max_frames, **options):
        """Cut a recording into blocks of about `max_frames`, and no more than a row may have."""
        return super().blocks(utterance, n_frames, min(max_frames, _ROW_FRAMES), **options)

    def block_rows(self, features, block):
        """Rows of one block, from the features of its frames."""
        return features[None]

    def merge(self, rows, block, carry):
        """Keep what the block finishes of its predicted row."""
        first = block.core_begin - block.begin
        return rows[0][:, first : first + block.core_end - block.core_begin], None


class ContextFrames(_Neighbours):
    """Rows are single frames with `context` neighbours on each side, flattened.

    Parameters
    ----------
    context : int
        Neighbouring frames on each side; edges are repeated.
    channels : tuple of int, default=()
        Axes of the target behind frequencies and frames.
    """

    def __init__(self, context, channels=()):
        super().__init__(context, context)
        self.context, self.channels = context, tuple(channels)

    def to_state(self):
        """Return the arguments that make it again, a dict."""
        return {"context": self.context, "channels": self.channels}

    def n_rows(self, n_frames):
        """Return the number of training rows of a spectrogram of `n_frames` frames."""
        return n_frames

    def training_rows(self, spectrogram):
        """Stack ``(n_frequencies, n_frames, ...)`` into ``(n_frames, n_features)``."""
        n_frames = spectrogram.shape[1]
        return self.block_rows(spectrogram, Block(0, 0, n_frames, 0, n_frames))

    def training_targets(self, target):
        """Turn ``(n_frequencies, n_frames, ...)`` into ``(n_frames, n_outputs)``."""
        return np.moveaxis(target, 1, 0).reshape(target.shape[1], -1)

    def block_rows(self, features, block):
        """Rows of one block, from the features of its frames."""
        left = self.context - (block.core_begin - block.begin)
        right = self.context - (block.end - block.core_end)
        pad = [(0, 0), (left, right)] + [(0, 0)] * (features.ndim - 2)
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(features, pad, mode="edge"), 2 * self.context + 1, axis=1
        )
        return np.moveaxis(windows, 1, 0).reshape(block.core_end - block.core_begin, -1)

    def merge(self, rows, block, carry):
        """Turn predicted rows ``(n_frames, n_outputs)`` into ``(n_frequencies, n_frames, ...)``."""
        n_frequencies = rows[0].size // int(np.prod(self.channels))
        rows = rows.reshape(len(rows), n_frequencies, *self.channels)
        return np.moveaxis(rows, 0, 1), None
