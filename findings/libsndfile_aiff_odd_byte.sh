#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): AIFF with an odd number of one-byte samples has one too
# many.
#
# A chunk of AIFF is filled up to an even number of bytes with one that its length does not count.
# libsndfile counts it, in the length of the chunk and in the number of samples: 101 samples are
# read again as 102, in every program. The last is silence with PCM_S8 alone; with PCM_U8 and ULAW
# it is a click of full scale. Every further copy of an odd length has the same. WAV and CAF,
# which are filled up alike, have the right number.
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

x = 0.1 * np.sin(np.arange(101) / 5)
last = {"PCM_S8": 0.0, "PCM_U8": -1.0, "ULAW": -0.98, "ALAW": -0.168}
for subtype, value in last.items():
    for kind, n_times in (("AIFF", 102), ("WAV", 101), ("CAF", 101)):
        if not soundfile.check_format(kind, subtype):
            continue
        soundfile.write("a", x, 8000, subtype, format=kind)
        y, _ = soundfile.read("a")
        print(soundfile.__libsndfile_version__, kind, subtype, len(y), y[-1])
        assert len(y) == n_times, len(y)
        assert kind != "AIFF" or abs(y[-1] - value) < 0.001, y[-1]
    soundfile.write("a", np.stack([x, x], axis=1), 8000, subtype, format="AIFF")
    assert soundfile.info("a").frames == 101
soundfile.write("a", x, 8000, "ULAW", format="AIFF")
content = open("a", "rb").read()
common, sound = content.index(b"COMM"), content.index(b"SSND")
said = [int.from_bytes(content[i : i + 4], "big") for i in (common + 10, sound + 4)]
assert said == [102, 102 + 8], said  # samples; bytes, of which 8 are none
print("as described")
PYTHON
