"""The model card: what a person wants to know of a model before using it."""

import math
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from sklearn.pipeline import Pipeline

from skse import __version__

_PACKAGES = ("numpy", "scipy", "scikit-learn", "keras", "tensorflow", "onnxruntime")
_TITLES = {
    "training_data": "Training data",
    "licence": "Licence",
    "scores": "Scores",
    "training": "Training",
    "parameters": "Parameters",
    "versions": "Versions",
}


def make_card(estimator, given):
    """Complete a model card.

    Parameters
    ----------
    estimator : estimator
        The fitted model.
    given : dict or None
        What the user says; it takes precedence.

    Returns
    -------
    card : dict
        Of plain values.

    Raises
    ------
    ValueError
        Where `given` is no dict of names and plain values.
    """
    if given is not None and not isinstance(given, dict):
        raise ValueError(
            f"card={given!r:.80} must be a dict, such as {{'licence': 'CC BY 4.0', "
            "'training_data': 'NOIZEUS', 'scores': {'snr_gain': 5.1}}}."
        )
    found = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "sampling_rate": getattr(_enhancer(estimator), "sampling_rate_", None),
        "training": _training(estimator),
        "estimator": _one_line(estimator),
        "parameters": {
            name: _one_line(value)
            for name, value in sorted(estimator.get_params().items())
            if not hasattr(value, "get_params") and name != "steps"
        },
        "versions": _versions(),
    }
    return {**found, **_plain(given or {}, "card")}


def card_text(card, name, foreign=()):
    """Write a model card as the README of a model.

    Parameters
    ----------
    card : dict
        As :func:`make_card` gives it.
    name : str
        Name of the model file.
    foreign : sequence of str, default=()
        Classes that it needs and that are not of skse.

    Returns
    -------
    text : str
        Markdown.
    """
    rate = card.get("sampling_rate")
    trust = f", trusted={list(foreign)}" if foreign else ""
    lines = [f"# {name}", ""]
    if card.get("description"):
        lines += [str(card["description"]), ""]
    lines += [
        "A speech enhancer: noisy speech in, enhanced speech out"
        + (f", at {rate:g} Hz." if isinstance(rate, (int, float)) else "."),
        "",
        "```python",
        "import skse",
        f'enhanced = skse.load("{name}"{trust}).predict(noisy)  # noisy: waveforms, full scale ±1',
        "```",
        "",
        f"Created {card.get('created')} with skse {__version__}. Loading this file runs no code of "
        + ("its author's but that of the classes named above." if foreign else "its author's."),
    ]
    shown = {"description", "created", "sampling_rate", "estimator"}
    order = [*_TITLES, *(key for key in card if key not in _TITLES)]
    for key in order:
        if key in shown or card.get(key) in (None, {}, []):
            continue
        title = _TITLES.get(key, key.replace("_", " ").capitalize())
        lines += ["", f"## {title}", "", *_markdown(card[key])]
    return "\n".join([*lines, ""])


def _markdown(value):
    if not isinstance(value, dict):
        return [f"- {item}" for item in value] if isinstance(value, list) else [str(value)]
    rows = [f"| {_cell(name)} | {_cell(entry)} |" for name, entry in value.items()]
    return ["| | |", "|---|---|", *rows]


def _cell(value):
    return "n/a" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


def _enhancer(estimator):
    return estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator


def _training(estimator):
    """Collect what the fitted model says of its training."""
    enhancer = _enhancer(estimator)
    network = getattr(enhancer, "regressor_", None)
    network = network.steps[-1][1] if isinstance(network, Pipeline) else network
    known = {"utterances": getattr(enhancer, "n_utterances_", None)}
    history = getattr(network, "history_", None)
    if history:
        known["epochs"] = len(history["loss"])
        for name, values in history.items():  # NaN where it was not known, as before a fine-tuning
            known[f"final {name}"] = f"{[x for x in values if not math.isnan(x)][-1]:.4g}"
    return {name: value for name, value in known.items() if value is not None}


def _versions():
    versions = {"skse": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _one_line(value):
    text = " ".join(repr(value).split())
    return text if len(text) <= 400 else f"{text[:399]}…"


def _plain(value, where):
    """Return a value that JSON can hold, or raise a ValueError that names it."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [_plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, f"{where}[{key!r}]") for key, item in value.items()}
    raise ValueError(
        f"{where}={value!r:.80} must be text, a number, or a list or dict (with names as keys) of "
        "such."
    )
