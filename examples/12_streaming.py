"""
Enhance while it is being spoken
================================

Calls and hearing aids cannot wait for the end of a recording.
:class:`~skse.StreamingEnhancer` takes blocks of samples as they come and
gives back as many, a fixed time later.
"""

# %%
# A network that does not look ahead
# ----------------------------------
# ``causal=True`` lets every convolution see the present and the past only.
# The level of a recording is known at its end, so ``normalize_level`` is
# off.

import numpy as np

from skse import (
    SpeechEnhancer,
    STFTFeaturizer,
    StreamingEnhancer,
    UNetRegressor,
)
from skse.datasets import load_harvard

data = load_harvard(noises=["car", "street"], snr_db=0)
enhancer = SpeechEnhancer(
    featurizer=STFTFeaturizer(n_fft=256, hop_length=128),
    regressor=UNetRegressor(
        filters=(8, 12, 16),
        top_filters=4,
        dilations=(1, 2),
        causal=True,
        batch_size=4,
        epochs=8,
        random_state=0,
    ),
    normalize_level=False,
    sampling_rate=data.sampling_rate,
)
enhancer.fit(data.noisy[:40], data.clean[:40])
noisy, clean = data.noisy[40], data.clean[40]

# %%
# Block by block
# --------------
# Blocks of 32 ms, as a sound card might deliver them; any length would do,
# and each another one.

stream = StreamingEnhancer(enhancer)
blocks = np.split(noisy, range(256, len(noisy), 256))
received = np.concatenate([stream.process(block) for block in blocks])
print(f"Latency: {stream.latency_ms_:.1f} ms")
print(len(noisy), "samples in,", len(received), "samples out")

# %%
# ``flush`` returns what is still on its way. Moved back by the latency, the
# stream is what ``predict`` makes of the whole recording:

whole = enhancer.predict([noisy])[0]
streamed = np.concatenate([received, stream.flush()])
streamed = streamed[stream.latency_samples_ :]
print(f"Largest difference: {np.abs(streamed - whole).max():.0e}")

# %%
# The delay, seen in the level at the beginning of the sentence:

import matplotlib.pyplot as plt


def level(waveform):
    """Level over 8 ms in dB."""
    power = np.convolve(waveform**2, np.full(64, 1 / 64), "same")
    return 10 * np.log10(power + 1e-10)


times = 1000 * np.arange(len(noisy)) / data.sampling_rate
shown = slice(1200, 6400)
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.plot(times[shown], level(noisy)[shown], color="#aaaaaa", label="in")
axes.plot(times[shown], level(received)[shown], label="out, as it comes")
axes.plot(
    times[shown],
    level(streamed)[shown],
    linewidth=0.8,
    label="out, moved back",
)
axes.set(xlabel="Time (ms)", ylabel="Level (dB)")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(
    frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1)
)
plt.show()

# %%
# What latency costs
# ------------------
# A network that may look ahead knows what comes after; the price is
# ``hop_length`` samples for every frame that it looks ahead.

for causal in (True, False):
    back, ahead = UNetRegressor(
        dilations=(1, 2), causal=causal
    ).receptive_field()
    latency = (256 - 1 + 128 * ahead) / data.sampling_rate
    print(
        f"causal={causal}: {back} frames back, {ahead} ahead, "
        f"latency {1000 * latency:.0f} ms"
    )

# %%
# Listen
# ------

from skse.plotting import AudioDisplay

AudioDisplay.from_waveforms(
    {"in": noisy, "out, as it comes": received, "clean": clean},
    sampling_rate=data.sampling_rate,
)
