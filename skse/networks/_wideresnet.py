"""Wide residual network: convolutions along time, with frequencies as channels."""

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

from skse.networks._architecture import BaseArchitecture
from skse.networks._base import BaseNetworkRegressor
from skse.networks._convolutions import (
    convolve,
    fold_frequencies,
    reach_of,
    sum_of,
    unfold_frequencies,
)
from skse.networks._parameters import check_layers, check_sizes, keep_parameters
from skse.utils import check_number
from skse.utils.typing import RandomState


class WideResNet(BaseArchitecture):
    """Wide residual network along time: the architecture of :class:`WideResNetRegressor`.

    Parameters
    ----------
    filters, width_factor, n_blocks, kernel_size, shortcut, input_skip
        As in :class:`WideResNetRegressor`.
    activation, normalization, dropout, causal
        As in :class:`WideResNetRegressor`.

    See Also
    --------
    NetworkRegressor : Trains an architecture.

    Examples
    --------
    >>> from skse.networks import WideResNet
    >>> WideResNet().receptive_field()
    (26, 26)
    >>> WideResNet((8, 16), n_blocks=1).build((33, None), (17, None)).output_shape
    (None, 17, None)
    """

    def __init__(
        self,
        filters: Sequence[int] = (32, 32, 64, 128),
        *,
        width_factor: int = 1,
        n_blocks: int = 3,
        kernel_size: int = 3,
        shortcut: bool = True,
        input_skip: bool = True,
        activation: str = "relu",
        normalization: str | None = "batch",
        dropout: float = 0.0,
        causal: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    def check_params(self) -> None:
        """Raise a ValueError where a parameter is none that the network can be built with."""
        check_wideresnet(self)

    def body(self, image: Any, n_channels: int) -> Any:
        """Build the layers, for a target of as many frequencies as the input has.

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
        return self.body_for(image, (image.shape[1], None, n_channels))

    def body_for(
        self, image: Any, output_shape: tuple[int, int | None, int], **carried: Any
    ) -> Any:
        """Build the layers: a convolution, residual blocks, and one convolution to the target.

        Parameters
        ----------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            Input.
        output_shape : tuple of (int, int or None, int)
            Frequencies, frames and channels of the target.
        **carried : dict
            None: it carries no state.

        Returns
        -------
        image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
            With the frequencies and channels of the target.
        """
        from keras import layers

        from skse.networks._layers import normalize

        n_frequencies, _, n_channels = output_shape
        seen = fold_frequencies(image, image.shape[1])  # one frequency, all others its channels
        image = self._convolve(seen, self.width_factor * self.filters[0])
        if self.input_skip:
            image = layers.Concatenate()([image, seen])
        for n_filters in self.filters:
            for _ in range(self.n_blocks):
                image = self._add_block(image, self.width_factor * n_filters)
        image = normalize(image, self.normalization)
        image = layers.PReLU(shared_axes=(1, 2))(image)
        image = self._convolve(image, n_frequencies * n_channels)
        return unfold_frequencies(image, n_frequencies, n_frequencies)

    def receptive_field(self) -> tuple[int, int]:
        """How far the network looks along time: through every convolution.

        Returns
        -------
        field : tuple of (int, int)
            Frames back and ahead.
        """
        n_convolutions = 2 + 2 * self.n_blocks * len(self.filters)
        return sum_of([reach_of(self.kernel_size, causal=self.causal)] * n_convolutions)

    def _add_block(self, image, n_filters):
        """Correct an image by what two convolutions find in it; more channels where asked for."""
        from keras import layers

        from skse.networks._layers import normalize

        new = layers.Activation(self.activation)(normalize(image, self.normalization))
        new = self._convolve(new, n_filters, use_bias=not self.normalization)
        new = layers.Activation(self.activation)(normalize(new, self.normalization))
        if self.dropout:
            new = layers.SpatialDropout2D(self.dropout)(new)
        new = self._convolve(new, n_filters)
        if not self.shortcut:
            return new
        if image.shape[-1] != n_filters:
            image = layers.Conv2D(n_filters, 1)(image)
        return layers.Add()([image, new])

    def _convolve(self, image, n_filters, **options):
        """Convolve along time."""
        return convolve(image, n_filters, (1, self.kernel_size), causal=self.causal, **options)


class WideResNetRegressor(BaseNetworkRegressor):
    """Regressor from features to targets: a wide residual network along time.

    Convolutions run along time alone and see all frequencies of a frame as channels, so that
    features of any kind may stand one below the other (:class:`~skse.FeaturizerUnion`). Each
    residual block adds a correction to what came in. Any number of frames goes in.

    Parameters
    ----------
    filters : sequence of int, default=(32, 32, 64, 128)
        Channels of every wide block.
    width_factor : int, default=1
        What all `filters` are multiplied by.
    n_blocks : int, default=3
        Residual blocks in a wide block, of two convolutions each. The first one changes the
        number of channels.
    kernel_size : int, default=3
        Frames that a convolution sees.
    shortcut : bool, default=True
        Whether a block adds to what came in, or replaces it, for the sake of comparison.
    input_skip : bool, default=True
        Whether the first block sees the input too, beside the first convolution.
    activation : {"elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh"}, default="relu"
        Nonlinearity before every convolution of a block. Before the last convolution of all
        it is a PReLU.
    normalization : {"batch"} or None, default="batch"
        Normalisation before every nonlinearity.
    dropout : float, default=0.0
        Part of the channels between the convolutions of a block that training leaves out at
        random.
    causal : bool, default=False
        Pad every convolution along time in front only, so that no frame of the
        output depends on later frames of the input.
    standardize : bool, default=True
        Standardise every frequency with the training data's mean and standard
        deviation, input and (where the output is linear) target. The constants
        are part of the network.
    output_activation : {"auto", "linear", "sigmoid"}, default="auto"
        What the network ends in; "auto" is a sigmoid for a cross-entropy or dice loss,
        else linear.
    head : dict or None, default=None
        How the output is combined with the noisy STFT, the last two channels of `X`.
        :class:`~skse.SpeechEnhancer` sets it where the target has a ``network_head``.
    loss : str or keras.losses.Loss or callable, default="mse"
        "mse", "mae", "huber" or "log_cosh"; for targets in [0, 1]
        "binary_crossentropy", "binary_focal_crossentropy", "dice" or "bce_dice"; for
        complex spectra "compressed_spectrum"; for waveforms (:class:`~skse.WaveformTarget`)
        "si_sdr" or "snr". One of your own must be registered by
        :func:`~skse.networks.register_loss`.
    optimizer : {"adam", "adamw", "nadam", "rmsprop", "sgd"} or keras.optimizers.Optimizer, \
            default="adam"
        An instance is copied and brings its own learning rate.
    learning_rate : float, default=0.003
        Step size at the start.
    learning_rate_schedule : {"constant", "cosine"}, default="cosine"
        "cosine" lowers the step size to 0 over the epochs.
    batch_size : int, default=16
        Rows in a training step.
    epochs : int, default=30
        Passes over the training rows.
    early_stopping : bool, default=False
        Hold out validation rows (whole groups, see `fit`), stop when their loss
        no longer improves and keep the best epoch's weights.
    validation_fraction : float, default=0.1
        Part of the groups to hold out.
    n_iter_no_change : int, default=5
        Epochs without improvement before training stops.
    callbacks : list of keras.callbacks.Callback or None, default=None
        Called in training.
    warm_start : bool, default=False
        Continue with the weights (and the standardisation) of the last `fit`;
        `loss`, `optimizer` and architecture stay what they were. `partial_fit` does so
        once, and never ends with worse weights.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 one line an epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, batches, dropout and validation split. The same seed
        gives the same network on the same machine.

    Attributes
    ----------
    architecture_ : BaseArchitecture
        What was trained.
    regressor_ : scikeras.wrappers.KerasRegressor
        The trained network; ``regressor_.model_`` is the Keras model. After
        :func:`skse.load`, and until it is trained further, an object in its
        place that predicts through onnxruntime.
    history_ : dict of str to list of float
        Loss of every epoch: "loss" and, where rows are held out, "val_loss".
    n_iter_ : int
        Epochs trained.
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    feature_names_in_ : ndarray of str
        Column names of a data frame seen in `fit`.

    See Also
    --------
    UNetRegressor : Convolutions along time and frequency.
    skse.FeaturizerUnion : Features of several kinds and window lengths, one below the other.

    Notes
    -----
    The network of Ribas et al. [1]_. From the paper: convolutions along time over features of
    several kinds and window lengths; the first one of 3 frames, whose output goes into the first
    block together with its input; four wide blocks of 32, 32, 64 and 128 channels, each of three
    residual blocks, which normalise and activate before they convolve; 1×1 convolutions on the
    shortcuts where channels change; normalisation, PReLU and a last convolution to the enhanced
    spectrum. Ours: the width factor of 1 (whether one multiplies these channels was not found),
    concatenation as the way in which the input joins the first block, as many channels of the
    first convolution as of the first block, the activation of choice, dropout, the causal form,
    and a linear output in place of a last ReLU, so that it may be a log spectrum around any
    level. Mapping is the paper's, as with :class:`~skse.SpectrumTarget`; masking with the same
    body is ours. Wide residual networks are due to Zagoruyko and Komodakis [2]_.

    References
    ----------
    .. [1] D. Ribas, J. Llombart, A. Miguel and L. Vicente, "Deep speech enhancement for
       reverberated and noisy signals using wide residual networks", arXiv:1901.00660, 2019.
    .. [2] S. Zagoruyko and N. Komodakis, "Wide residual networks", BMVC 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import WideResNetRegressor
    >>> X = np.random.default_rng(0).random((8, 17, 10), dtype=np.float32)
    >>> network = WideResNetRegressor((4, 8), epochs=1, random_state=0).fit(X, X**2)
    >>> network.predict(X[:, :, :7]).shape
    (8, 17, 7)
    """

    def __init__(
        self,
        filters: Sequence[int] = (32, 32, 64, 128),
        *,
        width_factor: int = 1,
        n_blocks: int = 3,
        kernel_size: int = 3,
        shortcut: bool = True,
        input_skip: bool = True,
        activation: str = "relu",
        normalization: str | None = "batch",
        dropout: float = 0.0,
        causal: bool = False,
        standardize: bool = True,
        output_activation: str = "auto",
        head: dict[str, Any] | None = None,
        loss: str | Callable[..., Any] = "mse",
        optimizer: Any = "adam",
        learning_rate: float = 3e-3,
        learning_rate_schedule: str = "cosine",
        batch_size: int = 16,
        epochs: int = 30,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        callbacks: Sequence[Any] | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: RandomState = None,
    ) -> None:
        keep_parameters(self, locals())

    def make_architecture(self) -> WideResNet:
        """Check the parameters of the architecture and return it.

        Returns
        -------
        architecture : WideResNet
        """
        check_wideresnet(self)
        return WideResNet(**{name: getattr(self, name) for name in WideResNet().get_params()})


def check_wideresnet(owner):
    """Raise a ValueError unless `owner` has parameters that a WideResNet can be built with."""
    check_layers(owner)
    check_sizes(owner, "filters")
    for name in ("width_factor", "n_blocks", "kernel_size"):
        check_number(owner, name, getattr(owner, name), Integral, min_val=1)
