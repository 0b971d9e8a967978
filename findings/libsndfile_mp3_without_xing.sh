#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): an MP3 file without a Xing frame has an estimated length, and
# where its bit rate varies, the sound behind that length is not read and nothing is said.
#
# Encoders that write to a pipe leave the Xing frame out. libsndfile then takes the bit rate of the
# first frames for that of all: 2 s of noise and 4 s of silence are said to be, and are read as, 1.1 s;
# 2 s of silence and 4 s of noise are said to be 9.9 s, of which 6 can be read, as if the file had
# been cut short.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet soundfile==0.14.0 numpy==2.3.5
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import io

import numpy as np
import soundfile

RATE = 44_100
t = np.arange(6 * RATE)
x = 0.3 * np.random.default_rng(0).standard_normal(len(t))
seen = {}
for mode, wave in {
    "noise first": x * (t < 2 * RATE),
    "silence first": x * (t >= 2 * RATE),
}.items():
    soundfile.write("a.mp3", wave, RATE, bitrate_mode="VARIABLE", compression_level=0.5)
    content = open("a.mp3", "rb").read()
    kbit = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)[content[2] >> 4]
    first = 144_000 * kbit // RATE + (content[2] >> 1 & 1)
    assert b"Xing" in content[:first]
    open("b.mp3", "wb").write(content[first:])
    with soundfile.SoundFile("b.mp3") as audio:
        seen[mode] = audio.frames / RATE, len(audio.read()) / RATE
print(soundfile.__libsndfile_version__, seen)
assert seen["noise first"][0] == seen["noise first"][1] < 1.5, seen
assert seen["silence first"][0] > 9 > 6.1 > seen["silence first"][1] > 5.9, seen
print("as described")
PYTHON
