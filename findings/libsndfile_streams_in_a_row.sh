#!/usr/bin/env bash
# libsndfile 1.2.2 (soundfile 0.14.0): of joined Ogg and MP3 files the first is read; FFmpeg reads all.
#
# Ogg files may be chained (RFC 3533), as radio streams are; MP3 files are often joined by copying.
# soundfile gives the length of the first and ends there, without an error. The cause in MP3 is the
# Info frame of the first: without it all frames are read.
#
# Needs Python 3.11 to 3.13 and the package index. Fails where any of this has changed.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet soundfile==0.14.0 numpy==2.3.5 av==18.1.0
cd "$scratch"
"$scratch/venv/bin/python" - <<'PYTHON'
import av
import numpy as np
import soundfile


def by_ffmpeg(name):
    with av.open(name) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


x = 0.1 * np.random.default_rng(0).standard_normal(96_000)
seen = {}
for name, options in {
    "vorbis.ogg": {"format": "OGG", "subtype": "VORBIS"},
    "opus.ogg": {"format": "OGG", "subtype": "OPUS"},
    "a.mp3": {"format": "MP3"},
}.items():
    soundfile.write(name, x, 48_000, **options)
    content = open(name, "rb").read()
    open(name, "wb").write(content + content)
    seen[name] = len(soundfile.read(name)[0]), by_ffmpeg(name)
print(soundfile.__libsndfile_version__, av.__version__, seen)
for by_soundfile, by_av in seen.values():
    assert by_soundfile == 96_000, by_soundfile
    assert by_av > 190_000, by_av
print("as described")
PYTHON
