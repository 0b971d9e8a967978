"""What the enhancer asks of whatever regressor it was given."""

from math import inf

from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter


def takes_segments(regressor):
    """Tell whether a regressor, or every step of a Pipeline, accepts 3-D input."""
    if isinstance(regressor, Pipeline):
        steps = [step for _, step in regressor.steps if step not in (None, "passthrough")]
        return all(takes_segments(step) for step in steps)
    for wrapped in ("estimator", "regressor"):
        inner = regressor.get_params(deep=False).get(wrapped)
        if hasattr(inner, "fit"):
            return takes_segments(inner)
    return get_tags(regressor).input_tags.three_d_array


def takes_many_outputs(regressor):
    """Tell whether a regressor, or a Pipeline's last step, predicts a whole frame at once."""
    from sklearn.neural_network import MLPRegressor

    # Which does, though its tags do not say so (scikit-learn 1.9).
    says_nothing = isinstance(last_step(regressor), MLPRegressor)
    return says_nothing or get_tags(regressor).target_tags.multi_output


def last_step(regressor):
    """Return the final step of a Pipeline, or the regressor itself."""
    return regressor.steps[-1][1] if isinstance(regressor, Pipeline) else regressor


def receptive_field(regressor):
    """Return how many frames a regressor that takes segments looks back and ahead.

    None where it does not say so, or where that is not bounded.
    """
    regressor = getattr(regressor, "best_estimator_", regressor)
    if not isinstance(regressor, Pipeline):
        return regressor.receptive_field() if hasattr(regressor, "receptive_field") else None
    fields = [receptive_field(s) for _, s in regressor.steps if s not in (None, "passthrough")]
    if None in fields:
        return None
    back, ahead = map(sum, zip(*fields, strict=True))
    return back, ahead


def groups_for(regressor, groups):
    """Return `groups` as fit parameter, where the regressor splits by them."""
    if not has_fit_parameter(last_step(regressor), "groups"):
        return {}
    prefix = f"{regressor.steps[-1][0]}__" if isinstance(regressor, Pipeline) else ""
    return {f"{prefix}groups": groups}


def check_loss(regressor, target):
    """Raise a ValueError where loss or output activation cannot work with what a target gives."""
    network = last_step(regressor)
    parameters = network.get_params(deep=False)
    loss = parameters.get("loss")
    name = str(getattr(loss, "name", getattr(loss, "__name__", loss))).replace("_", "").lower()
    needed = next((kind for part, kind in _COMPARED_BY.items() if part in name), None)
    what, remedy = f"loss={loss!r}", "loss='mse'"
    if needed is None and parameters.get("output_activation") == "sigmoid":
        needed = _PROBABILITIES
        what, remedy = "output_activation='sigmoid'", "output_activation='auto'"
    if needed is None or needed == _given_by(target):
        return
    raise ValueError(
        f"{type(network).__name__}: {what} needs {needed}, but {target!r} {_describe(target)}. "
        f"Use {remedy}, or as target {_FITTING[needed]}."
    )


_PROBABILITIES = "a target between 0 and 1"
_COMPLEX = "a complex spectrum"
_WAVEFORMS = "waveforms"
# Part of a loss's name -> what the loss compares.
_COMPARED_BY = {
    "crossentropy": _PROBABILITIES,
    "dice": _PROBABILITIES,
    "compressedspectrum": _COMPLEX,
    "sisdr": _WAVEFORMS,
    "snr": _WAVEFORMS,
}
_FITTING = {
    _PROBABILITIES: "IdealMaskTarget with mask='ibm', 'tbm' or 'irm', or with bound=1 mask='smm' "
    "or 'psm' (truncate=True)",
    _COMPLEX: "SignalApproximationTarget(domain='complex') or SpectrumTarget(scale='complex')",
    _WAVEFORMS: "WaveformTarget",
}


def _given_by(target):
    low, high = target.output_range
    if target.gives_waveforms:
        return _WAVEFORMS
    if low >= 0 and high <= 1:
        return _PROBABILITIES
    return _COMPLEX if target.n_output_channels == 2 and (low, high) == (-inf, inf) else None


def _describe(target):
    low, high = target.output_range
    return "gives waveforms" if target.gives_waveforms else f"ranges from {low:g} to {high:g}"
