"""What the enhancer asks of whatever regressor it was given."""

from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter


def takes_segments(regressor):
    """Tell whether a regressor, or every step of a Pipeline, accepts 3-D input."""
    if isinstance(regressor, Pipeline):
        return all(takes_segments(step) for _, step in regressor.steps)
    for wrapped in ("estimator", "regressor"):
        inner = regressor.get_params(deep=False).get(wrapped)
        if hasattr(inner, "fit"):
            return takes_segments(inner)
    return get_tags(regressor).input_tags.three_d_array


def last_step(regressor):
    """Return the final step of a Pipeline, or the regressor itself."""
    return regressor.steps[-1][1] if isinstance(regressor, Pipeline) else regressor


def groups_for(regressor, groups):
    """Return `groups` as fit parameter, where the regressor splits by them."""
    if not has_fit_parameter(last_step(regressor), "groups"):
        return {}
    prefix = f"{regressor.steps[-1][0]}__" if isinstance(regressor, Pipeline) else ""
    return {f"{prefix}groups": groups}


def check_loss(regressor, target):
    """Raise a ValueError where loss or output activation cannot work with a target's range."""
    network = last_step(regressor)
    low, high = target.output_range
    if low >= 0 and high <= 1:
        return
    parameters = network.get_params(deep=False)
    loss = parameters.get("loss")
    if "crossentropy" in str(getattr(loss, "name", loss)).replace("_", ""):
        needs, remedy = f"loss={loss!r}", "loss='mse'"
    elif parameters.get("output_activation") == "sigmoid":
        needs, remedy = "output_activation='sigmoid'", "output_activation='auto'"
    else:
        return
    raise ValueError(
        f"{type(network).__name__}: {needs} needs a target between 0 and 1, but {target!r} ranges "
        f"from {low:g} to {high:g}. Use {remedy}, or as target IdealMaskTarget with mask='ibm', "
        "'tbm' or 'irm', or with bound=1 mask='smm' or 'psm' (truncate=True)."
    )
