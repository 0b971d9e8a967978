"""
Which features?
===============

What the regressor sees is a parameter like any other: all frequencies or
mel bands, magnitudes or logarithms, one frame or many. A search over
featurizers answers for the data at hand.
"""

# %%
# What they look like
# -------------------
# One sentence, each row standardised to be seen on one scale.

import matplotlib.pyplot as plt
import numpy as np

from skse import MelFeaturizer, MFCCFeaturizer, STFTFeaturizer
from skse.datasets import load_harvard

data = load_harvard(noises=["street", "white", "babble", "car"], snr_db=5)
rate = data.sampling_rate
featurizers = {
    "magnitude": STFTFeaturizer(scale="magnitude"),
    "compressed magnitude": STFTFeaturizer(scale="compressed"),
    "log magnitude": STFTFeaturizer(scale="log"),
    "40 log mel bands": MelFeaturizer(sampling_rate=rate),
    "13 MFCC": MFCCFeaturizer(n_mfcc=13, sampling_rate=rate),
}
figure, axes = plt.subplots(
    len(featurizers), 1, figsize=(7.5, 8), sharex=True, layout="constrained"
)
for axis, (name, featurizer) in zip(axes, featurizers.items(), strict=True):
    features = featurizer.fit(data.noisy).transform([data.noisy[0]])[0]
    means, stds = (
        f(features, axis=1, keepdims=True) for f in (np.mean, np.std)
    )
    axis.imshow(
        (features - means) / stds,
        origin="lower",
        aspect="auto",
        vmin=-2,
        vmax=2,
    )
    axis.set_title(
        f"{name}: {features.shape[0]} a frame",
        loc="left",
        fontsize="medium",
    )
axes[-1].set_xlabel("Frame")
plt.show()

# %%
# The search
# ----------
# Linear regression to the ideal ratio mask, speakers held out, for every
# featurizer with no neighbours, with two and with four on each side of the
# frame. Two workers share the candidates (``n_jobs=2``).

from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold

from skse import SpeechEnhancer
from skse.metrics import snr_gain_scorer

search = GridSearchCV(
    SpeechEnhancer(regressor=Ridge(), sampling_rate=rate),
    {
        "featurizer": list(featurizers.values()),
        "context_frames": [0, 2, 4],
    },
    scoring=snr_gain_scorer,
    cv=GroupKFold(3),
    n_jobs=2,
).fit(data.noisy, data.clean, groups=data.speaker)

# %%
# The folds are cut by speaker: what is scored holds for voices that are
# new. scikit-learn keeps the scores in the order of the grid: the parameter
# that comes first in the alphabet varies slowest.

scores = search.cv_results_["mean_test_score"].reshape(3, -1)
figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
for k, context in enumerate([0, 2, 4]):
    bars = axes.bar(
        np.arange(len(featurizers)) + 0.27 * (k - 1),
        scores[k],
        width=0.25,
        label=f"{context} neighbours on each side",
    )
    axes.bar_label(bars, fmt="%.1f", padding=2, fontsize="small")
axes.set_xticks(
    np.arange(len(featurizers)),
    [
        name.replace(" ma", "\nma").replace(" mel", "\nmel")
        for name in featurizers
    ],
)
axes.set_ylabel("SNR gain at 5 dB (dB)")
axes.margins(y=0.2)
axes.axhline(0, color="black", linewidth=0.8)
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False, ncols=3, fontsize="small", loc="upper center")
plt.show()

print("Best:", search.best_params_)
