"""
Learning curves and early stopping
==================================

How long should a network train? Longer than it still learns something that
holds for speech it has not heard, and no longer. Hold out a part and watch.
"""

# %%
# Train with a validation part
# ----------------------------
# With ``early_stopping=True`` a part of the utterances is held out;
# training ends when the loss on it has not improved for
# ``n_iter_no_change`` epochs, and the best epoch is kept. Whatever shares
# its clean speech stays on one side: no sentence is trained on in one noise
# and validated on in another.
#
# Few sentences, taken as they are (``remix=False``), and a high learning
# rate make this network overfit within seconds.

from skse import IdealMaskTarget, SpeechEnhancer, UNetRegressor
from skse.datasets import load_harvard

data = load_harvard(snr_db=[0, 10])
few = range(0, 16)

enhancer = SpeechEnhancer(
    target=IdealMaskTarget(mask="irm"),
    regressor=UNetRegressor(
        filters=(8, 16, 24),
        top_filters=8,
        dilations=(1, 2),
        learning_rate=5e-3,
        batch_size=4,
        epochs=30,
        early_stopping=True,
        validation_fraction=0.25,
        n_iter_no_change=5,
        random_state=0,
    ),
    remix=False,
    sampling_rate=data.sampling_rate,
)
enhancer.fit([data.noisy[i] for i in few], [data.clean[i] for i in few])

# %%
# Look at the curves
# ------------------
# :class:`~skse.plotting.LearningCurveDisplay` finds the losses inside the
# enhancer, or inside a Pipeline or search around it.

from skse.plotting import LearningCurveDisplay

display = LearningCurveDisplay.from_estimator(enhancer)
display.plot()

# %%

network = enhancer.regressor_
history = network.history_
print("epochs trained:", network.n_iter_)
print("epoch kept:", display.best_epoch)
print(f"training loss, last epoch:      {history['loss'][-1]:.4f}")
print(f"validation loss, last epoch:    {history['val_loss'][-1]:.4f}")
print(f"validation loss, epoch kept:    {min(history['val_loss']):.4f}")

# %%
# The training loss falls to the end; the validation loss stopped doing so
# before. More or other speech would help here, more epochs would not.
#
# The other learning curve
# ------------------------
# Would more speech help? That is scikit-learn's own
# :class:`~sklearn.model_selection.LearningCurveDisplay`: the score over the
# number of pairs trained on. It takes an enhancer as it is; here one with
# linear regression, which is quick.

import matplotlib.pyplot as plt
import sklearn.model_selection as model_selection
from sklearn.linear_model import Ridge

from skse.metrics import snr_gain_scorer

figure, axes = plt.subplots(figsize=(6, 3.4), layout="constrained")
model_selection.LearningCurveDisplay.from_estimator(
    SpeechEnhancer(regressor=Ridge(), sampling_rate=data.sampling_rate),
    data.noisy,
    data.clean,
    groups=data.speaker,
    cv=model_selection.GroupKFold(3),
    train_sizes=[0.1, 0.25, 0.5, 1.0],
    shuffle=True,
    random_state=0,
    scoring=snr_gain_scorer,
    score_name="SNR gain (dB)",
    ax=axes,
)
axes.set_xlabel("Pairs trained on")
axes.grid(color="#eeeeee")
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The curve of the test hardly rises, and stays far below that of the
# training data: for other speakers, this linear regression learns next to
# nothing from these data, however many of them it gets.
