#!/usr/bin/env bash
# pyrnnoise 0.4.5: what RNNoise returns is 20 ms late, and as long as what it was given.
#
# RNNoise works in frames of 10 ms that overlap by half, so that 10 ms of delay would do; it is 20, 960
# samples of 48000, 160 of 8000, and nothing takes them out: the last 20 ms never come. SNR, SI-SDR and
# RMSE against the clean recording compare two other moments then, while PESQ notices nothing. And
# what was given as floats within 1 comes back as floats of the range of 16 bits.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet pyrnnoise==0.4.5 numpy==2.3.5 scipy==1.16.3
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import numpy as np
from pyrnnoise import RNNoise

noise = 0.2 * np.random.default_rng(0).standard_normal(2 * 48_000).astype(np.float32)
for rate in (48_000, 16_000, 8000):
    x = noise[: 2 * rate] * np.linspace(0, 1, 2 * rate, dtype=np.float32)
    frames = RNNoise(rate).denoise_chunk(x[None], partial=True)
    y = np.concatenate([frame for _, frame in frames], axis=1)[0].astype(float)
    spectra = np.fft.rfft([x, y], 2 * len(x))
    lag = int(np.argmax(np.fft.irfft(spectra[0].conj() * spectra[1])))
    silence = np.abs(y[: int(0.9 * lag)]).max()
    print(rate, len(x), len(y), lag, 1000 * lag / rate, silence, np.abs(y).max())
    assert len(y) == len(x)
    assert lag == rate // 50, lag
    assert np.abs(x).max() < 1 < 30 < np.abs(y).max()
print("as described")
PYTHON
