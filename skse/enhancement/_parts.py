"""The three parts of an enhancer: their kinds, and their defaults."""

from sklearn.base import clone

from skse.enhancement._base import BaseEnhancer
from skse.enhancement._regressors import network_of
from skse.features import BaseFeaturizer, STFTFeaturizer
from skse.networks import UNetRegressor
from skse.targets import BaseTarget, IdealMaskTarget


def copy_parts(featurizer, target, regressor):
    """Return clones of the parts of a SpeechEnhancer, the defaults in place of None.

    Raises
    ------
    ValueError
        Where a part is in the place of another.
    """
    for part, name, kind, example in (
        (featurizer, "featurizer", BaseFeaturizer, "STFTFeaturizer"),
        (target, "target", BaseTarget, "IdealMaskTarget"),
    ):
        if part is not None and not isinstance(part, kind):
            raise ValueError(
                f"SpeechEnhancer: featurizer={featurizer!r:.60} and target={target!r:.60}: "
                f"{type(part).__name__} is no {name}; expected one such as {example}, or one of "
                f"your own that derives from {kind.__name__}."
            )
    if regressor is not None and (
        isinstance(regressor, type)
        or not (hasattr(regressor, "fit") and hasattr(regressor, "predict"))
        or isinstance(network_of(regressor), (BaseEnhancer, BaseFeaturizer, BaseTarget))
    ):
        raise ValueError(
            f"SpeechEnhancer: regressor={regressor!r:.60} is no regressor of features; expected a "
            "network such as UNetRegressor, or a regressor of scikit-learn."
        )
    return (
        STFTFeaturizer() if featurizer is None else clone(featurizer),
        IdealMaskTarget() if target is None else clone(target),
        UNetRegressor() if regressor is None else clone(regressor),
    )
