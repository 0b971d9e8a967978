"""
Ceilings: how far a target can go
=================================

Before training anything, one can ask how good an enhancer would be whose
network made no error. That ceiling depends on the target, and on how finely
the STFT cuts up time.
"""

# %%
# Enhance with the true target
# ----------------------------
# :func:`~skse.oracle_predict` takes an enhancer that need not be fitted and
# puts the true target where the prediction would be.

from skse import (
    IdealMaskTarget,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    oracle_predict,
)
from skse.datasets import load_harvard
from skse.metrics import si_sdr_score

data = load_harvard(noises=["street", "babble"], snr_db=5)
noisy, clean = data.noisy[:16], data.clean[:16]

targets = {
    "binary mask": IdealMaskTarget(mask="ibm"),
    "ratio mask": IdealMaskTarget(mask="irm"),
    "phase-sensitive mask": IdealMaskTarget(mask="psm"),
    "clean magnitude, noisy phase": SpectrumTarget(scale="log"),
}
hops = [32, 64, 128]


def ceiling(target, n_fft, hop_length):
    enhancer = SpeechEnhancer(
        STFTFeaturizer(n_fft=n_fft, hop_length=hop_length), target
    )
    return si_sdr_score(
        clean, oracle_predict(enhancer, noisy, clean)
    ).mean()


by_hop = {
    name: [ceiling(target, 256, hop) for hop in hops]
    for name, target in targets.items()
}
before = si_sdr_score(clean, noisy).mean()

# %%
# All of these keep the noisy phase, and none comes near the clean waveform.
# The phase-sensitive mask gets furthest, because it takes the wrong phase
# into account. A shorter hop helps a little, and costs twice the frames.

import matplotlib.pyplot as plt
import numpy as np

figure, axes = plt.subplots(figsize=(7, 3.8), layout="constrained")
width = 0.25
for k, hop in enumerate(hops):
    heights = [values[k] for values in by_hop.values()]
    bars = axes.barh(
        np.arange(len(targets)) + (k - 1) * width,
        heights,
        height=0.9 * width,
        label=f"hop of {hop} samples, {1000 * hop / 8000:g} ms",
    )
    axes.bar_label(bars, fmt="%.1f", padding=2, fontsize="small")
axes.axvline(before, color="black", linewidth=0.8, linestyle=":")
axes.annotate(
    "noisy",
    (before, 1),
    xycoords=("data", "axes fraction"),
    xytext=(3, 2),
    textcoords="offset points",
    fontsize="small",
)
axes.set_yticks(np.arange(len(targets)), by_hop)
axes.invert_yaxis()
axes.set(xlabel="Mean SI-SDR with the true target (dB)")
axes.margins(x=0.1)
axes.spines[["top", "right"]].set_visible(False)
axes.legend(
    frameon=False,
    fontsize="small",
    ncols=3,
    loc="lower center",
    bbox_to_anchor=(0.4, 1.04),
)
plt.show()

# %%
# A complex mask turns the phase too. Its ceiling is so much higher that it
# would not fit in the picture:

complex_mask = IdealMaskTarget(mask="cirm")
print(f"Complex mask: {ceiling(complex_mask, 256, 64):.0f} dB")

# %%
# How long a frame?
# -----------------
# The frame is the other side of the STFT: short ones follow time, long ones
# tell frequencies apart. The hop is a quarter of the frame here.

frames = [64, 128, 256, 512, 1024]
by_frame = {
    name: [ceiling(targets[name], n, n // 4) for n in frames]
    for name in ("binary mask", "ratio mask", "phase-sensitive mask")
}
figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
for name, values in by_frame.items():
    axes.plot([1000 * n / 8000 for n in frames], values, "o-", label=name)
axes.set_xscale("log", base=2)
axes.set_xticks(
    [1000 * n / 8000 for n in frames], [f"{n / 8:g}" for n in frames]
)
axes.set(xlabel="Frame (ms)", ylabel="Mean SI-SDR (dB)")
axes.grid(color="#eeeeee")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
plt.show()

for name, values in by_frame.items():
    best = frames[int(np.argmax(values))]
    print(f"{name}: best with frames of {1000 * best / 8000:g} ms")

# %%
# A ceiling says what cannot be had, not what will be: a network gets closer
# to an easy target than to a hard one with a higher ceiling.
