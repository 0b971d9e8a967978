"""
Train on mixtures that are made as you go
=========================================

A few minutes of speech are soon known by heart. With ``remix`` a
network never hears the same mixture twice: in every epoch the speech and
the noise of the training pairs are mixed anew, in other combinations, at
other SNRs, speeds and levels.
"""

# %%
# Unlike the other examples this one is short of data on purpose: three
# speakers in two noises, and the test is on other speakers in other noises.

import numpy as np

from skse.datasets import load_harvard

data = load_harvard(snr_db=5)
known = np.isin(data.speaker, ["m1", "f1", "m2"])
steady = np.isin(data.noise, ["white", "pink", "machinery", "car"])
train = np.flatnonzero(known & steady)
test = np.flatnonzero(~known & ~steady)
noisy, clean = ([d[i] for i in train] for d in (data.noisy, data.clean))
noisy_test, clean_test = (
    [d[i] for i in test] for d in (data.noisy, data.clean)
)
print(len(train), "pairs to train on,", len(test), "to test on")
print("Noises:", *sorted(set(data.noise[train])))
print("Noises of the test:", *sorted(set(data.noise[test])))

# %%
# With and without
# ----------------
# The same network, the same number of segments an epoch.
# :class:`~skse.Remix` has a parameter for everything that is drawn at
# random, and a search can reach them by names such as ``remix__snr_db``.

from skse import Remix, SpeechEnhancer, UNetRegressor
from skse.metrics import snr_gain_score

enhancers = {}
for name, remix in {
    "the pairs as they are": False,
    "remixed": Remix(snr_db=(0, 15), random_state=0),
}.items():
    enhancers[name] = SpeechEnhancer(
        regressor=UNetRegressor(
            filters=(8, 12, 16),
            top_filters=4,
            dilations=(1, 2),
            batch_size=4,
            epochs=20,
            random_state=0,
        ),
        remix=remix,
        sampling_rate=data.sampling_rate,
    ).fit(noisy, clean)

# %%

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
for k, (name, enhancer) in enumerate(enhancers.items()):
    means = [
        snr_gain_score(c, enhancer.predict(x), x).mean()
        for c, x in ((clean, noisy), (clean_test, noisy_test))
    ]
    bars = axes.bar(np.arange(2) + 0.3 * (k - 0.5), means, 0.28, label=name)
    axes.bar_label(bars, fmt="%.1f", padding=2)
axes.set_xticks(
    [0, 1], ["pairs trained on", "other speakers, other noises"]
)
axes.set_ylabel("Mean SNR gain at 5 dB (dB)")
axes.axhline(0, color="black", linewidth=0.8)
axes.margins(y=0.15)
axes.spines[["top", "right"]].set_visible(False)
axes.legend(
    frameon=False, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1)
)
plt.show()

# %%
# With ``remix`` a network never sees the pairs themselves, and is not as
# good on them. What counts are the two bars on the right: on speakers and
# noises that neither network has heard, it loses nothing by that.
#
# Listen
# ------

from skse.plotting import AudioDisplay

heard = {"noisy": noisy_test[0]}
for name, enhancer in enhancers.items():
    heard[name] = enhancer.predict(noisy_test[:1])[0]
heard["clean"] = clean_test[0]
AudioDisplay.from_waveforms(heard, sampling_rate=data.sampling_rate)
