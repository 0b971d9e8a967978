#!/usr/bin/env bash
# soundfile 0.14.0: the end of a FLAC file that does not tell its length cannot be read.
#
# STREAMINFO may give 0 samples, which means "unknown" (RFC 9639, 8.2), as encoders leave it that
# write to a pipe. libsndfile 1.2.2 then says that there are 2**63 - 1 frames, so that len() and any
# array of that size overflow, and the seek that soundfile does after the read that reaches the end fails:
# "Internal psf_fseek() failed." Without the seek (seekable() overridden to be False), the last
# samples are read too.
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

x = 0.1 * np.random.default_rng(0).standard_normal(20_000)
soundfile.write("a.flac", x, 8000)
content = bytearray(open("a.flac", "rb").read())
content[21] &= 0xF0  # 36 bits of total samples: unknown
content[22:26] = bytes(4)
open("a.flac", "wb").write(content)


class Forward(soundfile.SoundFile):
    def seekable(self):
        return False


with soundfile.SoundFile("a.flac") as audio:
    print(soundfile.__version__, soundfile.__libsndfile_version__, audio.frames)
    assert audio.frames == 2**63 - 1
    try:
        while len(audio.read(4096)):
            pass
    except soundfile.LibsndfileError as error:
        print(error)
        assert "psf_fseek" in str(error)
    else:
        raise SystemExit("it is read to its end")
with Forward("a.flac") as audio:
    n_read = 0
    while len(block := audio.read(4096)):
        n_read += len(block)
assert n_read == len(x), n_read
print("as described")
PYTHON
