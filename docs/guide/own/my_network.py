"""A network of one's own: a recurrent one, which carries a state from frame to frame."""

import math

from skse.networks import BaseArchitecture


class GRU(BaseArchitecture):
    """Gated recurrent units over the frames of a spectrogram."""

    def __init__(self, units=32):
        self.units = units

    def body(self, image, n_channels, stateful=False):
        from keras import layers

        n_frequencies, channels = image.shape[1], image.shape[3]
        frames = layers.Permute((2, 1, 3))(image)
        frames = layers.Reshape((-1, n_frequencies * channels))(frames)
        frames = layers.GRU(self.units, return_sequences=True, stateful=stateful)(frames)
        frames = layers.Dense(n_frequencies * n_channels)(frames)
        frames = layers.Reshape((-1, n_frequencies, n_channels))(frames)
        return layers.Permute((2, 1, 3))(frames)

    def receptive_field(self):
        return math.inf, 0
