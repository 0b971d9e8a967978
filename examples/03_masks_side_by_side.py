"""
Six masks side by side
======================

A mask is a gain for every time-frequency unit. What is there to choose
from, and how would each sound if a network predicted it without error?
"""

# %%
# One sentence in the noise of a street, as loud as the speech:

from skse.datasets import load_harvard

data = load_harvard(noises="street", snr_db=0)
noisy, clean = data.noisy[2], data.clean[2]

# %%
# The masks
# ---------
# All are computed from the noisy and the clean STFT. The target binary mask
# compares speech with the average spectrum of speech, which it learns from
# all clean sentences; the others need nothing but the pair.

from skse import IdealMaskTarget, STFTFeaturizer
from skse.targets import expand_complex_mask

featurizer = STFTFeaturizer(n_fft=256, hop_length=64)
Y, S = (featurizer.stft([x])[0] for x in (noisy, clean))

names = {
    "ibm": "ideal binary mask",
    "tbm": "target binary mask",
    "irm": "ideal ratio mask",
    "smm": "spectral magnitude mask",
    "psm": "phase-sensitive mask",
    "cirm": "complex ratio mask (real part)",
}
masks = {}
for mask in names:
    target = IdealMaskTarget(mask=mask)
    target.fit(featurizer.stft(data.noisy), featurizer.stft(data.clean))
    masks[mask] = target.transform(Y, S)
masks["cirm"] = expand_complex_mask(masks["cirm"]).real

# %%
# Black is 0, white is 1. The binary masks decide, the others weigh. The
# complex mask has a second channel, the imaginary part, and goes beyond
# what is drawn.

import matplotlib.pyplot as plt

figure, axes = plt.subplots(
    3,
    2,
    figsize=(7.5, 6.5),
    sharex=True,
    sharey=True,
    layout="constrained",
)
for axis, (mask, name) in zip(axes.flat, names.items(), strict=True):
    image = axis.imshow(
        masks[mask],
        origin="lower",
        aspect="auto",
        cmap="gray",
        vmin=0,
        vmax=1,
        extent=(0, len(noisy) / data.sampling_rate, 0, 4),
    )
    axis.set_title(name, loc="left", fontsize="medium")
figure.colorbar(image, ax=axes, label="Gain", shrink=0.6)
figure.supxlabel("Time (s)", fontsize="medium")
figure.supylabel("Frequency (kHz)", fontsize="medium")
plt.show()

# %%
# How far each could go
# ---------------------
# :func:`~skse.oracle_predict` enhances with the true mask in place of a
# prediction: the ceiling of a target.

from skse import SpeechEnhancer, oracle_predict
from skse.metrics import evaluate

metrics = ["snr_gain", "si_sdr", "stoi"]
many = slice(0, 16)
print(f"{'':24}SNR gain   SI-SDR   STOI")
heard = {"noisy": noisy}
for mask, name in names.items():
    enhancer = SpeechEnhancer(featurizer, IdealMaskTarget(mask=mask))
    best = oracle_predict(enhancer, data.noisy[many], data.clean[many])
    scores = evaluate(
        data.clean[many],
        best,
        data.noisy[many],
        sampling_rate=data.sampling_rate,
        metrics=metrics,
    )
    gain, si_sdr, stoi = (scores[metric].mean() for metric in metrics)
    name = name.split(" (")[0]
    print(f"{name:24}{gain:5.1f} dB {si_sdr:5.1f} dB   {stoi:.2f}")
    heard[name] = best[2]
heard["clean"] = clean

# %%
# The more a mask may do, the higher its ceiling: from yes or no, over a
# gain that knows of the phase, to a complex factor. The ratio mask is below
# the binary one in SNR gain and above it in STOI: which target is best
# depends on the question, too.
#
# Listen
# ------

from skse.plotting import AudioDisplay

AudioDisplay.from_waveforms(heard, sampling_rate=data.sampling_rate)
