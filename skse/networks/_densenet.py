"""Fully convolutional, densely connected network over time and frequency."""

from collections.abc import Callable, Sequence
from numbers import Integral, Real
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


class DenseNet(BaseArchitecture):
    """Densely connected network: the architecture of :class:`DenseNetRegressor`.

    Parameters
    ----------
    growth_rate, n_layers, n_levels, first_filters, compression, fold, kernel_size, stride
        As in :class:`DenseNetRegressor`.
    dilations, activation, normalization, dropout, causal
        As in :class:`DenseNetRegressor`.

    See Also
    --------
    NetworkRegressor : Trains an architecture.

    Examples
    --------
    >>> from skse.networks import DenseNet
    >>> DenseNet(causal=True).receptive_field()
    (40, 0)
    >>> DenseNet(growth_rate=4, n_levels=2).build((33, None), (33, None)).output_shape
    (None, 33, None)
    """

    def __init__(
        self,
        growth_rate: int = 12,
        *,
        n_layers: int = 2,
        n_levels: int = 3,
        first_filters: int = 24,
        compression: float = 0.5,
        fold: int = 4,
        kernel_size: int = 3,
        stride: int = 2,
        dilations: Sequence[int] = (1, 2, 4),
        activation: str = "relu",
        normalization: str | None = "batch",
        dropout: float = 0.0,
        causal: bool = False,
    ) -> None:
        keep_parameters(self, locals())

    def check_params(self) -> None:
        """Raise a ValueError where a parameter is none that the network can be built with."""
        check_densenet(self)

    def body(self, image: Any, n_channels: int) -> Any:
        """Build the layers: dense blocks on the way down, at the lowest level and up again.

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

        from skse.networks._layers import crop_like

        n_frequencies, tall = image.shape[1], max(self.kernel_size, self.stride)
        image = fold_frequencies(image, self.fold)
        image = convolve(image, self.first_filters, self.kernel_size, causal=self.causal)
        block, levels, down = (1,) * self.n_layers, [], {"strides": (self.stride, 1)}
        for _ in range(self.n_levels):
            image = self._connect(image, block)
            levels.append(image)
            n_filters = max(1, int(self.compression * image.shape[-1]))
            image = self._convolve(image, n_filters, (tall, 1), **down)
        image = self._connect(image, self.dilations)
        for beside in reversed(levels):
            n_filters, up = self.n_layers * self.growth_rate, {"layer": layers.Conv2DTranspose}
            image = self._convolve(image, n_filters, (tall, 1), **down, **up)
            image = layers.Concatenate()([crop_like(image, beside), beside])
            image = self._connect(image, block)
        image = self._convolve(image, n_channels * self.fold, 1, last=True)
        return unfold_frequencies(image, self.fold, n_frequencies)

    def receptive_field(self) -> tuple[int, int]:
        """How far the network looks along time, by its longest path: through every layer.

        Returns
        -------
        field : tuple of (int, int)
            Frames back and ahead.
        """
        plain = [self.kernel_size] * (1 + 2 * self.n_levels * self.n_layers)
        reaches = [reach_of(width, causal=self.causal) for width in plain]
        wide = self.kernel_size
        reaches += [reach_of(wide, dilation, causal=self.causal) for dilation in self.dilations]
        return sum_of(reaches)

    def _connect(self, image, dilations):
        """Add the layers of a dense block, each of which sees what all before it gave."""
        from keras import layers

        for dilation in dilations:
            # A dilated kernel may not be higher than its image.
            height = min(self.kernel_size, image.shape[1]) if dilation > 1 else self.kernel_size
            new = self._convolve(
                image, self.growth_rate, (height, self.kernel_size), dilation_rate=(1, dilation)
            )
            if self.dropout:
                new = layers.SpatialDropout2D(self.dropout)(new)
            image = layers.Concatenate()([image, new])
        return image

    def _convolve(self, image, n_filters, size, *, last=False, **options):
        """Normalise, activate, convolve."""
        from keras import layers

        from skse.networks._layers import normalize

        image = layers.Activation(self.activation)(normalize(image, self.normalization))
        options["use_bias"] = last or not self.normalization
        return convolve(image, n_filters, size, causal=self.causal, **options)


class DenseNetRegressor(BaseNetworkRegressor):
    """Regressor from time-frequency features to targets: densely connected convolutions.

    In a dense block every convolution sees what all before it gave, beside what came into the
    block. Strided convolutions lead down from block to block along frequency, while every frame
    is kept; transposed ones lead up again, each level joined with what its block held on the
    way down. Any number of frequencies and frames goes in.

    Parameters
    ----------
    growth_rate : int, default=12
        Channels that every convolution of a block adds.
    n_layers : int, default=2
        Convolutions of a block, on the way down and on the way up.
    n_levels : int, default=3
        Levels below that of the input: as many strides along frequency.
    first_filters : int, default=24
        Channels of the convolution before the first block.
    compression : float, default=0.5
        Part of a block's channels that the way down keeps, above 0 and at most 1.
    fold : int, default=4
        Neighbouring frequencies that become the channels of one on the way in, and frequencies
        again on the way out: no block then works at full resolution, where most of the time
        goes. 1 leaves them. Zeros fill up the last.
    kernel_size : int, default=3
        Height (frequencies) and width (frames) of the convolutions. Those from level to
        level are as high and one frame wide.
    stride : int, default=2
        Stride along frequency from a level to the next.
    dilations : sequence of int, default=(1, 2, 4)
        Dilation along time, in frames, of each convolution of the lowest block, which has as
        many.
    activation : {"elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh"}, default="relu"
        Nonlinearity before every convolution but the first.
    normalization : {"batch"} or None, default="batch"
        Normalisation before every activation.
    dropout : float, default=0.0
        Part of the channels that a convolution of a block adds which training leaves out at
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
    UNetRegressor : Strided convolutions whose levels are added.
    WideResNetRegressor : Convolutions along time, with frequencies as channels.
    skse.WaveformTarget : The loss behind the inverse STFT, as in [1]_.

    Notes
    -----
    The network of consistent spectrogram masking, after Du et al. [1]_, body sizes ours. From
    the paper: a fully convolutional network with a DenseNet as its backbone, real and imaginary
    part of the noisy STFT in, a complex mask out, the loss behind the inverse STFT; here that is
    ``STFTFeaturizer(scale="complex")`` with ``WaveformTarget(mask="complex", bound=None)``. Ours,
    because it was not found: the exponent of the loss and everything else of the body. It is laid
    out as the fully convolutional DenseNet [2]_ with strides along frequency alone, with the
    `compression` of DenseNet-BC [3]_, strided convolutions instead of pooling, and dilations along
    time at the lowest level; blocks on the way up hand on their input, too. The Fourier kernels,
    which are trained in the paper, are so with :class:`~skse.targets.TrainedFourierTarget` alone.

    References
    ----------
    .. [1] X. Du, M. Zhu, X. Shi, X. Zhang, W. Zhang and J. Chen, "End-to-end model for speech
       enhancement by consistent spectrogram masking", arXiv:1901.00295, 2019.
    .. [2] S. Jégou, M. Drozdzal, D. Vazquez, A. Romero and Y. Bengio, "The one hundred layers
       Tiramisu: Fully convolutional DenseNets for semantic segmentation", CVPR Workshops 2017.
    .. [3] G. Huang, Z. Liu, L. van der Maaten and K. Q. Weinberger, "Densely connected
       convolutional networks", CVPR 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import DenseNetRegressor
    >>> X = np.random.default_rng(0).random((8, 17, 10), dtype=np.float32)
    >>> network = DenseNetRegressor(4, n_levels=2, epochs=1, random_state=0).fit(X, X**2)
    >>> network.predict(X[:, :, :7]).shape
    (8, 17, 7)
    """

    def __init__(
        self,
        growth_rate: int = 12,
        *,
        n_layers: int = 2,
        n_levels: int = 3,
        first_filters: int = 24,
        compression: float = 0.5,
        fold: int = 4,
        kernel_size: int = 3,
        stride: int = 2,
        dilations: Sequence[int] = (1, 2, 4),
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

    def make_architecture(self) -> DenseNet:
        """Check the parameters of the architecture and return it.

        Returns
        -------
        architecture : DenseNet
        """
        check_densenet(self)
        return DenseNet(**{name: getattr(self, name) for name in DenseNet().get_params()})


def check_densenet(owner):
    """Raise a ValueError unless `owner` has parameters that a DenseNet can be built with."""
    check_layers(owner)
    check_sizes(owner, "dilations", shortest=0)
    for name in ("growth_rate", "n_layers", "n_levels", "first_filters", "fold", "kernel_size"):
        check_number(owner, name, getattr(owner, name), Integral, min_val=1)
    check_number(owner, "stride", owner.stride, Integral, min_val=1)
    within = {"min_val": 0, "max_val": 1, "include_boundaries": "right"}
    check_number(owner, "compression", owner.compression, Real, **within)
