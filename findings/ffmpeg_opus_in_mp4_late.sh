#!/usr/bin/env bash
# FFmpeg 8 (PyAV 18.1.0): Opus of 8 to 24 kHz in MP4 comes back some 5 ms late.
#
# Decoded, Opus is always of 48 kHz, and the encoder's delay of 6.5 ms is to be dropped at its
# beginning. The muxer writes that delay as 52 of the 8000 samples a second that the encoder was
# given; the demuxer drops 52 of 48000. What is left of the delay has time stamps below 0, which
# nothing heeds: a pulse is 5.4 ms late at 8 kHz, 4.3 at 16, 3.2 at 24, and 0 at 48; in WebM it is
# where it was at every rate. PESQ does not notice, the SNR of such a copy is below 0.
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

seen, stamps = {}, {}
for kind in ("mp4", "webm"):
    for rate in (8000, 16_000, 24_000, 48_000):
        t = np.arange(rate) / rate - 0.5
        x = (0.5 * np.exp(-((t / 0.002) ** 2)) * np.cos(2 * np.pi * 500 * t)).astype(np.float32)
        with av.open(f"a.{kind}", "w") as file:
            stream = file.add_stream("libopus", rate=rate)
            stream.layout, stream.bit_rate = "mono", 64_000
            resampler = av.AudioResampler(stream.format, stream.layout, rate)
            frame = av.AudioFrame.from_ndarray(x[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, 0
            for samples in (frame, None):
                for part in resampler.resample(samples):
                    file.mux(stream.encode(part))
            file.mux(stream.encode(None))
        with av.open(f"a.{kind}") as file:
            resampler = av.AudioResampler("flt", "mono", 48_000)
            frames = list(file.decode(audio=0))
            stamps[kind, rate] = float(frames[0].pts * frames[0].time_base)
            y = [p.to_ndarray()[0] for f in (*frames, None) for p in resampler.resample(f)]
        peak = np.argmax(np.abs(np.concatenate(y)))
        seen[kind, rate] = round(float(1000 * (peak / 48_000 - 0.5)), 1)
print(av.__version__, av.library_versions["libavformat"], seen, stamps)
for (kind, rate), late in seen.items():
    expected = 6.5 * (1 - rate / 48_000) if kind == "mp4" else 0
    assert abs(late - expected) < 0.15, (kind, rate, late, expected)
    assert abs(1000 * stamps[kind, rate] + expected) < 0.15, stamps
print("as described")
PYTHON
