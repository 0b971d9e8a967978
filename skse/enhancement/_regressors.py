"""What the enhancer asks of whatever regressor it was given."""

import copy
from inspect import signature

import sklearn
from sklearn.base import MetaEstimatorMixin, clone
from sklearn.model_selection import GroupKFold
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from skse.networks import BaseNetworkRegressor, compares

N_FOLDS = 5  # scikit-learn's own number


def takes_segments(regressor):
    """Tell whether a regressor, or every step of a Pipeline, accepts 3-D input."""
    if isinstance(regressor, Pipeline):
        return all(takes_segments(step) for step in steps_of(regressor))
    inner = _wrapped(regressor)
    if inner is not None:
        return takes_segments(inner)
    return get_tags(regressor).input_tags.three_d_array


def for_frames(regressor):
    """Return a regressor that predicts all outputs of a frame: itself, or one an output."""
    from sklearn.neural_network import MLPRegressor

    # Which does, though its tags do not say so (scikit-learn 1.9).
    says_nothing = isinstance(last_step(regressor), MLPRegressor)
    many = says_nothing or get_tags(regressor).target_tags.multi_output
    return regressor if many else MultiOutputRegressor(regressor)


def steps_of(regressor):
    """Return the steps of a Pipeline that do something, or the regressor alone."""
    if not isinstance(regressor, Pipeline):
        return [regressor]
    return [step for _, step in regressor.steps if step not in (None, "passthrough")]


def last_step(regressor):
    """Return the final step of a Pipeline, or the regressor itself."""
    return regressor.steps[-1][1] if isinstance(regressor, Pipeline) else regressor


def network_of(regressor):
    """Return the innermost regressor: of a Pipeline's last step, of what a search tries."""
    inner = last_step(regressor)
    if is_search(inner):
        return network_of(getattr(inner, "best_estimator_", inner.estimator))
    return inner if inner is regressor else network_of(inner)


def is_search(regressor):
    """Tell whether an estimator is a search over another one's parameters."""
    if not isinstance(regressor, MetaEstimatorMixin):
        return False
    return {"estimator", "cv"} <= regressor.get_params(deep=False).keys()


def receptive_field(regressor):
    """Return how many frames a regressor that takes segments looks back and ahead.

    None where it does not say so, or where that is not bounded.
    """
    if is_search(regressor):
        regressor = getattr(regressor, "best_estimator_", regressor)
    if not isinstance(regressor, Pipeline):
        return regressor.receptive_field() if hasattr(regressor, "receptive_field") else None
    fields = [receptive_field(step) for step in steps_of(regressor)]
    if None in fields:
        return None
    back, ahead = map(sum, zip(*fields, strict=True))
    return back, ahead


def open_stream(regressor):
    """Return a function that predicts the frames of one recording as they come, with a state."""
    stream = network_of(regressor).open_stream()
    before = steps_of(getattr(regressor, "best_estimator_", regressor))[:-1]

    def push(rows):
        for step in before:
            rows = step.transform(rows)
        return stream.push(rows)

    return push


def fit_rows(regressor, rows, targets, groups, *, further=False):
    """Fit a regressor on rows of which each belongs to a group, such as an utterance.

    Parameters
    ----------
    regressor : object
        Fitted in place.
    rows, targets : ndarray
        What it learns from.
    groups : ndarray of shape (n_rows,)
        Handed to a network, which holds out whole groups, and to a search, which folds by
        them.
    further : bool, default=False
        Whether to go on from what was learnt, by ``partial_fit``.

    Returns
    -------
    regressor : object
    """
    if further:
        *before, last = steps_of(regressor)
        for step in before:
            rows = step.transform(rows)
        known = {"groups": groups} if _takes_groups(last.partial_fit) else {}
        last.partial_fit(rows, targets, **known)
        return regressor
    inner = last_step(regressor)
    if is_search(inner):
        if inner.cv is None or isinstance(inner.cv, int):
            # Folds of rows would train on one part of an utterance and test on the other.
            inner.set_params(cv=GroupKFold(inner.cv or N_FOLDS))
    elif not has_fit_parameter(inner, "groups"):
        return regressor.fit(rows, targets)
    if sklearn.get_config()["enable_metadata_routing"]:
        network = network_of(regressor)
        if has_fit_parameter(network, "groups"):
            network.set_fit_request(groups=True)
        return regressor.fit(rows, targets, groups=groups)
    prefix = f"{regressor.steps[-1][0]}__" if isinstance(regressor, Pipeline) else ""
    return regressor.fit(rows, targets, **{f"{prefix}groups": groups})


def continued(regressor, fitted):
    """Return a regressor that goes on from a fitted one, where ``warm_start`` asks for that.

    Parameters
    ----------
    regressor : object
        Not fitted; its parameters hold.
    fitted : object or None
        Of the last fit.

    Returns
    -------
    regressor : object
    """
    last = last_step(regressor)
    if is_search(last):
        if network_of(last).get_params(deep=False).get("warm_start"):
            raise ValueError(
                f"SpeechEnhancer: warm_start=True inside {type(last).__name__}, which trains every "
                "candidate anew; use warm_start=False, or the network alone as regressor."
            )
        return regressor
    if fitted is None or not last.get_params(deep=False).get("warm_start"):
        return regressor
    before = last_step(fitted)
    if type(before) is not type(last):
        raise ValueError(
            f"SpeechEnhancer: warm_start=True, but the regressor fitted before is a "
            f"{type(before).__name__} and the new one a {type(last).__name__}; use "
            "warm_start=False."
        )
    # What is fitted may be shared with the old one: a network restores it where training fails.
    keep = copy.copy if isinstance(before, BaseNetworkRegressor) else copy.deepcopy
    warm = keep(before).set_params(**last.get_params(deep=False))
    if last is regressor:
        return warm
    regressor.steps[-1] = (regressor.steps[-1][0], warm)
    return regressor


def refined(regressor, fitted):
    """Return a copy of a fitted regressor with the parameters of another, to be fitted further."""
    last, before = last_step(regressor), last_step(fitted)
    if is_search(before):
        before = before.best_estimator_
        last = clone(before)
    if not hasattr(before, "partial_fit"):
        raise ValueError(
            f"SpeechEnhancer: partial_fit needs a regressor that has it, but "
            f"{type(before).__name__} has not. Use a network, or fit on all pairs at once."
        )
    keep = copy.copy if isinstance(before, BaseNetworkRegressor) else copy.deepcopy
    further = keep(before)
    if type(last) is type(further):
        further.set_params(**last.get_params(deep=False))
    if not isinstance(fitted, Pipeline):
        return further
    whole = copy.copy(fitted)
    whole.steps = [*fitted.steps[:-1], (fitted.steps[-1][0], further)]
    return whole


def check_loss(regressor, target):
    """Raise a ValueError where loss or output activation cannot work with what a target gives."""
    network = network_of(regressor)
    parameters = network.get_params(deep=False)
    loss = parameters.get("loss")
    needed = compares(loss) if isinstance(network, BaseNetworkRegressor) else "anything"
    what, remedy = f"loss={loss!r}", "loss='mse'"
    if needed == "anything" and parameters.get("output_activation") == "sigmoid":
        needed = "probabilities"
        what, remedy = "output_activation='sigmoid'", "output_activation='auto'"
    if needed in ("anything", target.gives):
        return
    low, high = target.output_range
    gives = "gives waveforms" if target.gives == "waveforms" else f"ranges from {low:g} to {high:g}"
    needs, fitting = _FITTING[needed]
    raise ValueError(
        f"{type(network).__name__}: {what} needs {needs}, but {target!r} {gives}. "
        f"Use {remedy}, or as target {fitting}."
    )


# What a loss compares -> in words, and the targets that give it.
_FITTING = {
    "probabilities": (
        "a target between 0 and 1",
        "IdealMaskTarget with mask='ibm', 'tbm' or 'irm', or with bound=1 mask='smm' "
        "or 'psm' (truncate=True)",
    ),
    "spectra": (
        "a complex spectrum",
        "SignalApproximationTarget(domain='complex') or SpectrumTarget(scale='complex')",
    ),
    "waveforms": ("waveforms", "WaveformTarget"),
}


def set_ends(regressor, target, featurizer, segment_frames, n_reference_channels):
    """Tell a network what to end in: the target's activation, and its head where it has one.

    Parameters
    ----------
    regressor : object
        A network, or a Pipeline or search around one; changed in place.
    target, featurizer : object
        Of the enhancer.
    segment_frames : int
        Frames in a row.
    n_reference_channels : int
        Channels of the noisy STFT behind the features, for a target with reference.

    Raises
    ------
    ValueError
        Where the network cannot have the head that the target needs, naming both sides and
        what would fit.
    """
    network = network_of(regressor)
    parameters = network.get_params(deep=False)
    if target.needs_reference:
        if "head" not in parameters:
            raise ValueError(
                f"{target!r} is applied inside the network, but {type(network).__name__} has no "
                "parameter 'head' for it. Use UNetRegressor or AutoencoderRegressor, or a target "
                "that any regressor can predict: IdealMaskTarget or SpectrumTarget."
            )
        if target.gives == "waveforms" and segment_frames < 2:
            raise ValueError(
                f"{target!r} needs segments of at least 2 frames, but SpeechEnhancer has "
                f"segment_frames={segment_frames!r}."
            )
        _spare_reference(regressor, target, n_reference_channels)
        silence = featurizer.stft([[0.0]])[0][:, :1]
        n_bands = len(featurizer.features(silence))
        network.set_params(head={**target.network_head(featurizer), "n_bands": n_bands})
    if parameters.get("output_activation") == "auto":
        network.set_params(output_activation=target.output_activation)


def _spare_reference(regressor, target, n_channels):
    for step in steps_of(regressor)[:-1]:
        if "n_reference_channels" not in step.get_params(deep=False):
            raise ValueError(
                f"{target!r} needs the noisy STFT inside the network, but the step before it, "
                f"{type(step).__name__}, would change it. Use FeatureScaler, or the network alone: "
                "it standardises what it sees (standardize=True)."
            )
        step.set_params(n_reference_channels=n_channels)


def _wrapped(regressor):
    """Return the estimator that a meta-estimator wraps; None for any other."""
    parameters = regressor.get_params(deep=False)
    inner = parameters.get("estimator", parameters.get("regressor"))
    return inner if hasattr(inner, "fit") else None


def _takes_groups(method):
    return "groups" in signature(method).parameters
