"""Convolutional autoencoder with a dense bottleneck."""

from numbers import Integral

from skse.networks._base import BaseNetworkRegressor
from skse.networks._parameters import check_layers, check_sizes
from skse.utils import check_number


def build_autoencoder(
    input_shape,
    output_shape,
    *,
    filters=(8, 16, 32, 64, 64),
    dense_units=(256, 128, 256),
    kernel_size=3,
    strides=(2, 2),
    activation="leaky_relu",
    normalization="batch",
    dropout=0.0,
    output_block=False,
    output_activation="linear",
    input_statistics=None,
    output_statistics=None,
):
    """Build the Keras model of :class:`AutoencoderRegressor`.

    Parameters
    ----------
    input_shape, output_shape : tuple
        Of one sample: ``(n_frequencies,)``, ``(n_frequencies, n_frames)`` or
        ``(n_frequencies, n_frames, n_channels)``.
    filters, dense_units, kernel_size, strides, activation, normalization, dropout, output_block
        As in :class:`AutoencoderRegressor`.
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

    def finish(tensor, normalized=True):
        if normalized:
            tensor = _layers.normalize(tensor, normalization)
        return layers.Activation(activation)(tensor)

    inputs, image = _layers.begin_network(input_shape, input_statistics)
    levels = []
    for level, n_filters in enumerate(filters):
        levels.append(image)
        image = layers.Conv2D(n_filters, kernel_size, strides, padding="same")(image)
        image = finish(image, normalized=level < len(filters) - 1)
    code = layers.Flatten()(image)
    for units in (*dense_units, code.shape[1]):
        code = finish(layers.Dense(units)(code))
        if dropout:
            code = layers.Dropout(dropout)(code)
    image = layers.Reshape(image.shape[1:])(code)
    channels = _layers.image_shape(output_shape)[2]
    for n_filters, reference in zip((*filters[-2::-1], channels), reversed(levels), strict=True):
        image = layers.Conv2DTranspose(n_filters, kernel_size, strides, padding="same")(image)
        image = _layers.crop_like(image, reference)
        if output_block or reference is not levels[0]:
            image = finish(image)
    return _layers.end_network(
        inputs,
        image,
        output_shape,
        output_activation=output_activation,
        statistics=output_statistics,
        name="autoencoder",
    )


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

    _any_n_frames = False

    def __init__(
        self,
        filters=(8, 16, 32, 64, 64),
        *,
        dense_units=(256, 128, 256),
        kernel_size=3,
        strides=(2, 2),
        activation="leaky_relu",
        normalization="batch",
        dropout=0.0,
        output_block=False,
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
        self.dense_units = dense_units
        self.kernel_size = kernel_size
        self.strides = strides
        self.activation = activation
        self.normalization = normalization
        self.dropout = dropout
        self.output_block = output_block
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
        check_sizes(self, "dense_units", shortest=0)
        check_sizes(self, "strides", shortest=2, longest=2)
        check_number(self, "kernel_size", self.kernel_size, Integral, min_val=1)
        return build_autoencoder, {
            "filters": tuple(self.filters),
            "dense_units": tuple(self.dense_units),
            "kernel_size": self.kernel_size,
            "strides": tuple(self.strides),
            "activation": self.activation,
            "normalization": self.normalization,
            "dropout": self.dropout,
            "output_block": self.output_block,
        }
