"""The discriminator of waveforms. Importing this loads Keras: do so inside functions."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("skse")
class SpectralConv1D(layers.Layer):
    r"""Convolution along time whose kernel has a spectral norm of 1.

    The kernel, a matrix :math:`W` of ``kernel_size * n_channels`` rows and `filters` columns, is
    divided by its largest singular value, estimated by one step of the power iteration at each
    call in training [1]_: :math:`v = W u / |W u|`, :math:`u = W^T v / |W^T v|`,
    :math:`\sigma = |W u|`. The gradient passes through :math:`W` alone.

    Parameters
    ----------
    filters, kernel_size : int
        Channels of the output, and taps.
    strides : int, default=1
        Samples from output to output.
    seed : int or None, default=None
        Of kernel and :math:`u`.
    **options : dict
        Of `keras.layers.Layer`.

    References
    ----------
    .. [1] T. Miyato, T. Kataoka, M. Koyama and Y. Yoshida, "Spectral normalization for generative
       adversarial networks", ICLR 2018, algorithm 1.
    """

    def __init__(self, filters, kernel_size, strides=1, seed=None, **options):
        super().__init__(**options)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.seed = seed

    def build(self, input_shape):
        """Make the weights."""
        shape = (self.kernel_size, input_shape[-1], self.filters)
        kernel = keras.initializers.GlorotUniform(self.seed)
        self.kernel = self.add_weight(shape=shape, initializer=kernel, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")
        start = keras.initializers.RandomNormal(0.0, 1.0, self.seed)
        self.direction = self.add_weight(
            shape=(self.filters, 1), initializer=start, trainable=False, name="direction"
        )

    def call(self, x, training=False):
        """Convolve ``(batch_size, n_times, n_channels)``; zeros surround it."""
        sigma, direction = spectral_norm(self.kernel, self.direction)
        if training:
            self.direction.assign(direction)
        out = ops.conv(x, self.kernel / sigma, self.strides, padding="same")
        return out + self.bias

    def compute_output_shape(self, input_shape):
        """Every `strides`-th sample, `filters` channels."""
        n_times = input_shape[1]
        n_times = None if n_times is None else -(-n_times // self.strides)
        return (input_shape[0], n_times, self.filters)

    def get_config(self):
        """Everything that makes an equal layer."""
        names = ("filters", "kernel_size", "strides", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def spectral_norm(kernel, direction, n_iterations=1):
    """Estimate the largest singular value of a kernel by power iteration.

    Parameters
    ----------
    kernel : tensor of shape (..., n_columns)
        All axes but the last are the rows of a matrix.
    direction : tensor of shape (n_columns, 1)
        Where the iteration begins.
    n_iterations : int, default=1
        Steps.

    Returns
    -------
    sigma : tensor
        The estimate; no gradient passes through the two directions.
    direction : tensor of shape (n_columns, 1)
        Where the iteration came to.
    """
    matrix = ops.reshape(kernel, (-1, kernel.shape[-1]))
    fixed = ops.stop_gradient(matrix)
    right = ops.convert_to_tensor(direction)
    for _ in range(n_iterations):
        left = _unit(ops.matmul(fixed, right))
        right = _unit(ops.matmul(ops.transpose(fixed), left))
    left = _unit(ops.matmul(fixed, right))
    return ops.sum(left * ops.matmul(matrix, right)), right


def _unit(x):
    return x / (ops.norm(x) + 1e-12)


@keras.saving.register_keras_serializable("skse")
class PhaseShuffle(layers.Layer):
    """Shift a batch circularly along time, by as many positions as are drawn at each call.

    Parameters
    ----------
    n_most : int
        Most positions; at least 1 is drawn.
    seed : int or None, default=None
        Of the draws.
    **options : dict
        Of `keras.layers.Layer`.

    References
    ----------
    C. Donahue, J. McAuley and M. Puckette, "Adversarial audio synthesis", ICLR 2019 (with
    reflection at the edges).
    """

    def __init__(self, n_most, seed=None, **options):
        super().__init__(**options)
        self.n_most, self.seed = n_most, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, x):
        """Shift ``(batch_size, n_times, n_channels)``, in training or not."""
        n = keras.random.randint((), 1, self.n_most + 1, seed=self.seed_generator)
        return ops.roll(x, n, axis=1)

    def get_config(self):
        """Everything that makes an equal layer."""
        return {**super().get_config(), "n_most": self.n_most, "seed": self.seed}


def branch_level(stride, n_levels, longest=256):
    """Return after how many strided convolutions the acoustic branch sits.

    Parameters
    ----------
    stride, n_levels : int
        Of the discriminator.
    longest : int, default=256
        Samples that one frame of the branch may stand for, unless the first level has more.

    Returns
    -------
    level : int
        At least 1.
    """
    level = 1
    while level < n_levels and stride ** (level + 1) <= longest:
        level += 1
    return level


def build_discriminator(n_times, *, filters, kernel_size, stride, phase_shift, n_acoustic):
    """Build the network that tells clean speech from what a generator makes.

    Parameters
    ----------
    n_times : int
        Samples of a row, a multiple of ``stride ** len(filters)``.
    filters : sequence of int
        Channels of the strided convolutions.
    kernel_size, stride : int
        Of each of them.
    phase_shift : int
        Most positions of :class:`PhaseShuffle` before each; 0 leaves it out.
    n_acoustic : int
        Acoustic features that the branch estimates; 0 leaves it out.

    Returns
    -------
    discriminator : keras.Model
        From ``(batch_size, n_times, 2)``, a signal and what it was distorted to, to a score
        ``(batch_size, 1)`` and the acoustic features of the signal
        ``(batch_size, n_frames, n_acoustic)``.
    """
    inputs = keras.Input((n_times, 2))
    x, level, branch = inputs, branch_level(stride, len(filters)), None
    for i, n_filters in enumerate(filters, start=1):
        if phase_shift:
            x = PhaseShuffle(phase_shift)(x)
        x = SpectralConv1D(n_filters, kernel_size, stride)(x)
        x = layers.PReLU(shared_axes=[1])(x)
        if i == level:
            branch = x
    # In the paper 256 units behind 1024 channels, and 256 channels behind 512.
    x = SpectralConv1D(max(1, filters[-1] // 4), 1)(layers.Reshape((1, -1))(x))
    x = layers.PReLU(shared_axes=[1])(x)
    outputs = [layers.Reshape((1,))(SpectralConv1D(1, 1)(x))]
    if n_acoustic:
        x = layers.Conv1D(max(1, filters[level - 1] // 2), 1)(branch)
        x = layers.PReLU(shared_axes=[1])(x)
        outputs.append(layers.Conv1D(n_acoustic, 1)(x))
    return keras.Model(inputs, outputs, name="discriminator")
