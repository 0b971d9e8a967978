"""Convolutional autoencoder with a dense bottleneck."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from skse.networks._architecture import BaseArchitecture, part_arguments
from skse.networks._parameters import check_layers, check_sizes, keep_parameters
from skse.utils import check_number


class Autoencoder(BaseArchitecture):
    """Convolutional autoencoder: the architecture of :class:`AutoencoderRegressor`.

    Parameters
    ----------
    filters, dense_units, kernel_size, strides, activation, normalization, dropout, output_block
        As in :class:`AutoencoderRegressor`.

    See Also
    --------
    NetworkRegressor : Trains an architecture.

    Examples
    --------
    >>> from skse.networks import Autoencoder
    >>> network = Autoencoder(filters=(4, 8), dense_units=(16,))
    >>> network.build((33, 20), (33, 20)).output_shape
    (None, 33, 20)
    """

    any_n_frames = False

    def __init__(
        self,
        filters: Sequence[int] = (8, 16, 32, 64, 64),
        *,
        dense_units: Sequence[int] = (256, 128, 256),
        kernel_size: int = 3,
        strides: Sequence[int] = (2, 2),
        activation: str = "leaky_relu",
        normalization: str | None = "batch",
        dropout: float = 0.0,
        output_block: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    def check_params(self) -> None:
        """Raise a ValueError where a parameter is none that the network can be built with."""
        check_autoencoder(self)

    def body(self, image: Any, n_channels: int) -> Any:
        """Build the layers: strided convolutions, dense layers, transposed convolutions.

        Parameters
        ----------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            Input.
        n_channels : int
            Channels of the output.

        Returns
        -------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
        """
        from keras import layers

        from skse.networks._layers import crop_like, normalize

        def finish(tensor, normalized=True):
            if normalized:
                tensor = normalize(tensor, self.normalization)
            return layers.Activation(self.activation)(tensor)

        size, options = self.kernel_size, {"strides": self.strides, "padding": "same"}
        levels = []
        for level, n_filters in enumerate(self.filters):
            levels.append(image)
            image = layers.Conv2D(n_filters, size, **options)(image)
            image = finish(image, normalized=level < len(self.filters) - 1)
        code = layers.Flatten()(image)
        for units in (*self.dense_units, code.shape[1]):
            code = finish(layers.Dense(units)(code))
            if self.dropout:
                code = layers.Dropout(self.dropout)(code)
        image = layers.Reshape(image.shape[1:])(code)
        up = (*self.filters[-2::-1], n_channels)
        for n_filters, reference in zip(up, reversed(levels), strict=True):
            image = layers.Conv2DTranspose(n_filters, size, **options)(image)
            image = crop_like(image, reference)
            if self.output_block or reference is not levels[0]:
                image = finish(image)
        return image


def build_autoencoder(
    input_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...], **options: Any
) -> Any:
    """Build the Keras model of an autoencoder.

    Parameters
    ----------
    input_shape, output_shape : tuple
        Of one sample: ``(n_frequencies,)``, ``(n_frequencies, n_frames)`` or
        ``(n_frequencies, n_frames, n_channels)``.
    **options : dict
        Parameters of :class:`Autoencoder`, and ``output_activation``, ``input_statistics`` and
        ``output_statistics`` of :meth:`BaseArchitecture.build`.

    Returns
    -------
    model : keras.Model
        Not compiled.

    Examples
    --------
    >>> from skse.networks import build_autoencoder
    >>> build_autoencoder((33, 20), (33, 20), filters=(4,), dense_units=(8,)).output_shape
    (None, 33, 20)
    """
    architecture, ends = part_arguments(Autoencoder, options)
    return architecture.build(input_shape, output_shape, **ends)


def check_autoencoder(owner):
    """Raise a ValueError unless `owner` has parameters that an autoencoder can be built with."""
    check_layers(owner)
    check_sizes(owner, "filters")
    check_sizes(owner, "dense_units", shortest=0)
    check_sizes(owner, "strides", shortest=2, longest=2)
    check_number(owner, "kernel_size", owner.kernel_size, Integral, min_val=1)
