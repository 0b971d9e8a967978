"""What the shipped models are trained on: speech and noise, from a folder and Debian's archive.

The folder has a ``manifest.tsv`` (file, seconds, source, kind, speaker, licence, SNR, bandwidth);
packages are fetched by name and SHA-256 through pooch, and unpacked in memory.
"""

import csv
import io
import lzma
import tarfile
from pathlib import Path

import numpy as np
import pooch
import soundfile
import soxr
from scipy.signal import butter, sosfilt

POOL = "https://deb.debian.org/debian/pool/main/"
# Name of the package -> where it lies, SHA-256, licence, who is to be credited.
PACKAGES = {
    "festvox-ru": (
        "f/festvox-ru/festvox-ru_0.5+dfsg-6_all.deb",
        "21ef3f0f2978ecf2e2eddb367cb0ff4a72572196d28dc69feb84f4177af5e6c4",
        "BSD-like",
        "Nickolay V. Shmyrev, 2005",
    ),
    "asterisk-core-sounds-ru-wav": (
        "a/asterisk-core-sounds/asterisk-core-sounds-ru-wav_1.6.1-1_all.deb",
        "ccbfaebfa450b7a9ddf644ae0f3d1e9017d5df7c0aebe816e946345589d38201",
        "CC-BY-3.0",
        "Maxim Topal, ivrvoice.ru",
    ),
    "asterisk-core-sounds-it-wav": (
        "a/asterisk-core-sounds/asterisk-core-sounds-it-wav_1.6.1-1_all.deb",
        "5a26638089e134b8ac39363fe249c5c93c50cd8bfdc9b2499ae61ec4a35e2fcb",
        "CC-BY-3.0",
        "Carlo Flora, carloflora.com, segreterietelefoniche.it; translated by Silvia Petrin",
    ),
}
# Sources whose licence asks for credit -> where their authors are named.
CREDITS = {
    "ESC-10": "K. J. Piczak, doi:10.7910/DVN/YDEPUT, authors at https://github.com/karoldvl/ESC-10",
    "blanket": "authors in SOUNDS_LICENSING.md of https://github.com/rafaelmardojai/blanket",
}
TELEPHONE = ("asterisk-core-sounds-ru-wav", "asterisk-core-sounds-it-wav")  # at 8 kHz
# Above this share of half the rate a recording counts as whole.
_WHOLE = 0.95


def speech_of(folder, rate, cache=None):
    """Return recordings of speech, float32, RMS 0.05, and the band each ends at in Hz."""
    recordings = []
    for row in _manifest(folder):
        if row["file"].startswith("speech/"):
            x, own_rate = soundfile.read(Path(folder, row["file"]), dtype="float32")
            recordings.append((x, own_rate, min(float(row["bandwidth_hz"] or 8000), own_rate / 2)))
    for name in PACKAGES:
        if _is_used(name, rate):
            band = 4000 if name in TELEPHONE else 7000
            recordings += [(x, own_rate, band) for x, own_rate in _package_sounds(name, cache)]
    return [
        (_levelled(_resampled(x, own_rate, rate)), band)
        for x, own_rate, band in recordings
        if len(x) > 0.5 * own_rate
    ]


def noise_of(folder, rate):
    """Return recordings of noise, float32, RMS 0.05."""
    noises = []
    for row in _manifest(folder):
        if row["file"].startswith("noise/"):
            x, own_rate = soundfile.read(Path(folder, row["file"]), dtype="float32")
            if np.any(x):
                noises.append(_levelled(_resampled(x, own_rate, rate)))
    return noises


def credits_of(folder, rate):
    """Return one line for every source of a model of this rate, with its licence."""
    sources = {}
    for row in _manifest(folder):
        kind = "speech" if row["file"].startswith("speech/") else "noise"
        sources.setdefault((kind, row["source"], row["licence"]), 0)
        sources[kind, row["source"], row["licence"]] += float(row["seconds"])
    lines = [
        f"{kind}: {source}, {licence}, {seconds / 60:.0f} min"
        + (f" ({CREDITS[source]})" if source in CREDITS else "")
        for (kind, source, licence), seconds in sorted(sources.items())
    ]
    return lines + [
        f"speech: Debian {name}, {licence}, {author}"
        for name, (_, _, licence, author) in PACKAGES.items()
        if _is_used(name, rate)
    ]


def whole_band(x, band, rate):
    """Fill the band above `band` Hz with a copy of the one below, fainter by 6 dB.

    A network that never hears speech up there would learn to erase it.
    """
    if band >= _WHOLE * rate / 2:
        return x
    width = min(rate / 2 - band, 0.9 * band)
    low = sosfilt(butter(8, [band - width, band], "bandpass", fs=rate, output="sos"), x)
    # Twice the carrier's cosine moves the band up by `width`, and down; the latter is cut off.
    moved = 2 * low * np.cos(2 * np.pi * width / rate * np.arange(len(x)))
    moved = sosfilt(butter(8, band, "highpass", fs=rate, output="sos"), moved)
    return (x + 0.5 * moved).astype(np.float32)


def _is_used(package, rate):
    return package not in TELEPHONE or rate <= 8000


def _manifest(folder):
    with Path(folder, "manifest.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def fetch_sounds(path, sha256, cache=None):
    """Yield name and bytes of every file of a package in Debian's pool, fetched where missing."""
    file = pooch.retrieve(POOL + path, f"sha256:{sha256}", fname=Path(path).name, path=cache)
    with tarfile.open(fileobj=io.BytesIO(_data_of(Path(file).read_bytes()))) as archive:
        for member in sorted(archive.getmembers(), key=lambda member: member.name):
            if member.isfile():
                yield member.name, archive.extractfile(member).read()


def _package_sounds(name, cache):
    for file, content in fetch_sounds(*PACKAGES[name][:2], cache):
        if file.endswith(".wav"):
            yield soundfile.read(io.BytesIO(content), dtype="float32")


def _data_of(package):
    """Return the tar file with the data of a Debian package, an ``ar`` archive of xz files."""
    position = 8
    while position < len(package):
        header = package[position : position + 60]
        size = int(header[48:58])
        content = package[position + 60 : position + 60 + size]
        if header[:16].strip().startswith(b"data.tar.xz"):
            return lzma.decompress(content)
        position += 60 + size + size % 2
    raise ValueError("The package holds no data.tar.xz.")


def _resampled(x, rate, new_rate):
    if x.ndim > 1:
        x = x.mean(axis=1)
    return x if rate == new_rate else soxr.resample(x, rate, new_rate)


def _levelled(x):
    level = np.sqrt(np.mean(np.square(x, dtype=np.float64)))
    return (x * (0.05 / max(level, 1e-6))).astype(np.float32)
