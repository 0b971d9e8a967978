"""Question 2: mapping or masking, where which wins, and whether that survives a new test.

The same network, features and number of epochs learn the clean spectrum (mapping) or a gain
(masking), under the seed's two protocols, whose test data share sentences and noise with training,
and under `unseen`. Complex targets need to see the phase, so their network sees real and
imaginary part; everything else sees the log magnitude. The seed's own pair (a real
spectrum against a binary mask of real parts, imaginary part dropped, levels as they are) is among
the candidates.
"""

from skse import IdealMaskTarget, SpectrumTarget, STFTFeaturizer
from study.candidates import make_enhancer, noisy_candidate, trained_candidate

PART = "mapping"
PROTOCOLS = ("unseen", "seed-660-60", "seed-720-210")
EPOCHS = 8
# So many seeds of the first systems under `unseen`; all else is trained once,
# the other systems under the first two protocols only.
N_SEEDS = 3
FIRST = ("log", "magnitude", "irm, beta 0.5", "ibm", "real (seed)", "ibm (seed)")
# Masks and the mapping that each is compared with, seed by seed.
PAIRS = (("irm, beta 0.5", "magnitude"), ("ibm (seed)", "real (seed)"))
MAPPING, MASKING = "mapping", "masking"


def systems():
    """Return kind, scale of the features, target and enhancer's parameters of every system."""
    as_is = {"normalize_level": False}
    seeds_mask = IdealMaskTarget(
        "ibm", criterion="mixture_ratio", mixture_threshold=0.5, part="real", imaginary="drop"
    )
    return {
        "log": (MAPPING, "log", SpectrumTarget("log"), {}),
        "magnitude": (MAPPING, "log", SpectrumTarget("magnitude"), {}),
        "compressed": (MAPPING, "log", SpectrumTarget("compressed"), {}),
        "power": (MAPPING, "log", SpectrumTarget("power"), {}),
        "complex": (MAPPING, "complex", SpectrumTarget("complex"), {}),
        "real (seed)": (MAPPING, "real", SpectrumTarget("real", imaginary="drop"), as_is),
        "irm, beta 0.5": (MASKING, "log", IdealMaskTarget("irm", beta=0.5), {}),
        "irm, beta 1": (MASKING, "log", IdealMaskTarget("irm", beta=1.0), {}),
        "ibm": (MASKING, "log", IdealMaskTarget("ibm"), {}),
        "tbm": (MASKING, "log", IdealMaskTarget("tbm"), {}),
        "smm": (MASKING, "log", IdealMaskTarget("smm"), {}),
        "psm": (MASKING, "log", IdealMaskTarget("psm"), {}),
        "cirm": (MASKING, "complex", IdealMaskTarget("cirm"), {}),
        "ibm (seed)": (MASKING, "real", seeds_mask, as_is),
    }


def candidates(options, records):
    """Return all candidates of the part."""
    found = [noisy_candidate(PART, protocol) for protocol in PROTOCOLS]
    for seed in range(options.n_seeds(N_SEEDS)):
        # Further seeds for the protocol that does not leak.
        for level, protocol in enumerate(PROTOCOLS[: 1 if seed else None]):
            for name, (kind, scale, target, more) in systems().items():
                if name not in FIRST and (seed or protocol == PROTOCOLS[2]):
                    continue
                enhancer = make_enhancer(
                    STFTFeaturizer(scale=scale),
                    target,
                    options=options,
                    epochs=EPOCHS,
                    seed=seed,
                    **more,
                )
                priority = 1 + level + 3 * (name not in FIRST) + 3 * (seed > 0)
                found.append(
                    trained_candidate(PART, name, kind, protocol, enhancer, priority=priority)
                )
    return found
