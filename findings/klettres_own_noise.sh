#!/usr/bin/env bash
# klettres-data 22.12.3-1 (Debian 12): half of its voices are too noisy to be a clean reference, in
# others a third of the energy is rumble below 70 Hz, and the Danish letters are Ogg Vorbis at
# 128,000 Hz.
#
# The package holds letters and syllables spoken in some twenty languages, a voice each, which makes it
# a tempting set of "clean" speech for tests of noise reduction. But the level of a recording over
# that of its faintest 20 ms lies between 13 dB (median of the Hungarian syllables) and 123 dB (the
# Ukrainian ones, which hold digital silence). Mixed with noise at 15 dB and scored by SNR, an
# enhancer is punished for removing the noise that the reference has itself. That measure is blind to
# the Low German letters and syllables: between the words they hold digital silence (117 dB), but 35 %
# of their energy (median) lies below 70 Hz, where no voice is. An enhancer that removes nothing but
# this rumble scores an SNR of 4.6 dB against such a reference. Whoever takes a rate of 128 kHz for a
# broken header loses one of the quieter voices.
#
# Needs Python 3.11 to 3.13, dpkg-deb, the package index and deb.debian.org. Fails where this changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet soundfile==0.14.0 numpy==2.4.6
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import urllib.request

url = "http://deb.debian.org/debian/pool/main/k/klettres/klettres-data_22.12.3-1_all.deb"
urllib.request.urlretrieve(url, "klettres.deb")
PYTHON
echo "1186d257a19e84230856baea0b0b1ded8be9195080fcdb2588970b5cd937f5a8  klettres.deb" | sha256sum -c -
dpkg-deb -x klettres.deb data
"$scratch/venv/bin/python" - <<'PYTHON'
from pathlib import Path

import numpy as np
import soundfile


def own_snr_db(x, rate):
    frames = x[: len(x) // (rate // 50) * (rate // 50)].reshape(-1, rate // 50)
    levels = np.sqrt(np.mean(frames**2, axis=1) + 1e-14)
    return 20 * np.log10(np.sqrt(np.mean(x**2)) / np.percentile(levels, 3))


def of(language, kind):
    files = sorted(Path("data/usr/share/klettres", language, kind).glob("*.ogg"))
    sounds = [soundfile.read(path, always_2d=True) for path in files]
    sounds = [(x.mean(axis=1), rate) for x, rate in sounds if len(x) >= rate / 2]
    return [own_snr_db(x, rate) for x, rate in sounds if x.any()], {rate for _, rate in sounds}


def rumble(language, kind):
    files = sorted(Path("data/usr/share/klettres", language, kind).glob("*.ogg"))
    shares = []
    for path in files:
        x, rate = soundfile.read(path, always_2d=True)
        power = np.abs(np.fft.rfft(x.mean(axis=1))) ** 2
        if power.any():
            shares.append(power[: int(70 * len(x) / rate) + 1].sum() / power.sum())
    return float(np.median(shares))


low_german = float(np.median(of("nds", "syllab")[0]))
shares = {name: rumble(name, "syllab") for name in ("nds", "ru")}
print(f"Low German: own SNR {low_german:.0f} dB; below 70 Hz", shares)
hungarian, ukrainian = (float(np.median(of(name, "syllab")[0])) for name in ("hu", "uk"))
_, danish_rates = of("da", "alpha")
print(f"own SNR: Hungarian {hungarian:.0f} dB, Ukrainian {ukrainian:.0f} dB; Danish {danish_rates} Hz")
assert low_german > 100, low_german
assert shares["nds"] > 0.2 and shares["ru"] < 0.01, shares
assert hungarian < 16, hungarian
assert ukrainian > 100, ukrainian
assert danish_rates == {128000}, danish_rates
print("as described")
PYTHON
