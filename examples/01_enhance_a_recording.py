"""
Enhance your first recording
============================

Train an enhancer on noisy and clean speech, enhance speech that it has not
heard, look at the result and measure it.
"""

# %%
# The data
# --------
# :func:`~skse.datasets.load_harvard` is a small corpus that ships inside
# skse: synthetic voices in eight kinds of noise. The waveforms are of
# unequal length and therefore come as lists.

from skse.datasets import load_harvard

data = load_harvard(snr_db=[0, 5])
print(len(data.noisy), "pairs, sampling rate", data.sampling_rate, "Hz")
print("Noises:", ", ".join(sorted(set(data.noise))))

# %%
# A quarter of the sentences is held out. Splitting by sentence matters:
# each occurs twice, in different noise, and must not be on both sides.

from sklearn.model_selection import GroupShuffleSplit

splitter = GroupShuffleSplit(n_splits=1, test_size=0.25, random_state=0)
train, test = next(splitter.split(data.noisy, groups=data.sentence))


def take(waveforms, indices):
    return [waveforms[i] for i in indices]


noisy_train, clean_train = take(data.noisy, train), take(data.clean, train)
noisy_test, clean_test = take(data.noisy, test), take(data.clean, test)

# %%
# The enhancer
# ------------
# Three parts: the featurizer says what the regressor sees, the target what
# it learns, and the regressor can be any of scikit-learn. This one learns a
# gain for every time-frequency unit by linear regression, which takes
# seconds.

from sklearn.linear_model import Ridge

from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer

enhancer = SpeechEnhancer(
    featurizer=STFTFeaturizer(scale="log"),
    target=IdealMaskTarget(mask="irm"),
    regressor=Ridge(),
    context_frames=4,
    sampling_rate=data.sampling_rate,
)
enhancer.fit(noisy_train, clean_train)

# %%
# ``predict`` gives back waveforms, in the container and of the lengths that
# came in.

enhanced = enhancer.predict(noisy_test)
print(type(enhanced).__name__, [len(x) for x in enhanced[:3]])

# %%
# Look at it
# ----------
# One of the sentences that were held out, with the clean recording for
# comparison. All spectrograms share one scale.

from skse.plotting import SpectrogramDisplay

i = next(i for i, pair in enumerate(test) if data.noise[pair] == "street")
display = SpectrogramDisplay.from_estimator(
    enhancer, noisy_test[i], clean_test[i]
)
display.plot()

# %%
# Listen to it
# ------------

from skse.plotting import AudioDisplay

AudioDisplay.from_waveforms(
    {
        "noisy": noisy_test[i],
        "enhanced": enhanced[i],
        "clean": clean_test[i],
    },
    sampling_rate=data.sampling_rate,
)

# %%
# Measure it
# ----------
# The SNR gain says by how many dB the enhanced speech is closer to the
# clean one than the noisy speech was.

from skse.metrics import snr_gain_score

gains = {"Ridge": snr_gain_score(clean_test, enhanced, noisy_test)}

# %%
# One part exchanged
# ------------------
# A network in place of the linear regression is one parameter. This U-Net
# is smaller, and trained for a shorter time, than one would do in earnest;
# see :doc:`/guide/networks`.

from skse import UNetRegressor

network = UNetRegressor(
    filters=(8, 12, 16, 24),
    top_filters=4,
    batch_size=4,
    epochs=6,
    random_state=0,
)
enhancer.set_params(regressor=network).fit(noisy_train, clean_train)
gains["U-Net"] = snr_gain_score(
    clean_test, enhancer.predict(noisy_test), noisy_test
)

# %%
# And an enhancer that needs no training at all:

from skse import LogMMSE

classical = LogMMSE(sampling_rate=data.sampling_rate).fit(noisy_train)
gains["log-MMSE"] = snr_gain_score(
    clean_test, classical.predict(noisy_test), noisy_test
)

# %%
# What is gained depends on how much noise there is, so the SNRs are kept
# apart.

import matplotlib.pyplot as plt
import numpy as np

figure, axes = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
snrs = sorted(set(data.snr_db))
for k, (name, gain) in enumerate(gains.items()):
    means = [gain[data.snr_db[test] == snr].mean() for snr in snrs]
    bars = axes.bar(
        np.arange(len(snrs)) + 0.27 * (k - 1), means, width=0.25, label=name
    )
    axes.bar_label(bars, fmt="%.1f", padding=2)
axes.set_xticks(np.arange(len(snrs)), [f"{snr:g} dB" for snr in snrs])
axes.set(xlabel="SNR of the noisy speech", ylabel="SNR gain (dB)")
axes.axhline(0, color="black", linewidth=0.8)
axes.margins(y=0.15)
axes.spines[["top", "right"]].set_visible(False)
axes.legend(
    frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0)
)
plt.show()

# %%
# The network gains more than the linear regression. Six epochs on three
# minutes of speech are little, and the classical enhancer is strong where
# noise is steady: ``skse compare`` trains for longer and compares more.
