"""Noise embeddings: a network that is told of its environment by a recording of that alone."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from skse.networks._architecture import BaseArchitecture
from skse.networks._convolutions import (
    convolve,
    fold_frequencies,
    reach_of,
    sum_of,
    unfold_frequencies,
)
from skse.networks._parameters import ACTIVATIONS, check_sizes, keep_parameters
from skse.utils import check_choice, check_number

EMBEDDINGS = ("learned", "mean")


class NoiseEmbedding(BaseArchitecture):
    """Enhancement conditioned on a noise embedding: the architecture of its regressor.

    Parameters
    ----------
    filters, strides, kernel_size, embedding, embedding_filters, embedding_strides
        As in :class:`NoiseEmbeddingRegressor`.
    embedding_kernel_size, position_embedding, position_units, add_input, environment_frames
        As in :class:`NoiseEmbeddingRegressor`.
    activation, normalization, causal
        As in :class:`NoiseEmbeddingRegressor`.

    See Also
    --------
    NetworkRegressor : Trains an architecture.

    Examples
    --------
    Rows that begin with ten frames of the environment:

    >>> import numpy as np
    >>> from skse.networks import NoiseEmbedding
    >>> network = NoiseEmbedding((4, 4), strides=(2, 1), environment_frames=10)
    >>> network.receptive_field()
    (4, 4)
    >>> model = network.build((33, None), (33, None))
    >>> model(np.zeros((1, 33, 10 + 7), dtype=np.float32)).shape[1:]
    TensorShape([33, 7])
    """

    def __init__(
        self,
        filters: Sequence[int] = (16, 16, 24, 24, 32, 32),
        *,
        strides: Sequence[int] = (2, 1, 2, 1, 2, 1),
        kernel_size: int | Sequence[int] = 3,
        embedding: str | None = "learned",
        embedding_filters: Sequence[int] = (16, 16, 32, 32),
        embedding_strides: Sequence[Sequence[int]] = ((2, 3), (2, 3), (1, 1), (2, 1)),
        embedding_kernel_size: Sequence[int] = (4, 8),
        position_embedding: bool = True,
        position_units: int = 50,
        add_input: bool = False,
        environment_frames: int = 0,
        activation: str = "relu",
        normalization: str | None = "batch",
        causal: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    @property
    def needs_environment(self) -> bool:
        """Whether the network is made for rows that begin with frames of the environment."""
        return self.embedding is not None

    def check_params(self) -> None:
        """Raise a ValueError where a parameter is none that the network can be built with."""
        check_noise_embedding(self)

    def build(
        self,
        input_shape: tuple[int | None, ...],
        output_shape: tuple[int | None, ...],
        *,
        output_activation: str = "linear",
        input_statistics: Any = None,
        output_statistics: Any = None,
        stateful: bool = False,
    ) -> Any:
        """Build the Keras model; where the input is added, both are in the units of the input.

        Parameters
        ----------
        input_shape, output_shape, output_activation, input_statistics, output_statistics
            As for :meth:`BaseArchitecture.build`.
        stateful : bool, default=False
            Of no effect: it carries no state.

        Returns
        -------
        model : keras.Model
            Not compiled.

        Raises
        ------
        ValueError
            Where the input cannot be added to the output.
        """
        if self.add_input:
            one_channel = (*output_shape, 1, 1)[2] == 1
            fits = one_channel and input_shape[0] == output_shape[0]
            if output_activation != "linear" or not fits:
                raise ValueError(
                    "NoiseEmbedding: add_input=True adds the noisy log spectrum to the output, but "
                    f"the output has shape {output_shape} and ends in {output_activation!r}, the "
                    f"input has shape {input_shape}. Use SpectrumTarget(scale='log') and "
                    "STFTFeaturizer(scale='log'), or add_input=False."
                )
            if input_statistics is not None and output_statistics is not None:
                output_statistics = tuple(values[:, :1] for values in input_statistics)
        return super().build(
            input_shape,
            output_shape,
            output_activation=output_activation,
            input_statistics=input_statistics,
            output_statistics=output_statistics,
        )

    def body(self, image: Any, n_channels: int, environment: Any = None) -> Any:
        """Build the layers, for a target of as many frequencies as the input has.

        Parameters
        ----------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            Input.
        n_channels : int
            Channels of the output.
        environment : KerasTensor of shape (None, n_frequencies, environment_frames, n_channels)
            What the rows begin with, or None.

        Returns
        -------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
        """
        return self.body_for(image, (image.shape[1], None, n_channels), environment=environment)

    def body_for(
        self,
        image: Any,
        output_shape: tuple[int, int | None, int],
        environment: Any = None,
        **carried: Any,
    ) -> Any:
        """Build the layers: the embedding, residual blocks that it conditions, a dense layer.

        Parameters
        ----------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            Input.
        output_shape : tuple of (int, int or None, int)
            Frequencies, frames and channels of the target.
        environment : KerasTensor of shape (None, n_frequencies, environment_frames, n_channels)
            What the rows begin with, or None.
        **carried : dict
            None: it carries no state.

        Returns
        -------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            With the frequencies and channels of the target.
        """
        from keras import layers, ops

        from skse.networks._conditioning import beside

        n_frequencies, _, n_channels = output_shape
        noisy, vector = image[..., :1], None
        if environment is not None and self.embedding == "mean":
            image = beside(image, ops.mean(environment, axis=2, keepdims=True))
        elif environment is not None and self.embedding == "learned":
            vector = self._embed(environment)

        def condition(image):
            return self._condition(image, vector)

        sizes = kernel_sizes(self)
        for n_filters, stride, size in zip(self.filters, self.strides, sizes, strict=True):
            options = {"strides": (stride, 1), "causal": self.causal}
            image = self._add_block(image, n_filters, size, condition, **options)
        frame = fold_frequencies(image, image.shape[1])
        frame = layers.Conv2D(n_frequencies * n_channels, 1, kernel_initializer="zeros")(frame)
        image = unfold_frequencies(frame, n_frequencies, n_frequencies)
        return layers.Add()([image, noisy]) if self.add_input else image

    def receptive_field(self) -> tuple[int, int]:
        """How far the network looks along time: through both convolutions of every block.

        Returns
        -------
        field : tuple of (int, int)
            Frames back and ahead, besides those of the environment.
        """
        reaches = [reach_of(size, causal=self.causal) for size in kernel_sizes(self)]
        return sum_of(2 * reaches)

    def _embed(self, environment):
        """Turn the frames of the environment into a vector."""
        from keras import layers

        image, size = environment, tuple(self.embedding_kernel_size)
        for n_filters, strides in zip(self.embedding_filters, self.embedding_strides, strict=True):
            image = self._add_block(image, n_filters, size, strides=tuple(strides))
        return layers.GlobalAveragePooling2D()(image)

    def _add_block(self, image, n_filters, size, condition=None, *, strides, causal=False):
        """Add two convolutions, each conditioned where asked for, and a way past both."""
        from keras import layers

        condition, past = condition or (lambda image: image), image
        if past.shape[-1] != n_filters or max(strides) > 1:
            # What the strides leave out need not be convolved.
            past = layers.MaxPooling2D(1, strides=strides)(past)
            past = layers.Conv2D(n_filters, 1)(past)
        new = convolve(image, n_filters, size, causal=causal, strides=strides, use_bias=False)
        new = self._activate(condition(new))
        new = condition(convolve(new, n_filters, size, causal=causal))
        return self._activate(layers.Add()([past, new]))

    def _activate(self, image):
        from keras import layers

        from skse.networks._layers import normalize

        return layers.Activation(self.activation)(normalize(image, self.normalization))

    def _condition(self, image, vector):
        """Add the environment, the same at all positions, and the frequency, in all frames."""
        from keras import layers

        from skse.networks._conditioning import FrequencyPosition

        n_channels = image.shape[-1]
        if vector is not None:
            told = layers.Dense(n_channels, use_bias=False, kernel_initializer="zeros")(vector)
            image = layers.Add()([image, layers.Reshape((1, 1, n_channels))(told)])
        if self.position_embedding:
            image = FrequencyPosition(self.position_units)(image)
        return image


def kernel_sizes(owner):
    """Return the size of the convolutions in each block of the enhancement, a list."""
    sizes = owner.kernel_size
    return [sizes] * len(owner.filters) if isinstance(sizes, Integral) else list(sizes)


def check_noise_embedding(owner):
    """Raise a ValueError unless `owner` has parameters that a NoiseEmbedding can be built with."""
    check_choice(owner, "activation", owner.activation, ACTIVATIONS)
    if owner.normalization is not None:
        check_choice(owner, "normalization", owner.normalization, ("batch",))
    if owner.embedding is not None:
        check_choice(owner, "embedding", owner.embedding, EMBEDDINGS)
    check_sizes(owner, "filters")
    check_sizes(owner, "embedding_filters")
    check_sizes(owner, "embedding_kernel_size", shortest=2, longest=2)
    n_blocks = len(owner.filters)
    check_sizes(owner, "strides", shortest=n_blocks, longest=n_blocks)
    if isinstance(owner.kernel_size, Sequence):
        check_sizes(owner, "kernel_size", shortest=n_blocks, longest=n_blocks)
    else:
        check_number(owner, "kernel_size", owner.kernel_size, Integral, min_val=1)
    check_number(owner, "position_units", owner.position_units, Integral, min_val=1)
    check_number(owner, "environment_frames", owner.environment_frames, Integral, min_val=0)
    pairs = owner.embedding_strides
    if not (
        isinstance(pairs, Sequence)
        and len(pairs) == len(owner.embedding_filters)
        and all(isinstance(pair, Sequence) and len(pair) == 2 for pair in pairs)
        and all(isinstance(n, Integral) and int(n) > 0 for pair in pairs for n in pair)
    ):
        raise ValueError(
            f"{type(owner).__name__}: embedding_strides={pairs!r} must be a sequence of "
            f"{len(owner.embedding_filters)} pairs of positive integers, one for each of "
            f"embedding_filters={owner.embedding_filters!r}."
        )
