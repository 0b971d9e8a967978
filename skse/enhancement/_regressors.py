"""What the enhancer asks of whatever regressor it was given."""

import math

import numpy as np
import sklearn
from sklearn.base import MetaEstimatorMixin
from sklearn.model_selection import GroupKFold
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import has_fit_parameter

from skse.networks import BaseNetworkRegressor, NotSteppableError, compares

N_FOLDS = 5  # scikit-learn's own number


def takes_segments(regressor):
    """Tell whether a regressor, or every step of a Pipeline, accepts 3-D input."""
    if isinstance(regressor, Pipeline):
        return all(takes_segments(step) for step in steps_of(regressor))
    if is_search(regressor):
        return takes_segments(regressor.estimator)
    return get_tags(regressor).input_tags.three_d_array


def for_frames(regressor):
    """Return a regressor that predicts all outputs of a frame: itself, or one an output."""
    from sklearn.neural_network import MLPRegressor

    innermost = network_of(regressor)
    # MLPRegressor does, though its tags do not say so (scikit-learn 1.9).
    if isinstance(innermost, MLPRegressor) or get_tags(innermost).target_tags.multi_output:
        return regressor
    if search_in(regressor) is not None:
        name = type(innermost).__name__
        raise ValueError(
            f"SpeechEnhancer: {name}, which the search tries, predicts a single output, and a "
            f"frame has many. Search over MultiOutputRegressor({name}()), whose parameters are "
            "'estimator__...'."
        )
    return MultiOutputRegressor(regressor)


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


def search_in(regressor):
    """Return the outermost search that a regressor is or ends in; None where there is none."""
    if is_search(regressor):
        return regressor
    inner = last_step(regressor)
    return None if inner is regressor else search_in(inner)


def networks_in(regressor):
    """List the innermost regressor and those that a search puts in its place."""
    found, search = [network_of(regressor)], search_in(regressor)
    if search is not None:
        for candidates in _grids_of(search):
            for value in (v for values in candidates.values() for v in _listed(values)):
                if hasattr(value, "fit") and hasattr(value, "predict"):
                    found += networks_in(value)
        found += networks_in(search.estimator)[1:]
    return found


def _grids_of(search):
    """List the dicts of what a search tries, whatever the parameter that holds them is called."""
    values = search.get_params(deep=False).values()
    return [grid for v in values for grid in _listed(v) if isinstance(grid, dict)]


def _listed(values):
    """Return a list of candidates as such; of a single one, or of a distribution, itself alone."""
    return list(values) if isinstance(values, (list, tuple, np.ndarray)) else [values]


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


class FrameSteps:
    """Predicts the frames of one recording as they come, behind the steps of Pipelines.

    Parameters
    ----------
    regressor : object
        Fitted; its network has `open_stream`.
    environment : ndarray of shape (n_bands, environment_frames[, n_channels]) or None, default=None
        What rows begin with.
    """

    def __init__(self, regressor, environment=None):
        self.before, given = steps_before(regressor), {}
        if environment is not None:
            given["environment"] = self._changed(environment[None])
        self.stream = network_of(regressor).open_stream(**given)

    @property
    def ahead(self):
        """Frames by which the output lags."""
        return self.stream.ahead

    def push(self, rows):
        """Predict the next frames."""
        return self.stream.push(self._changed(rows))

    def finish(self):
        """Return the frames that are still to come."""
        return self.stream.finish()

    def _changed(self, rows):
        for step in self.before:
            rows = step.transform(rows)
        return rows


def steps_before(regressor):
    """Return what rows go through on the way to the innermost regressor, outermost first."""
    if is_search(regressor):
        return steps_before(getattr(regressor, "best_estimator_", regressor.estimator))
    *before, inner = steps_of(regressor)
    return before + (steps_before(inner) if inner is not regressor else [])


def open_steps(regressor, environment=None):
    """Return the FrameSteps of a regressor; None where it predicts whole rows only.

    So do networks that carry a state, which go on from block to block, and those with a
    `predict` of their own. `environment` is what rows begin with, or None.
    """
    network, field = network_of(regressor), receptive_field(regressor)
    if field is None or math.isinf(field[0]):
        return None
    if getattr(type(network), "predict", None) is not BaseNetworkRegressor.predict:
        return None
    if any(receptive_field(step) != (0, 0) for step in steps_before(regressor)):
        return None
    try:
        return FrameSteps(regressor, environment)
    except NotSteppableError:
        return None


def fit_rows(regressor, rows, targets, groups):
    """Fit a regressor on rows of which each belongs to a group, such as an utterance.

    Parameters
    ----------
    regressor : object
        Fitted in place.
    rows, targets : ndarray
        What it learns from.
    groups : ndarray of shape (n_rows,)
        Handed to a network, which holds out whole groups, and to a search, which folds by
        them and hands them to the networks that it tries.

    Returns
    -------
    regressor : object
    """
    search = search_in(regressor)
    if search is not None and (search.cv is None or isinstance(search.cv, int)):
        # Folds of rows would train on one part of an utterance and test on the other.
        search.set_params(cv=GroupKFold(search.cv or N_FOLDS))
    # Groups reach what is inside a search or a Pipeline on scikit-learn's routes only.
    with sklearn.config_context(enable_metadata_routing=True):
        takers = [x for x in networks_in(regressor) if has_fit_parameter(x, "groups")]
        for network in takers:
            # Of skse they ask for groups by themselves.
            if network is not regressor and not isinstance(network, BaseNetworkRegressor):
                network.set_fit_request(groups=True)
        if not takers and (search is None or not _folds_by_groups(search)):
            return regressor.fit(rows, targets)
        return regressor.fit(rows, targets, groups=groups)


def _folds_by_groups(search):
    return get_routing_for_object(search.cv).consumes("split", {"groups"})


def check_loss(regressor, target):
    """Raise a ValueError where loss or output activation cannot work with what a target gives."""
    for network in networks_in(regressor):
        _check_loss_of(network, target)


def _check_loss_of(network, target):
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
    for network in networks_in(regressor):
        _set_ends_of(network, target, featurizer, segment_frames)
    if target.needs_reference:
        _spare_reference(regressor, target, n_reference_channels)
    search = search_in(regressor)
    for grid in [] if search is None else _grids_of(search):
        for name in grid:
            if name.split("__")[-1] == "output_activation":
                grid[name] = [
                    target.output_activation if value == "auto" else value
                    for value in _listed(grid[name])
                ]


def _set_ends_of(network, target, featurizer, segment_frames):
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
