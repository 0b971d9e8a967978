"""Make the picture of the page on distortions: one sentence, and what each takes away.

python docs/make_distortion_picture.py       # needs skse[vocoder]
"""

from pathlib import Path

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
from PIL import Image

from skse.datasets import clip_peaks, drop_chunks, load_harvard, reduce_bandwidth, whisper
from skse.plotting import SpectrogramDisplay

OUT = Path(__file__).parent / "_static" / "distortions.png"

if __name__ == "__main__":
    data = load_harvard(noises="white", snr_db=5)
    rate, speech = data.sampling_rate, data.clean[0]
    waveforms = {
        "as it was": speech,
        "whispered": whisper(speech, rate, method="world", random_state=0),
        "a quarter of its band": reduce_bandwidth(speech, 4),
        "clipped at 0.3": clip_peaks(speech, 0.3),
        "without pieces of it": drop_chunks(speech, rate, mean_ms=100, random_state=0),
    }
    _, axes = plt.subplots(5, 1, figsize=(8, 9), sharex=True, layout="constrained")
    display = SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=rate)
    display.plot(ax=axes).figure_.savefig(OUT, dpi=90)
    # 256 colours do, and make the file half as large; these keep the ends of the scale
    Image.open(OUT).convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE).save(
        OUT, optimize=True
    )
    print(OUT)
