"""What is compared: the grid of candidates, the baselines and the ceilings."""

from sklearn.base import BaseEstimator

from skse.enhancement import (
    IdentityEnhancer,
    LogMMSE,
    SpectralSubtraction,
    SpeechEnhancer,
    WienerFilter,
    oracle_predict,
)
from skse.features import STFTFeaturizer
from skse.networks import AutoencoderRegressor, UNetRegressor
from skse.targets import TARGETS
from skse.utils import check_choice

# Trained on minutes of speech in minutes of time: short segments and small batches make many
# steps of little data, and the autoencoder's bottleneck holds one segment.
_TRAINING = {
    "autoencoder": {"segment_frames": 8, "regressor__batch_size": 64},
    "unet": {"segment_frames": 32, "regressor__batch_size": 8},
}
# Names on the command line and in results.csv -> class or factory, and the name to read.
NETWORKS = {
    "autoencoder": (AutoencoderRegressor, "Autoencoder"),
    "unet": (UNetRegressor, "U-Net"),
}
LOSSES = {"mse": ("mse", "MSE"), "bce": ("binary_crossentropy", "BCE")}
BASELINES = {
    IdentityEnhancer: "noisy",
    SpectralSubtraction: "spectral subtraction",
    WienerFilter: "Wiener filter",
    LogMMSE: "log-MMSE",
}


class OracleCeiling(BaseEstimator):
    """A target's ceiling as an estimator, for want of `y` in ``predict``.

    Parameters
    ----------
    enhancer : SpeechEnhancer, default=None
        Whose featurizer and target are judged; its regressor is not used.
    """

    def __init__(self, enhancer=None):
        self.enhancer = enhancer

    def fit(self, X, y):
        """Learn nothing."""
        return self


def enhance(estimator, X, y):
    """Enhance `X` with a fitted candidate, a baseline or, knowing `y`, a ceiling."""
    if isinstance(estimator, OracleCeiling):
        return oracle_predict(estimator.enhancer, X, y)
    return estimator.predict(X)


def make_grid(networks, targets, losses, *, sampling_rate, epochs, random_state):
    """Build the parameter grid of a search whose parameter `estimator` is exchanged.

    Parameters
    ----------
    networks, targets, losses : sequence of str
        Keys of `NETWORKS`, :data:`~skse.targets.TARGETS` and `LOSSES`.
    sampling_rate : int
        Hz.
    epochs : int
        Passes over the training data of every network.
    random_state : int
        Seed of every network.

    Returns
    -------
    grid : list of dict
        For :class:`~sklearn.model_selection.GridSearchCV`. Targets that leave
        [0, 1] are not paired with the cross-entropy.

    Raises
    ------
    ValueError
        For an unknown name, or where no candidate is left.
    """
    for name, chosen, allowed in (
        ("networks", networks, NETWORKS),
        ("targets", targets, TARGETS),
        ("losses", losses, LOSSES),
    ):
        for value in chosen:
            check_choice("compare", name, value, allowed)
        if not chosen or len(set(chosen)) < len(chosen):
            raise ValueError(
                f"compare: {name}={chosen!r} must be a selection, without repeats, from "
                f"{', '.join(map(repr, allowed))}."
            )
    enhancers = [
        SpeechEnhancer(
            regressor=NETWORKS[network][0](epochs=epochs, random_state=random_state),
            sampling_rate=sampling_rate,
        ).set_params(**_TRAINING[network])
        for network in networks
    ]
    # (losses that a target can be learned with, features it needs) -> such targets
    alike = {}
    for name in targets:
        target = TARGETS[name]
        fitting = tuple(x for x in losses if x != "bce" or target.is_probability)
        alike.setdefault((fitting, target.features), []).append(target.make())
    candidates = [
        {
            "estimator": enhancers,
            "estimator__featurizer": [STFTFeaturizer(scale=scale)],
            "estimator__target": alike_targets,
            "estimator__regressor__loss": [LOSSES[x][0] for x in fitting],
        }
        for (fitting, scale), alike_targets in alike.items()
        if fitting
    ]
    if not candidates:
        raise ValueError(
            f"compare: losses={list(losses)!r} fit none of targets={list(targets)!r}: bce needs a "
            "target between 0 and 1, such as 'ibm' or 'irm'. Add the loss 'mse' or such a target."
        )
    _, *kinds = BASELINES
    baselines = [IdentityEnhancer(), *(kind(sampling_rate=sampling_rate) for kind in kinds)]
    ceilings = [
        OracleCeiling(
            SpeechEnhancer(STFTFeaturizer(), TARGETS[x].make(), sampling_rate=sampling_rate)
        )
        for x in targets
    ]
    return [*candidates, {"estimator": [*baselines, *ceilings]}]


def describe(estimator):
    """Say what a row of the table is.

    Parameters
    ----------
    estimator : estimator
        Candidate, baseline or ceiling.

    Returns
    -------
    labels : dict of str
        name (to read), kind ("candidate", "noisy", "baseline", "ceiling"), and network,
        target, loss, empty where a row has none.
    """
    if type(estimator) in BASELINES:
        name = BASELINES[type(estimator)]
        return _label(name, "noisy" if name == "noisy" else "baseline")
    if isinstance(estimator, OracleCeiling):
        target = _target_name(estimator.enhancer.target)
        return _label(f"ceiling of {TARGETS[target].label}", "ceiling", target=target)
    network = _key(NETWORKS, type(estimator.regressor))
    target = _target_name(estimator.target)
    loss = _key(LOSSES, estimator.regressor.loss)
    name = f"{NETWORKS[network][1]}, {TARGETS[target].label}, {LOSSES[loss][1]}"
    return _label(name, "candidate", network, target, loss)


def _label(name, kind, network="", target="", loss=""):
    return {"name": name, "kind": kind, "network": network, "target": target, "loss": loss}


def _target_name(target):
    return getattr(target, "mask", None) or target.scale


def _key(names, value):
    return next(key for key, (known, _) in names.items() if known == value)
