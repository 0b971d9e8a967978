"""
From training to files on a disk
================================

Train an enhancer, save it with a card that says what it is, load it as
somebody else would, and enhance a folder of recordings with it.
"""

# %%
# Train
# -----

from skse import IdealMaskTarget, SpeechEnhancer, UNetRegressor
from skse.datasets import load_harvard

data = load_harvard(noises=["white", "car", "pink"], snr_db=[0, 5])
enhancer = SpeechEnhancer(
    target=IdealMaskTarget(mask="irm"),
    regressor=UNetRegressor(
        filters=(8, 12, 16),
        top_filters=4,
        dilations=(1, 2),
        batch_size=4,
        epochs=4,
        random_state=0,
    ),
    sampling_rate=data.sampling_rate,
)
enhancer.fit(data.noisy[:80], data.clean[:80])

# %%
# Save
# ----
# A model file cannot run code when it is loaded: it can be shared with
# people who do not know you. What they should know stands on its card.

import tempfile
from pathlib import Path

import skse
from skse.persistence import read_card

folder = Path(tempfile.mkdtemp())
si_sdr = enhancer.score(data.noisy[80:], data.clean[80:])
path = skse.save(
    enhancer,
    folder / "steady.skse",
    card={
        "description": "Removes steady noise from telephone speech.",
        "training_data": "load_harvard: synthetic voices, synthetic noise",
        "licence": "CC0",
        "scores": {"si_sdr": round(si_sdr, 1)},
    },
)
print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")

card = read_card(path)
for key in (
    "description",
    "licence",
    "sampling_rate",
    "training",
    "scores",
):
    print(f"{key}: {card[key]}")

# %%
# Load
# ----
# The network now predicts through onnxruntime. A program that only enhances
# does not import TensorFlow at all.

import numpy as np

loaded = skse.load(path)
difference = np.abs(
    loaded.predict(data.noisy[80:81])[0]
    - enhancer.predict(data.noisy[80:81])[0]
)
print(
    f"Largest difference to the one that was saved: {difference.max():.0e}"
)

# %%
# Enhance files
# -------------
# A folder of recordings as they occur: here one in stereo, one at another
# sampling rate with 24 bits, and one that is broken. The command for it is
#
# .. code-block:: console
#
#    $ skse enhance recordings/ --model steady.skse --out enhanced
#
# and the function underneath:

import soundfile
import soxr

from skse.files import enhance_files

(folder / "recordings").mkdir()
one, other = data.noisy[80], data.noisy[90]
both = np.stack([one, 0.5 * one], axis=1)
soundfile.write(folder / "recordings" / "stereo.flac", both, 8000)
soundfile.write(
    folder / "recordings" / "studio.wav",
    soxr.resample(other, 8000, 48000),
    48000,
    subtype="PCM_24",
)
(folder / "recordings" / "broken.wav").write_bytes(b"not audio at all")

results = enhance_files(
    [folder / "recordings"], folder / "enhanced", model=path
)
for result in results:
    name = Path(result.source).name
    print(f"{name}: {result.status} {result.reason}")

# %%
# What comes out is of the kind that went in:

for file in sorted((folder / "enhanced").iterdir()):
    info = soundfile.info(file)
    print(
        f"{file.name}: {info.channels} channel(s), {info.samplerate} Hz, "
        f"{info.subtype}, {info.duration:.2f} s"
    )

# %%
# Look and listen
# ---------------

from skse.plotting import AudioDisplay, SpectrogramDisplay

enhanced, rate = soundfile.read(folder / "enhanced" / "stereo.flac")
waveforms = {
    "recording, left": one,
    "enhanced, left": enhanced[:, 0],
    "clean": data.clean[80],
}
SpectrogramDisplay.from_waveforms(waveforms, sampling_rate=rate).plot()

# %%

AudioDisplay.from_waveforms(waveforms, sampling_rate=rate)
