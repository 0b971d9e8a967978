#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0) opens neither the FLAC in Ogg nor the ALAC in CAF of FFmpeg
# 8, and says too much of its MP3 in WAV.
#
# FLAC in Ogg ends in "unknown error in flac decoder", ALAC in CAF in "unsupported encoding",
# though libsndfile knows both pairs: it opens the ALAC in CAF that it writes itself. Of MP3 in
# WAV it takes the number of samples that the header says to be there, and reads fewer, so that
# what was read looks cut short. FFmpeg reads all four.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet soundfile==0.14.0 av==18.1.0 numpy==2.3.5
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import av
import numpy as np
import soundfile

RATE = 44_100
x = (0.1 * np.sin(np.arange(20 * 4096) / 20)).astype(np.float32)
seen = {}
for name, codec in (("a.ogg", "flac"), ("a.caf", "alac"), ("a.wav", "mp3")):
    with av.open(name, "w") as file:
        stream = file.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        resampler = av.AudioResampler(stream.format, stream.layout, RATE)
        frame = av.AudioFrame.from_ndarray(x[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = RATE, 0
        for samples in (frame, None):
            for part in resampler.resample(samples):
                file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    with av.open(name) as file:
        there = sum(frame.samples for frame in file.decode(audio=0))
    try:
        with soundfile.SoundFile(name) as audio:
            seen[name] = audio.frames - there, len(audio.read()) - there
    except soundfile.LibsndfileError as error:
        seen[name] = error.error_string
    print(name, codec, there, seen[name])
    assert len(x) <= there < len(x) + 4 * 1152
assert "unknown error in flac decoder" in seen["a.ogg"], seen
assert "unsupported encoding" in seen["a.caf"], seen
assert seen["a.wav"][0] > 0 == seen["a.wav"][1], seen
soundfile.write("b.caf", x, RATE, "ALAC_16")
assert len(soundfile.read("b.caf")[0]) == len(x)
print(soundfile.__libsndfile_version__, "as described")
PYTHON
