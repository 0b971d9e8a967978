"""
Losses on what is heard
=======================

A network that learns a mask is told that every wrong gain counts the same,
where the speech is loud and where there is none. Two targets put the loss
behind the mask: on the masked spectrum, or on the waveform, through the
inverse STFT.
"""

# %%
# Three targets, one network
# --------------------------
# With :class:`~skse.IdealMaskTarget` the loss compares masks. With
# :class:`~skse.SignalApproximationTarget` the network finds a mask of its
# own, which is applied inside it, and the loss compares spectra. With
# :class:`~skse.WaveformTarget` the loss compares waveforms.

from skse import (
    IdealMaskTarget,
    SignalApproximationTarget,
    SpeechEnhancer,
    UNetRegressor,
    WaveformTarget,
)

targets = {
    "mask, MSE": (IdealMaskTarget(mask="irm"), "mse"),
    "spectrum, MSE": (SignalApproximationTarget(), "mse"),
    "waveform, SNR": (WaveformTarget(), "snr"),
}

# %%
# Train and score
# ---------------
# Small networks, briefly trained, on all speakers but two.

import numpy as np

from skse.datasets import load_harvard
from skse.metrics import evaluate

data = load_harvard(snr_db=5)
held_out = np.isin(data.speaker, ["m3", "f3"])
train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
noisy_test = [data.noisy[i] for i in test]
clean_test = [data.clean[i] for i in test]

enhanced, scores, networks = {"noisy": noisy_test}, {}, {}
for name, (target, loss) in targets.items():
    enhancer = SpeechEnhancer(
        target=target,
        regressor=UNetRegressor(
            filters=(8, 12, 16),
            top_filters=4,
            dilations=(1, 2),
            loss=loss,
            batch_size=4,
            epochs=8,
            random_state=0,
        ),
        remix=False,  # in so few epochs nothing is learnt by heart
        sampling_rate=data.sampling_rate,
    )
    enhancer.fit(
        [data.noisy[i] for i in train], [data.clean[i] for i in train]
    )
    enhanced[name] = enhancer.predict(noisy_test)
    networks[name] = enhancer

metrics = ["snr_gain", "si_sdr", "stoi", "log_spectral_distance"]
print(f"{'loss on':22}SNR gain   SI-SDR   STOI   spectral distance")
for name, waveforms in enhanced.items():
    values = evaluate(
        clean_test,
        waveforms,
        noisy_test,
        sampling_rate=data.sampling_rate,
        metrics=metrics,
    )
    gain, si_sdr, stoi, distance = (values[m].mean() for m in metrics)
    print(
        f"{name:22}{gain:5.1f} dB {si_sdr:5.1f} dB  {stoi:.3f}"
        f"  {distance:5.1f} dB"
    )

# %%
# The two losses behind the mask gain more SNR, which is nearer to what they
# measure; the loss on masks has the best STOI here. Networks this small,
# trained this briefly, differ by little: try it on your data.
#
# The masks that were found
# -------------------------
# What each network does to one sentence, as a gain for every unit, beside
# the ideal ratio mask. Nobody told the last two which mask to find.

import matplotlib.pyplot as plt

from skse.plotting import MaskDisplay

i = 0
masks = {}
for name, enhancer in networks.items():
    display = MaskDisplay.from_estimator(
        enhancer, noisy_test[i], clean_test[i]
    )
    estimated, ideal = display.masks.values()
    masks[name] = estimated
    if name == "mask, MSE":
        masks = {"ideal ratio mask": ideal, **masks}
MaskDisplay.from_masks(
    masks,
    sampling_rate=display.sampling_rate,
    hop_length=display.hop_length,
).plot()
plt.show()

# %%
# Told to hit a mask on average, the first network hedges: much of its mask
# is grey. The other two decide.
#
# Listen
# ------

from skse.plotting import AudioDisplay

AudioDisplay.from_waveforms(
    {
        **{name: waveforms[i] for name, waveforms in enhanced.items()},
        "clean": clean_test[i],
    },
    sampling_rate=data.sampling_rate,
)
