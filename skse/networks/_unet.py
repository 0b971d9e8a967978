"""U-Net over time and frequency."""

from numbers import Integral

from skse.networks._base import BaseNetworkRegressor
from skse.networks._parameters import check_layers, check_sizes
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
    n_convolutions=1,
    dilations=(1, 2, 4),
    bottleneck_units=None,
    activation="elu",
    normalization="batch",
    dropout=0.0,
    skip="add",
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
    filters, top_filters, kernel_size, first_kernel_size, strides, n_convolutions
        As in :class:`UNetRegressor`.
    dilations, bottleneck_units, activation, normalization, dropout, skip
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

    def convolve(image, n_filters, size, layer=layers.Conv2D, **options):
        image = layer(n_filters, size, padding="same", use_bias=not normalization, **options)(image)
        return layers.Activation(activation)(_layers.normalize(image, normalization))

    def refine(image):
        for _ in range(n_convolutions - 1):
            image = layers.Add()([image, convolve(image, image.shape[-1], kernel_size)])
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

    inputs, image = _layers.begin_network(input_shape, input_statistics)
    levels = [image]
    for level, n_filters in enumerate(filters):
        size = kernel_size if level else first_kernel_size
        image = refine(convolve(image, n_filters, size, strides=strides))
        levels.append(image)
    if bottleneck_units is None:
        image = remember(image)
    else:
        # All frequencies become channels of a single one, and come back.
        _, frequencies, _, channels = image.shape
        folded = layers.Conv2D(bottleneck_units, (frequencies, 1), activation=activation)(image)
        unfolded = layers.Conv2DTranspose(channels, (frequencies, 1))(remember(folded))
        image = layers.Add()([image, unfolded])
    for level in range(len(filters) - 1, -1, -1):
        reference = levels[level]
        image = convolve(
            image,
            filters[level - 1] if level else top_filters,
            kernel_size if level else first_kernel_size,
            layers.Conv2DTranspose,
            strides=strides,
        )
        image = _layers.crop_like(image, reference)
        join = layers.Add if level and skip == "add" else layers.Concatenate
        image = join()([image, reference])
        if level:
            image = refine(image)
    image = layers.Conv2D(_layers.image_shape(output_shape)[2], kernel_size, padding="same")(image)
    return _layers.end_network(
        inputs,
        image,
        output_shape,
        output_activation=output_activation,
        statistics=output_statistics,
        name="unet",
    )


class UNetRegressor(BaseNetworkRegressor):
    """Regressor from time-frequency features to time-frequency targets: a U-Net.

    Strided convolutions halve the frequency axis level by level while they keep
    every frame; dilated residual convolutions along time follow at the lowest
    level; transposed convolutions lead back up, each level joined with what it
    held on the way down. Any number of frequencies and frames goes in: what the
    strides do not divide is cropped inside.

    Parameters
    ----------
    filters : sequence of int, default=(16, 24, 32, 48)
        Channels of every level, from the finest to the coarsest.
    top_filters : int, default=8
        Channels at full resolution, beside the input, before the last convolution.
    kernel_size : int, default=3
        Height (frequencies) and width (frames) of the convolutions.
    first_kernel_size : int, default=5
        The same of the first convolution and of the transposed one that mirrors it.
    strides : tuple of (int, int), default=(2, 1)
        Strides of every level along frequency and along time.
    n_convolutions : int, default=1
        Convolutions on every level, down and up; those after the first are residual.
    dilations : sequence of int, default=(1, 2, 4)
        Dilation along time, in frames, of every residual convolution at the
        lowest level; together they set how far the network sees.
    bottleneck_units : int or None, default=None
        Where given, the lowest level's frequencies and channels are folded into
        so many channels of one frequency before the residual convolutions, and
        unfolded after them.
    activation : {"elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh"}, default="elu"
        Nonlinearity after every convolution.
    normalization : {"batch"} or None, default="batch"
        Normalisation before every activation.
    dropout : float, default=0.0
        Part of each residual convolution's channels that training leaves out at random.
    skip : {"add", "concatenate"}, default="add"
        How a level's own channels join those from below; those of the input are
        always concatenated.
    standardize : bool, default=True
        Standardise every frequency with the training data's mean and standard
        deviation, input and (where the output is linear) target. The constants
        are part of the network.
    output_activation : {"auto", "linear", "sigmoid"}, default="auto"
        What the network ends in; "auto" is a sigmoid for a cross-entropy loss,
        else linear.
    loss : str or keras.losses.Loss or callable, default="mse"
        "mse", "mae", "huber", "log_cosh", "binary_crossentropy" or
        "binary_focal_crossentropy"; an own one must be registered with
        ``keras.saving.register_keras_serializable``. Cross-entropies need targets in [0, 1].
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
        The trained network; ``regressor_.model_`` is the Keras model.
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
        n_convolutions=1,
        dilations=(1, 2, 4),
        bottleneck_units=None,
        activation="elu",
        normalization="batch",
        dropout=0.0,
        skip="add",
        standardize=True,
        output_activation="auto",
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
        self.n_convolutions = n_convolutions
        self.dilations = dilations
        self.bottleneck_units = bottleneck_units
        self.activation = activation
        self.normalization = normalization
        self.dropout = dropout
        self.skip = skip
        self.standardize = standardize
        self.output_activation = output_activation
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
        check_choice(self, "skip", self.skip, ("add", "concatenate"))
        sizes = ["top_filters", "kernel_size", "first_kernel_size", "n_convolutions"]
        if self.bottleneck_units is not None:
            sizes.append("bottleneck_units")
        for name in sizes:
            check_number(self, name, getattr(self, name), Integral, min_val=1)
        return build_unet, {
            "filters": tuple(self.filters),
            "top_filters": self.top_filters,
            "kernel_size": self.kernel_size,
            "first_kernel_size": self.first_kernel_size,
            "strides": tuple(self.strides),
            "n_convolutions": self.n_convolutions,
            "dilations": tuple(self.dilations),
            "bottleneck_units": self.bottleneck_units,
            "activation": self.activation,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "skip": self.skip,
        }
