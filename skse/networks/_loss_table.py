"""What is known of every loss without Keras: its name, and what it compares."""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from skse.networks._runtime import built
from skse.utils import check_choice

T = TypeVar("T", bound=Callable[..., Any])  # a loss of the user
COMPARED = ("anything", "probabilities", "spectra", "waveforms")


class Loss(NamedTuple):
    """A loss that the parameter `loss` can name.

    Parameters
    ----------
    name : str
        Value of the parameter.
    label : str
        What tables and pictures call it.
    compares : {"anything", "probabilities", "spectra", "waveforms"}, default="anything"
        What it compares: masks in [0, 1]; complex spectra, real and imaginary part as two
        channels; waveforms; or whatever the target is.
    """

    name: str
    label: str
    compares: str = "anything"


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("bce_dice", "BCE + Dice", "probabilities"),
        Loss("binary_crossentropy", "BCE", "probabilities"),
        Loss("binary_focal_crossentropy", "Focal BCE", "probabilities"),
        Loss("compressed_spectrum", "Compressed spectrum", "spectra"),
        Loss("dice", "Dice", "probabilities"),
        Loss("huber", "Huber"),
        Loss("log_cosh", "Log-cosh"),
        Loss("mae", "MAE"),
        Loss("mean_absolute_error", "MAE"),
        Loss("mean_squared_error", "MSE"),
        Loss("mse", "MSE"),
        Loss("si_sdr", "SI-SDR", "waveforms"),
        Loss("snr", "SNR", "waveforms"),
    )
}
# Keras's own on probabilities: function and class. Tversky's is Dice's with weights.
_ON_PROBABILITIES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "dice": "Dice",
    "tversky": "Tversky",
}


def compares(loss: str | Callable[..., Any]) -> str:
    """Say what a loss compares.

    Parameters
    ----------
    loss : str or callable or keras.losses.Loss
        As the parameter `loss` of a network takes it.

    Returns
    -------
    compared : {"anything", "probabilities", "spectra", "waveforms"}
        Masks in [0, 1]; complex spectra, real and imaginary part as two channels; waveforms; or
        whatever the target is. For a loss of your own, what :func:`register_loss` was told.

    Examples
    --------
    >>> from skse.networks import compares
    >>> compares("dice"), compares("mse")
    ('probabilities', 'anything')
    """
    if isinstance(loss, str):
        return LOSSES[loss].compares if loss in LOSSES else "anything"
    loss = built(loss)
    said = getattr(loss, "compares", None)
    if said is not None:
        return said
    from keras import losses

    functions = any(loss is getattr(losses, name) for name in _ON_PROBABILITIES)
    classes = tuple(getattr(losses, name) for name in _ON_PROBABILITIES.values())
    return "probabilities" if functions or isinstance(loss, classes) else "anything"


def register_loss(compares: str = "anything") -> Callable[[T], T]:
    """Register a loss of your own, so that networks train by it and are saved with it.

    Parameters
    ----------
    compares : {"anything", "probabilities", "spectra", "waveforms"}, default="anything"
        What it compares. A network that is trained by a loss on probabilities ends in a
        sigmoid; a target that does not give what a loss compares is refused.

    Returns
    -------
    register : callable
        Decorates a function of ``(y_true, y_pred)`` that returns a loss for every row, or a
        subclass of ``keras.losses.Loss``.

    Raises
    ------
    ValueError
        For another word.

    See Also
    --------
    compares : Says what a loss compares.

    Notes
    -----
    It registers with ``keras.saving.register_keras_serializable``, under the package "Custom"
    and the name of the function or class. To train a loaded model further, import the module
    first.

    Examples
    --------
    >>> from skse import UNetRegressor
    >>> from skse.networks import register_loss
    >>> @register_loss(compares="anything")
    ... def fourth_power(y_true, y_pred):
    ...     from keras import ops
    ...
    ...     return ops.mean((y_true - y_pred) ** 4, axis=-1)
    >>> network = UNetRegressor(loss=fourth_power)
    """
    check_choice("register_loss", "compares", compares, COMPARED)

    def register(loss):
        import keras

        loss.compares = compares
        return keras.saving.register_keras_serializable()(loss)

    return register
