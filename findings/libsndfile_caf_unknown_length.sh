#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): a CAF file whose data chunk says "up to the end" is not opened.
#
# The Core Audio Format allows a length of -1 for a data chunk that comes last, which is how a file
# is written while its length is not known. libsndfile calls such a file malformed. With the length
# filled in, the same file is read.
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

soundfile.write("a.caf", 0.1 * np.random.default_rng(0).standard_normal(8000), 8000)
assert soundfile.info("a.caf").frames == 8000
content = bytearray(open("a.caf", "rb").read())
at = content.index(b"data") + 4
content[at : at + 8] = b"\xff" * 8
open("a.caf", "wb").write(content)
try:
    print(soundfile.info("a.caf"))
except soundfile.LibsndfileError as error:
    print(soundfile.__libsndfile_version__, error)
    assert "malformed" in str(error)
else:
    raise SystemExit("it is opened")
print("as described")
PYTHON
