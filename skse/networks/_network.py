"""The regressor of any architecture."""

from collections.abc import Callable, Sequence
from typing import Any

from sklearn.base import clone

from skse.networks._architecture import BaseArchitecture
from skse.networks._base import BaseNetworkRegressor
from skse.networks._parameters import keep_parameters
from skse.networks._unet import UNet
from skse.utils.typing import RandomState


class NetworkRegressor(BaseNetworkRegressor):
    """Regressor from time-frequency features to targets, with any architecture.

    Parameters
    ----------
    architecture : BaseArchitecture or None, default=None
        What the network is; its parameters can be searched as ``architecture__...``. None is
        :class:`UNet`.
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
    UNetRegressor : A U-Net, with all parameters in one list.
    AutoencoderRegressor : An autoencoder, likewise.
    skse.networks.BaseArchitecture : To write an architecture.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import NetworkRegressor
    >>> from skse.networks import UNet
    >>> X = np.random.default_rng(0).random((8, 17, 10), dtype=np.float32)
    >>> network = NetworkRegressor(UNet(filters=(4, 4)), epochs=1, random_state=0)
    >>> network.set_params(architecture__causal=True).fit(X, X**2).predict(X).shape
    (8, 17, 10)
    """

    def __init__(
        self,
        architecture: BaseArchitecture | None = None,
        *,
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

    def make_architecture(self) -> BaseArchitecture:
        """Return a copy of the parameter `architecture`, or the default.

        Returns
        -------
        architecture : BaseArchitecture

        Raises
        ------
        ValueError
            Where it is none.
        """
        if self.architecture is None:
            return UNet()
        if not isinstance(self.architecture, BaseArchitecture):
            raise ValueError(
                f"{type(self).__name__}: architecture={self.architecture!r} must be an instance of "
                "a subclass of skse.networks.BaseArchitecture, such as UNet(), or None."
            )
        return clone(self.architecture)
