#!/usr/bin/env bash
# PyAV 18.1.0: a planar frame of sound with eight channels or more cannot be made, or read, with
# NumPy.
#
# From eight channels on, AudioFrame.planes finds more planes than there are:
# AudioFrame.from_ndarray with "7.1" ends in an IndexError ("index 8 is out of bounds"), while
# "6.1" works; to_ndarray does not work there either. Packed frames ("flt" for "fltp", with an
# AudioResampler between) hold any number of channels, there and back.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet av==18.1.0 numpy==2.3.5
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import av
import numpy as np

seen = {}
for layout, n_channels in (("5.1", 6), ("6.1", 7), ("7.1", 8), ("hexadecagonal", 16)):
    x = np.random.default_rng(0).standard_normal((n_channels, 1000)).astype(np.float32)
    assert av.AudioLayout(layout).nb_channels == n_channels
    packed = np.ascontiguousarray(x.T.reshape(1, -1))
    frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=layout)
    assert np.array_equal(frame.to_ndarray(), packed)
    try:
        frame = av.AudioFrame.from_ndarray(x, format="fltp", layout=layout)
        seen[layout] = len(frame.planes)
    except IndexError as error:
        seen[layout] = str(error)
print(av.__version__, seen)
wrong = "index {0} is out of bounds for axis 0 with size {0}".format
assert seen == {"5.1": 6, "6.1": 7, "7.1": wrong(8), "hexadecagonal": wrong(16)}, seen
print("as described")
PYTHON
