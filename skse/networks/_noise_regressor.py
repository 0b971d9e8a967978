"""The regressor of noise embeddings, with every parameter in one flat list."""

from collections.abc import Callable, Sequence
from typing import Any

from skse.networks._base import BaseNetworkRegressor
from skse.networks._noise_embedding import NoiseEmbedding, check_noise_embedding
from skse.networks._parameters import keep_parameters
from skse.utils.typing import RandomState


class NoiseEmbeddingRegressor(BaseNetworkRegressor):
    """Regressor from time-frequency features to targets: residual blocks told of the noise.

    Two networks, trained together. The one turns a recording of the environment alone into a
    vector, its *noise embedding*; the other enhances, and to what each of its convolutions gives
    a linear projection of that vector is added, and a learned function of frequency. Any number of
    frames goes in; strides are along frequency alone.

    The recording is what `environment` of :class:`~skse.SpeechEnhancer` says. In rows it is their
    first `environment_frames` frames: a prediction has so many frames fewer than its row.

    Parameters
    ----------
    filters : sequence of int, default=(16, 16, 24, 24, 32, 32)
        Channels of every residual block of the enhancement.
    strides : sequence of int, default=(2, 1, 2, 1, 2, 1)
        Stride along frequency of every one.
    kernel_size : int or sequence of int, default=3
        Height (frequencies) and width (frames) of their convolutions, or those of each block.
    embedding : {"learned", "mean"} or None, default="learned"
        What the enhancement is told of the environment: its noise embedding; the mean of its
        features over time, as further channels of the input; or nothing. A row looks the same in
        all cases, so that a search can compare them.
    embedding_filters : sequence of int, default=(16, 16, 32, 32)
        Channels of every residual block of the embedding; the last are the vector's numbers.
    embedding_strides : sequence of (int, int), default=((2, 3), (2, 3), (1, 1), (2, 1))
        Strides of every one along frequency and time.
    embedding_kernel_size : tuple of (int, int), default=(4, 8)
        Height (frequencies) and width (frames) of their convolutions.
    position_embedding : bool, default=True
        Whether the enhancement is told of frequency.
    position_units : int, default=50
        Units of the two dense layers that a frequency goes through.
    add_input : bool, default=False
        Whether the first channel of the input is added to the output, which then is a gain in
        the log domain: for :class:`~skse.SpectrumTarget` and :class:`~skse.STFTFeaturizer`, both
        with ``scale="log"``. Training begins at "output = noisy", to the bit but for rounding.
    environment_frames : int, default=0
        Frames that rows begin with, of the environment. :class:`~skse.SpeechEnhancer` sets it. 0:
        none, and nothing is told of the environment, whatever `embedding` says.
    activation : {"elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh"}, default="relu"
        Nonlinearity behind every normalisation.
    normalization : {"batch"} or None, default="batch"
        Normalisation before every activation.
    causal : bool, default=False
        Pad every convolution of the enhancement along time in front only, so that no frame of
        the output depends on later frames of the input.
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
    SpeechEnhancer : Where the recording comes from: its parameter `environment`.
    DenseNetRegressor, WideResNetRegressor : After two other papers.
    skse.enhancement.environment_ablation : Whether a network heeds its environment.

    Notes
    -----
    After Keren, Han and Schuller [1]_. From the paper, and where it was not found from a
    successor by two of its authors [2]_: both networks of residual blocks and how a block is made;
    the mean over all positions as the embedding; what is added at every convolution, and where;
    three dense layers for a position, the hidden ones of 50 units; a dense layer at the end, whose
    output is added to the noisy log spectrum (`add_input`), with a squared error; projections and
    last layers that start at 0; and, at its full size,

    - 8 blocks of ``filters=(64, 64, 128, 128, 256, 256, 512, 512)``,
      ``strides=(1, 1, 2, 1, 2, 1, 2, 1)``, ``kernel_size=(4, 4, 4, 4, 3, 3, 3, 3)``;
    - ``embedding_filters=(64, 128, 256, 512)``, kernels of 8 frames and 4 frequencies in its first
      two blocks and of 4 and 4 in the others, strides as they are here.

    Ours: sizes; all frames of a row are enhanced at once, with a dense layer that is one for
    all frames, where the paper enhances the middle frame of 35; so there are no strides along
    time, and no embedding of a frame's place in the window, which is the same for all. Position
    layers have no normalisation; a way past a block is a convolution only where sizes change; Adam
    in place of plain gradient descent. ``embedding="mean"`` is noise-aware training [3]_.

    References
    ----------
    .. [1] G. Keren, J. Han and B. Schuller, "Scaling speech enhancement in unseen environments with
       noise embeddings", CHiME 2018, arXiv:1810.12757.
    .. [2] S. Liu, G. Keren and B. Schuller, "N-HANS: Introducing the Augsburg neuro-holistic
       audio-enhancement system", arXiv:1911.07062, 2019, and its published code.
    .. [3] M. L. Seltzer, D. Yu and Y. Wang, "An investigation of deep neural networks for noise
       robust speech recognition", ICASSP 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import NoiseEmbeddingRegressor
    >>> X = np.random.default_rng(0).random((8, 17, 5 + 10), dtype=np.float32)
    >>> network = NoiseEmbeddingRegressor(
    ...     (4, 4), strides=(2, 1), environment_frames=5, epochs=1, random_state=0
    ... ).fit(X, X[:, :, 5:] ** 2)
    >>> network.predict(X).shape
    (8, 17, 10)
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

    def make_architecture(self) -> NoiseEmbedding:
        """Check the parameters of the architecture and return it.

        Returns
        -------
        architecture : NoiseEmbedding
        """
        check_noise_embedding(self)
        names = NoiseEmbedding().get_params()
        return NoiseEmbedding(**{name: getattr(self, name) for name in names})
