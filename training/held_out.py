"""Wide-band mixtures of voices and noise that no training of a shipped model heard.

Voices come from two Debian packages under the GPL, which nothing is trained on; noise is that of
``skse.datasets.make_noise``, other than what ``made.py`` makes.
"""

import io

import numpy as np
import soundfile
import soxr
from corpora import fetch_sounds

from skse.datasets import make_noise, mix_at_snr

RATE = 16000
VOICES = {
    "fillets-ng-data-cs": (
        "f/fillets-ng-data/fillets-ng-data-cs_1.0.1-1.1_all.deb",
        "3ecef99b9456f1c80c9625c6f2418642b52d58e7167a46bad7a412db17991b14",
        "/sound/",
    ),
    "klettres-data": (
        "k/klettres/klettres-data_22.12.3-1_all.deb",
        "1186d257a19e84230856baea0b0b1ded8be9195080fcdb2588970b5cd937f5a8",
        "/syllab/",
    ),
}
NOISES = ("babble", "machinery", "street", "white")
SNRS_DB = (0, 5, 10, 15)
SECONDS = 4


def voices_of(cache=None, n_each=20, seed=0):
    """Return stretches of speech of `SECONDS`, half of each package."""
    rng, stretches = np.random.default_rng(seed), []
    for path, sha256, folder in VOICES.values():
        sounds = [
            x
            for name, x in fetch_sounds(path, sha256, cache)
            if folder in name and name.endswith(".ogg")
        ]
        order = rng.permutation(len(sounds))
        spoken, n_times = [], 0
        for i in order:
            x, rate = soundfile.read(io.BytesIO(sounds[i]), dtype="float32", always_2d=True)
            x = soxr.resample(x.mean(axis=1), rate, RATE)
            if not np.any(x):
                continue
            spoken += [0.05 * x / np.sqrt(np.mean(x**2)), np.zeros(RATE // 5, np.float32)]
            n_times += len(x) + RATE // 5
            if n_times >= n_each * SECONDS * RATE:
                break
        whole = np.concatenate(spoken)
        stretches += list(whole[: n_each * SECONDS * RATE].reshape(-1, SECONDS * RATE))
    return stretches


def wide_band_pairs(cache=None, seed=0):
    """Return noisy and clean waveforms at 16 kHz, and the SNR of each."""
    rng = np.random.default_rng(seed)
    voices = voices_of(cache, seed=seed)
    noisy, clean, snrs_db = [], [], []
    for i, speech in enumerate(voices):
        others = [voices[j] for j in rng.permutation(len(voices)) if j != i][:8]
        for k, snr_db in enumerate(SNRS_DB):
            kind = NOISES[(i + k) % len(NOISES)]
            noise = make_noise(kind, len(speech), RATE, voices=others, random_state=seed + i)
            noisy.append(mix_at_snr(speech, noise, snr_db=snr_db))
            clean.append(speech)
            snrs_db.append(snr_db)
    return noisy, clean, np.array(snrs_db)
