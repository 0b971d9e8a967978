#!/usr/bin/env bash
# soundfile 0.14.0: an MP3 file that is read block by block is not the one that is read whole.
#
# After every read soundfile seeks to where it stands already. libsndfile 1.2.2 then lets libmpg123
# begin anew there, without the bits that earlier frames saved up for later ones (the bit reservoir):
# the frames behind the seek are decoded wrongly or left silent, and nothing but a line of libmpg123
# on the error stream tells. It happens with a variable bit rate, at any sampling rate, and not with
# an average or constant one; where no frame leans on the ones before, as in plain noise, nothing is
# seen of it. Variable is what soundfile.write writes, whatever bitrate_mode it is told, unless it is
# told a compression_level too. Without the seek (seekable() overridden to be False), the blocks are
# the whole.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet soundfile==0.14.0 numpy==2.3.5
cd "$scratch"
"$scratch/venv/bin/python" - 2>/dev/null <<'PYTHON'
import numpy as np
import soundfile


class Forward(soundfile.SoundFile):
    def seekable(self):
        return False


t = np.arange(60_000)
bursts = 0.2 * np.random.default_rng(0).standard_normal(len(t)) * (t % 9000 < 900)
for rate in (8000, 22_050, 44_100):
    for mode in (None, "VARIABLE", "AVERAGE", "CONSTANT"):
        options = {"bitrate_mode": mode, "compression_level": 0.5} if mode else {}
        soundfile.write("a.mp3", 0.2 * np.sin(1400 * t / rate) + bursts, rate, **options)
        whole, _ = soundfile.read("a.mp3")
        error = {}
        for reader in (soundfile.SoundFile, Forward):
            with reader("a.mp3") as audio:
                blocks = []
                while len(block := audio.read(5000)):
                    blocks.append(block)
            error[reader.__name__] = np.abs(np.concatenate(blocks) - whole).max()
        print(rate, mode, {name: round(float(value), 7) for name, value in error.items()})
        assert (error["SoundFile"] > 0.1) == (mode in (None, "VARIABLE")), error
        assert error["Forward"] < 1e-6, error
print("as described")
PYTHON
