"""Question 6: the best that can be had on `unseen` with target, loss, features and remix.

First several configurations are trained for a short time on a part of the training data and
compared on the rest of it (part ``selection``): other speakers, other noises. The best of
them is then trained for long on all training data, from several seeds, and only then scored on the
test data (part ``best``). Enhanced waveforms of the seeds are averaged in the end: the mask is
applied to the same noisy STFT, so that their mean is what the mean of the masks gives.
"""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import joblib
import numpy as np

from skse import (
    IdealMaskTarget,
    Remix,
    SignalApproximationTarget,
    STFTFeaturizer,
    WaveformTarget,
)
from study.candidates import (
    SECONDS_PER_SCORE,
    Candidate,
    fit_and_score,
    make_enhancer,
    noisy_candidate,
    score,
    settings_of,
)
from study.corpus import PROTOCOLS
from study.records import key_of

SELECTION_PART, PART = "selection", "best"
SELECTION_PROTOCOL, PROTOCOL = "unseen-selection", "unseen"
N_MIXTURES = 4000  # in an epoch
SELECTION_EPOCHS, EPOCHS = 3, 30
N_SEEDS = 2
SEGMENTS_PER_FILE = 2
# Seconds on two quiet cores: a mixture of 128 frames through the network, forth and back.
SECONDS_PER_MIXTURE = 0.0125
NETWORK = {
    "filters": (16, 24, 32, 48, 64),
    "dilations": (1, 2, 4, 8),
    "bottleneck_units": 128,
    "activation": "relu",
    "skip": "concatenate",
    "dropout": 0.1,
    "learning_rate": 2e-3,
}
ENSEMBLE = "mean of the seeds"


@dataclass(frozen=True)
class Configuration:
    """What is chosen between."""

    target: object
    loss: str = "mse"
    features: dict = field(default_factory=dict)
    enhancer: dict = field(default_factory=dict)
    remix: bool = True
    cost: float = 1.0
    priority: int = 1


def configurations():
    """Return the configurations by name."""
    frames_64 = {"n_fft": 512, "hop_length": 128}
    frames_96 = {"n_fft": 768, "hop_length": 192}
    wiener = Configuration(IdealMaskTarget("irm", beta=1.0))
    snr = Configuration(WaveformTarget(), "snr")
    snr_64 = replace(snr, features=frames_64, cost=1.9)
    others = {"priority": 2, "cost": 1.9}
    return {
        "irm, beta 1, 32 ms": wiener,
        "waveform snr, 32 ms": snr,
        "waveform snr, 64 ms": snr_64,
        "waveform snr, 96 ms": replace(
            snr, features=frames_96, cost=1.9, enhancer={"segment_frames": 86}
        ),
        "irm, beta 1, 64 ms": replace(wiener, features=frames_64, **others),
        "psm, 64 ms": Configuration(IdealMaskTarget("psm"), features=frames_64, **others),
        "waveform snr, 64 ms, complex mask": replace(
            snr_64, target=WaveformTarget("complex"), features=frames_64 | {"scale": "complex"}
        ),
        "waveform snr, 64 ms, compressed features": replace(
            snr_64, features=frames_64 | {"scale": "compressed"}
        ),
        "compressed-spectrum loss, 64 ms": Configuration(
            SignalApproximationTarget("complex"), "compressed_spectrum", frames_64, **others
        ),
        "waveform snr, 64 ms, no remix": replace(snr_64, remix=False, priority=2),
    }  # fmt: skip


def build(configuration, options, seed, protocol, epochs):
    """Build the enhancer of a configuration.

    Without remix an epoch is shorter; there are so many more that the steps are as many.
    """
    if not configuration.remix:
        epochs *= N_MIXTURES // (SEGMENTS_PER_FILE * PROTOCOLS[protocol][0])
    n_mixtures = options.n_mixtures or N_MIXTURES
    remix = {"remix": Remix(n_mixtures=n_mixtures)} if configuration.remix else {}
    return make_enhancer(
        STFTFeaturizer(**{"floor_db": -40, **configuration.features}),
        configuration.target,
        configuration.loss,
        options=options,
        epochs=epochs,
        seed=seed,
        network=NETWORK,
        **{"segment_frames": 128, **remix, **configuration.enhancer},
    )


def selection_candidates(options, records):
    """Return the candidates that the configuration is chosen from."""
    found = [noisy_candidate(SELECTION_PART, SELECTION_PROTOCOL)]
    for name, configuration in configurations().items():
        enhancer = build(configuration, options, 0, SELECTION_PROTOCOL, SELECTION_EPOCHS)
        found.append(
            _candidate(
                SELECTION_PART,
                name,
                SELECTION_PROTOCOL,
                enhancer,
                configuration,
                lambda corpus, enhancer=enhancer: fit_and_score(
                    enhancer, corpus.split(SELECTION_PROTOCOL)
                )[:2],
            )
        )
    return found


def choose(records, options):
    """Return the name of the configuration with the highest SNR gain on held-out training data.

    None where not all of the first choice have been tried with the settings of now.
    """
    by_key = {candidate.key: candidate for candidate in selection_candidates(options, records)}
    gains = {}
    for row in records.read():
        candidate = by_key.get(key_of(row))
        if candidate is not None and row["settings"] == candidate.digest:
            own = gains.setdefault(candidate.name, [])
            own += [float(row["snr_gain_db"])] * int(row["n_files"])
    gains.pop("noisy", None)
    tried = configurations()
    if any(name not in gains for name, c in tried.items() if c.priority == 1):
        return None
    return max(gains, key=lambda name: np.mean(gains[name]))


def candidates(options, records):
    """Return the candidates that the chosen configuration is trained and scored in."""
    found = [noisy_candidate(PART, PROTOCOL)]
    name = choose(records, options)
    if name is None:
        return found
    configuration = configurations()[name]
    seeds = range(options.n_seeds(N_SEEDS))
    members = []
    for seed in seeds:
        enhancer = build(configuration, options, seed, PROTOCOL, EPOCHS)
        path = Path(options.models) / f"best_unseen_{seed}.joblib"
        members.append(
            _candidate(
                PART, name, PROTOCOL, enhancer, configuration, _Training(enhancer, path), seed=seed
            )
        )
    return found + members


def ensemble_candidates(options, records):
    """Return the mean of the seeds, where all of them are scored and there are several."""
    members = [c for c in candidates(options, records) if c.name != "noisy"]
    ready = all(records.holds(c) for c in members)
    return [_ensemble(members[0].name, members)] if ready and len(members) > 1 else []


@dataclass
class _Training:
    """Train on all training data, keep the enhancer, score on the test data."""

    enhancer: object
    path: Path

    def __call__(self, corpus):
        scores, figures, fitted = fit_and_score(self.enhancer, corpus.split(PROTOCOL))
        self.path.parent.mkdir(parents=True, exist_ok=True)
        joblib.dump(fitted, self.path)
        return scores, figures

    def load(self, corpus):
        """Return the trained enhancer; train it again where its file is gone."""
        if not self.path.exists():
            self(corpus)
        return joblib.load(self.path)


def _ensemble(name, members):
    trainings = [member.compute for member in members]

    def compute(corpus):
        _, test = corpus.split(PROTOCOL)
        enhancers = [training.load(corpus) for training in trainings]
        begin = time.perf_counter()
        outputs = [enhancer.predict(test.noisy) for enhancer in enhancers]
        means = [np.mean(waveforms, axis=0) for waveforms in zip(*outputs, strict=True)]
        return score(test, means), {"training_s": round(time.perf_counter() - begin, 1)}

    return Candidate(
        part=PART,
        name=name,
        variant=ENSEMBLE,
        protocol=PROTOCOL,
        settings={"members": [member.digest for member in members]},
        compute=compute,
        effort=SECONDS_PER_SCORE * PROTOCOLS[PROTOCOL][1]
        + sum(member.effort for member in members if not member.compute.path.exists()),
    )


def _candidate(part, name, protocol, enhancer, configuration, compute, seed=0):
    n_train, n_test = PROTOCOLS[protocol]
    n_rows = N_MIXTURES if configuration.remix else SEGMENTS_PER_FILE * n_train
    seconds = enhancer.regressor.epochs * n_rows * SECONDS_PER_MIXTURE * configuration.cost
    return Candidate(
        part=part,
        name=name,
        variant="",
        protocol=protocol,
        seed=seed,
        settings=settings_of(protocol=protocol, enhancer=enhancer),
        compute=compute,
        effort=seconds + SECONDS_PER_SCORE * n_test,
        priority=configuration.priority if part == SELECTION_PART else 1 + seed,
    )
