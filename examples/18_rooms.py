"""
Rooms: echo is not noise
========================

A room adds the speech itself, later and many times. What takes noise away
leaves that; what takes it away knows of the past. Needs
``pip install "skse[rooms]"``.
"""

# %%
# Speech in rooms
# ---------------
# Rooms are simulated, each with the reverberation time asked for; those of
# the test are in no training. The clean waveforms are without any room, and
# aligned to the sample.

import numpy as np

from skse.datasets import load_harvard, make_rooms, reverberate

data = load_harvard(noises="white", snr_db=5)
rate, clean = data.sampling_rate, data.clean
test = np.isin(data.speaker, ["m3", "f3"])
parts = {}
for seed, chosen in enumerate([~test, test]):
    rooms = make_rooms(6, rt60=(0.4, 0.7), random_state=seed)
    parts[seed] = reverberate(
        [clean[i] for i in np.flatnonzero(chosen)],
        rooms,
        sampling_rate=rate,
        random_state=seed,
    )
train, held_out = parts[0], parts[1]

# %%
# Prediction without training
# ---------------------------
# :class:`~skse.WPE` predicts late echo from the frames before and subtracts
# it. :class:`~skse.LogMMSE` looks for noise, and finds none worth the name.

from skse import WPE, LogMMSE

enhanced = {
    "in the room": held_out.noisy,
    "LogMMSE": LogMMSE(rate).fit(train.noisy).predict(held_out.noisy),
    "WPE": WPE(rate).fit(train.noisy).predict(held_out.noisy),
}

# %%
# A network along time
# --------------------
# :class:`~skse.WideResNetRegressor` convolves along time, with all
# frequencies as channels, over features of two window lengths. Echo is made
# of the speech, so nothing may be mixed anew: ``remix`` is off. Small and
# briefly trained, as everything here.

from skse import (
    FeaturizerUnion,
    IdealMaskTarget,
    MelFeaturizer,
    SpeechEnhancer,
    STFTFeaturizer,
    WideResNetRegressor,
)

features = FeaturizerUnion(
    [
        ("stft", STFTFeaturizer(256, 128)),
        ("mel", MelFeaturizer(rate, 512, 128, n_mels=40)),
    ]
)
network = SpeechEnhancer(
    features,
    IdealMaskTarget("psm"),
    WideResNetRegressor(
        epochs=6, batch_size=4, learning_rate=0.002, random_state=0
    ),
    sampling_rate=rate,
    segment_frames=64,
    remix=False,
).fit(train.noisy, train.clean)
enhanced["network"] = network.predict(held_out.noisy)

# %%
# By how much
# -----------
# SRMR needs no clean speech, and is higher where there is less echo; the
# cepstral distance is lower where the spectrum is nearer to the clean one.

from skse.metrics import evaluate

scores = {}
for name, waveforms in enhanced.items():
    scores[name] = evaluate(
        held_out.clean,
        waveforms,
        sampling_rate=rate,
        metrics=("srmr", "cepstral_distance", "si_sdr"),
    )
    means = {metric: np.mean(all) for metric, all in scores[name].items()}
    print(f"{name:>12}", {k: round(float(v), 2) for k, v in means.items()})

# %%
# One sentence:

import matplotlib.pyplot as plt

from skse.plotting import SpectrogramDisplay

waveforms = {"clean": held_out.clean[0]}
waveforms |= {name: enhanced[name][0] for name in enhanced}
SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=rate).plot()
plt.show()
