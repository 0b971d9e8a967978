"""Synthesised noise: eight kinds, seeded, never the same waveform twice."""

from collections.abc import Callable
from numbers import Integral

import numpy as np
from scipy.fft import irfft, next_fast_len, rfftfreq
from scipy.signal import fftconvolve
from sklearn.utils import check_random_state

from skse.datasets._speech import SAMPLING_RATE, read_harvard_speech
from skse.utils import check_choice, check_number, check_sampling_rate, check_waveforms
from skse.utils.typing import RandomState, Waveforms

_N_TALKERS = 6
_MAX_RATE_SHARE = 0.45  # no tone above this share of the sampling rate


def make_noise(
    kind: str,
    n_times: int,
    sampling_rate: float,
    *,
    voices: Waveforms | None = None,
    random_state: RandomState = None,
) -> np.ndarray:
    """Synthesise noise.

    Parameters
    ----------
    kind : str
        - ``"white"``: equal power at every frequency.
        - ``"pink"``: power falls with 3 dB an octave above 20 Hz.
        - ``"babble"``: six talkers at once.
        - ``"car"``: rumble below some 200 Hz, harmonics of the engine, road and wind.
        - ``"street"``: distant traffic with vehicles that pass, at times a horn.
        - ``"machinery"``: harmonics of the mains, a motor, periodic impacts.
        - ``"modulated"``: speech-shaped noise whose level moves like that of speech,
          about four times a second.
        - ``"tonal"``: a few drifting tones over faint noise.
    n_times : int
        Number of samples.
    sampling_rate : int or float
        Sampling rate in Hz.
    voices : sequence of array-like of shape (n_times,), default=None
        Speech at `sampling_rate` for ``kind="babble"``, which takes talkers from it at
        random. By default the sentences of :func:`load_harvard`. Other kinds ignore it.
    random_state : int, RandomState instance or None, default=None
        Draws the noise and the make-up of its source (such as the speed of an engine).
        Pass an int for the same noise every time.

    Returns
    -------
    noise : ndarray of shape (n_times,)
        float32, of RMS 1, to be scaled by :func:`mix_at_snr`.

    Raises
    ------
    ValueError
        For an unknown kind, fewer than one sample, a sampling rate that is not
        positive, or `voices` that are not speech waveforms or all silent.

    Examples
    --------
    >>> from skse.datasets import make_noise
    >>> noise = make_noise("car", 16000, 8000, random_state=0)
    >>> noise.shape, noise.dtype
    ((16000,), dtype('float32'))
    """
    check_choice("make_noise", "kind", kind, NOISE_KINDS)
    check_number("make_noise", "n_times", n_times, Integral, min_val=1)
    check_sampling_rate("make_noise", sampling_rate)
    rng = check_random_state(random_state)
    if kind == "babble":
        noise = _babble(n_times, sampling_rate, rng, voices)
    else:
        noise = _MAKERS[kind](n_times, sampling_rate, rng)
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def _white(n_times, rate, rng):
    return rng.standard_normal(n_times)


def _pink(n_times, rate, rng):
    return _shaped(n_times, rate, rng, lambda f: 1 / np.sqrt(np.maximum(f, 20)))


def _babble(n_times, rate, rng, voices):
    if voices is None:
        voices = _shipped_voices(rate)
    else:
        voices = [np.asarray(voice) for voice in check_waveforms(voices, "voices")]
        voices = [voice for voice in voices if voice.any()]
        if not voices:
            raise ValueError("voices are all silent; babble needs speech.")
    babble = np.zeros(n_times)
    for _ in range(_N_TALKERS):
        talker = _talk(n_times, rng.uniform(0.9, 1.1), rng, voices)
        babble += rng.uniform(0.5, 1.0) * talker / (np.sqrt(np.mean(talker**2)) or 1)
    # A short piece may fall into a pause of all six.
    return babble if babble.any() else _speech_shaped(n_times, rate, rng)


def _talk(n_times, speed, rng, voices):
    """Speech without end: random utterances one after the other, from a random place on."""
    needed = int(speed * n_times) + 2
    pieces = [voices[rng.randint(len(voices))]]
    pieces = [pieces[0][rng.randint(len(pieces[0])) :]]
    while sum(map(len, pieces)) < needed:
        pieces.append(voices[rng.randint(len(voices))])
    speech = np.concatenate(pieces)
    return np.interp(speed * np.arange(n_times), np.arange(len(speech)), speech)


def _shipped_voices(rate):
    voices = [utterance.waveform for utterance in read_harvard_speech()]
    if rate == SAMPLING_RATE:
        return voices
    import soxr

    return [soxr.resample(voice, SAMPLING_RATE, rate) for voice in voices]


def _car(n_times, rate, rng):
    corner = rng.uniform(80, 160)
    rumble = _shaped(n_times, rate, rng, lambda f: 1 / (1 + (f / corner) ** 2))
    road = _shaped(n_times, rate, rng, lambda f: np.exp(-(np.log2((f + 1) / 600) ** 2)))
    wind = _shaped(n_times, rate, rng, lambda f: 1 / (1 + f / 1000))
    # A four-cylinder engine fires twice a turn: 50 to 100 Hz at 1500 to 3000 rpm.
    firing = rng.uniform(50, 100) * 2 ** (0.05 * _wander(n_times, rate, rng, 0.5))
    engine = sum(
        _tone(firing * k / 2, rate, rng) / k
        for k in range(1, 9)
        if firing.max() * k / 2 < 0.4 * rate
    )
    return _mix((rumble, 1.0), (engine, rng.uniform(0.4, 0.8)), (road, 0.35), (wind, 0.12))


def _street(n_times, rate, rng):
    traffic = _shaped(n_times, rate, rng, lambda f: (f > 30) / (1 + (f / 250) ** 1.5))
    seconds = np.arange(n_times) / rate
    passing = np.zeros(n_times)
    for _ in range(1 + rng.poisson(seconds[-1] / 1.5)):
        nearest, width = rng.uniform(0, seconds[-1]), rng.uniform(0.3, 1.0)
        peak = rng.uniform(300, 1500)
        vehicle = _shaped(
            n_times, rate, rng, lambda f, c=peak: 1 / (1 + (f / c - c / (f + 1)) ** 2)
        )
        loudness = 1 / (1 + ((seconds - nearest) / width) ** 2)
        passing += rng.uniform(0.5, 1.5) * loudness * vehicle
    layers = [(traffic, 1.0), (passing, 1.2)]
    if rng.uniform() < 0.3:
        start, length = rng.uniform(0, seconds[-1]), rng.uniform(0.2, 0.6)
        sounding = 1 / (1 + np.exp(-np.clip(200 * (length / 2 - abs(seconds - start)), -50, 50)))
        pitch = min(rng.uniform(380, 500), 0.1 * rate)
        horn = sum(_tone(np.full(n_times, pitch * k), rate, rng) / k for k in (1, 1.25, 2, 2.5, 3))
        layers.append((horn * sounding, 0.3))
    return _mix(*layers)


def _machinery(n_times, rate, rng):
    mains = rng.choice([50.0, 60.0])
    hum = sum(
        rng.uniform(0.3, 1) * _tone(np.full(n_times, k * mains), rate, rng) / np.sqrt(k)
        for k in range(1, 13)
        if k * mains < _MAX_RATE_SHARE * rate
    )
    turning = rng.uniform(15, 30) * 2 ** (0.02 * _wander(n_times, rate, rng, 1))
    motor = _shaped(n_times, rate, rng, lambda f: 1 / (1 + ((f - 900) / 500) ** 2))
    motor *= 1 + 0.8 * np.sin(2 * np.pi * np.cumsum(turning) / rate)
    hiss = _shaped(n_times, rate, rng, lambda f: f / (f + 1000))
    hum = hum if np.ndim(hum) else np.zeros(n_times)
    return _mix((hum, 1.0), (motor, 0.5), (_impacts(n_times, rate, rng), 0.8), (hiss, 0.1))


def _impacts(n_times, rate, rng):
    """Blows at a steady pace: each a few ringing modes of the same piece of metal."""
    seconds = np.arange(int(0.15 * rate) + 1) / rate
    blow = sum(
        np.exp(-seconds * rng.uniform(30, 120))
        * np.sin(2 * np.pi * rng.uniform(0.08, 0.4) * rate * seconds + rng.uniform(0, 2 * np.pi))
        for _ in range(5)
    )
    period = rate / rng.uniform(3, 8)
    impulses = np.zeros(n_times + len(blow))
    places = np.arange(rng.uniform(0, period), n_times, period)
    places = np.abs(places + 0.01 * period * rng.standard_normal(len(places)))
    impulses[places.astype(int)] = rng.uniform(0.7, 1.3, len(places))
    return fftconvolve(impulses, blow)[:n_times]


def _modulated(n_times, rate, rng):
    level = _shaped(n_times, rate, rng, lambda f: np.exp(-(np.log2((f + 0.01) / 4) ** 2)))
    level /= np.sqrt(np.mean(level**2)) + 1e-9
    return np.exp(0.8 * np.clip(level, -2.5, 2.5)) * _speech_shaped(n_times, rate, rng)


def _speech_shaped(n_times, rate, rng):
    """Noise with a spectrum as of speech: flat from 100 to 500 Hz, then 9 dB an octave down."""
    return _shaped(n_times, rate, rng, lambda f: (f / (f + 100)) ** 2 / (1 + (f / 500) ** 3) ** 0.5)


def _tonal(n_times, rate, rng):
    tones = 0
    for _ in range(rng.randint(3, 6)):
        frequency = np.exp(rng.uniform(np.log(0.03 * rate), np.log(0.35 * rate)))
        frequency = frequency * 2 ** (0.08 * _wander(n_times, rate, rng, 0.7))
        tremolo = 1 + 0.3 * _wander(n_times, rate, rng, 2)
        tones = tones + rng.uniform(0.4, 1) * tremolo * _tone(frequency, rate, rng)
    return _mix((tones, 1.0), (_white(n_times, rate, rng), 0.05))


def _shaped(n_times, rate, rng, gain):
    """White noise filtered by `gain`, a function of frequency in Hz; zero phase."""
    n_fft = next_fast_len(n_times + int(0.1 * rate), real=True)
    half = rng.standard_normal((2, n_fft // 2 + 1))
    spectrum = (half[0] + 1j * half[1]) * gain(rfftfreq(n_fft, 1 / rate))
    return irfft(spectrum, n_fft)[:n_times]


def _wander(n_times, rate, rng, speed_hz):
    """Slow random curve through one random value per ``1 / speed_hz`` seconds, within ±2."""
    n_knots = int(np.ceil(n_times / rate * speed_hz)) + 2
    knots = np.clip(rng.standard_normal(n_knots), -2, 2)
    place = np.arange(n_times) / rate * speed_hz
    left = place.astype(int)
    share = (1 - np.cos(np.pi * (place - left))) / 2
    return (1 - share) * knots[left] + share * knots[left + 1]


def _tone(frequency, rate, rng):
    """Sine of a moving frequency in Hz, silent where that nears half the sampling rate."""
    phase = 2 * np.pi * np.cumsum(frequency) / rate + rng.uniform(0, 2 * np.pi)
    return np.sin(phase) * (frequency < _MAX_RATE_SHARE * rate)


def _mix(*layers):
    """Sum of ``(waveform, level)`` layers, each first brought to RMS 1."""
    return sum(level * x / (np.sqrt(np.mean(x**2)) or 1) for x, level in layers)


_MAKERS: dict[str, Callable] = {
    "white": _white,
    "pink": _pink,
    "babble": _babble,
    "car": _car,
    "street": _street,
    "machinery": _machinery,
    "modulated": _modulated,
    "tonal": _tonal,
}
NOISE_KINDS = tuple(_MAKERS)
