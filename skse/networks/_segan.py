"""The generator of SEGAN: a network from waveform to waveform."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from skse.networks._architecture import BaseArchitecture
from skse.networks._parameters import check_sizes, keep_parameters
from skse.utils import check_choice, check_number

_SKIPS, _Z = ("add", "concatenate"), ("drawn", "zero")


class SEGAN(BaseArchitecture):
    """Generator of SEGAN: the architecture of :class:`SEGANRegressor`.

    Parameters
    ----------
    filters, kernel_size, stride, n_noise, skip, z
        As in :class:`SEGANRegressor`.

    See Also
    --------
    SEGANRegressor : Trains it.

    Examples
    --------
    >>> from skse.networks import SEGAN
    >>> SEGAN((4, 8), kernel_size=15).build((64, 16), (64, 16)).output_shape
    (None, 64, 16)
    """

    any_n_frames = False

    def __init__(
        self,
        filters: Sequence[int] = (16, 32, 64, 128),
        *,
        kernel_size: int = 31,
        stride: int = 4,
        n_noise: int | None = None,
        skip: str = "concatenate",
        z: str = "zero",
    ) -> None:
        keep_parameters(self, locals())

    def check_params(self) -> None:
        """Raise a ValueError where a parameter is none that the network can be built with."""
        check_segan(self)

    def body(self, image: Any, n_channels: int) -> Any:
        """Build the layers: strided convolutions down, noise, transposed ones up, skips across.

        Parameters
        ----------
        image : KerasTensor of shape (None, hop_length, n_frames, 1)
            Frames of samples, whose columns follow each other in time.
        n_channels : int
            1.

        Returns
        -------
        image : KerasTensor of shape (None, hop_length, n_frames, 1)
            In [-1, 1].
        """
        from keras import layers

        from skse.networks._latent import ChannelFactors, LatentNoise

        _, hop_length, n_frames, _ = image.shape
        n_times, whole = hop_length * n_frames, self.stride ** len(self.filters)
        n_missing = -n_times % whole
        x = layers.Reshape((n_times, 1, 1))(layers.Permute((2, 1, 3))(image))
        x = layers.ZeroPadding2D(((0, n_missing), (0, 0)))(x)
        options = {"strides": (self.stride, 1), "padding": "same"}
        size, skips = (self.kernel_size, 1), []
        for n_filters in self.filters:
            before = layers.Conv2D(n_filters, size, **options)(x)
            skips.append(before)
            x = layers.PReLU(shared_axes=[1, 2])(before)
        n_noise = self.filters[-1] if self.n_noise is None else self.n_noise
        if n_noise:
            x = LatentNoise(n_noise, self.z == "drawn")(x)
        concatenates = self.skip == "concatenate"
        for n_filters, beside in zip(self.filters[-2::-1], skips[-2::-1], strict=True):
            x = layers.Conv2DTranspose(n_filters, size, **options)(x)
            x = layers.PReLU(shared_axes=[1, 2])(x)
            beside = ChannelFactors(1.0 if concatenates else 0.0)(beside)
            x = (layers.Concatenate() if concatenates else layers.Add())([x, beside])
        x = layers.Conv2DTranspose(n_channels, size, activation="tanh", **options)(x)
        x = layers.Cropping2D(((0, n_missing), (0, 0)))(x)
        return layers.Permute((2, 1, 3))(layers.Reshape((n_frames, hop_length, n_channels))(x))

    def make_model(self, inputs: Any, outputs: Any, name: str) -> Any:
        """Make a Keras model that an adversary can train.

        Parameters
        ----------
        inputs, outputs : KerasTensor
            Where the network begins and ends.
        name : str
            Name of the model.

        Returns
        -------
        model : keras.Model
        """
        from skse.networks._adversary import Generator

        return Generator(inputs, outputs, name=name)


def check_segan(owner):
    """Raise a ValueError unless `owner` has parameters that a SEGAN can be built with."""
    check_sizes(owner, "filters")
    check_number(owner, "stride", owner.stride, Integral, min_val=2)
    check_number(owner, "kernel_size", owner.kernel_size, Integral, min_val=1)
    if owner.kernel_size < owner.stride:
        raise ValueError(
            f"{type(owner).__name__}: kernel_size={owner.kernel_size!r} is below "
            f"stride={owner.stride!r}, which leaves samples out; expected at least as much."
        )
    if owner.n_noise is not None:
        check_number(owner, "n_noise", owner.n_noise, Integral, min_val=0)
    check_choice(owner, "skip", owner.skip, _SKIPS)
    check_choice(owner, "z", owner.z, _Z)
