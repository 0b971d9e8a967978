"""
Any distortion: waveforms from waveforms
========================================

Masks take noise away. What a clipped, narrow or interrupted recording lacks
they cannot give, however good the network. A generator of waveforms can.
"""

# %%
# Distortions
# -----------
# :func:`~skse.datasets.distort` draws what happens to each sentence, and
# says it.

import numpy as np

from skse.datasets import distort, load_harvard

data = load_harvard(noises="white", snr_db=5)
rate, clean = data.sampling_rate, data.clean
distorted, done = distort(
    clean,
    sampling_rate=rate,
    kinds=["bandwidth", "clipping", "chunks"],
    random_state=0,
    return_distortions=True,
)
for one in done[:5]:
    print({kind: np.asarray(what).tolist() for kind, what in one.items()})

# %%
# What a mask could do at best
# ----------------------------
# The true mask, and a spectrum that is quarter of a band wide: the mask may
# multiply by what it likes, but in the upper band is almost nothing to
# multiply. The distance of the spectra says by how much it falls short. The
# target that is the waveform itself has no such ceiling.

from skse import IdealMaskTarget, SpeechEnhancer, oracle_predict
from skse.datasets import drop_chunks, reduce_bandwidth
from skse.features import SamplesFeaturizer
from skse.metrics import log_spectral_distance_error
from skse.targets import SamplesTarget

few = clean[:6]
damaged = {
    "a quarter of the band": [reduce_bandwidth(x, 4) for x in few],
    "pieces of 100 ms dropped": [
        drop_chunks(x, rate, mean_ms=100, random_state=0) for x in few
    ],
}
enhancers = {
    "mask": SpeechEnhancer(
        target=IdealMaskTarget("irm"), sampling_rate=rate
    ),
    "samples": SpeechEnhancer(
        SamplesFeaturizer(), SamplesTarget(), sampling_rate=rate
    ),
}


def distance(clean, other):
    """Mean log-spectral distance in dB."""
    return float(np.mean(log_spectral_distance_error(clean, other)))


for name, x in damaged.items():
    print(f"{name}: {distance(few, x):.1f} dB as it is")
    for target, enhancer in enhancers.items():
        best = oracle_predict(enhancer, x, few)
        print(f"    {distance(few, best):5.1f} dB with the true {target}")

# %%
# A generator
# -----------
# :class:`~skse.SEGANRegressor` in a small form, for a single distortion and
# without its discriminator, which would take more than the seconds that
# there are here. A real one has more of everything: distortions, filters,
# speech, epochs, ``adversarial_weight=1``.

from skse import SEGANRegressor

test = np.arange(len(clean)) % 6 == 0
narrow = [reduce_bandwidth(x, 4) for x in clean]
pairs = [[w[i] for i in np.flatnonzero(~test)] for w in (narrow, clean)]
held_out = [[w[i] for i in np.flatnonzero(test)] for w in (narrow, clean)]
enhancer = SpeechEnhancer(
    SamplesFeaturizer(hop_length=64),
    SamplesTarget(),
    SEGANRegressor(
        (8, 16, 16),
        sampling_rate=rate,
        acoustic_weight=0,
        adversarial_weight=0,
        power_weight=1,
        learning_rate=2e-3,
        epochs=10,
        random_state=0,
    ),
    segment_frames=32,
    sampling_rate=rate,
    remix=False,
).fit(*pairs)
history = enhancer.regressor_.history_
print(
    "distance of spectra in training, dB:", *np.round(history["power"], 1)
)

# %%
# On sentences that it has not heard, beside what it was given:

enhanced = enhancer.predict(held_out[0])
for name, x in {"narrow": held_out[0], "enhanced": enhanced}.items():
    print(f"{name:>8}: {distance(held_out[1], x):.1f} dB")

import matplotlib.pyplot as plt

from skse.plotting import SpectrogramDisplay

waveforms = {
    "clean": held_out[1][0],
    "narrow": held_out[0][0],
    "enhanced": enhanced[0],
}
SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=rate).plot()
plt.show()

# %%
# A hum?
# ------
# Networks of strided transposed convolutions may leave tones in silence, at
# multiples of the sampling rate divided by a power of the stride, such as
# 500 Hz here. The lines of the spectrum that stand out most from those
# around them, where the clean speech is silent:

from skse.metrics import silence_spectrum

frequencies, levels, prominences = silence_spectrum(
    held_out[1], enhanced, sampling_rate=rate
)
for i in np.argsort(prominences)[:-4:-1]:
    print(
        f"{frequencies[i]:6.0f} Hz: {prominences[i]:.0f} dB above the rest"
    )
