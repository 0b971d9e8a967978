"""
Any regressor of scikit-learn
=============================

The regressor inside a :class:`~skse.SpeechEnhancer` need not be a neural
network of skse. One that takes 2-D input sees one frame at a time, with
some neighbours on either side; everything around it stays the same.
"""

# %%
# The data: speakers held out
# ---------------------------

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skse.datasets import load_harvard

data = load_harvard(snr_db=5)
held_out = np.isin(data.speaker, ["m3", "f3"])
train, test = np.flatnonzero(~held_out), np.flatnonzero(held_out)
noisy_train = [data.noisy[i] for i in train]
clean_train = [data.clean[i] for i in train]
noisy_test = [data.noisy[i] for i in test]
clean_test = [data.clean[i] for i in test]
print(len(train), "pairs to learn from,", len(test), "to test on")

# %%
# The candidates
# --------------
# Scaling, projecting and regressing are steps of a Pipeline inside the
# enhancer. A regressor with one output, such as gradient boosting, would
# work as well: it is fitted once for every frequency.

from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

regressors = {
    "decision tree": DecisionTreeRegressor(
        min_samples_leaf=20, max_features=0.1, random_state=0
    ),
    "10 nearest neighbours\nof 20 components": make_pipeline(
        PCA(20, random_state=0), KNeighborsRegressor(10)
    ),
    "partial least squares": PLSRegression(20),
    "ridge regression": Ridge(),
    "multi-layer perceptron": make_pipeline(
        StandardScaler(),
        MLPRegressor(
            hidden_layer_sizes=[128],
            max_iter=15,
            early_stopping=True,
            random_state=0,
        ),
    ),
}

# %%
# Train and score
# ---------------
# Forty mel bands of five frames are what a regressor sees; the ideal ratio
# mask at all 129 frequencies is what it learns.

from skse import IdealMaskTarget, MelFeaturizer, SpeechEnhancer
from skse.metrics import snr_gain_score

warnings.simplefilter("ignore", ConvergenceWarning)  # 15 epochs are few
gains, enhanced = {}, {}
for name, regressor in regressors.items():
    enhancer = SpeechEnhancer(
        featurizer=MelFeaturizer(sampling_rate=data.sampling_rate),
        target=IdealMaskTarget(mask="irm"),
        regressor=regressor,
        context_frames=2,
        sampling_rate=data.sampling_rate,
    )
    enhancer.fit(noisy_train, clean_train)
    enhanced[name] = enhancer.predict(noisy_test)
    gains[name] = snr_gain_score(clean_test, enhanced[name], noisy_test)

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
axes.boxplot(
    list(gains.values()),
    vert=False,
    tick_labels=list(gains),
    showmeans=True,
    meanprops={"marker": "D", "markerfacecolor": "black"},
    flierprops={"markersize": 3},
)
axes.axvline(0, color="black", linewidth=0.8)
axes.set_xlabel("SNR gain at 5 dB, a value a sentence (dB)")
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Speakers and sentences were not heard before, the kinds of noise were. The
# linear regressors gain least on these 32 pairs, the nearest neighbours and
# the perceptron most; what holds for more speech is for you to try.
#
# Listen
# ------

from skse.plotting import AudioDisplay

AudioDisplay.from_waveforms(
    {
        "noisy": noisy_test[0],
        **{name.replace("\n", " "): x[0] for name, x in enhanced.items()},
        "clean": clean_test[0],
    },
    sampling_rate=data.sampling_rate,
)
