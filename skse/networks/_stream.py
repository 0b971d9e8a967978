"""Prediction piece by piece, the state carried along. Importing this loads TensorFlow."""

from functools import partial

import numpy as np
import tensorflow as tf

from skse.networks._scikeras import build_network, reset_states


class NetworkStream:
    """Predicts one recording piece by piece: what ``open_stream`` of a network returns.

    Parameters
    ----------
    trained : OwnedKerasRegressor or OnnxNetwork
        What was trained.
    architecture : BaseArchitecture
        What it is.
    head : dict or None
        What it ends in.
    """

    def __init__(self, trained, architecture, head):
        self._model = build_network(
            *trained.shapes, architecture=architecture, head=head, ends=trained.ends, stateful=True
        )
        self._model.set_weights(trained.weights)
        rows = tf.TensorSpec(self._model.input_shape, tf.float32)
        self._call = tf.function(
            partial(self._model, training=False), input_signature=[rows], autograph=False
        )

    def push(self, rows):
        """Predict the next frames; the state is carried on from the call before.

        Parameters
        ----------
        rows : array-like of shape (1, n_frequencies, n_frames[, n_channels])
            At least one frame of features.

        Returns
        -------
        y : ndarray of shape (1, n_frequencies_out, n_frames[, n_channels_out]), float32
            What the network predicts for them.

        Raises
        ------
        ValueError
            For rows of another shape.
        """
        rows, expected = np.asarray(rows, np.float32), self._model.input_shape
        if rows.ndim != len(expected) or not all(
            given == size if size else given > 0
            for given, size in zip(rows.shape, expected, strict=True)
        ):
            shape = ", ".join("n_frames" if size is None else str(size) for size in expected)
            raise ValueError(
                f"push: rows has shape {rows.shape}; expected ({shape}), the next frames of one "
                "recording."
            )
        return self._call(rows).numpy()

    def reset(self):
        """Begin another recording: the state is zero again."""
        reset_states(self._model)
