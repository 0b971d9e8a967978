#!/usr/bin/env bash
# FFmpeg 8 (PyAV 18.1.0): the end of a lossless recording is missing where ALAC stands in CAF.
#
# A packet of ALAC holds 4096 samples, and the last of a recording as many as are left. How many
# it lacks stands in the header of CAF, and the demuxer has so many taken away from a packet that
# is short already: of 20,000 samples 19,520 come back, of 8100 8008, without an error, and all of
# them from .m4a or .mov with the same packets. A last packet that is less than half full is kept
# as it is.
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
for n_times in (20_000, 8100, 8192, 8392):
    x = np.random.default_rng(0).integers(-1000, 1000, (1, n_times)).astype(np.int16)
    for name in ("a.caf", "a.m4a", "a.mov"):
        with av.open(name, "w") as file:
            stream = file.add_stream("alac", rate=44_100)
            stream.layout, stream.format = "mono", "s16p"
            for begin in range(0, n_times, 4096):
                part = np.ascontiguousarray(x[:, begin : begin + 4096])
                frame = av.AudioFrame.from_ndarray(part, format="s16p", layout="mono")
                frame.sample_rate, frame.pts = 44_100, begin
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))
        with av.open(name) as file:
            y = np.concatenate([f.to_ndarray() for f in file.decode(audio=0)], axis=1)
        assert np.array_equal(y, x[:, : y.shape[1]])
        seen[name, n_times] = n_times - y.shape[1]
print(av.__version__, av.library_versions["libavformat"], seen)
for (name, n_times), n_lost in seen.items():
    in_last = n_times % 4096 or 4096
    missing = 4096 - in_last
    assert n_lost == (missing if name == "a.caf" and missing < in_last else 0), (name, n_times)
print("as described")
PYTHON
