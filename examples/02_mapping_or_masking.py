"""
Mapping or masking? Ask GridSearchCV
====================================

Should a network learn the clean spectrum itself (mapping), or a gain for
every time-frequency unit (masking)? And should that gain be all or nothing?
As every choice is a parameter, a grid search answers.
"""

# %%
# The data
# --------
# Lists of waveforms of unequal length go into a search as they are.

from skse.datasets import load_harvard

data = load_harvard(snr_db=0)
print(len(data.noisy), "pairs of", [len(x) for x in data.noisy[:4]], "...")

# %%
# The search
# ----------
# The target is one parameter of the enhancer, and the kind of mask one of
# the target's. The network sees 40 mel bands and outputs all 129
# frequencies. It is small, and training short, to keep this example quick;
# nothing else would change in a search that takes a night.

from sklearn.model_selection import GridSearchCV, GroupKFold

from skse import (
    IdealMaskTarget,
    MelFeaturizer,
    SpectrumTarget,
    SpeechEnhancer,
    UNetRegressor,
)
from skse.metrics import rmse_scorer, snr_gain_scorer

enhancer = SpeechEnhancer(
    featurizer=MelFeaturizer(sampling_rate=data.sampling_rate),
    regressor=UNetRegressor(
        filters=(8, 12, 16),
        top_filters=4,
        dilations=(1, 2),
        batch_size=8,
        epochs=7,
        random_state=0,
    ),
    remix=False,  # in so few epochs nothing is learnt by heart
    sampling_rate=data.sampling_rate,
)
search = GridSearchCV(
    enhancer,
    [
        {"target": [SpectrumTarget(scale="log")]},
        {"target": [IdealMaskTarget()], "target__mask": ["ibm", "irm"]},
    ],
    scoring={"snr_gain": snr_gain_scorer, "rmse": rmse_scorer},
    refit="snr_gain",
    cv=GroupKFold(2),
)

# %%
# Two things keep the answer honest. The scorers are those of
# :mod:`skse.metrics`, which compare waveforms, utterance by utterance. And
# the folds are cut by speaker, so that every network is judged by voices
# and sentences that it has not heard.
#
# To ask for the loss as well, add ``"regressor__loss": ["mse",
# "binary_crossentropy"]`` to the masks; for the spectrum, which is not
# bounded, a cross-entropy has no meaning.

search.fit(data.noisy, data.clean, groups=data.speaker)
print(search.best_params_)

# %%
# The answer
# ----------
# Beside the score of every target stands its ceiling: what it would give if
# the network made no error at all, computed by
# :func:`~skse.oracle_predict`.

import matplotlib.pyplot as plt
import numpy as np

from skse import oracle_predict
from skse.metrics import snr_gain_score

results = search.cv_results_
ceilings = [
    snr_gain_score(
        data.clean,
        oracle_predict(
            enhancer.set_params(**params), data.noisy, data.clean
        ),
        data.noisy,
    ).mean()
    for params in results["params"]
]

names = [
    "mapping:\nlog spectrum",
    "masking:\nbinary mask",
    "masking:\nratio mask",
]
positions = np.arange(len(names))
figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
bars = axes.bar(
    positions,
    results["mean_test_snr_gain"],
    yerr=results["std_test_snr_gain"],
    width=0.5,
)
axes.bar_label(bars, fmt="%.1f", padding=3)
axes.plot(
    positions,
    ceilings,
    "D",
    color="black",
    markerfacecolor="none",
    label="ceiling",
)
axes.set_xticks(positions, names)
axes.set_ylabel("SNR gain at 0 dB (dB)")
axes.set_ylim(0, 1.15 * max(ceilings))
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %%
# All targets could go much further than a network that small gets in that
# time, and nearly equally far. A mask is the safer thing to learn: where
# the network is unsure a mask lets some noise through, where a wrong
# spectrum *is* the noise.
#
# ``search`` is now the best of these enhancers, trained on all data (this
# sentence included):

enhanced = search.predict(data.noisy[:1])

# %%
# Listen
# ------

from skse.plotting import AudioDisplay

AudioDisplay.from_waveforms(
    {
        "noisy": data.noisy[0],
        "enhanced": enhanced[0],
        "clean": data.clean[0],
    },
    sampling_rate=data.sampling_rate,
)
