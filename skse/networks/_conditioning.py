"""Layers that tell a network of its environment, and of frequency. Importing this loads Keras."""

import keras
import numpy as np
from keras import layers, ops


@keras.saving.register_keras_serializable("skse")
class SplitEnvironment(layers.Layer):
    """Part the frames of the environment, which a row begins with, from those behind them.

    Parameters
    ----------
    n_frames : int
        Of the environment.
    **options : dict
        Of `keras.layers.Layer`.
    """

    def __init__(self, n_frames, **options):
        super().__init__(**options)
        self.n_frames = n_frames

    def call(self, inputs):
        """Return environment ``(..., n_frames, n_channels)`` and the frames behind it."""
        return inputs[:, :, : self.n_frames], inputs[:, :, self.n_frames :]

    def get_config(self):
        """Everything that makes an equal layer."""
        return {**super().get_config(), "n_frames": self.n_frames}


@keras.saving.register_keras_serializable("skse")
class FrequencyPosition(layers.Layer):
    """Add to every channel a function of frequency that is learned and starts as 0.

    The position, from -1 for the lowest frequency to 1 for the highest, goes through two dense
    layers with ReLU to a linear one.

    Parameters
    ----------
    units : int
        Of each of the two dense layers.
    **options : dict
        Of `keras.layers.Layer`.
    """

    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units

    def build(self, input_shape):
        """Make the dense layers."""
        self.positions = np.linspace(-1, 1, input_shape[1], dtype=np.float32)[:, None]
        self.hidden = [layers.Dense(self.units, activation="relu") for _ in range(2)]
        self.linear = layers.Dense(input_shape[-1], kernel_initializer="zeros")
        n_in = 1
        for dense in [*self.hidden, self.linear]:
            dense.build((None, n_in))
            n_in = dense.units
        super().build(input_shape)

    def call(self, image):
        """Add to an image ``(n_rows, n_frequencies, n_frames, n_channels)``."""
        values = ops.convert_to_tensor(self.positions)
        for dense in [*self.hidden, self.linear]:
            values = dense(values)
        return image + values[None, :, None]

    def compute_output_shape(self, input_shape):
        """As many of everything."""
        return input_shape

    def get_config(self):
        """Everything that makes an equal layer."""
        return {**super().get_config(), "units": self.units}


def beside(image, values):
    """Concatenate to an image, as further channels, values that are the same in all its frames.

    Parameters
    ----------
    image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
        Of any number of frames.
    values : KerasTensor of shape (None, n_frequencies, 1, n_more)
        One frame.

    Returns
    -------
    image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels + n_more)
    """
    return layers.Concatenate()([image, layers.Add()([0 * image[..., :1], values])])


def environment_frames_of(model):
    """Return how many frames of the environment the rows of a Keras model begin with."""
    found = (layer for layer in model._flatten_layers() if isinstance(layer, SplitEnvironment))
    return next((layer.n_frames for layer in found), 0)
