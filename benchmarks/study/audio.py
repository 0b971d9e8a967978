"""Recordings to listen to: what each property of question 4 does to a sentence.

From the synthetic corpus inside the package, which anyone may pass on, with true masks.
"""

import numpy as np

from skse.datasets import load_harvard
from study.voice import CROP, GOOD, SEEDS, enhance, systems

SNR_DB, NOISE, PEAK = 5, "babble", 0.9
# File -> the system of question 4, or what is not enhanced
RECORDINGS = {
    "noisy": "noisy",
    "clean": "clean",
    "good": GOOD,
    "imaginary_dropped": systems()["good system", "with imaginary part dropped"],
    "binary": systems()["good system", "with binary decisions"],
    "seed": SEEDS,
}
TITLES = {
    "noisy": f"noisy ({NOISE}, {SNR_DB} dB)",
    "clean": "clean",
    "good": "the good system, true mask",
    "imaginary_dropped": "the same, imaginary part dropped",
    "binary": "the good system, binary decisions",
    "seed": "the seed's system, true mask",
}


def recordings():
    """Return the waveforms by file, all at one level, and their sampling rate."""
    data = load_harvard(noises=NOISE, snr_db=SNR_DB)
    longest = (CROP - 1) * 64
    i = next(i for i, x in enumerate(data.noisy) if len(x) >= longest)
    noisy, clean = data.noisy[i][:longest], data.clean[i][:longest]
    found = {
        name: {"noisy": noisy, "clean": clean}[system]
        if isinstance(system, str)
        else enhance(system, [noisy], [clean])[0]
        for name, system in RECORDINGS.items()
    }
    gain = PEAK / max(np.abs(x).max() for x in found.values())
    return {name: gain * x for name, x in found.items()}, data.sampling_rate


def players():
    """HTML players of the recordings, as reStructuredText."""
    lines = [".. raw:: html", "", "   <table>"]
    for name in RECORDINGS:
        player = f'<audio controls preload="none" src="../_static/study/{name}.wav"></audio>'
        lines.append(f"   <tr><td>{TITLES[name]}</td><td>{player}</td></tr>")
    return "\n".join([*lines, "   </table>", ""])
