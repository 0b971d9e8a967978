"""Question 1: how far each target can go, if the network makes no error.

The true target takes the place of a prediction, so nothing is trained. What is left are the
limits of the target itself: binary decisions, the noisy phase, a dropped imaginary part.
"""

from skse import (
    IdealMaskTarget,
    SignalApproximationTarget,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    WaveformTarget,
    oracle_predict,
)
from study.candidates import (
    SAMPLING_RATE,
    SECONDS_PER_SCORE,
    Candidate,
    noisy_candidate,
    score,
    settings_of,
)
from study.corpus import PROTOCOLS

PART = "ceilings"
PROTOCOL = "unseen"
HOPS = (128, 64)
N_FFT = 256


def targets():
    """Return the targets by name, in the order of the table."""
    mixture = {"criterion": "mixture_ratio", "part": "real"}
    return {
        "ibm": IdealMaskTarget("ibm"),
        "ibm, -6 dB": IdealMaskTarget("ibm", local_criterion=-6.0),
        "tbm": IdealMaskTarget("tbm"),
        "irm, beta 0.5": IdealMaskTarget("irm", beta=0.5),
        "irm, beta 1": IdealMaskTarget("irm", beta=1.0),
        "irm to mixture": IdealMaskTarget("irm", beta=0.5, ratio_to="mixture"),
        "smm": IdealMaskTarget("smm"),
        "smm, bound 10": IdealMaskTarget("smm", bound=10.0),
        "psm": IdealMaskTarget("psm"),
        "psm, bound 10, signed": IdealMaskTarget("psm", bound=10.0, truncate=False),
        "cirm": IdealMaskTarget("cirm"),
        "magnitude": SpectrumTarget("magnitude"),
        "log": SpectrumTarget("log"),
        "power": SpectrumTarget("power"),
        "compressed": SpectrumTarget("compressed"),
        "complex": SpectrumTarget("complex"),
        "signal approximation, magnitude": SignalApproximationTarget("magnitude"),
        "signal approximation, complex": SignalApproximationTarget("complex"),
        "waveform, real mask": WaveformTarget(),
        "waveform, complex mask": WaveformTarget(mask="complex"),
        "real part": SpectrumTarget("real", imaginary="drop"),
        "real part, imaginary rescaled": SpectrumTarget("real"),
        "irm of real parts, imaginary dropped": IdealMaskTarget(
            beta=0.5, part="real", imaginary="drop"
        ),
        "irm of real parts": IdealMaskTarget(beta=0.5, part="real"),
        "seed's ibm 0.5, imaginary dropped": IdealMaskTarget(
            "ibm", mixture_threshold=0.5, imaginary="drop", **mixture
        ),
        "seed's ibm 0.8": IdealMaskTarget("ibm", mixture_threshold=0.8, **mixture),
        "seed's irm": IdealMaskTarget("irm", beta=0.5, ratio_to="mixture", part="real"),
    }


def candidates(options, records):
    """Return all candidates of the part."""
    found = [noisy_candidate(PART, PROTOCOL)]
    for hop_length in HOPS:
        featurizer = STFTFeaturizer(n_fft=N_FFT, hop_length=hop_length)
        for name, target in targets().items():
            enhancer = SpeechEnhancer(featurizer, target, sampling_rate=SAMPLING_RATE)
            found.append(_candidate(name, f"hop {hop_length}", enhancer))
    return found


def _candidate(name, variant, enhancer):
    def compute(corpus):
        _, test = corpus.split(PROTOCOL)
        return score(test, oracle_predict(enhancer, test.noisy, test.clean)), {}

    return Candidate(
        part=PART,
        name=name,
        variant=variant,
        protocol=PROTOCOL,
        settings=settings_of(protocol=PROTOCOL, enhancer=enhancer),
        compute=compute,
        effort=SECONDS_PER_SCORE * PROTOCOLS[PROTOCOL][1],
    )
