"""U-Net over time and frequency."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from skse.networks._architecture import BaseArchitecture, part_arguments
from skse.networks._convolutions import (
    convolve,
    fold_frequencies,
    reach_of,
    sum_of,
    unfold_frequencies,
)
from skse.networks._parameters import check_layers, check_sizes, keep_parameters
from skse.utils import check_choice, check_number


class UNet(BaseArchitecture):
    """U-Net over time and frequency: the architecture of :class:`UNetRegressor`.

    Parameters
    ----------
    filters, fold, top_filters, kernel_size, first_kernel_size, strides, downsampling
        As in :class:`UNetRegressor`.
    n_convolutions, residual, bottleneck_filters, dilations, bottleneck_units
        As in :class:`UNetRegressor`.
    decoder_filters, head_filters, activation, normalization, dropout, skip
        As in :class:`UNetRegressor`.
    input_skip, causal
        As in :class:`UNetRegressor`.

    See Also
    --------
    NetworkRegressor : Trains an architecture.

    Examples
    --------
    >>> from skse.networks import UNet
    >>> UNet(causal=True).receptive_field()
    (56, 0)
    >>> UNet(filters=(4, 8)).build((33, None), (33, None)).output_shape
    (None, 33, None)
    """

    def __init__(
        self,
        filters: Sequence[int] = (16, 24, 32, 48, 64),
        *,
        fold: int = 1,
        top_filters: int = 8,
        kernel_size: int = 3,
        first_kernel_size: int = 5,
        strides: Sequence[int] = (2, 1),
        downsampling: str = "stride",
        n_convolutions: int = 1,
        residual: bool = True,
        bottleneck_filters: int | None = None,
        dilations: Sequence[int] = (1, 2, 4, 8),
        bottleneck_units: int | None = 128,
        decoder_filters: Sequence[int] | None = None,
        head_filters: Sequence[int] = (),
        activation: str = "relu",
        normalization: str | None = "batch",
        dropout: float = 0.1,
        skip: str = "concatenate",
        input_skip: bool = True,
        causal: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    def __setstate__(self, state):
        super().__setstate__({"fold": 1, **state})  # there was none before

    def check_params(self) -> None:
        """Raise a ValueError where a parameter is none that the network can be built with."""
        check_unet(self)

    def body(self, image: Any, n_channels: int) -> Any:
        """Build the layers: down, along time at the lowest level, and up again.

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

        n_frequencies = image.shape[1]
        image = fold_frequencies(image, self.fold)
        seen = image
        image, levels = self._lead_down(image)
        if self.bottleneck_filters:
            image = self._convolve(image, self.bottleneck_filters, self.kernel_size)
            image = self._refine(image, self.bottleneck_filters)
        if self.bottleneck_units is None:
            image = self._remember(image)
        else:
            # All frequencies become channels of a single one, and come back.
            _, frequencies, _, channels = image.shape
            size, activation = (frequencies, 1), self.activation
            fold = layers.Conv2D(self.bottleneck_units, size, activation=activation)
            unfold = layers.Conv2DTranspose(channels, size)
            unfold.made_after = fold.name  # its random weights are drawn in this order
            image = layers.Add()([image, unfold(self._remember(fold(image)))])
        image = self._lead_up(image, levels)
        if self.input_skip:
            image = layers.Concatenate()([image, seen])
        for n_filters in self.head_filters:
            image = self._convolve(image, n_filters, 1)
        size = 1 if self.head_filters else self.kernel_size
        image = convolve(image, n_channels * self.fold, size, causal=self.causal)
        return unfold_frequencies(image, self.fold, n_frequencies)

    def receptive_field(self) -> tuple[int, int] | None:
        """How far the network looks along time, by its longest path.

        Returns
        -------
        field : tuple of (int, int) or None
            Frames back and ahead. None with a stride along time: where its grid lies depends
            on the length of the input.
        """
        if self.strides[1] != 1:
            return None
        n_levels, more = len(self.filters), self.n_convolutions - 1
        wide, first = self.kernel_size, self.first_kernel_size
        joined = n_levels if self.downsampling == "max_pool" else n_levels - 1
        plain = [first] + [wide] * (n_levels - 1 + more * (n_levels + joined))
        if self.bottleneck_filters is not None:
            plain += [wide] * (1 + more)
        if not self.head_filters:
            plain.append(wide)
        transposed = [first] + [wide] * (n_levels - 1)
        reaches = [reach_of(width, causal=self.causal) for width in plain]
        reaches += [reach_of(width, transposed=True, causal=self.causal) for width in transposed]
        reaches += [reach_of(wide, dilation, causal=self.causal) for dilation in self.dilations]
        return sum_of(reaches)

    def _lead_down(self, image):
        """Return the lowest level, and what every level holds for the way up."""
        from keras import layers

        levels = []
        for level, n_filters in enumerate(self.filters):
            size = self.kernel_size if level else self.first_kernel_size
            if self.downsampling == "max_pool":
                image = self._refine(self._convolve(image, n_filters, size), n_filters)
                levels.append(image)
                image = layers.MaxPooling2D(self.strides, padding="same")(image)
            else:
                levels.append(image)
                image = self._convolve(image, n_filters, size, strides=self.strides)
                image = self._refine(image, n_filters)
        return image, levels

    def _lead_up(self, image, levels):
        """Return to full resolution, joining each level with what it held."""
        from keras import layers

        from skse.networks._layers import crop_like

        up = self.decoder_filters or mirrored(self)
        for level, n_filters in zip(range(len(levels) - 1, -1, -1), up, strict=True):
            size = self.kernel_size if level else self.first_kernel_size
            image = self._convolve(
                image, n_filters, size, layers.Conv2DTranspose, strides=self.strides
            )
            image = crop_like(image, levels[level])
            if level or self.downsampling == "max_pool":
                join = layers.Add if self.skip == "add" else layers.Concatenate
                image = self._refine(join()([image, levels[level]]), n_filters)
        return image

    def _refine(self, image, n_filters):
        """Add the further convolutions of a level."""
        from keras import layers

        for _ in range(self.n_convolutions - 1):
            if self.residual:
                more = self._convolve(image, image.shape[-1], self.kernel_size)
                image = layers.Add()([image, more])
            else:
                image = self._convolve(image, n_filters, self.kernel_size)
        return image

    def _remember(self, image):
        """Add residual convolutions along time: what the network knows of its context."""
        from keras import layers

        size = (min(self.kernel_size, image.shape[1]), self.kernel_size)
        for dilation in self.dilations:
            block = self._convolve(image, image.shape[-1], size, dilation_rate=(1, dilation))
            if self.dropout:
                block = layers.SpatialDropout2D(self.dropout)(block)
            image = layers.Add()([image, block])
        return image

    def _convolve(self, image, n_filters, size, layer=None, **options):
        """Convolve, normalise, activate."""
        from keras import layers

        from skse.networks._layers import normalize

        options |= {"layer": layer, "causal": self.causal, "use_bias": not self.normalization}
        image = convolve(image, n_filters, size, **options)
        return layers.Activation(self.activation)(normalize(image, self.normalization))


def build_unet(
    input_shape: tuple[int | None, ...], output_shape: tuple[int | None, ...], **options: Any
) -> Any:
    """Build the Keras model of a U-Net.

    Parameters
    ----------
    input_shape, output_shape : tuple
        Of one sample: ``(n_frequencies,)``, ``(n_frequencies, n_frames)`` or
        ``(n_frequencies, n_frames, n_channels)``; ``n_frames`` may be None.
    **options : dict
        Parameters of :class:`UNet`, and ``output_activation``, ``input_statistics`` and
        ``output_statistics`` of :meth:`BaseArchitecture.build`.

    Returns
    -------
    model : keras.Model
        Not compiled.

    Examples
    --------
    >>> from skse.networks import build_unet
    >>> build_unet((33, None), (33, None), filters=(4, 8)).output_shape
    (None, 33, None)
    """
    architecture, ends = part_arguments(UNet, options)
    return architecture.build(input_shape, output_shape, **ends)


def check_unet(owner):
    """Raise a ValueError unless `owner` has parameters that a U-Net can be built with."""
    check_layers(owner)
    check_sizes(owner, "filters")
    check_sizes(owner, "strides", shortest=2, longest=2)
    check_sizes(owner, "dilations", shortest=0)
    check_sizes(owner, "head_filters", shortest=0)
    check_choice(owner, "skip", owner.skip, ("add", "concatenate"))
    check_choice(owner, "downsampling", owner.downsampling, ("max_pool", "stride"))
    for name in ("fold", "top_filters", "kernel_size", "first_kernel_size", "n_convolutions"):
        check_number(owner, name, getattr(owner, name), Integral, min_val=1)
    for name in ("bottleneck_units", "bottleneck_filters"):
        if getattr(owner, name) is not None:
            check_number(owner, name, getattr(owner, name), Integral, min_val=1)
    n_levels, given = len(owner.filters), owner.decoder_filters
    if given is not None:
        check_sizes(owner, "decoder_filters", shortest=n_levels, longest=n_levels)
        needed = mirrored(owner)[: n_levels - (owner.downsampling == "stride")]
        if owner.skip == "add" and tuple(given)[: len(needed)] != needed:
            raise ValueError(
                f"{type(owner).__name__}: decoder_filters={given!r} cannot be added to the "
                f"levels of filters={owner.filters!r}, which takes {needed!r}; use these, or "
                "skip='concatenate'."
            )
    if owner.causal and owner.strides[1] != 1:
        raise ValueError(
            f"{type(owner).__name__}: causal=True needs a stride of 1 along time, got "
            f"strides={owner.strides!r}; use strides=({owner.strides[0]}, 1)."
        )


def mirrored(network):
    """Channels of every transposed convolution, from the coarsest, that mirror `filters`."""
    if network.downsampling == "max_pool":
        return tuple(network.filters[::-1])
    return (*network.filters[-2::-1], network.top_filters)
