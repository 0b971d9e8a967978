"""
Classical enhancers, noise by noise
===================================

Three enhancers that need no training, in all eight noises of the corpus.
They follow the power of the noise from frame to frame, so everything
depends on whether the noise is steadier than speech.
"""

# %%
# ``fit`` learns nothing; it is there so that they can stand wherever a
# trained enhancer can, in a Pipeline or a grid search.

from skse import (
    IdentityEnhancer,
    LogMMSE,
    SpectralSubtraction,
    WienerFilter,
)
from skse.datasets import load_harvard
from skse.metrics import evaluate

data = load_harvard(snr_db=5)
rate = data.sampling_rate
enhancers = {
    "noisy": IdentityEnhancer(sampling_rate=rate),
    "spectral subtraction": SpectralSubtraction(sampling_rate=rate),
    "Wiener filter": WienerFilter(sampling_rate=rate),
    "log-MMSE": LogMMSE(sampling_rate=rate),
}
enhanced, scores = {}, {}
for name, enhancer in enhancers.items():
    enhanced[name] = enhancer.fit(data.noisy).predict(data.noisy)
    scores[name] = evaluate(
        data.clean,
        enhanced[name],
        data.noisy,
        sampling_rate=rate,
        metrics=["snr_gain", "si_sdr", "stoi"],
    )

# %%
# By noise
# --------
# The noises in the order of what is gained in them:

import matplotlib.pyplot as plt
import numpy as np

candidates = list(enhancers)[1:]
by_noise = {
    noise: [
        scores[name]["snr_gain"][data.noise == noise].mean()
        for name in candidates
    ]
    for noise in set(data.noise)
}
noises = sorted(by_noise, key=lambda noise: -max(by_noise[noise]))

figure, axes = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
for k, name in enumerate(candidates):
    axes.bar(
        np.arange(len(noises)) + 0.27 * (k - 1),
        [by_noise[noise][k] for noise in noises],
        width=0.25,
        label=name,
    )
axes.axhline(0, color="black", linewidth=0.8)
axes.set_xticks(np.arange(len(noises)), noises)
axes.set_ylabel("Mean SNR gain at 5 dB (dB)")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
plt.show()

# %%
# Steady noise (a car, white noise) is taken away best; babble, which is
# speech itself, and noise whose level goes up and down are the hardest.
#
# Other measures
# --------------

print(f"{'':24}SI-SDR    STOI")
for name, values in scores.items():
    si_sdr, stoi = values["si_sdr"].mean(), values["stoi"].mean()
    print(f"{name:24}{si_sdr:4.1f} dB   {stoi:.3f}")

# %%
# SI-SDR rises while STOI, which estimates intelligibility, stays about
# where it was: quieter is not yet easier to understand.
#
# Listen
# ------
# A sentence in the noise of a car, then one in babble.

from skse.plotting import AudioDisplay


def players(noise):
    i = list(data.noise).index(noise)
    heard = {name: waveforms[i] for name, waveforms in enhanced.items()}
    return AudioDisplay.from_waveforms(
        {**heard, "clean": data.clean[i]}, sampling_rate=rate
    )


players("car")

# %%

players("babble")
