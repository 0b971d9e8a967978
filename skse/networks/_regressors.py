"""U-Net and autoencoder with every parameter in one flat list, and the table of networks."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from skse.networks import _autoencoder, _unet
from skse.networks._autoencoder import Autoencoder, check_autoencoder
from skse.networks._base import BaseNetworkRegressor
from skse.networks._densenet import DenseNetRegressor
from skse.networks._noise_regressor import NoiseEmbeddingRegressor
from skse.networks._parameters import keep_parameters
from skse.networks._unet import UNet, check_unet
from skse.networks._wideresnet import WideResNetRegressor
from skse.utils.typing import RandomState


class UNetRegressor(BaseNetworkRegressor):
    """Regressor from time-frequency features to time-frequency targets: a U-Net.

    Strided convolutions (or max pooling) halve the frequency axis level by level
    while they keep every frame; dilated residual convolutions along time follow at
    the lowest level; transposed convolutions lead back up, each level joined with
    what it held on the way down. Any number of frequencies and frames goes in: what
    the strides do not divide is cropped inside.

    Parameters
    ----------
    filters : sequence of int, default=(16, 24, 32, 48, 64)
        Channels of every level, from the finest to the coarsest.
    fold : int, default=1
        Neighbouring frequencies that become the channels of one on the way in, and frequencies
        again on the way out (sub-pixel convolution, Shi et al. 2016): no convolution then works
        at full resolution, where most of the time goes, and all sizes count folded
        frequencies. Zeros fill up the last.
    top_filters : int, default=8
        With strides: channels at the resolution of the input, beside it, before the last
        convolution.
    kernel_size : int, default=3
        Height (frequencies) and width (frames) of the convolutions.
    first_kernel_size : int, default=5
        The same of the first convolution and of the transposed one that mirrors it.
    strides : tuple of (int, int), default=(2, 1)
        Strides of every level along frequency and along time.
    downsampling : {"stride", "max_pool"}, default="stride"
        What leads down a level: the strides of its first convolution, or a maximum over
        units after its last one. Each level then joins the way up at full size,
        the finest one included.
    n_convolutions : int, default=1
        Convolutions on every level, down and up, where the transposed one counts.
    residual : bool, default=True
        Whether a level's convolutions after the first add to what they see (and keep
        its channels) or replace it.
    bottleneck_filters : int or None, default=None
        Channels of `n_convolutions` convolutions at the lowest level, before the
        dilated ones; None adds none.
    dilations : sequence of int, default=(1, 2, 4, 8)
        Dilation along time, in frames, of every residual convolution at the
        lowest level; together they set how far the network sees.
    bottleneck_units : int or None, default=128
        The lowest level's frequencies and channels are folded into so many channels of one
        frequency before the residual convolutions, and unfolded after them. None folds none.
    decoder_filters : sequence of int or None, default=None
        Channels of the transposed convolutions, from the coarsest to the finest; None
        mirrors `filters`.
    head_filters : sequence of int, default=()
        Channels of 1×1 convolutions before the last one, which is 1×1 then as well.
    activation : {"elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh"}, default="relu"
        Nonlinearity after every convolution.
    normalization : {"batch"} or None, default="batch"
        Normalisation before every activation.
    dropout : float, default=0.1
        Part of each residual convolution's channels that training leaves out at random.
    skip : {"add", "concatenate"}, default="concatenate"
        How a level's own channels join those from below.
    input_skip : bool, default=True
        Whether the input is concatenated to what the last convolution sees.
    causal : bool, default=False
        Pad every convolution along time in front only, so that no frame of the
        output depends on later frames of the input. Needs a stride of 1 along time.
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
    epochs : int, default=25
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
        `loss`, `optimizer` and architecture stay what they were (loss and optimizer of a
        network from a ``.skse`` file are those that it has now). `partial_fit` does so once,
        and never ends with worse weights.
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
    AutoencoderRegressor : Strided convolutions around a dense bottleneck.
    skse.enhancement.SpeechEnhancer : Uses it on waveforms.

    References
    ----------
    O. Ronneberger, P. Fischer and T. Brox, "U-Net: Convolutional networks for
    biomedical image segmentation", MICCAI 2015.
    W. Shi et al., "Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network", CVPR 2016.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import UNetRegressor
    >>> X = np.random.default_rng(0).random((8, 17, 10), dtype=np.float32)
    >>> network = UNetRegressor(filters=(4, 4), epochs=1, random_state=0).fit(X, X**2)
    >>> network.predict(X[:, :, :7]).shape
    (8, 17, 7)
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
        standardize: bool = True,
        output_activation: str = "auto",
        head: dict[str, Any] | None = None,
        loss: str | Callable[..., Any] = "mse",
        optimizer: Any = "adam",
        learning_rate: float = 3e-3,
        learning_rate_schedule: str = "cosine",
        batch_size: int = 16,
        epochs: int = 25,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        n_iter_no_change: int = 5,
        callbacks: Sequence[Any] | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        random_state: RandomState = None,
    ) -> None:
        keep_parameters(self, locals())

    def make_architecture(self) -> UNet:
        """Check the parameters of the architecture and return it.

        Returns
        -------
        architecture : UNet
        """
        check_unet(self)
        return UNet(**{name: getattr(self, name) for name in UNet().get_params()})

    def __setstate__(self, state):
        super().__setstate__({"fold": 1, **state})  # there was none before


class AutoencoderRegressor(BaseNetworkRegressor):
    """Regressor from time-frequency features to targets: a convolutional autoencoder.

    Strided convolutions shrink the image, dense layers squeeze all of it through
    a bottleneck, transposed convolutions unfold it again. It sees a segment as a
    whole and has no way around the bottleneck, so it takes only the number of
    frames that it was trained with.

    Parameters
    ----------
    filters : sequence of int, default=(8, 16, 32, 64, 64)
        Channels of the strided convolutions; the transposed ones mirror them.
    dense_units : sequence of int, default=(256, 128, 256)
        Sizes of the dense layers. One more leads back to the convolutions' size.
    kernel_size : int, default=3
        Height (frequencies) and width (frames) of the convolutions.
    strides : tuple of (int, int), default=(2, 2)
        Strides of every convolution along frequency and along time.
    activation : {"elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh"}, \
            default="leaky_relu"
        Nonlinearity after every layer.
    normalization : {"batch"} or None, default="batch"
        Normalisation before every activation, the last strided convolution's excepted.
    dropout : float, default=0.0
        Part of each dense layer's output that training leaves out at random.
    output_block : bool, default=False
        Whether normalisation and activation follow the last transposed convolution too.
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
        `loss`, `optimizer` and architecture stay what they were (loss and optimizer of a
        network from a ``.skse`` file are those that it has now). `partial_fit` does so once,
        and never ends with worse weights.
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
    UNetRegressor : Has connections around its bottleneck and takes any number of frames.
    skse.enhancement.SpeechEnhancer : Uses it on waveforms.

    References
    ----------
    X. Lu, Y. Tsao, S. Matsuda and C. Hori, "Speech enhancement based on deep
    denoising autoencoder", Interspeech 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import AutoencoderRegressor
    >>> X = np.random.default_rng(0).random((8, 17, 10), dtype=np.float32)
    >>> network = AutoencoderRegressor(filters=(4, 4), dense_units=(8,), epochs=1)
    >>> network.fit(X, X**2).predict(X).shape
    (8, 17, 10)
    """

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

    def make_architecture(self) -> Autoencoder:
        """Check the parameters of the architecture and return it.

        Returns
        -------
        architecture : Autoencoder
        """
        check_autoencoder(self)
        return Autoencoder(**{name: getattr(self, name) for name in Autoencoder().get_params()})


class Network(NamedTuple):
    """What is said of a network in tables and commands.

    Parameters
    ----------
    regressor : type
        Its regressor.
    label : str
        What people call it.
    """

    regressor: type
    label: str


NETWORKS = {
    "unet": Network(UNetRegressor, "U-Net"),
    "autoencoder": Network(AutoencoderRegressor, "Autoencoder"),
    "densenet": Network(DenseNetRegressor, "DenseNet"),
    "wideresnet": Network(WideResNetRegressor, "Wide ResNet"),
    "noiseembedding": Network(NoiseEmbeddingRegressor, "Noise embedding"),
}

# Joblib files of version 0.1 look for them beside the architectures.
vars(_unet)["UNetRegressor"] = UNetRegressor
vars(_autoencoder)["AutoencoderRegressor"] = AutoencoderRegressor
