"""What is compared: networks with targets and losses, the baselines, the ceilings."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from skse.enhancement import (
    BaseEnhancer,
    IdentityEnhancer,
    LogMMSE,
    SpectralSubtraction,
    SpeechEnhancer,
    WienerFilter,
    oracle_predict,
)
from skse.experiments import Part, configured, find_part, fits, make_system
from skse.networks import compares
from skse.utils import check_choice

# Trained on minutes of speech in minutes of time: short segments and small batches make many
# steps of little data, and a U-Net that folds frequencies makes each cheap. In so few epochs a
# network learns nothing by heart: no remix.
_SEGMENT_FRAMES = 32
# What every network sees beside its features: what spectral subtraction has at hand.
_STFT = {"noise_channels": ("posterior_snr", "prior_snr")}
_SIZES: dict[str, dict[str, Any]] = {
    "unet": {
        "batch_size": 8,
        "fold": 4,
        "filters": (24, 32, 48),
        "first_kernel_size": 3,
        "bottleneck_units": 64,
        "dilations": (1, 2, 4),
        "activation": "elu",
        "skip": "add",
        "dropout": 0.0,
    },
    "densenet": {"batch_size": 8},
    "wideresnet": {"batch_size": 8},
    "noiseembedding": {"batch_size": 8},
}
# Name on the way in -> class, and the name to read.
BASELINES = {
    "spectral-subtraction": (SpectralSubtraction, "spectral subtraction"),
    "wiener": (WienerFilter, "Wiener filter"),
    "log-mmse": (LogMMSE, "log-MMSE"),
}


@dataclass(frozen=True)
class Candidate:
    """A row of the table.

    Parameters
    ----------
    name : str
        To read.
    kind : {"candidate", "noisy", "baseline", "ceiling"}
        What it is.
    estimator : estimator
        What is fitted, or has the target whose ceiling is asked for; not fitted.
    network, target, loss : str, default=""
        What it is made of, "" where it has none.
    """

    name: str
    kind: str
    estimator: Any
    network: str = ""
    target: str = ""
    loss: str = ""

    def enhance(self, fitted, noisy, clean):
        """Enhance with the fitted estimator or, knowing the clean waveforms, with the ceiling."""
        if self.kind == "ceiling":
            return oracle_predict(fitted, noisy, clean)
        return fitted.predict(noisy)


def make_candidates(networks, targets, losses, baselines, *, sampling_rate, epochs, random_state):
    """Make all that is compared.

    Parameters
    ----------
    networks, targets, losses, baselines : sequence of str, or dict of str to object
        As for :func:`compare`.
    sampling_rate : int
        Hz.
    epochs, random_state : int
        Of every network.

    Returns
    -------
    candidates : list of Candidate
        Every network with every target and the losses that can compare it, then the noisy
        speech, the baselines and the ceiling of every target.

    Raises
    ------
    ValueError
        For an unknown name, parts that do not fit together, names that are not unique, or
        where no candidate is left.
    """
    networks = _find("network", networks)
    targets, losses = _find("target", targets), _find("loss", losses)
    candidates = [
        Candidate(
            ", ".join(part.label for part in (network, target, loss) if part.label),
            "candidate",
            make_system(
                network.value,
                target.value,
                training={"loss": loss.value, "epochs": epochs, "random_state": random_state},
                stft=_STFT,
                sampling_rate=sampling_rate,
                segment_frames=_SEGMENT_FRAMES,
                remix=False,
            ),
            *(part.name for part in (network, target, loss)),
        )
        for network in networks
        for target in targets
        for loss in _losses_for(network.value, target.value, losses)
    ]
    if not candidates:
        raise ValueError(
            f"compare: losses={[x.name for x in losses]!r} fit none of "
            f"targets={[x.name for x in targets]!r}: bce needs a target between 0 and 1, such as "
            "'ibm' or 'irm', snr and si_sdr need 'waveform', and that needs a network. Add the "
            "loss 'mse' or such a target."
        )
    for candidate in candidates:
        candidate.estimator.make_chain()  # refuses what cannot be trained
    candidates.append(Candidate("noisy", "noisy", IdentityEnhancer()))
    candidates += [
        Candidate(name, "baseline", configured(enhancer, sampling_rate=sampling_rate))
        for name, enhancer in _find_baselines(baselines).items()
    ]
    candidates += [
        Candidate(
            f"ceiling of {target.label}",
            "ceiling",
            SpeechEnhancer(target=target.value, sampling_rate=sampling_rate),
            target=target.name,
        )
        for target in targets
    ]
    repeated = [name for name, n in Counter(c.name for c in candidates).items() if n > 1]
    if repeated:
        raise ValueError(f"compare: {repeated[0]!r} names two candidates; give one another name.")
    return candidates


def _find(kind, chosen):
    """Find what is chosen by name; take what comes with a name of its own."""
    plural = {"network": "networks", "target": "targets", "loss": "losses"}[kind]
    given = chosen.items() if isinstance(chosen, Mapping) else [(name, name) for name in chosen]
    parts = []
    for name, value in given:
        if not isinstance(name, str):
            raise ValueError(
                f"compare: {plural} holds {name!r:.60}, which has no name for the table; pass a "
                "dict of names to objects."
            )
        part = find_part(kind, value, caller="compare", parameter=plural)
        if part.name in _SIZES:
            part = Part(part.name, part.label, configured(part.value, **_SIZES[part.name]))
        if name != part.name:
            part = Part(name, name, part.value)
        parts.append(part)
    if not parts or len({part.name for part in parts}) < len(parts):
        raise ValueError(
            f"compare: {plural}={chosen!r} must be a selection, without repeats, of names, or a "
            f"dict that names what is to be compared."
        )
    return parts


def _losses_for(network, target, losses):
    """Losses to train a network with; one without a name where it has no such parameter.

    None where it cannot learn the target.
    """
    parameters = network.get_params()
    if target.needs_reference and not any(name.split("__")[-1] == "head" for name in parameters):
        return []  # it cannot apply a mask that is part of the network
    if "loss" not in network.get_params(deep=False):
        return [Part("", "", None)]
    fitting = [loss for loss in losses if fits(loss.value, target)]
    if target.gives_waveforms:  # where there is a loss made for them, the others say less
        return [loss for loss in fitting if compares(loss.value) == "waveforms"] or fitting
    return fitting


def _find_baselines(chosen):
    given = chosen.items() if isinstance(chosen, Mapping) else [(None, name) for name in chosen]
    found = {}
    for name, value in given:
        if isinstance(value, str) or name is None:
            check_choice("compare", "baselines", value, BASELINES)
            kind, label = BASELINES[value]
            name, value = name or label, kind()
        elif not isinstance(value, BaseEnhancer):
            raise ValueError(
                f"compare: baselines={name!r}: {value!r:.60} is no enhancer of waveforms; expected "
                "one such as WienerFilter()."
            )
        found[name] = value
    return found
