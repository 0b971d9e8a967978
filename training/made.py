"""Noise that is made, and rooms: what recordings of noise lack.

Every function gives float32; what is made has an RMS of 0.05, and its choices come from a
``numpy.random.Generator``.
"""

import numpy as np
from scipy.signal import butter, fftconvolve, sosfiltfilt

SECONDS = 12
# Hz. Nothing of a voice is below the first; a telephone leaves what is between the others.
RUMBLE, TELEPHONE = 60, (300, 3400)


def make_noises(rng, rate, speech, n_each=12):
    """Return hums, fans, clicks, rumbling traffic and crowds of voices."""
    makers = (_hum, _fan, _clicks, _traffic)
    noises = [make(rng, rate) for make in makers for _ in range(n_each)]
    return noises + [_crowd(rng, rate, speech) for _ in range(8 * n_each)]


def without_rumble(x, rate, below=RUMBLE):
    """Return speech without what is below any voice: a network would learn to keep it."""
    high_pass = butter(4, below, "highpass", fs=rate, output="sos")
    return sosfiltfilt(high_pass, x).astype(np.float32)


def as_on_the_telephone(x, rate):
    """Return speech or noise with the band that a telephone leaves of it."""
    band_pass = butter(2, TELEPHONE, "bandpass", fs=rate, output="sos")
    return _levelled(sosfiltfilt(band_pass, x))


def add_room(rng, x, rate):
    """Return speech as in a simulated room, as long and with the direct sound in its place.

    As the models that ship heard it. ``skse.datasets.reverberate`` does it better: no reflection is
    left out, each room has its decay time, and the direct sound need not be the strongest.
    """
    import pyroomacoustics

    size = rng.uniform((2.5, 2.5, 2.2), (9, 7, 3.5))
    absorption, max_order = pyroomacoustics.inverse_sabine(rng.uniform(0.2, 0.6), size)
    walls = pyroomacoustics.Material(absorption)
    room = pyroomacoustics.ShoeBox(size, fs=rate, materials=walls, max_order=min(max_order, 12))
    microphone = rng.uniform(0.5, size - 0.5)
    room.add_microphone(microphone)
    direction = rng.standard_normal(3)
    source = microphone + direction / np.linalg.norm(direction) * rng.uniform(0.3, 1.5)
    room.add_source(np.clip(source, 0.2, size - 0.2))
    room.compute_rir()
    response = room.rir[0][0]
    direct = int(np.argmax(np.abs(response)))
    response = response / response[direct]
    return _levelled(fftconvolve(x, response)[direct : direct + len(x)])


def _hum(rng, rate):
    times = np.arange(SECONDS * rate) / rate
    frequency = rng.choice([50, 60, 100, 120]) * rng.uniform(0.99, 1.01)
    total = 0.02 * rng.standard_normal(len(times))
    for k in range(1, 1 + rng.integers(3, 20)):
        if k * frequency < 0.48 * rate:
            total += (
                rng.uniform(0.1, 1) / k * np.sin(2 * np.pi * (k * frequency * times + rng.random()))
            )
    return _levelled(total)


def _fan(rng, rate):
    times = np.arange(SECONDS * rate) / rate
    noise = _coloured(rng, len(times), rng.uniform(0.3, 1.5))
    blade = rng.uniform(20, 400)
    for k in range(1, 5):
        phase = 2 * np.pi * k * blade * times + rng.normal(0, 2) * np.sin(
            2 * np.pi * rng.uniform(0.1, 1) * times
        )
        noise += rng.uniform(0, 0.8) * np.sin(phase)
    return _levelled(noise * (1 + 0.3 * np.sin(2 * np.pi * rng.uniform(0.1, 8) * times)))


def _clicks(rng, rate):
    n = SECONDS * rate
    total = 0.003 * _coloured(rng, n, 0.7)
    begin = 0
    while (begin := begin + int(rng.exponential(0.18) * rate) + rate // 50) < n:
        length = int(rng.uniform(0.002, 0.08) * rate)
        decay = np.exp(-np.arange(length) / (length / 5))
        tone = np.sin(2 * np.pi * rng.uniform(300, 0.45 * rate) / rate * np.arange(length))
        click = decay * (rng.standard_normal(length) + rng.uniform(0, 2) * tone)
        end = min(begin + length, n)
        total[begin:end] += rng.lognormal(0, 0.6) * click[: end - begin]
    return _levelled(total)


def _traffic(rng, rate):
    n = SECONDS * rate
    total = 0.2 * _coloured(rng, n, 1.5)
    for _ in range(rng.integers(2, 6)):
        centre, width = rng.uniform(0, n), rng.uniform(0.5, 3) * rate
        passing = np.exp(-0.5 * ((np.arange(n) - centre) / width) ** 2)
        total += rng.uniform(0.5, 2) * passing * _coloured(rng, n, rng.uniform(0.6, 1.4))
    return _levelled(total)


def _crowd(rng, rate, speech):
    n = SECONDS * rate
    total = np.zeros(n)
    for _ in range(rng.integers(4, 24)):
        voice = np.zeros(0)
        while len(voice) < 2 * n:
            voice = np.concatenate([voice, speech[rng.integers(len(speech))]])
        speed = rng.uniform(0.85, 1.18)
        begin = rng.integers(len(voice) - int(n * speed) - 1)
        piece = voice[begin : begin + int(n * speed) + 1]
        played = np.interp(np.arange(n) * speed, np.arange(len(piece)), piece)
        total += rng.lognormal(0, 0.4) * played
    n_tail = int(0.4 * rate)
    tail = rng.standard_normal(n_tail) * np.exp(-np.arange(n_tail) / (0.08 * rate))
    tail[0] = 4
    total = fftconvolve(total, tail)[:n]
    return _levelled(total / np.std(total) + rng.uniform(0, 0.4) * _coloured(rng, n, 0.8))


def _coloured(rng, n, exponent):
    spectrum = np.fft.rfft(rng.standard_normal(n))
    spectrum *= np.maximum(np.linspace(0, 1, len(spectrum)), 0.002) ** -exponent
    noise = np.fft.irfft(spectrum, n)
    return noise / np.std(noise)


def _levelled(x):
    return (x * (0.05 / np.sqrt(np.mean(np.square(x))))).astype(np.float32)
