"""
Tell the network what the noise is
==================================

A recording of the environment alone, before anybody speaks, says what the
noise is. A network of noise embeddings is given it beside the noisy speech.
What is it worth? Enhance with the right recording, with a wrong one, and
with silence, and compare with networks that are told less.
"""

# %%
# Every sentence gets a noise of its own. The first 1.25 s of it are heard
# alone, the rest under the speech, at the same gain.

import numpy as np

from skse.datasets import load_harvard, make_noise

data = load_harvard(noises="white", snr_db=5)
rate = data.sampling_rate
kinds = ["pink", "car", "street", "machinery", "tonal", "white"]
noisy, environment, noise_of = [], [], []
for i, clean in enumerate(data.clean):
    noise_of.append(kinds[i % len(kinds)])
    noise = make_noise(noise_of[i], 5 * rate, rate, random_state=i)
    noise *= np.std(clean) / np.std(noise)  # 0 dB
    environment.append(noise[:10000])
    noisy.append(clean + noise[10000 : 10000 + len(clean)])
train, test = slice(0, 36), slice(36, None)
print(len(noisy), "sentences; to test on:", *noise_of[test][:6])

# %%
# Three networks, alike but for what they are told
# ------------------------------------------------
# ``embedding="mean"`` tells the mean log spectrum of the recording, None
# nothing. ``add_input=True`` adds what comes out to the noisy log spectrum,
# as the paper does, so that training begins with the noisy speech.

from skse import (
    NoiseEmbeddingRegressor,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
)

enhancers = {}
for embedding in ("learned", "mean", None):
    network = NoiseEmbeddingRegressor(
        (8, 12, 16),
        strides=(2, 2, 2),
        embedding=embedding,
        embedding_filters=(8, 16),
        embedding_strides=((2, 3), (2, 2)),
        embedding_kernel_size=(4, 4),
        add_input=True,
        batch_size=4,
        epochs=12,
        random_state=0,
    )
    enhancers[embedding] = SpeechEnhancer(
        STFTFeaturizer(),
        SpectrumTarget(),
        network,
        sampling_rate=rate,
        segment_frames=32,
        remix=False,
    ).fit(noisy[train], data.clean[train], environment=environment[train])

# %%
# The right recording, a wrong one, silence
# -----------------------------------------

from skse.enhancement import environment_ablation
from skse.metrics import snr_gain_score

gains = {}
for embedding, enhancer in enhancers.items():
    enhanced = environment_ablation(
        enhancer, noisy[test], environment[test], groups=noise_of[test]
    )
    gains[embedding] = {
        name: snr_gain_score(data.clean[test], x, noisy[test]).mean()
        for name, x in enhanced.items()
    }
    print(
        embedding,
        {k: round(float(v), 1) for k, v in gains[embedding].items()},
    )

# %%

import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
for k, name in enumerate(("own", "other", "silence")):
    bars = axes.bar(
        np.arange(3) + 0.27 * (k - 1),
        [gains[embedding][name] for embedding in gains],
        0.25,
        label=name,
    )
    axes.bar_label(bars, fmt="%.1f", padding=2)
axes.set_xticks(range(3), [f"embedding={e!r}" for e in gains])
axes.set_ylabel("Mean SNR gain at 0 dB (dB)")
axes.axhline(0, color="black", linewidth=0.8)
axes.margins(y=0.15)
axes.spines[["top", "right"]].set_visible(False)
axes.legend(
    title="Environment that is heard",
    frameon=False,
    ncols=3,
    loc="lower center",
    bbox_to_anchor=(0.5, 1),
)
plt.show()

# %%
# A network that is told nothing is the same whatever it is given. How much
# of what the others do hangs on the recording is the drop from "own" to
# "other".
#
# Listen
# ------

from skse.plotting import AudioDisplay

heard = {"noisy": noisy[test][0], "environment": environment[test][0]}
heard["enhanced"] = enhancers["learned"].predict(
    noisy[test][:1], environment=environment[test][:1]
)[0]
heard["clean"] = data.clean[test][0]
AudioDisplay.from_waveforms(heard, sampling_rate=rate)
