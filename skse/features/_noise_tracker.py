"""The power of the noise, followed frame by frame; no part of a recording must be free of speech.

Four rules, each causal and each for many recordings abreast:

1. *Tracking.* Where the noise is known, the speech presence probability decides how much of a
   frame enters it (Gerkmann and Hendriks 2012).
2. *Finding.* Where it is not known, a stretch that fluctuates as stationary noise does, alike in
   all frequencies, is taken for it: the long-term spectral flatness of Ma and Nishihara (2013). A
   stretch that is less sure is taken after the minimum of the power has stayed near it.
3. *Falling.* The noise is not much greater than the mean power of the last frames.
4. *Rising.* Nor is it less than the minimum of that mean over the last second or so (Martin 2001).

Before anything is found the noise is all but nothing: what is not known is not taken away.
"""

import numpy as np

# Length of the stretch that is looked at, in lengths of a frame and in frames.
_STRETCH, _MOST_FRAMES = 3, 13
# Tracking: weight of the past from step to step, a priori SNR of speech (12 dB; in the paper 15).
_MEMORY, _SPEECH_SNR = np.float32(0.9), np.float32(10**1.2)
# Greater ratios change nothing, and their exponentials are too small for float32.
_GREATEST_RATIO = np.float32(80)
# Falling and rising: weight of the past in the mean; factors on the mean and on its minimum.
_SMOOTHING, _MOST, _LEAST = np.float32(0.64), np.float32(3), np.float32(1.5)
# The minimum is over as many groups of as many steps.
_GROUPS, _GROUP = 8, 10
# Finding: what `roughness` may be in a pause, and to be confirmed.
_IN_PAUSE, _PERHAPS = 0.34, 0.6
# At the first sound, by its power in dB relative to that of the whole recording in the mean: noise
# is seldom as loud, a word cut out of speech always is; and of what is far below it, weak speech
# before a word is the more probable, the more silent it is.
_LEVELS_DB, _AT_FIRST = (-21, -17, -12, -8, 0, 1.5), (0.38, 0.52, 0.56, 0.49, 0.49, 0.29)
# The same for what is loud later: noise that rose, or speech.
_LATER_DB, _LATER = (-6, 0), (0.33, 0.26)
# Power of a stretch over the loudest before it: no less, or less than in a pause; a new beginning.
_NOT_LESS, _PAUSE, _BEGINNING = 0.7, 0.3, 300
# What is louder than all before, by so much, may be noise that rose; noise that is greater than a
# stretch by so much has fallen.
_LOUDER, _TOO_MUCH = 1.5, 1.5
# Least tilt of the spectrum that counts for noise, and how much (nepers).
_STEEPEST, _FALLING = -1.0, 0.1
# Steps that loudness must last to count.
_LASTING = 5
# By the power of a stretch in dB, relative as above: steps that must pass until it is confirmed,
# and the greatest spread over frequency of how far (in nepers) the power falls meanwhile. What is
# as loud as speech must last longer, and change less, than a vowel or an "s" does.
_CONFIRM_DB, _CONFIRMING, _SPREADS = (-8, -4, 0), (7, 16, 21), (0.7, 0.5, 0.5)
# The same fall in the mean over frequency, at most.
_FALL = 1.2


class NoiseTracker:
    """Follow the power of the noise in many recordings abreast.

    Parameters
    ----------
    n_fft, hop_length : int
        Of the frames, in samples. A step of the tracker is about half a frame.
    floor : float
        Least power of the noise.

    Attributes
    ----------
    n_ahead : int
        Frames by which a frame should lag behind the tracker, so that the noise at the very
        beginning can be found before it is needed.

    References
    ----------
    T. Gerkmann and R. C. Hendriks, "Unbiased MMSE-based noise power estimation with low
    complexity and low tracking delay", IEEE Transactions on Audio, Speech, and Language
    Processing 20(4), 2012, equations 18, 22 and 23.
    Y. Ma and A. Nishihara, "Efficient voice activity detection algorithm using long-term spectral
    flatness measure", EURASIP Journal on Audio, Speech, and Music Processing 2013:21.
    R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
    statistics", IEEE Transactions on Speech and Audio Processing 9(5), 2001.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.features import NoiseTracker
    >>> power = np.random.default_rng(0).exponential(2, (300, 1, 129)).astype(np.float32)
    >>> tracker = NoiseTracker(n_fft=256, hop_length=128, floor=1e-8)
    >>> state = tracker.start(1, 129)
    >>> for frame in power:
    ...     tracker.update(frame, state)
    >>> bool(1 < state["noise"].mean() < 3)
    True
    """

    def __init__(self, n_fft: int, hop_length: int, floor: float) -> None:
        self.n_fft, self.floor = n_fft, np.float32(floor)
        # Of a frame of a recording whose RMS is 1, seen through a Hann window.
        self.mean_power = 0.375 * n_fft * (n_fft // 2 + 1)
        self.n_frames = min(_STRETCH * n_fft // hop_length + 1, _MOST_FRAMES)
        self.period = max(1, n_fft // (2 * hop_length))
        # The first frame that begins within the recording; frames that silence reaches into.
        self.first = -(-(n_fft - n_fft // 2) // hop_length)
        self.n_partial = -(-n_fft // hop_length)
        self.n_ahead = self.first + self.n_frames - 1
        self.n_steps = -(-self.n_frames // self.period)

    def start(self, n_recordings: int, n_frequencies: int) -> dict[str, np.ndarray]:
        """Return the state before the first frame.

        Parameters
        ----------
        n_recordings, n_frequencies : int
            That run abreast, and of their frames.

        Returns
        -------
        state : dict of str to ndarray
            One row per recording; "noise" is the power of the noise.
        """
        shape = (n_recordings, n_frequencies)

        def rows(*more, fill=0.0, dtype=np.float32):
            return np.full((n_recordings, *more), fill, dtype)

        return {
            "noise": np.full(shape, self.floor),
            "noise_n_seen": rows(dtype=np.int64),
            "noise_n_heard": rows(fill=self.n_partial - self.first, dtype=np.int64),
            "noise_last_frames": rows(self.n_frames, n_frequencies),
            "noise_mean": np.zeros(shape, np.float32),
            "noise_minimum": np.full(shape, np.inf, np.float32),
            "noise_minima": rows(_GROUPS, n_frequencies),
            "noise_levels": rows(self.n_steps + _LASTING),
            "noise_loudest": rows(),
            "noise_known": rows(dtype=bool),
            "noise_candidate": np.zeros(shape, np.float32),
            "noise_candidate_minimum": np.zeros(shape, np.float32),
            "noise_candidate_age": rows(fill=-1, dtype=np.int64),
        }

    def update(self, power: np.ndarray, state: dict[str, np.ndarray]) -> None:
        """Take the next frame of each recording; ``state["noise"]`` is the noise then.

        Parameters
        ----------
        power : ndarray of shape (n_recordings, n_frequencies)
            Of the frame. One of zeros leaves the noise as it is.
        state : dict of str to ndarray
            As `start` returned it; changed in place.
        """
        n_seen = int(state["noise_n_seen"][0])
        state["noise_n_seen"] += 1
        state["noise_last_frames"][:, n_seen % self.n_frames] = power
        n_heard = state["noise_n_heard"]
        n_heard += 1
        n_heard *= power.any(axis=1)
        if n_seen < self.first or (n_seen - self.n_ahead) % self.period:
            return
        heard = n_heard > self.n_partial
        self._track(power, state, heard)
        self._bound(power, state, heard, (n_seen - self.first) // self.period)
        levels = state["noise_levels"]
        levels[:, :-1] = levels[:, 1:]
        levels[:, -1] = power.sum(axis=1) * heard
        if n_seen >= self.n_ahead:
            self._find(state, heard, n_seen)
        np.maximum(state["noise"], self.floor, out=state["noise"])

    def _track(self, power, state, heard):
        """Equations 18, 22 and 23 of Gerkmann and Hendriks."""
        noise = state["noise"]
        absence = power / noise
        np.minimum(absence, _GREATEST_RATIO, out=absence)
        absence *= -_SPEECH_SNR / (1 + _SPEECH_SNR)
        np.exp(absence, out=absence)
        absence *= 1 + _SPEECH_SNR
        absence /= 1 + absence
        absence *= ((1 - _MEMORY) * heard)[:, None]
        absence *= power - noise
        noise += absence

    def _bound(self, power, state, heard, n_steps):
        """Keep the noise between the minimum of the mean power and the mean power."""
        noise, mean, minimum = state["noise"], state["noise_mean"], state["noise_minimum"]
        if n_steps == 0:
            mean[:] = power
        change = power - mean
        change *= ((1 - _SMOOTHING) * heard)[:, None]
        mean += change
        np.minimum(minimum, mean, out=minimum)
        minimum[~heard] = 0
        np.minimum(noise, np.multiply(mean, _MOST, out=change), out=noise)
        minima = state["noise_minima"]
        if n_steps % _GROUP == _GROUP - 1:
            minima[:, :-1] = minima[:, 1:]
            minima[:, -1] = minimum
            minimum[:] = np.inf
            np.maximum(noise, _LEAST * minima.min(axis=1), out=noise)

    def _find(self, state, heard, n_seen):
        """Take a stretch that can be nothing but noise for it, where it is not known."""
        levels, loudest, known = state["noise_levels"], state["noise_loudest"], state["noise_known"]
        np.maximum(loudest, levels[:, :_LASTING].min(axis=1), out=loudest)
        stretch = levels[:, -self.n_steps :]
        level = stretch.mean(axis=1)
        known &= ~((level > _BEGINNING * loudest) & (loudest > 0))
        too_much = known & (state["noise"].sum(axis=1) > _TOO_MUCH * level)
        look = ~known | (level > _LOUDER * loudest) | too_much
        rows = np.flatnonzero(look & heard & (stretch.min(axis=1) > 0))
        if not len(rows):
            return
        frames = np.maximum(state["noise_last_frames"][rows], self.floor)
        power = frames.mean(axis=1)
        level, before, known_before = power.sum(axis=1), loudest[rows], known[rows]
        loud = level > np.where(known_before, _LOUDER, _NOT_LESS) * before
        pause = ~known_before & (level < _PAUSE * before)
        rough = np.full(len(rows), np.inf)
        asked = np.flatnonzero(loud | pause)
        if len(asked):
            rough[asked] = roughness(frames[asked], power[asked])
        decibels = 10 * np.log10(level / self.mean_power)
        at_first = np.interp(decibels, _LEVELS_DB, _AT_FIRST)
        later = np.interp(decibels, _LATER_DB, _LATER)
        bound = np.where(~known_before & (_BEGINNING * before < level), at_first, later)
        found = (loud & (rough < bound)) | (pause & (rough < _IN_PAUSE))
        state["noise"][rows[found]] = power[found]
        known[rows[found]] = True
        state["noise_candidate_age"][rows[found]] = -1
        fallen = too_much[rows] & ~found
        state["noise"][rows[fallen]] = np.minimum(state["noise"][rows[fallen]], power[fallen])
        found |= known[rows]
        rest = ~found
        latest = frames[rest][:, (n_seen - np.arange(self.n_frames // 2 + 1)) % self.n_frames]
        self._confirm(
            state, rows[rest], power[rest], latest.mean(axis=1), (loud & (rough < _PERHAPS))[rest]
        )

    def _confirm(self, state, rows, power, latest, may_be_noise):
        """Take a stretch that may be noise for it once the power has stayed near it."""
        candidate, minimum = state["noise_candidate"], state["noise_candidate_minimum"]
        age = state["noise_candidate_age"]
        new = may_be_noise & (age[rows] < 0)
        candidate[rows[new]] = minimum[rows[new]] = power[new]
        age[rows[new]] = 0
        waiting = age[rows] >= 0
        rows, latest = rows[waiting], latest[waiting]
        if not len(rows):
            return
        age[rows] += 1
        minimum[rows] = np.minimum(minimum[rows], latest)
        fall = np.log(candidate[rows] / minimum[rows])
        decibels = 10 * np.log10(candidate[rows].sum(axis=1) / self.mean_power)
        spread = np.interp(decibels, _CONFIRM_DB, _SPREADS)
        near = (fall.mean(axis=1) < _FALL) & (fall.std(axis=1) < spread)
        age[rows[~near]] = -1
        found = rows[near & (age[rows] > np.interp(decibels, _CONFIRM_DB, _CONFIRMING))]
        state["noise"][found] = np.maximum(state["noise"][found], candidate[found])
        state["noise_known"][found] = True
        age[found] = -1


def roughness(frames, mean):
    """How little a stretch of frames is like stationary noise.

    The log ratio of arithmetic to geometric mean power is, for Gaussian noise, the same at every
    frequency but for chance, about 0.53 in so short a stretch: added up are its spread, how far
    it is from that where the power is, and how much the level of the whitened frames varies, how
    periodic they are, and how much of a hiss. A spectrum that falls, as that of most noise does,
    takes something off.

    Parameters
    ----------
    frames : ndarray of shape (n_recordings, n_frames, n_frequencies)
        Power.
    mean : ndarray of shape (n_recordings, n_frequencies)
        Over the frames.

    Returns
    -------
    roughness : ndarray of shape (n_recordings,)
        About 0.35 for white noise in 13 frames, 0.8 for voiced speech.
    """
    log_mean = np.log(mean)
    flatness = log_mean - np.log(frames).mean(axis=1)
    n_frequencies = mean.shape[1]
    # Pitch periods of 80 to 400 Hz where a frame has 32 ms.
    autocorrelation = np.fft.irfft(np.sqrt(mean))
    n_lags = autocorrelation.shape[1]
    pitch = autocorrelation[:, n_lags * 5 // 64 : n_lags * 27 // 64].max(axis=1)
    tilt = (log_mean * np.linspace(-1, 1, n_frequencies)).mean(axis=1)
    hiss = np.maximum(tilt - 0.1, 0)
    fall = np.clip(tilt, _STEEPEST, 0)
    level = np.log((frames / mean[:, None]).mean(axis=2)).std(axis=1)
    weighted = (flatness * mean).sum(axis=1) / mean.sum(axis=1)
    return (
        flatness.std(axis=1)
        + 0.5 * np.abs(weighted - 0.53)
        + 0.5 * level
        + 0.85 * pitch / autocorrelation[:, 0]
        + 1.4 * hiss
        + _FALLING * fall
    )
