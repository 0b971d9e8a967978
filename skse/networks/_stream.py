"""Prediction piece by piece, the state of layers carried along. Importing this loads TensorFlow."""

from functools import partial

import numpy as np
import tensorflow as tf

from skse.networks._scikeras import build_network, reset_states
from skse.networks._steps import checked_rows


class NetworkStream:
    """Predicts one recording piece by piece, with layers that carry a state, such as a GRU.

    Parameters
    ----------
    trained : OwnedKerasRegressor or OnnxNetwork
        What was trained.
    architecture : BaseArchitecture
        What it is.
    head : dict or None
        What it ends in.
    """

    ahead = 0

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
        return self._call(checked_rows(rows, self._model.input_shape)).numpy()

    def finish(self):
        """Return that no frame is still to come, and begin another recording."""
        self.reset()
        return np.zeros([size or 0 for size in self._model.output_shape], np.float32)

    def reset(self):
        """Begin another recording: the state is zero again."""
        reset_states(self._model)
