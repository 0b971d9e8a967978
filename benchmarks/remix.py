"""Fresh mixtures from the speech and the noise of a training set.

53 seconds of distinct speech train a network that knows 20 sentences by heart. Mixed
anew, at other speeds, through other filters, in other noise, they last much longer.
"""

import numpy as np
import soxr
from scipy import fft

SPEEDS = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.18, 1.25)
CROSS_FADE = 160


def remix(noisy, clean, noise_labels, n_mixtures, n_times, rng, *, snr_db=(-4, 18)):
    """Mix speech and noise (noisy - clean) of a training set anew.

    Every mixture is one sentence at a random speed and a random place in silence, in
    noise of one kind or (half of the time) two. A noise is a random cut, at a random
    speed, of all that the training set has of its kind; or babble of three to eight
    sentences; or coloured noise. Speech and noise pass through gentle random filters,
    some noise is modulated.

    Parameters
    ----------
    noisy, clean : list of ndarray
        Training pairs.
    noise_labels : sequence of str
        Kind of noise of every pair.
    n_mixtures, n_times : int
        Number of mixtures and length of each in samples.
    rng : numpy.random.Generator
        Source of every choice.
    snr_db : pair of float, default=(-4, 18)
        The SNR is drawn between these, uniformly in dB.

    Returns
    -------
    noisy, clean : ndarray of shape (n_mixtures, n_times)
        float32.
    """
    sentences = list({s.tobytes(): unit(s) for s in clean}.values())
    speech = [at_speed(s, v) for s in sentences for v in SPEEDS]
    noises = []
    for label in dict.fromkeys(noise_labels):
        pieces = [
            unit(x - s)
            for x, s, kind in zip(noisy, clean, noise_labels, strict=True)
            if kind == label
        ]
        track = splice([pieces[i] for i in rng.permutation(len(pieces))])
        noises.append([at_speed(track, v) for v in SPEEDS])

    def some_noise():
        u = rng.random()
        if u < 0.15:
            return unit(
                sum(_place(rng, _pick(rng, speech), n_times) for _ in range(rng.integers(3, 9)))
            )
        if u < 0.25:
            return coloured(rng, n_times)
        return unit(_place(rng, _pick(rng, _pick(rng, noises)), n_times))

    mixed = np.empty((2, n_mixtures, n_times), np.float32)
    for i in range(n_mixtures):
        s = _place(rng, _pick(rng, speech), n_times)
        while np.mean(s**2) < 0.05:
            s = _place(rng, _pick(rng, speech), n_times)
        v = some_noise()
        if rng.random() < 0.5:
            v = v + some_noise() * 10 ** (rng.uniform(-10, 0) / 20)
        s, v = filtered(rng, s, 2.0), filtered(rng, v, 4.0)
        if rng.random() < 0.3:
            v = v * 10 ** (_curve(rng, rng.integers(2, 6), n_times, 4.0) / 20)
        v *= np.sqrt(np.mean(s**2) / np.mean(v**2) / 10 ** (rng.uniform(*snr_db) / 10))
        mixed[:, i] = s + v, s
    return mixed[0], mixed[1]


def unit(x):
    """Scale to an RMS of 1."""
    return (x / np.sqrt(np.mean(np.square(x)) + 1e-12)).astype(np.float32)


def at_speed(x, speed):
    """Play faster or slower; pitch goes along."""
    return x if speed == 1 else soxr.resample(x, 1000 * speed, 1000)


def splice(pieces):
    """Join pieces with a cross-fade."""
    ramp = np.linspace(0, 1, CROSS_FADE, dtype=np.float32)
    out = [pieces[0]]
    for piece in pieces[1:]:
        piece = piece.copy()
        piece[:CROSS_FADE] = piece[:CROSS_FADE] * ramp + out[-1][-CROSS_FADE:] * (1 - ramp)
        out[-1] = out[-1][:-CROSS_FADE]
        out.append(piece)
    return np.concatenate(out)


def filtered(rng, x, deviation_db):
    """Apply a smooth random gain over frequency."""
    spectrum = fft.rfft(x)
    gain_db = _curve(rng, rng.integers(3, 8), len(spectrum), deviation_db)
    return fft.irfft(spectrum * 10 ** (gain_db / 20), len(x)).astype(np.float32)


def coloured(rng, n_times):
    """Stationary noise that falls with frequency, through a random filter."""
    spectrum = fft.rfft(rng.standard_normal(n_times))
    frequency = np.maximum(np.arange(len(spectrum)) / len(spectrum), 0.005)
    x = fft.irfft(spectrum * frequency ** -rng.uniform(0, 1.2), n_times)
    return unit(filtered(rng, x, 6.0))


def _pick(rng, items):
    return items[rng.integers(len(items))]


def _place(rng, x, n_times):
    """Cut at, or pad to, a random place."""
    if len(x) >= n_times:
        begin = rng.integers(len(x) - n_times + 1)
        return x[begin : begin + n_times]
    out = np.zeros(n_times, np.float32)
    begin = rng.integers(n_times - len(x) + 1)
    out[begin : begin + len(x)] = x
    return out


def _curve(rng, n_points, n, deviation):
    points = rng.normal(0, deviation, n_points)
    return np.interp(np.linspace(0, 1, n), np.linspace(0, 1, n_points), points).astype(np.float32)
