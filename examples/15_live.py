"""
Enhance what a microphone hears
===============================

A sound card hands over a block of samples and wants one back at once. What
comes out of a :class:`~skse.StreamingEnhancer` is as long as what goes in,
so that its callback is one line. With the extra ``skse[live]``,

.. code-block:: console

   $ python 15_live.py --live

connects the microphone with the loudspeaker (wear headphones, or it howls);
without ``--live`` a recording takes the place of the microphone, as on this
page.
"""

# %%
# A network for the rate of the sound card
# ----------------------------------------
# The model that comes with skse looks ahead by no frame. It was trained on
# recordings brought to one level; `level` says what the microphone gives.

import sys

import numpy as np

from skse import StreamingEnhancer
from skse.datasets import load_harvard
from skse.models import load_model

enhancer = load_model("speech-8k")
RATE, BLOCK = 8000, 128
stream = StreamingEnhancer(enhancer, level=0.05)


def callback(indata, outdata, frames, time, status):
    """Enhance a block: what a stream of sounddevice calls."""
    outdata[:, 0] = stream.process(indata[:, 0])


# %%
# The sound card, or a recording in its place
# -------------------------------------------


def play_live():
    """Connect microphone and loudspeaker until Enter is pressed."""
    import sounddevice

    with sounddevice.Stream(
        samplerate=RATE, blocksize=BLOCK, channels=1, callback=callback
    ):
        input("Speak. Enter ends.")


def play(recording):
    """Return what the loudspeaker would play, one block behind."""
    played = [np.zeros(BLOCK)]
    for begin in range(0, len(recording) - BLOCK + 1, BLOCK):
        block = np.empty((BLOCK, 1), np.float32)
        callback(
            recording[begin : begin + BLOCK, None], block, BLOCK, None, None
        )
        played.append(block[:, 0])
    return np.concatenate(played)


if "--live" in sys.argv:
    play_live()
    sys.exit()

data = load_harvard(noises=["car"], snr_db=5)
noisy, clean = data.noisy[0], data.clean[0]
heard = play(noisy)

# %%
# How late is it?
# ---------------
# The lag at which what is heard resembles the clean speech most, measured
# from end to end: the stream's latency, and the block that the sound card
# is behind.

n = len(heard)
spectrum = np.fft.rfft(heard, 2 * n) * np.fft.rfft(clean, 2 * n).conj()
lag = int(np.argmax(np.fft.irfft(spectrum)[:n]))
print(f"measured: {1000 * lag / RATE:.0f} ms")
print(f"stream:   {stream.latency_ms_:.0f} ms")
print(f"block:    {1000 * BLOCK / RATE:.0f} ms")

# %%
# Does it keep up?
# ----------------
# Processor time of every block over its duration; above 1 there would be a
# gap in the sound.

from time import process_time

stream.reset()
busy = []
for begin in range(0, len(noisy) - BLOCK + 1, BLOCK):
    start = process_time()
    stream.process(noisy[begin : begin + BLOCK])
    busy.append((process_time() - start) * RATE / BLOCK)
print("every block in time:", max(busy) < 1)

# %%
# Listen
# ------

from skse.plotting import AudioDisplay

AudioDisplay.from_waveforms(
    {"microphone": noisy, "loudspeaker": heard, "clean": clean},
    sampling_rate=RATE,
)
