"""Fresh mixtures from the speech and the noise of a training set.

Speed and filter are applied in one go, in the spectrum of a whole mixture: a stretch of m
samples becomes one of n samples when its spectrum is cut, or filled with zeros, to that of n
samples. Both lengths are ones that an FFT is fast for. Nothing of a recording is kept but
the recording itself, however many speeds there are.
"""

from functools import lru_cache
from itertools import compress

import numpy as np
from scipy import fft

from skse.enhancement._pairs import groups_of
from skse.utils import pick, views_of

# Samples on each side of a mixture that are made and thrown away: there the ends, which a
# spectrum of finite length takes for neighbours, leak into each other.
_MARGIN = 64
_CROSS_FADE = 160  # samples, where a noise is repeated
_MIN_SPEECH = 0.05  # of the recording's mean power: less is a pause
_TRIES = 10
_VOICES = (3, 9)
_POINTS = {"filter": (3, 8), "modulation": (2, 6)}
_COLOUR = (0.0, 1.2)  # exponent of 1 / f, for amplitudes
_COLOUR_FILTER_DB = 6.0
_SECOND_NOISE_DB = (-10.0, 0.0)
_ALIKE = 0.3  # correlation from which on a difference is no noise
_LEAST_NOISE = 1e-5  # of the noisy recording's amplitude: less is rounding


class Mixer:
    """Makes mixtures of `n_times` samples.

    Parameters
    ----------
    remix : Remix
        Checked.
    noisy, clean : sequence of ndarray of shape (n_times,)
        Training pairs; they are not copied, and of handles the parts that are mixed are read.
    n_times : int
        Samples of a mixture.
    n_environment : int, default=0
        Samples of the noise of each mixture from before it begins, which are given beside it.

    Raises
    ------
    ValueError
        Where there is no speech, or no noise, to mix.
    """

    def __init__(self, remix, noisy, clean, n_times, n_environment=0):
        self.remix, self.n_times, self.n_environment = remix, n_times, n_environment
        self._n, self._n_noise = (
            fft.next_fast_len(n + 2 * _MARGIN, real=True)
            for n in (n_times, n_environment + n_times)
        )
        # Frequency 0 is not infinitely loud in coloured noise.
        ramp = np.linspace(0, 1, _bins_of(self._n_noise), dtype=np.float32)
        self._colour = np.maximum(ramp, 0.005)
        views = list(zip(views_of(noisy), views_of(clean), strict=True))
        self._speech = [(views[i][1], power) for i, power in _unlike_recordings(clean)]
        differ = [_differ(x, s) for x, s in zip(noisy, clean, strict=True)]
        self._noise = list(compress(views, differ))
        if not self._speech:
            raise ValueError("SpeechEnhancer: remix needs speech, but all clean waveforms are 0.")
        if not self._noise and remix.babble + remix.coloured_noise < 1:
            raise ValueError(
                "SpeechEnhancer: remix takes its noise from the difference between noisy and "
                "clean waveforms, but they are equal. Use remix=False, or "
                "Remix(coloured_noise=1, babble=0)."
            )

    def mix(self, n_mixtures, rng):
        """Mix speech and noise.

        Parameters
        ----------
        n_mixtures : int
            How many.
        rng : numpy.random.Generator
            Source of every choice.

        Returns
        -------
        noisy, clean : ndarray of shape (n_mixtures, n_times)
            float32.
        environment : ndarray of shape (n_mixtures, n_environment)
            Only where `n_environment` is not 0: the noise from just before each mixture, of the
            same recordings at the same speed, through the same filter, at the same gain.
        """
        remix, n_before = self.remix, self.n_environment
        noises, voices = (
            np.empty((n_mixtures, _bins_of(n)), np.complex64) for n in (self._n_noise, self._n)
        )
        for i in range(n_mixtures):
            noises[i] = self._some_noise(rng)
            if rng.random() < remix.second_noise:
                level_db = rng.uniform(*_SECOND_NOISE_DB)
                noises[i] += self._some_noise(rng) * np.float32(10 ** (level_db / 20))
            noises[i] *= self._gain(rng, "filter", noises.shape[1], remix.noise_filter_db)
            voices[i] = self._speech_spectrum(rng)
            voices[i] *= self._gain(rng, "filter", voices.shape[1], remix.speech_filter_db)
        around = self._inside(noises, self._n_noise, n_before + self.n_times)
        noisy, clean = around[:, n_before:], self._inside(voices, self._n, self.n_times)
        for noise, mixed, speech in zip(around, noisy, clean, strict=True):
            if rng.random() < remix.modulation:
                noise *= self._gain(rng, "modulation", len(noise), remix.modulation_db)
            ratio = _power(speech) / max(_power(mixed), 1e-30)
            noise *= np.float32(np.sqrt(ratio / 10 ** (rng.uniform(*remix.snr_db) / 10)))
            mixed += speech
        levels = 10 ** (rng.uniform(*remix.level_db, (n_mixtures, 1)).astype(np.float32) / 20)
        around *= levels
        clean *= levels
        return (noisy, clean, around[:, :n_before]) if n_before else (noisy, clean)

    @staticmethod
    def _inside(spectra, n, n_kept):
        """Waveforms of spectra, without the margins."""
        return fft.irfft(spectra, n, overwrite_x=True)[..., _MARGIN : _MARGIN + n_kept]

    def _some_noise(self, rng):
        """Spectrum of one noise, with an RMS of 1."""
        choice = rng.random()
        if choice < self.remix.babble:
            spectrum = self._babble(rng)
        elif choice < self.remix.babble + self.remix.coloured_noise:
            spectrum = self._coloured_noise(rng)
        else:
            spectrum = self._recorded_noise(rng)
        while not (power := self._power_of(spectrum)):  # digital silence inside a recording
            spectrum = self._coloured_noise(rng)
        spectrum *= np.float32(1 / np.sqrt(power))
        return spectrum

    def _power_of(self, spectrum):
        """Mean power of the samples that have this spectrum."""
        return 2 * float(np.vdot(spectrum, spectrum).real) / self._n_noise**2

    def _recorded_noise(self, rng):
        x, s = self._noise[rng.integers(len(self._noise))]
        n = self._n_before(rng, self._n_noise)
        if len(x) >= n:
            begin = rng.integers(len(x) - n + 1)
            return _spectrum(x[begin : begin + n] - s[begin : begin + n], self._n_noise)
        loop = _without_seam(x[:] - s[:])
        rolled = np.roll(loop, -rng.integers(len(loop)))
        return _spectrum(np.resize(rolled, n), self._n_noise)

    def _speech_spectrum(self, rng):
        """Spectrum of a stretch of speech that is not a pause."""
        x, power = self._speech[rng.integers(len(self._speech))]
        n = self._n_before(rng, self._n)
        for _ in range(_TRIES):
            piece = _place(rng, x, n)
            if _power(piece) >= _MIN_SPEECH * power:
                return _spectrum(piece, self._n)
        # Speech that is far shorter than a mixture, or almost all pause: its loudest place.
        begin = max(0, int(np.argmax(np.abs(x[:]))) - n // 2)
        return _spectrum(_place(rng, x[begin : begin + n], n), self._n)

    def _babble(self, rng):
        """Spectrum of many voices, half of them at one speed and half at another."""
        n_voices = rng.integers(*_VOICES)
        halves = []
        for size in (n_voices // 2, n_voices - n_voices // 2):
            n = self._n_before(rng, self._n_noise)
            voices = [self._speech[i] for i in rng.integers(len(self._speech), size=size)]
            placed = [_place(rng, x, n) * np.float32(power**-0.5) for x, power in voices]
            halves.append(_spectrum(np.sum(placed, axis=0), self._n_noise))
        return halves[0] + halves[1]

    def _coloured_noise(self, rng):
        n_bins = len(self._colour)
        spectrum = rng.standard_normal(2 * n_bins, np.float32).view(np.complex64)
        slope = self._colour ** np.float32(-rng.uniform(*_COLOUR))
        return spectrum * (slope * self._gain(rng, "filter", n_bins, _COLOUR_FILTER_DB))

    def _n_before(self, rng, n):
        """Draw a speed; return the samples that it turns into `n`."""
        low, high = np.log(self.remix.speed)
        speed = np.exp(rng.uniform(low, high))
        return n if low == high == 0 else fft.next_fast_len(round(n * speed), real=True)

    def _gain(self, rng, kind, n, deviation_db):
        """Gains that wander over `n` bins or samples."""
        n_points = int(rng.integers(*_POINTS[kind]))
        nepers = rng.standard_normal(n_points, np.float32) * np.float32(
            deviation_db * np.log(10) / 20
        )
        return np.exp(nepers @ _interpolation(n_points, n))


def _bins_of(n):
    return n // 2 + 1


def _spectrum(x, n):
    """Spectrum that `x` has when it is played in the time of `n` samples."""
    if len(x) == n:
        return fft.rfft(x)
    spectrum = np.zeros(_bins_of(n), np.complex64)
    kept = fft.rfft(x)[: len(spectrum)]
    np.multiply(kept, np.float32(n / len(x)), out=spectrum[: len(kept)])
    return spectrum


@lru_cache(maxsize=32)
def _interpolation(n_points, n):
    """Weights of `n_points` evenly spaced values in `n` values on the lines between them."""
    where = np.linspace(0, n_points - 1, n, dtype=np.float32)
    return np.maximum(0, 1 - np.abs(where - np.arange(n_points, dtype=np.float32)[:, None]))


def _unlike_recordings(clean):
    """Return the number of each recording that is not silent once, with its mean power."""
    _, first = np.unique(groups_of(clean), return_index=True)
    first = sorted(first)
    powers = map(_power, pick(clean, first))
    return [(i, power) for i, power in zip(first, powers, strict=True) if power > 0]


def can_mix(noisy, clean):
    """Tell of which pairs speech and noise can be mixed anew.

    There must be some of both, and what differs must not be alike to the speech, as it is where
    the recording is clipped or at another level.

    Returns
    -------
    mixable : ndarray of bool, shape (n_pairs,)
    """
    mixable = np.zeros(len(clean), bool)
    for i, (x, s) in enumerate(zip(noisy, clean, strict=True)):
        if np.any(s) and _differ(x, s):
            noise = x - s
            alike = float(np.dot(noise, s)) ** 2 / len(s) ** 2
            mixable[i] = alike < _ALIKE**2 * _power(noise) * _power(s)
    return mixable


def _differ(noisy, clean):
    return _power(noisy - clean) > _LEAST_NOISE**2 * _power(noisy)


def _power(x):
    return float(np.dot(x, x)) / len(x)


def _place(rng, x, n):
    """Cut `n` samples at a random place, or pad to them with silence at both ends."""
    if len(x) >= n:
        begin = rng.integers(len(x) - n + 1)
        return x[begin : begin + n]
    out = np.zeros(n, np.float32)
    begin = rng.integers(n - len(x) + 1)
    out[begin : begin + len(x)] = x[:]
    return out


def _without_seam(x):
    """Fade the end of a noise into its beginning, so that it can be repeated."""
    n_fade = min(_CROSS_FADE, len(x) // 2)
    if n_fade == 0:
        return x
    ramp = np.linspace(0, 1, n_fade, dtype=np.float32)
    loop = x[:-n_fade].copy()
    loop[:n_fade] = loop[:n_fade] * ramp + x[-n_fade:] * (1 - ramp)
    return loop
