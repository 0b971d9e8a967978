"""Wide-band mixtures of voices and noise that no training of a shipped model heard.

Voices come from a Debian package under the GPL, which nothing is trained on; noise is that of
``skse.datasets.make_noise``, other than what ``made.py`` makes.
"""

import io

import numpy as np
import soundfile
import soxr
from corpora import fetch_sounds
from made import without_rumble

from skse.datasets import make_noise, mix_at_snr

RATE = 16000
# Letters and syllables in some twenty languages, a voice each; at 22 to 128 kHz.
PACKAGE = (
    "k/klettres/klettres-data_22.12.3-1_all.deb",
    "1186d257a19e84230856baea0b0b1ded8be9195080fcdb2588970b5cd937f5a8",
)
# Most recordings have noise of their own, which an enhancer would be punished for removing: rumble
# below any voice (in one language it is 0.3 of the energy), which is filtered out, and hiss.
RUMBLE_HZ = 70
LEAST_SNR_DB = 40
# Below the level of the recording: silence that was written, not recorded.
DIGITAL_SILENCE_DB = 75
NOISES = ("babble", "machinery", "street", "white")
SNRS_DB = (0, 5, 10, 15)
SECONDS = 4


def voices_of(cache=None, n=40, seed=0):
    """Return `n` stretches of speech of `SECONDS`, of many voices in turn."""
    sounds = [x for name, x in fetch_sounds(*PACKAGE, cache) if name.endswith(".ogg")]
    spoken, n_times = [], 0
    for i in np.random.default_rng(seed).permutation(len(sounds)):
        x, rate = soundfile.read(io.BytesIO(sounds[i]), dtype="float32", always_2d=True)
        x = soxr.resample(x.mean(axis=1), rate, RATE)
        x = without_rumble(x, RATE, RUMBLE_HZ)
        if not np.any(x) or own_snr_db(x) < LEAST_SNR_DB:
            continue
        spoken += [0.05 * x / np.sqrt(np.mean(x**2)), np.zeros(RATE // 5, np.float32)]
        n_times += len(x) + RATE // 5
        if n_times >= n * SECONDS * RATE:
            break
    return list(np.concatenate(spoken)[: n * SECONDS * RATE].reshape(n, -1))


def own_snr_db(x):
    """Return the level of a recording over that of the faintest tenth of its frames, in dB."""
    n = RATE // 50
    frames = x[: len(x) // n * n].reshape(-1, n)
    below = 20 * np.log10(np.sqrt(np.mean(x**2)) / (np.sqrt(np.mean(frames**2, axis=1)) + 1e-9))
    return np.percentile(below[below < DIGITAL_SILENCE_DB], 90)


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
