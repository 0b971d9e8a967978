"""Question 5: why signal approximation was so bad, and whether it is when done right.

Signal approximation compares mask times noisy speech with clean speech instead of masks. The
seed's way: real parts only, levels as they are, squared error of the spectrum. From there one thing
is mended at a time; then other forms of the same idea; beside them plain masks. Network and
number of epochs are the same throughout.
"""

from dataclasses import dataclass, replace

from skse import IdealMaskTarget, SignalApproximationTarget, STFTFeaturizer, WaveformTarget
from study.candidates import make_enhancer, noisy_candidate, trained_candidate

PART = "approximation"
PROTOCOL = "unseen"
EPOCHS = 8
N_SEEDS = 1
REAL_PART_LOSS = "real_part_mse"


class RealPartApproximation(SignalApproximationTarget):
    """Signal approximation as in the seed: real parts, and no imaginary part afterwards.

    It goes with the loss :func:`real_part_loss`.
    """

    def _inverse_transform(self, prediction, noisy):
        enhanced = super()._inverse_transform(prediction, noisy)
        enhanced.imag = 0
        return enhanced


def real_part_loss():
    """Return the squared error of the real parts of two spectra, a Keras loss."""
    import keras
    from keras import ops

    registered = keras.saving.get_registered_object("skse_study>real_part_mse")
    if registered is not None:
        return registered

    @keras.saving.register_keras_serializable("skse_study")
    def real_part_mse(y_true, y_pred):
        return ops.mean(ops.square(y_true[..., 0] - y_pred[..., 0]), axis=(1, 2))

    return real_part_mse


@dataclass(frozen=True)
class System:
    """What a network learns, and how."""

    target: object
    loss: str = "mse"
    scale: str = "log"
    equalise: bool = True
    priority: int = 2


def systems():
    """Return the systems by name and variant."""
    seed = System(RealPartApproximation(), REAL_PART_LOSS, "real", equalise=False, priority=1)
    in_spectrum, in_waveform = SignalApproximationTarget, WaveformTarget
    return {
        ("plain mask", "irm, beta 0.5"): System(IdealMaskTarget("irm", beta=0.5), priority=1),
        ("plain mask", "irm, beta 1"): System(IdealMaskTarget("irm", beta=1.0), priority=1),
        ("plain mask", "psm"): System(IdealMaskTarget("psm")),
        # How much complex masks lose is due to what their networks see.
        ("plain mask", "irm, complex features"): System(
            IdealMaskTarget("irm", beta=0.5), scale="complex"
        ),
        ("seed's way", ""): seed,
        ("seed's way", "levels equalised"): replace(seed, equalise=True, priority=2),
        ("seed's way", "log features"): replace(seed, scale="log", priority=2),
        ("seed's way", "both parts"): replace(
            seed, target=in_spectrum("complex"), loss="mse", priority=2
        ),
        ("complex", ""): System(in_spectrum("complex"), priority=1),
        ("complex", "compressed 0.3"): System(in_spectrum("complex", compression=0.3)),
        ("complex", "compressed-spectrum loss"): System(
            in_spectrum("complex"), "compressed_spectrum"
        ),
        ("complex", "complex mask, compressed-spectrum loss"): System(
            in_spectrum("complex", mask="complex"), "compressed_spectrum", "complex", priority=3
        ),
        ("magnitude", ""): System(in_spectrum("magnitude"), priority=1),
        ("magnitude", "phase-sensitive"): System(in_spectrum("magnitude", phase_sensitive=True)),
        ("magnitude", "compressed 0.3"): System(in_spectrum("magnitude", compression=0.3)),
        ("magnitude", "compressed 0.5, phase-sensitive"): System(
            in_spectrum("magnitude", compression=0.5, phase_sensitive=True)
        ),
        ("waveform", "snr"): System(in_waveform(), "snr", priority=1),
        ("waveform", "si_sdr"): System(in_waveform(), "si_sdr"),
        ("waveform", "mse"): System(in_waveform(), "mse", priority=3),
        ("waveform", "mae"): System(in_waveform(), "mae", priority=3),
        ("waveform", "complex mask, snr"): System(
            in_waveform(mask="complex"), "snr", "complex", priority=3
        ),
    }


def candidates(options, records):
    """Return all candidates of the part."""
    found = [noisy_candidate(PART, PROTOCOL)]
    for seed in range(options.n_seeds(N_SEEDS)):
        for (name, variant), system in systems().items():
            enhancer = make_enhancer(
                STFTFeaturizer(scale=system.scale),
                system.target,
                system.loss,
                options=options,
                epochs=EPOCHS,
                seed=seed,
                normalize_level=system.equalise,
            )
            found.append(
                trained_candidate(
                    PART,
                    name,
                    variant,
                    PROTOCOL,
                    enhancer,
                    priority=system.priority + 4 * (seed > 0),
                    prepare=with_own_loss,
                )
            )
    return found


def with_own_loss(enhancer):
    """Put the loss of this module where the enhancer names it."""
    if enhancer.regressor.loss == REAL_PART_LOSS:
        enhancer.set_params(regressor__loss=real_part_loss())
    return enhancer
