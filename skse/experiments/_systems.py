"""Systems made of what a user names or brings: a network, a target and a loss."""

from typing import NamedTuple

from sklearn.base import clone, is_regressor

from skse.enhancement import SpeechEnhancer
from skse.features import STFTFeaturizer
from skse.networks import LOSSES, NETWORKS, AutoencoderRegressor, compares
from skse.targets import TARGETS, BaseTarget
from skse.utils import check_choice

# "bce" is what commands and tables say.
_LOSSES = {**LOSSES, "bce": LOSSES["binary_crossentropy"]}
_KNOWN = {"network": NETWORKS, "target": TARGETS, "loss": _LOSSES}
# Kind -> what tells whether an object is of it, and what is expected.
_OBJECTS = {
    "network": (
        lambda part: is_regressor(part) and hasattr(part, "get_params"),
        "a regressor of features, such as UNetRegressor()",
    ),
    "target": (
        lambda part: isinstance(part, BaseTarget),
        "a target, such as IdealMaskTarget(), or one that derives from skse.targets.BaseTarget",
    ),
    "loss": (callable, "a function of y_true and y_pred, or a keras.losses.Loss"),
}
# An autoencoder's bottleneck holds one segment: short ones make it small, and there are many.
_AUTOENCODER = {"segment_frames": 8, "batch_size": 64}


class Part(NamedTuple):
    """A network, target or loss, and what it is called.

    Parameters
    ----------
    name : str
        In commands and columns.
    label : str
        In tables and pictures.
    value : object
        What it is.
    """

    name: str
    label: str
    value: object


def find_part(kind, part, *, caller, parameter=None):
    """Find what a name stands for; an object stands for itself.

    Parameters
    ----------
    kind : {"network", "target", "loss"}
        What is looked for.
    part : str or object
        A name of ``skse.networks.NETWORKS``, :data:`skse.targets.TARGETS` or
        ``skse.networks.LOSSES``, where "bce" is short for the binary cross-entropy; or a
        regressor, a target, or what `loss` of a network takes.
    caller : str
        Whom an error message names.
    parameter : str or None, default=None
        The caller's parameter. None stands for `kind`.

    Returns
    -------
    part : Part
        Without names where it was an object.

    Raises
    ------
    ValueError
        For a name that is not known, and an object of another kind.
    """
    parameter = parameter or kind
    if not isinstance(part, str):
        is_it, expected = _OBJECTS[kind]
        if isinstance(part, type) or not is_it(part):
            raise ValueError(
                f"{caller}: {parameter}={part!r:.60} is no {kind}; expected {expected}, or a name."
            )
        return Part("", "", part)
    known = _KNOWN[kind]
    check_choice(caller, parameter, part, known)
    record = known[part]
    if kind == "network":
        value = record.regressor()
        if isinstance(value, AutoencoderRegressor):
            value.set_params(batch_size=_AUTOENCODER["batch_size"])
    else:
        value = record.make() if kind == "target" else record.name
    return Part(part, record.label, value)


def configured(estimator, **values):
    """Clone an estimator and set those of its parameters that it has.

    Parameters
    ----------
    estimator : estimator
        Not changed.
    **values : dict
        By name of the parameter.

    Returns
    -------
    estimator : estimator
    """
    estimator = clone(estimator)
    known = estimator.get_params(deep=False)
    return estimator.set_params(**{name: x for name, x in values.items() if name in known})


def fits(loss, target):
    """Tell whether a loss can compare what a target gives."""
    return compares(loss) in ("anything", target.gives)


def make_system(network, target, *, training, stft=None, **parameters):
    """Make an enhancer of a network and a target, whose features tell what the target needs.

    Parameters
    ----------
    network : estimator
        Regressor; not changed.
    target : BaseTarget
        What it learns. Where that depends on the phase, the network sees real and imaginary
        part of the noisy STFT; otherwise the log spectrum.
    training : dict
        Parameters of the training, such as loss and epochs; those are set that the network
        has.
    stft : dict or None, default=None
        Parameters of the :class:`~skse.STFTFeaturizer`.
    **parameters : dict
        Further parameters of the enhancer. An autoencoder gets short segments in any case. A
        network that is told of the environment takes it from the recording itself, unless they say
        otherwise.

    Returns
    -------
    enhancer : SpeechEnhancer
        Not fitted.
    """
    if isinstance(network, AutoencoderRegressor):
        parameters["segment_frames"] = _AUTOENCODER["segment_frames"]
    if hasattr(network, "make_architecture") and network.make_architecture().needs_environment:
        parameters.setdefault("environment", "auto")
    return SpeechEnhancer(
        STFTFeaturizer(**(stft or {}), scale=_features_for(target)),
        clone(target),
        configured(network, **training),
        **parameters,
    )


def _features_for(target):
    """Scale of the features that tell what a target depends on."""
    named = getattr(target, "mask", None) or getattr(target, "scale", None)
    for name, record in TARGETS.items():
        if name == named and type(target) is type(record.make()):
            return record.features
    return "complex" if named == "complex" else "log"
