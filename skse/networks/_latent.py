"""Layers of the generator. Importing this loads Keras: do so inside functions."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("skse")
class LatentNoise(layers.Layer):
    """Join noise to the channels of the input: drawn anew in training, else fixed.

    Parameters
    ----------
    n_channels : int
        Channels of noise, N(0, 1).
    drawn : bool
        Whether it is, outside of training, noise that was drawn once for all rows; else 0.
    seed : int or None, default=None
        Of both.
    **options : dict
        Of `keras.layers.Layer`.
    """

    def __init__(self, n_channels, drawn, seed=None, **options):
        super().__init__(**options)
        self.n_channels, self.drawn, self.seed = n_channels, drawn, seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        # XLA would compile for longer than most trainings take.
        self.supports_jit = False

    def build(self, input_shape):
        """Draw the noise that predictions may have, whether they do or not."""
        self.noise = self.add_weight(
            shape=(1, *input_shape[1:-1], self.n_channels),
            initializer=keras.initializers.RandomNormal(0.0, 1.0, self.seed),
            trainable=False,
            name="noise",
        )

    def call(self, x, training=False):
        """Concatenate along the last axis."""
        shape = (ops.shape(x)[0], *self.noise.shape[1:])
        if training:
            noise = keras.random.normal(shape, seed=self.seed_generator)
        elif self.drawn:
            noise = ops.broadcast_to(self.noise, shape)
        else:
            noise = ops.zeros(shape)
        return ops.concatenate([x, noise], axis=-1)

    def compute_output_shape(self, input_shape):
        """As many channels more."""
        return (*input_shape[:-1], input_shape[-1] + self.n_channels)

    def get_config(self):
        """Everything that makes an equal layer."""
        own = {"n_channels": self.n_channels, "drawn": self.drawn, "seed": self.seed}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable("skse")
class ChannelFactors(layers.Layer):
    """Multiply every channel by a factor that is learnt.

    Parameters
    ----------
    start : float, default=1.0
        Of all factors.
    **options : dict
        Of `keras.layers.Layer`.
    """

    def __init__(self, start=1.0, **options):
        super().__init__(**options)
        self.start = start

    def build(self, input_shape):
        """Make the factors."""
        start = keras.initializers.Constant(self.start)
        self.factors = self.add_weight(shape=(input_shape[-1],), initializer=start, name="factors")

    def call(self, x):
        """Multiply."""
        return x * self.factors

    def get_config(self):
        """Everything that makes an equal layer."""
        return {**super().get_config(), "start": self.start}
