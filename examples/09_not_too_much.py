"""
Not too much of it: strength and mask floor
===========================================

What removes noise also removes speech. Two parameters of
:class:`~skse.SpeechEnhancer` say how far it may go. Both take effect
without another fit.
"""

# %%
# An enhancer
# -----------

import numpy as np
from sklearn.linear_model import Ridge

from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer
from skse.datasets import load_harvard

data = load_harvard(snr_db=[0, 10])
held_out = np.isin(data.speaker, ["m3", "f3"])
train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
noisy, clean = ([d[i] for i in test] for d in (data.noisy, data.clean))

enhancer = SpeechEnhancer(
    featurizer=STFTFeaturizer(scale="magnitude"),
    target=IdealMaskTarget(mask="irm"),
    regressor=Ridge(),
    context_frames=0,
    sampling_rate=data.sampling_rate,
).fit([data.noisy[i] for i in train], [data.clean[i] for i in train])

# %%
# Two limits
# ----------
# ``mask_floor_db`` lets no time-frequency unit be attenuated by more than
# that; ``strength`` blends the noisy speech back in. For each setting we
# measure how much closer to the clean speech the result is, and by how many
# decibels the noise between the words has fallen.

from skse.metrics import snr_gain_score

quiet = [np.convolve(s**2, np.ones(400), "same") < 1e-3 for s in clean]


def noise_reduction(enhanced):
    before = np.concatenate(
        [x[q] for x, q in zip(noisy, quiet, strict=True)]
    )
    after = np.concatenate(
        [x[q] for x, q in zip(enhanced, quiet, strict=True)]
    )
    return 10 * np.log10(np.sum(before**2) / np.sum(after**2))


snr = data.snr_db[test]


def measure(**limits):
    enhanced = enhancer.set_params(**limits).predict(noisy)
    gain = snr_gain_score(clean, enhanced, noisy)
    return [
        gain[snr == 0].mean(),
        gain[snr == 10].mean(),
        noise_reduction(enhanced),
    ]


floors = [0, -3, -6, -9, -12, -20, -40]
strengths = [0, 0.2, 0.4, 0.6, 0.8, 1]
by_floor = [measure(mask_floor_db=f, strength=1) for f in floors]
by_strength = [measure(mask_floor_db=None, strength=s) for s in strengths]

# %%

import matplotlib.pyplot as plt

figure, axes = plt.subplots(
    1, 2, figsize=(7.5, 3.4), sharey=True, layout="constrained"
)
for axis, values, results in [
    (axes[0], floors, by_floor),
    (axes[1], strengths, by_strength),
]:
    for curve, label in zip(
        np.transpose(results),
        ["SNR gain at 0 dB", "SNR gain at 10 dB", "less noise in pauses"],
        strict=True,
    ):
        axis.plot(values, curve, "o-", markersize=4, label=label)
    axis.grid(color="#eeeeee")
    axis.spines[["top", "right"]].set_visible(False)
axes[0].invert_xaxis()
axes[0].set(xlabel="mask_floor_db (dB)", ylabel="dB")
axes[1].set(xlabel="strength")
axes[0].legend(frameon=False, fontsize="small")
plt.show()

# %%
# At 0 dB all there is to gain in SNR is there before the limits are lifted;
# what comes last only makes the pauses quieter. At 10 dB this simple
# enhancer does more harm than good, and the limits keep the harm small.
#
# Listen
# ------

from skse.plotting import AudioDisplay

i = int(np.flatnonzero(data.noise[test] == "street")[0])
heard = {"noisy": noisy[i]}
for name, limits in {
    "floor −6 dB": {"mask_floor_db": -6, "strength": 1},
    "floor −12 dB": {"mask_floor_db": -12, "strength": 1},
    "half strength": {"mask_floor_db": None, "strength": 0.5},
    "no limit": {"mask_floor_db": None, "strength": 1},
}.items():
    heard[name] = enhancer.set_params(**limits).predict([noisy[i]])[0]
heard["clean"] = clean[i]
AudioDisplay.from_waveforms(heard, sampling_rate=data.sampling_rate)
