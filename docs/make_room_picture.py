"""Make the picture of the page on rooms: one sentence without a room, and in one.

python docs/make_room_picture.py       # needs skse[rooms]
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
from PIL import Image

from skse.datasets import Room, load_harvard, reverberate
from skse.plotting import SpectrogramDisplay

OUT = Path(__file__).parent / "_static" / "rooms.png"
ROOM = Room(size=(6.0, 5.0, 3.0), source=(1.5, 2.0, 1.6), microphone=(3.5, 2.5, 1.2), rt60=0.6)

if __name__ == "__main__":
    data = load_harvard(noises="white", snr_db=5)
    rate, speech = data.sampling_rate, data.clean[:1]
    late, early = (
        reverberate(speech, ROOM, sampling_rate=rate, early_ms=early_ms) for early_ms in (None, 50)
    )
    waveforms = {
        "without a room": late.clean[0],
        "with the reflections of the first 50 ms (early_ms=50)": early.clean[0],
        f"in the room: {ROOM.rt60:g} s of reverberation, {ROOM.distance:.1f} m away": late.noisy[0],
    }
    _, axes = plt.subplots(3, 1, figsize=(8, 6), sharex=True, layout="constrained")
    display = SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=rate)
    display.plot(ax=axes).figure_.savefig(OUT, dpi=100)
    # 256 colours do, and make the file half as large; these keep the ends of the scale
    Image.open(OUT).convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE).save(
        OUT, optimize=True
    )
    print(OUT)
