"""The parameters that networks share: kept in `__init__`, checked in `fit`."""

from collections.abc import Sequence
from numbers import Integral, Real

from skse.networks._loss_table import LOSSES
from skse.networks._runtime import built
from skse.networks._tensorflow import check_keras, load_tensorflow
from skse.utils import check_choice, check_number

ACTIVATIONS = ("elu", "gelu", "leaky_relu", "relu", "selu", "silu", "tanh")
OUTPUT_ACTIVATIONS = ("auto", "linear", "sigmoid")
SCHEDULES = ("constant", "cosine")


def keep_parameters(estimator, arguments):
    """Keep what ``__init__`` got, its ``locals()``, under the same names."""
    vars(estimator).update({k: v for k, v in arguments.items() if k not in ("self", "__class__")})


def check_training(owner):
    """Raise a ValueError unless every parameter of the training is one it can take.

    It loads Keras.
    """
    check_keras(type(owner).__name__)
    load_tensorflow()
    from keras.callbacks import Callback
    from keras.optimizers import Optimizer

    from skse.networks._losses import check_loss_object
    from skse.networks._scikeras import OPTIMIZERS

    name, optimizer = type(owner).__name__, built(owner.optimizer)
    if isinstance(owner.loss, str):
        check_choice(owner, "loss", owner.loss, LOSSES)
    else:
        check_loss_object(name, built(owner.loss))
    if not isinstance(optimizer, Optimizer):
        check_choice(owner, "optimizer", optimizer, OPTIMIZERS)
    check_choice(owner, "output_activation", owner.output_activation, OUTPUT_ACTIVATIONS)
    check_choice(owner, "learning_rate_schedule", owner.learning_rate_schedule, SCHEDULES)
    above_zero = {"min_val": 0, "include_boundaries": "neither"}
    check_number(owner, "learning_rate", owner.learning_rate, Real, **above_zero)
    check_number(
        owner, "validation_fraction", owner.validation_fraction, Real, max_val=1, **above_zero
    )
    for parameter in ("batch_size", "epochs", "n_iter_no_change"):
        check_number(owner, parameter, getattr(owner, parameter), Integral, min_val=1)
    check_number(owner, "verbose", owner.verbose, Integral, min_val=0, max_val=2)
    if (
        owner.learning_rate_schedule == "cosine"
        and isinstance(optimizer, Optimizer)
        and isinstance(optimizer.get_config()["learning_rate"], dict)
    ):
        raise ValueError(
            f"{name}: learning_rate_schedule='cosine', but optimizer={owner.optimizer!r} has a "
            "schedule of its own; use learning_rate_schedule='constant'."
        )
    callbacks = owner.callbacks
    if callbacks is not None and not (
        isinstance(callbacks, Sequence) and all(isinstance(c, Callback) for c in callbacks)
    ):
        raise ValueError(
            f"{name}: callbacks={callbacks!r} must be a list of keras.callbacks.Callback "
            "instances, or None."
        )


def check_layers(owner):
    """Raise a ValueError for an unknown activation, normalisation or dropout."""
    check_choice(owner, "activation", owner.activation, ACTIVATIONS)
    if owner.normalization is not None:
        check_choice(owner, "normalization", owner.normalization, ("batch",))
    check_number(
        owner, "dropout", owner.dropout, Real, min_val=0, max_val=1, include_boundaries="left"
    )


def check_sizes(owner, name, *, shortest=1, longest=None):
    """Raise a ValueError unless a parameter is a sequence of positive integers.

    Parameters
    ----------
    owner : estimator
        Who has the parameter.
    name : str
        Name of the parameter.
    shortest : int, default=1
        Fewest entries.
    longest : int or None, default=None
        Most entries; None sets no limit.
    """
    sizes = getattr(owner, name)
    if not (
        isinstance(sizes, Sequence)
        and all(isinstance(size, Integral) and int(size) > 0 for size in sizes)
        and shortest <= len(sizes) <= (longest or len(sizes))
    ):
        how_many = f"{shortest}" if shortest == longest else f"at least {shortest}"
        raise ValueError(
            f"{type(owner).__name__}: {name}={sizes!r} must be a sequence of {how_many} "
            "positive integers."
        )
