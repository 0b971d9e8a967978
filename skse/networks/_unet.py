"""U-Net over time and frequency."""

from collections.abc import Sequence
from inspect import signature
from numbers import Integral

from skse.networks._base import BaseNetworkRegressor
from skse.networks._parameters import check_layers, check_sizes
from skse.networks._receptive_field import reach_of, unet_field
from skse.utils import check_choice, check_number


def build_unet(
    input_shape,
    output_shape,
    *,
    filters=(16, 24, 32, 48),
    top_filters=8,
    kernel_size=3,
    first_kernel_size=5,
    strides=(2, 1),
    downsampling="stride",
    n_convolutions=1,
    residual=True,
    bottleneck_filters=None,
    dilations=(1, 2, 4),
    bottleneck_units=None,
    decoder_filters=None,
    head_filters=(),
    activation="elu",
    normalization="batch",
    dropout=0.0,
    skip="add",
    input_skip=True,
    causal=False,
    output_activation="linear",
    input_statistics=None,
    output_statistics=None,
):
    """Build the Keras model of :class:`UNetRegressor`.

    Parameters
    ----------
    input_shape, output_shape : tuple
        Of one sample: ``(n_frequencies,)``, ``(n_frequencies, n_frames)`` or
        ``(n_frequencies, n_frames, n_channels)``; ``n_frames`` may be None.
    filters, top_filters, kernel_size, first_kernel_size, strides, downsampling
        As in :class:`UNetRegressor`.
    n_convolutions, residual, bottleneck_filters, dilations, bottleneck_units
        As in :class:`UNetRegressor`.
    decoder_filters, head_filters, activation, normalization, dropout, skip
        As in :class:`UNetRegressor`.
    input_skip, causal
        As in :class:`UNetRegressor`.
    output_activation : {"linear", "sigmoid"}, default="linear"
        What the network ends in.
    input_statistics, output_statistics : tuple of ndarray or None, default=None
        Mean and standard deviation of input and target, each of shape
        ``(n_frequencies, n_channels)``, kept inside the model as constants.

    Returns
    -------
    model : keras.Model
        Not compiled.
    """
    from keras import layers

    from skse.networks import _layers

    def same_convolution(image, n_filters, size, layer=layers.Conv2D, **options):
        """Convolve; with `causal`, moved so far back in time that no frame ahead is seen."""
        width = size if isinstance(size, int) else size[1]
        dilation = options.get("dilation_rate", (1, 1))[1]
        _, ahead = reach_of(width, dilation, transposed=layer is layers.Conv2DTranspose)
        moved = causal and ahead > 0
        if moved:
            image = layers.ZeroPadding2D(((0, 0), (ahead, 0)))(image)
        image = layer(n_filters, size, padding="same", **options)(image)
        return layers.Cropping2D(((0, 0), (0, ahead)))(image) if moved else image

    def convolve(image, *args, **options):
        image = same_convolution(image, *args, use_bias=not normalization, **options)
        return layers.Activation(activation)(_layers.normalize(image, normalization))

    def refine(image, n_filters):
        for _ in range(n_convolutions - 1):
            if residual:
                image = layers.Add()([image, convolve(image, image.shape[-1], kernel_size)])
            else:
                image = convolve(image, n_filters, kernel_size)
        return image

    def remember(image):
        """Residual convolutions along time: what the network knows of its context."""
        size = (min(kernel_size, image.shape[1]), kernel_size)
        for dilation in dilations:
            block = convolve(image, image.shape[-1], size, dilation_rate=(1, dilation))
            if dropout:
                block = layers.SpatialDropout2D(dropout)(block)
            image = layers.Add()([image, block])
        return image

    pooled = downsampling == "max_pool"
    inputs, image = _layers.begin_network(input_shape, input_statistics)
    seen, levels = image, []
    for level, n_filters in enumerate(filters):
        size = kernel_size if level else first_kernel_size
        if pooled:
            image = refine(convolve(image, n_filters, size), n_filters)
            levels.append(image)
            image = layers.MaxPooling2D(strides, padding="same")(image)
        else:
            levels.append(image)
            image = refine(convolve(image, n_filters, size, strides=strides), n_filters)
    if bottleneck_filters:
        image = refine(convolve(image, bottleneck_filters, kernel_size), bottleneck_filters)
    if bottleneck_units is None:
        image = remember(image)
    else:
        # All frequencies become channels of a single one, and come back.
        _, frequencies, _, channels = image.shape
        folded = layers.Conv2D(bottleneck_units, (frequencies, 1), activation=activation)(image)
        unfolded = layers.Conv2DTranspose(channels, (frequencies, 1))(remember(folded))
        image = layers.Add()([image, unfolded])
    if decoder_filters is None:
        decoder_filters = mirrored(filters, top_filters, downsampling)
    for level, n_filters in zip(range(len(filters) - 1, -1, -1), decoder_filters, strict=True):
        reference = levels[level]
        size = kernel_size if level else first_kernel_size
        image = convolve(image, n_filters, size, layers.Conv2DTranspose, strides=strides)
        image = _layers.crop_like(image, reference)
        if pooled or level:
            join = layers.Add if skip == "add" else layers.Concatenate
            image = refine(join()([image, reference]), n_filters)
    if input_skip:
        image = layers.Concatenate()([image, seen])
    for n_filters in head_filters:
        image = convolve(image, n_filters, 1)
    size = 1 if head_filters else kernel_size
    image = same_convolution(image, _layers.image_shape(output_shape)[2], size)
    return _layers.end_network(
        inputs,
        image,
        output_shape,
        output_activation=output_activation,
        statistics=output_statistics,
        name="unet",
    )


def mirrored(filters, top_filters, downsampling):
    """Channels of every transposed convolution, from the coarsest, that mirror `filters`."""
    if downsampling == "max_pool":
        return tuple(filters[::-1])
    return (*filters[-2::-1], top_filters)


class UNetRegressor(BaseNetworkRegressor):
    """Regressor from time-frequency features to time-frequency targets: a U-Net.

    Strided convolutions (or max pooling) halve the frequency axis level by level
    while they keep every frame; dilated residual convolutions along time follow at
    the lowest level; transposed convolutions lead back up, each level joined with
    what it held on the way down. Any number of frequencies and frames goes in: what
    the strides do not divide is cropped inside.

    Parameters
    ----------
    filters : sequence of int, default=(16, 24, 32, 48)
        Channels of every level, from the finest to the coarsest.
    top_filters : int, default=8
        With strides: channels at full resolution, beside the input, before the last
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
    dilations : sequence of int, default=(1, 2, 4)
        Dilation along time, in frames, of every residual convolution at the
        lowest level; together they set how far the network sees.
    bottleneck_units : int or None, default=None
        Where given, the lowest level's frequencies and channels are folded into
        so many channels of one frequency before the residual convolutions, and
        unfolded after them.
    decoder_filters : sequence of int or None, default=None
        Channels of the transposed convolutions, from the coarsest to the finest; None
        mirrors `filters`.
    head_filters : sequence of int, default=()
        Channels of 1×1 convolutions before the last one, which is 1×1 then as well.
    activation : {"elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh"}, default="elu"
        Nonlinearity after every convolution.
    normalization : {"batch"} or None, default="batch"
        Normalisation before every activation.
    dropout : float, default=0.0
        Part of each residual convolution's channels that training leaves out at random.
    skip : {"add", "concatenate"}, default="add"
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
        "si_sdr" or "snr". An own one must be registered with
        ``keras.saving.register_keras_serializable``.
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
        `loss`, `optimizer` and architecture stay what they were.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 one line an epoch.
    random_state : int, RandomState instance or None, default=None
        Seed of weights, batches, dropout and validation split. The same seed
        gives the same network on the same machine.

    Attributes
    ----------
    regressor_ : scikeras.wrappers.KerasRegressor
        The trained network; ``regressor_.model_`` is the Keras model. After
        :func:`skse.load`, and until it is trained further, an object in its
        place that predicts through onnxruntime.
    history_ : dict of str to list of float
        Loss of every epoch: "loss" and, with early stopping, "val_loss".
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
        filters=(16, 24, 32, 48),
        *,
        top_filters=8,
        kernel_size=3,
        first_kernel_size=5,
        strides=(2, 1),
        downsampling="stride",
        n_convolutions=1,
        residual=True,
        bottleneck_filters=None,
        dilations=(1, 2, 4),
        bottleneck_units=None,
        decoder_filters=None,
        head_filters=(),
        activation="elu",
        normalization="batch",
        dropout=0.0,
        skip="add",
        input_skip=True,
        causal=False,
        standardize=True,
        output_activation="auto",
        head=None,
        loss="mse",
        optimizer="adam",
        learning_rate=3e-3,
        learning_rate_schedule="cosine",
        batch_size=16,
        epochs=30,
        early_stopping=False,
        validation_fraction=0.1,
        n_iter_no_change=5,
        callbacks=None,
        warm_start=False,
        verbose=0,
        random_state=None,
    ):
        self.filters = filters
        self.top_filters = top_filters
        self.kernel_size = kernel_size
        self.first_kernel_size = first_kernel_size
        self.strides = strides
        self.downsampling = downsampling
        self.n_convolutions = n_convolutions
        self.residual = residual
        self.bottleneck_filters = bottleneck_filters
        self.dilations = dilations
        self.bottleneck_units = bottleneck_units
        self.decoder_filters = decoder_filters
        self.head_filters = head_filters
        self.activation = activation
        self.normalization = normalization
        self.dropout = dropout
        self.skip = skip
        self.input_skip = input_skip
        self.causal = causal
        self.standardize = standardize
        self.output_activation = output_activation
        self.head = head
        self.loss = loss
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.learning_rate_schedule = learning_rate_schedule
        self.batch_size = batch_size
        self.epochs = epochs
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.verbose = verbose
        self.random_state = random_state

    def _architecture(self):
        check_layers(self)
        check_sizes(self, "filters")
        check_sizes(self, "strides", shortest=2, longest=2)
        check_sizes(self, "dilations", shortest=0)
        check_sizes(self, "head_filters", shortest=0)
        check_choice(self, "skip", self.skip, ("add", "concatenate"))
        check_choice(self, "downsampling", self.downsampling, ("max_pool", "stride"))
        for name in ("top_filters", "kernel_size", "first_kernel_size", "n_convolutions"):
            check_number(self, name, getattr(self, name), Integral, min_val=1)
        for name in ("bottleneck_units", "bottleneck_filters"):
            if getattr(self, name) is not None:
                check_number(self, name, getattr(self, name), Integral, min_val=1)
        if self.decoder_filters is not None:
            self._check_decoder_filters()
        if self.causal and self.strides[1] != 1:
            raise ValueError(
                f"UNetRegressor: causal=True needs a stride of 1 along time, got "
                f"strides={self.strides!r}; use strides=({self.strides[0]}, 1)."
            )
        own = signature(build_unet).parameters.keys() & self.get_params(deep=False).keys()
        parameters = {name: getattr(self, name) for name in own - {"output_activation"}}
        for name, value in parameters.items():
            if isinstance(value, Sequence) and not isinstance(value, str):
                parameters[name] = tuple(value)
        return build_unet, parameters

    def _check_decoder_filters(self):
        n_levels = len(self.filters)
        check_sizes(self, "decoder_filters", shortest=n_levels, longest=n_levels)
        joined = n_levels if self.downsampling == "max_pool" else n_levels - 1
        needed = mirrored(tuple(self.filters), self.top_filters, self.downsampling)[:joined]
        if self.skip == "add" and tuple(self.decoder_filters)[:joined] != needed:
            raise ValueError(
                f"UNetRegressor: decoder_filters={self.decoder_filters!r} cannot be added to the "
                f"levels of filters={self.filters!r}, which takes {needed!r}; use these, or "
                "skip='concatenate'."
            )

    def receptive_field(self):
        """How far the network looks along time, from its parameters alone.

        Returns
        -------
        field : tuple of (int, int) or None
            A frame of the output depends on so many frames of the input before
            it, and on so many after it. None with a stride along time: where its
            grid lies depends on the length of the input.
        """
        return unet_field(self) if self.strides[1] == 1 else None
