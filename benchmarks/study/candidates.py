"""What is tried, and how it is scored."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sklearn.base import clone

from skse import SpeechEnhancer, UNetRegressor
from skse.experiments import condition_means, describe, start_tensorflow
from skse.metrics import available_metrics, evaluate
from skse.utils import digest
from study.corpus import PROTOCOLS
from study.summary import METRICS

SAMPLING_RATE = 8000
# Metric -> column of the CSV
SCORED = {metric.key: column for column, metric in METRICS.items()} | {"rmse": "rmse"}
# Seconds on two quiet cores: an epoch of the default U-Net over a file, and scoring one.
SECONDS_PER_FILE = 0.025
SECONDS_PER_SCORE = 0.055
STFT_CACHE_MB = 500
# The U-Net of the study, whatever the defaults have become since.
NETWORK = {
    "filters": (16, 24, 32, 48),
    "dilations": (1, 2, 4),
    "bottleneck_units": None,
    "activation": "elu",
    "skip": "add",
    "dropout": 0.0,
}


@dataclass(frozen=True)
class Options:
    """What the command line changes; None leaves a part's own."""

    epochs: int | None = None
    seeds: int | None = None
    recipe_epochs: int | None = None
    models: str | None = None
    # For tests: parameters of every U-Net, and of the remix
    network: dict = field(default_factory=dict)
    n_mixtures: int | None = None

    def n_epochs(self, default):
        """Return the epochs to train."""
        return default if self.epochs is None else self.epochs

    def n_seeds(self, default):
        """Return the number of seeds to train with."""
        return default if self.seeds is None else self.seeds


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One line of work: a system, a protocol and a seed.

    Parameters
    ----------
    part, name, variant, protocol, seed
        What the CSV calls it; together unlike those of any other. `seed` is "" where
        nothing is random.
    settings : dict
        All that its scores depend on, in what JSON can hold.
    compute : callable
        ``compute(corpus)`` gives ``scores, figures``: a list of dict, one a noise and SNR,
        and a dict of what is the same for all of them.
    effort : float
        About how many seconds it takes on two quiet cores.
    priority : int, default=0
        What is most informative has the smallest.
    """

    part: str
    name: str
    variant: str
    protocol: str
    settings: dict
    compute: Callable
    effort: float
    seed: int | str = ""
    priority: int = 0

    @property
    def key(self):
        """What tells it from the others."""
        return (self.part, self.name, self.variant, self.protocol, str(self.seed))

    @property
    def digest(self):
        """Short form of the settings."""
        return digest(json.dumps(self.settings, sort_keys=True))[:12]


def score(test, enhanced):
    """Mean scores of every noise and SNR.

    Parameters
    ----------
    test : Bunch
        With the keys "clean", "noisy", "noise", "snr_db", "sampling_rate".
    enhanced : sequence of ndarray
        Waveforms.

    Returns
    -------
    scores : list of dict
    """
    rate = test.sampling_rate
    names = [name for name in SCORED if name in available_metrics(rate)]
    values = evaluate(test.clean, list(enhanced), test.noisy, sampling_rate=rate, metrics=names)
    columns = SCORED | {"n_utterances": "n_files"}
    rows = condition_means(values, test.noise, test.snr_db)
    return [{columns.get(name, name): value for name, value in row.items()} for row in rows]


def settings_of(**parts):
    """Spell out all that scores depend on: text and numbers as they are, estimators in full."""
    return {
        name: describe(part, code=False) if hasattr(part, "get_params") else part
        for name, part in parts.items()
    }


def noisy_candidate(part, protocol, priority=0):
    """Build the candidate that does nothing."""

    def compute(corpus):
        _, test = corpus.split(protocol)
        return score(test, test.noisy), {}

    return Candidate(
        part=part,
        name="noisy",
        variant="",
        protocol=protocol,
        settings={"protocol": protocol},
        compute=compute,
        effort=SECONDS_PER_SCORE * PROTOCOLS[protocol][1],
        priority=priority,
    )


def make_enhancer(featurizer, target, loss="mse", *, options, epochs, seed, network=None, **more):
    """Build an enhancer around the default U-Net.

    Parameters
    ----------
    featurizer, target : object
        Its other two parts.
    loss : str or callable, default="mse"
        Of the U-Net.
    options : Options
        Of the command line.
    epochs, seed : int
        Of the training.
    network : dict or None, default=None
        Further parameters of the U-Net.
    **more : dict
        Further parameters of the enhancer.
    """
    parameters = {**NETWORK, **(network or {}), **options.network}
    regressor = UNetRegressor(
        loss=loss, epochs=options.n_epochs(epochs), random_state=seed, **parameters
    )
    more = {"sampling_rate": SAMPLING_RATE, "remix": False} | more
    return SpeechEnhancer(featurizer, target, regressor, **more)


def trained_candidate(part, name, variant, protocol, enhancer, *, cost=1.0, priority=0, **how):
    """Build the candidate that trains an enhancer.

    Parameters
    ----------
    part, name, variant, protocol : str
        As in :class:`Candidate`.
    enhancer : SpeechEnhancer
        Not fitted.
    cost : float, default=1.0
        How many times as long as the default U-Net with the default STFT an epoch takes.
    priority : int, default=0
        As in :class:`Candidate`.
    **how : dict
        Further arguments of :func:`fit_and_score`.
    """
    n_train, n_test = PROTOCOLS[protocol]
    effort = SECONDS_PER_SCORE * n_test
    effort += enhancer.regressor.epochs * n_train * SECONDS_PER_FILE * cost
    return Candidate(
        part=part,
        name=name,
        variant=variant,
        protocol=protocol,
        seed=enhancer.regressor.random_state,
        settings=settings_of(protocol=protocol, enhancer=enhancer),
        compute=lambda corpus: fit_and_score(enhancer, corpus.split(protocol), **how)[:2],
        effort=effort,
        priority=priority,
    )


def fit_and_score(enhancer, split, process=None, undo=None, prepare=None):
    """Train on the training part, score on the test part.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        Cloned, not changed.
    split : tuple of (train, test)
        Bunches.
    process : callable or None, default=None
        Applied to all waveforms before.
    undo : callable or None, default=None
        ``undo(enhanced, noisy)`` takes that back.
    prepare : callable or None, default=None
        Applied to the clone of the enhancer.

    Returns
    -------
    scores : list of dict
        Of every noise and SNR.
    figures : dict
        Of the training.
    fitted : SpeechEnhancer
    """
    train, test = split
    start_tensorflow()
    clear_session()
    enhancer = clone(enhancer).set_params(stft_cache_mb=STFT_CACHE_MB)
    if prepare is not None:
        enhancer = prepare(enhancer)
    if process is None:
        process = list
    begin = time.perf_counter()
    enhancer.fit(process(train.noisy), process(train.clean))
    seconds = time.perf_counter() - begin
    enhanced = enhancer.predict(process(test.noisy))
    if undo is not None:
        enhanced = undo(enhanced, test.noisy)
    return score(test, enhanced), training_figures(enhancer, seconds), enhancer


def training_figures(fitted, seconds):
    """Return what the CSV says of a training."""
    network = fitted.regressor_
    return {
        "epochs": network.n_iter_,
        "training_s": round(seconds, 1),
        "n_parameters": network.regressor_.model_.count_params(),
    }


def clear_session():
    """Forget the networks of before, so that memory does not grow with every candidate."""
    import keras

    keras.backend.clear_session()
