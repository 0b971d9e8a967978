"""Question 4: why the voice cracks, the seed's system taken apart, one property at a time.

Two systems, the seed's and a good one, differ in six properties. Each property is changed alone,
in either system: what the seed's gains when it is mended, what the good one loses when it is
spoilt. The phase, which both take from the noisy speech, is replaced by the true one. First with
the true masks, then with trained networks.

Files are cut to the shortest sentence, as the seed did, so that what its crop to 256 frames
leaves out (the last 72 ms, and the highest frequency) counts as lost.
"""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.utils import Bunch

from skse import IdealMaskTarget, Resample, STFTFeaturizer
from study.candidates import (
    SAMPLING_RATE,
    SECONDS_PER_SCORE,
    Candidate,
    make_enhancer,
    noisy_candidate,
    score,
    settings_of,
    trained_candidate,
)
from study.corpus import PROTOCOLS

PART, TRAINED_PART = "voice", "voice-trained"
PROTOCOL = "unseen"
EPOCHS = 8
SEED_THRESHOLD = 0.5
N_TIMES = 16950  # of the shortest sentence at 8 kHz, in hops: 264 of 64 samples and a rest
CROP = 256


@dataclass(frozen=True)
class System:
    """What tells the seed's system from a good one."""

    sampling_rate: int = 8000
    part: str = "magnitude"
    imaginary: str = "rescale"
    binary: bool = False
    ratio_to: str = "noise"
    crop: bool = False
    phase: str = "noisy"

    @property
    def target(self):
        """The mask."""
        shared = {"part": self.part, "imaginary": self.imaginary}
        if not self.binary:
            return IdealMaskTarget("irm", beta=0.5, ratio_to=self.ratio_to, **shared)
        if self.ratio_to == "mixture":
            shared |= {"criterion": "mixture_ratio", "mixture_threshold": SEED_THRESHOLD}
        return IdealMaskTarget("ibm", **shared)

    def featurizer(self, scale="log", hop_length=64):
        """Frames of 32 ms, `hop_length` samples of 8 kHz apart."""
        factor = self.sampling_rate // SAMPLING_RATE
        return STFTFeaturizer(n_fft=256 * factor, hop_length=hop_length * factor, scale=scale)


GOOD = System()
SEEDS = System(
    sampling_rate=16000, part="real", imaginary="drop", binary=True, ratio_to="mixture", crop=True
)
# What the tables call each property -> the field
PROPERTIES = {
    "mask of real parts": "part",
    "imaginary part dropped": "imaginary",
    "binary decisions": "binary",
    "ratio to the mixture": "ratio_to",
    "crop to 256 x 256": "crop",
    "upsampled to 16 kHz": "sampling_rate",
}


def systems():
    """Return the systems by name and variant."""
    found = {("good system", ""): GOOD, ("seed's system", ""): SEEDS}
    for base, other, verb in ((SEEDS, GOOD, "without"), (GOOD, SEEDS, "with")):
        name = "seed's system" if base is SEEDS else "good system"
        for title, field in PROPERTIES.items():
            changed = replace(base, **{field: getattr(other, field)})
            found[name, f"{verb} {title}"] = changed
        found[name, "with the clean phase"] = replace(base, phase="clean")
    return found


def candidates(options, records):
    """Return all candidates of the part: true masks, then networks."""
    return [
        noisy_candidate(PART, PROTOCOL),
        *(_oracle(name, variant, system) for (name, variant), system in systems().items()),
        *_trained(options),
    ]


def _oracle(name, variant, system):
    def compute(corpus):
        _, test = corpus.split(PROTOCOL)
        test = cut(test)
        return score(test, enhance(system, test.noisy, test.clean)), {}

    return Candidate(
        part=PART,
        name=name,
        variant=variant,
        protocol=PROTOCOL,
        settings=settings_of(
            protocol=PROTOCOL,
            n_times=N_TIMES,
            crop=system.crop and CROP,
            phase=system.phase,
            sampling_rate=system.sampling_rate,
            featurizer=system.featurizer(),
            target=system.target,
        ),
        compute=compute,
        effort=SECONDS_PER_SCORE * PROTOCOLS[PROTOCOL][1],
    )


def enhance(system, noisy, clean):
    """Enhance with the true mask of a system.

    Parameters
    ----------
    system : System
    noisy, clean : sequence of ndarray of shape (n_times,)
        At 8 kHz.

    Returns
    -------
    enhanced : list of ndarray
    """
    process, undo = resampling(system.sampling_rate)
    featurizer, target = system.featurizer(), system.target
    enhanced = []
    for x, s in zip(process(noisy), process(clean), strict=True):
        Y, S = featurizer.stft(np.stack([x, s]))
        mask = target.fit_transform(Y[None], S[None])
        if system.phase == "clean":
            Y = np.abs(Y) * np.exp(1j * np.angle(S))
        E = target.inverse_transform(mask, Y[None])[0].astype(np.complex64)
        if system.crop:
            E[CROP:], E[:, CROP:] = 0, 0
        enhanced.append(featurizer.istft(E, n_times=len(x)))
    return undo(enhanced, noisy)


def resampling(sampling_rate):
    """Return the functions that take waveforms from 8 kHz to a rate and back."""
    if sampling_rate == SAMPLING_RATE:
        return lambda waveforms: waveforms, lambda enhanced, noisy: list(enhanced)
    there, back = Resample(SAMPLING_RATE, sampling_rate), Resample(sampling_rate, SAMPLING_RATE)

    def undo(enhanced, noisy):
        resampled = back.fit_transform(list(enhanced))
        return [np.resize(x, len(y)) for x, y in zip(resampled, noisy, strict=True)]

    return lambda waveforms: there.fit_transform(list(waveforms)), undo


def cut(data):
    """Cut all pairs to the shortest sentence."""
    cut = {name: [x[:N_TIMES] for x in data[name]] for name in ("noisy", "clean")}
    return Bunch(**{**data, **cut})


def _trained(options):
    """Yield the same properties where a network has learned the mask, hop 128, whole files.

    The crop takes nothing from a network that does not need it, and a network has no clean phase.
    Real parts come with features of real parts, as in the seed.
    """
    for (name, variant), system in systems().items():
        if variant.endswith(("clean phase", "crop to 256 x 256")):
            continue
        network_system = replace(system, crop=False)
        real = network_system.part == "real"
        process, undo = resampling(network_system.sampling_rate)
        enhancer = make_enhancer(
            network_system.featurizer("real" if real else "log", hop_length=128),
            network_system.target,
            options=options,
            epochs=EPOCHS,
            seed=0,
            sampling_rate=network_system.sampling_rate,
        )
        wide = network_system.sampling_rate != SAMPLING_RATE
        yield trained_candidate(
            TRAINED_PART,
            name,
            variant,
            PROTOCOL,
            enhancer,
            cost=2.0 if wide else 1.0,
            priority=3 if wide else 1 + bool(variant),
            process=process,
            undo=undo,
        )
