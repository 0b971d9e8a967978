#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): what stands behind the samples of a Wave64 file is read as sound.
#
# A chunk after "data" is valid, and libsndfile reads such a WAV file rightly. In Wave64 it counts all
# bytes up to the end of the file as samples: 8000 frames, and a chunk of 40 bytes behind them, give 8020.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet soundfile==0.14.0 numpy==2.3.5
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import numpy as np
import soundfile

x = 0.1 * np.random.default_rng(0).standard_normal(8000)
soundfile.write("a.w64", x, 8000, subtype="PCM_16")
with open("a.w64", "ab") as file:  # GUID, length with its own 24 bytes, content
    file.write(b"note" + bytes(12) + (40).to_bytes(8, "little") + bytes(16))
soundfile.write("a.wav", x, 8000, subtype="PCM_16")
content = bytearray(open("a.wav", "rb").read()) + b"note" + (16).to_bytes(4, "little") + bytes(16)
content[4:8] = (len(content) - 8).to_bytes(4, "little")
open("a.wav", "wb").write(content)
frames = {name: soundfile.info(name).frames for name in ("a.wav", "a.w64")}
print(soundfile.__libsndfile_version__, frames)
assert frames == {"a.wav": 8000, "a.w64": 8020}, frames
print("as described")
PYTHON
