"""Prediction frame by frame, from the step form of a network, through onnxruntime."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

FRAMES, POSITION, LENGTH = "frames", "position", "length"
_OPEN_END = np.iinfo(np.int64).max // 2


class NotSteppableError(ValueError):
    """A graph has no step form; the message says why."""


@dataclass(frozen=True)
class StepForm:
    """A network as a graph that takes the next frames of one recording and its state.

    Parameters
    ----------
    model : bytes
        ONNX. Its inputs are ``frames``, where `ahead` is not 0 ``position`` and ``length``, and
        the states; its outputs are ``frames_out`` and the states for the next call.
    state_shapes : dict of str to tuple of int
        Shape of every state, float32; all are 0 at the beginning. The output of the same name
        and ``_out`` is what the next call is given.
    ahead : int
        Frames by which the output lags behind. ``position`` is the number of frames before this
        call, ``length`` that of the recording, or any greater number before it is known; at its
        end, `ahead` frames of any values bring the rest of the output.
    input_shape, output_shape : tuple of int or None
        Of the frames, None where their number is open.
    """

    model: bytes
    state_shapes: dict[str, tuple[int, ...]]
    ahead: int
    input_shape: tuple[int | None, ...]
    output_shape: tuple[int | None, ...]

    @cached_property
    def session(self):
        """The onnxruntime session of all streams: it keeps nothing of a recording."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        options.intra_op_num_threads = 1  # a frame is too little for two
        return onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "session"}


class StepStream:
    """Predicts one recording frame by frame: what ``open_stream`` of a network returns.

    Parameters
    ----------
    form : StepForm
        What predicts.
    """

    def __init__(self, form):
        self.form, self.ahead = form, form.ahead
        self.form.session  # noqa: B018  made now, not when the first frame must be in time
        self._axis = form.output_shape.index(None)
        self.reset()

    def push(self, rows):
        """Take the next frames; return those that are finished now.

        Parameters
        ----------
        rows : array-like of shape (1, n_frequencies, n_frames[, n_channels])
            At least one frame of features.

        Returns
        -------
        y : ndarray of shape (1, n_frequencies_out, n_frames_out[, n_channels_out]), float32
            What the network predicts, `ahead` frames behind.

        Raises
        ------
        ValueError
            For rows of another shape.
        """
        rows = checked_rows(rows, self.form.input_shape)
        y = self._step(rows, _OPEN_END)
        late = max(self.ahead - self._n_frames, 0)  # none of the recording's
        self._n_frames += rows.shape[2]
        return np.take(y, range(late, rows.shape[2]), self._axis) if late else y

    def finish(self):
        """Return the frames that are still to come, and begin another recording."""
        n_frames = self._n_frames
        if self.ahead:
            more = [size or self.ahead for size in self.form.input_shape]
            y = self._step(np.zeros(more, np.float32), n_frames)
        else:
            y = np.zeros([size or 0 for size in self.form.output_shape], np.float32)
        self.reset()
        late = max(self.ahead - n_frames, 0)
        return np.take(y, range(late, self.ahead), self._axis)

    def reset(self):
        """Begin another recording."""
        self._n_frames = 0
        self._states = {
            name: np.zeros(shape, np.float32) for name, shape in self.form.state_shapes.items()
        }

    def _step(self, rows, length):
        inputs = {FRAMES: rows, **self._states}
        if self.ahead:
            inputs[POSITION] = np.array([self._n_frames], np.int64)
            inputs[LENGTH] = np.array([length], np.int64)
        y, *states = self.form.session.run(None, inputs)
        self._states = dict(zip(self._states, states, strict=True))
        return y


def checked_rows(rows, shape):
    """Return the next frames of a recording as float32, or raise a ValueError for another shape."""
    rows = np.asarray(rows, np.float32)
    if rows.ndim != len(shape) or not all(
        given == size if size else given > 0 for given, size in zip(rows.shape, shape, strict=True)
    ):
        expected = ", ".join("n_frames" if size is None else str(size) for size in shape)
        raise ValueError(
            f"push: rows has shape {rows.shape}; expected ({expected}), the next frames of one "
            "recording."
        )
    return rows
