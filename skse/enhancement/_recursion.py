"""Gains that are computed frame after frame, for many recordings abreast."""

from typing import Any

import numpy as np

from skse.enhancement._blocks import Recording, chunks_of, reach_of, root_mean_square
from skse.features import NoiseTracker

# Frames of a recording that are in memory at a time: 4 s at 8 kHz, hop 64.
_BLOCK = 512
# Time-frequency units in memory at a time; decides how many recordings run abreast.
_UNITS = 2**21
# Below this RMS a recording counts as silent.
_SILENCE = 1e-30
# Least power of the noise relative to that of the recording: 100 dB below it.
_NOISE_FLOOR = 1e-10


def apply_gains(waveforms, featurizer, noise, start, step, allocate=np.empty):
    """Multiply each frame's spectrum by a gain that depends on it and on earlier frames.

    Every recording is brought to an RMS of 1 on the way in and taken back on the
    way out, so that its level plays no part.

    Parameters
    ----------
    waveforms : sequence of ndarray of shape (n_times,)
        Noisy waveforms.
    featurizer : object
        Has ``n_fft``, ``hop_length``, ``stft`` and ``istft``.
    noise : int or NoiseTracker
        Frames at the beginning of each recording that hold noise alone, or what follows the
        noise: then ``state["noise"]`` is that of the frame when `step` is called.
    start : callable
        Takes the power of the noise, shape (n_recordings, n_frequencies), and
        returns the state: a dict of arrays with one row per recording.
    step : callable
        Takes the power of one frame of each recording, shape (n_recordings,
        n_frequencies), and the state, which it updates in place; returns gains.
    allocate : callable, default=numpy.empty
        Gives what each enhanced waveform is written to, as for `Recording`.

    Returns
    -------
    enhanced : list of ndarray of shape (n_times,)
        float32, in the order of `waveforms`.
    """
    n_frequencies = 1 + featurizer.n_fft // 2
    n_abreast = max(1, _UNITS // (_BLOCK * n_frequencies))
    longest_first = sorted(range(len(waveforms)), key=lambda i: -len(waveforms[i]))
    enhanced = [None] * len(waveforms)
    for begin in range(0, len(waveforms), n_abreast):
        indices = longest_first[begin : begin + n_abreast]
        recordings = [_recording(waveforms[i], featurizer, allocate) for i in indices]
        if isinstance(noise, NoiseTracker):
            state = noise.start(len(recordings), n_frequencies)
            state |= start(state["noise"])
            _apply_abreast(recordings, state, step, noise)
        else:
            _apply_abreast(recordings, start(_initial_noise(recordings, noise)), step)
        for i, recording in zip(indices, recordings, strict=True):
            enhanced[i] = recording.enhanced
    return enhanced


class GainStream:
    """Multiply frames by gains as :func:`apply_gains` does, where they arrive little by little.

    Before the noise is known, only frames of digital silence are finished.

    Parameters
    ----------
    featurizer, noise_frames, start, step : object
        As for :func:`apply_gains`. A silent frame must leave the same state behind
        as many of them.
    """

    n_at_once = _BLOCK

    def __init__(self, featurizer, noise_frames, start, step):
        self.featurizer, self.noise_frames = featurizer, noise_frames
        self.start, self.step = start, step
        # The first frame with sound may be centred `reach` - 1 frames before the first
        # sound, and the noise is taken from `reach` frames after it on.
        self.n_ahead = noise_frames + 2 * reach_of(featurizer) - 2
        self._state = None
        self._pending = None  # frames that wait for the noise
        self._n_silent = 0

    def push(self, stft, first_sound, complete):
        """Take the next frames; return those that are finished now."""
        if self._state is None:
            if self._pending is not None:
                stft = np.concatenate([self._pending, stft], axis=1)
            noise = self._initial_noise(stft, first_sound, complete)
            if noise is None:
                n_silent = int(np.argmax(np.append(stft.any(axis=0), True)))
                self._n_silent += n_silent
                self._pending = stft[:, n_silent:]
                return stft[:, :n_silent]
            self._state = self.start(noise[None])
            if self._n_silent:
                self.step(np.zeros((1, len(stft)), dtype=np.float32), self._state)
            self._pending = None
        power = (stft.real**2 + stft.imag**2).T
        gains = np.concatenate([self.step(frame[None], self._state) for frame in power])
        return stft * gains.T.astype(np.float32, copy=False)

    def _initial_noise(self, stft, first_sound, complete):
        """Power of the noise as of a whole recording, or None where it is not known yet."""
        n_frames = self._n_silent + stft.shape[1]
        begin = _first_noise_frame(first_sound or 0, self.featurizer)
        if complete:
            begin = max(0, min(begin, n_frames - self.noise_frames))
        elif first_sound is None or n_frames < begin + self.noise_frames:
            return None
        end = min(begin + self.noise_frames, n_frames)
        heard = stft[:, max(begin - self._n_silent, 0) : end - self._n_silent]
        noise = np.sum(heard.real**2 + heard.imag**2, axis=1) / (end - begin)
        return np.maximum(noise, noise_floor(len(noise)), dtype=np.float32)


class TrackedGainStream:
    """Multiply frames by gains as :func:`apply_gains` does with a tracker.

    Parameters
    ----------
    featurizer, tracker, start, step : object
        As for :func:`apply_gains`.
    """

    n_at_once = _BLOCK

    def __init__(self, featurizer, tracker, start, step):
        self.tracker, self.step, self.n_ahead = tracker, step, tracker.n_ahead
        n_frequencies = 1 + featurizer.n_fft // 2
        self._state = tracker.start(1, n_frequencies)
        self._state |= start(self._state["noise"])
        self._pending = np.zeros((n_frequencies, 0), dtype=np.complex64)

    def push(self, stft, first_sound, complete):
        """Take the next frames; return those that are finished now."""
        n_pending = self._pending.shape[1]
        stft = np.concatenate([self._pending, stft], axis=1)
        power = (stft.real**2 + stft.imag**2).T
        if complete:
            silence = np.zeros((self.n_ahead, len(stft)), dtype=np.float32)
            power = np.concatenate([power, silence])
        gains = np.zeros((max(len(power) - self.n_ahead, 0), len(stft)), dtype=np.float32)
        for t in range(n_pending, len(power)):
            self.tracker.update(power[t : t + 1], self._state)
            if t >= self.n_ahead:
                now = t - self.n_ahead
                gains[now] = self.step(power[now : now + 1], self._state)[0]
        self._pending = stft[:, len(gains) :]
        return stft[:, : len(gains)] * gains.T


def update_noise(noise, power, is_noise, smoothing):
    """Average the power of frames that hold noise alone into the noise, in place.

    Digital silence says nothing about the noise and is left out.
    """
    rate = np.where(is_noise & power.any(axis=1), np.float32(1 - smoothing), np.float32(0))
    noise += rate[:, None] * (power - noise)
    np.maximum(noise, noise_floor(noise.shape[1]), out=noise)


def _apply_abreast(recordings, state, step, tracker=None):
    """Enhance recordings that are sorted by length, longest first."""
    n_ahead = 0 if tracker is None else tracker.n_ahead
    ahead: list[Any] = [None] * len(recordings)  # frames that the tracker has seen already
    for begin in range(0, recordings[0].n_frames, _BLOCK):
        active = [r for r in recordings if r.n_frames > begin]
        state = {name: values[: len(active)] for name, values in state.items()}
        stfts = []
        for i, recording in enumerate(active):
            n_read = begin if ahead[i] is None else begin + ahead[i].shape[1]
            end = min(begin + _BLOCK + n_ahead, recording.n_frames)
            if n_read < end:
                new = recording.stft(n_read, end)
                stft = new if ahead[i] is None else np.concatenate([ahead[i], new], axis=1)
            else:
                stft = ahead[i]
            ahead[i] = stft[:, _BLOCK:] if n_ahead else None
            stfts.append(stft)
        n_frames = min(_BLOCK, active[0].n_frames - begin)
        shape = (n_frames + n_ahead, len(active), stfts[0].shape[0])
        gains = np.zeros(shape, dtype=np.float32)
        for i, stft in enumerate(stfts):
            gains[: stft.shape[1], i] = (stft.real**2 + stft.imag**2).T
        if begin == 0:
            for frame in gains[:n_ahead]:
                tracker.update(frame, state)
        for t, frame in enumerate(gains[:n_frames]):  # power in, gains out
            if tracker is not None:
                tracker.update(gains[t + n_ahead], state)
            frame[:] = step(frame, state)
        for i, (recording, stft) in enumerate(zip(active, stfts, strict=True)):
            stft = stft[:, :_BLOCK]
            stft *= gains[: stft.shape[1], i].T
            recording.add(stft)


def _recording(x, featurizer, allocate):
    level = root_mean_square(x)
    return Recording(x, featurizer, 1 / level if level > _SILENCE else 1.0, allocate)


def _initial_noise(recordings, noise_frames):
    noise = [_noise_of(recording, noise_frames) for recording in recordings]
    return np.maximum(noise, noise_floor(len(noise[0])), dtype=np.float32)


def _noise_of(recording, noise_frames):
    """Mean power of the first frames that lie within the recording.

    They begin after any digital silence, for that is not the noise to come.
    """
    begin = _first_noise_frame(_n_leading_zeros(recording.x), recording.featurizer)
    begin = max(0, min(begin, recording.n_frames - noise_frames))
    stft = recording.stft(begin, min(begin + noise_frames, recording.n_frames))
    return np.mean(stft.real**2 + stft.imag**2, axis=1)


def _n_leading_zeros(x):
    """Count the samples before the first that is not zero; 0 where all are."""
    n_seen = 0
    for chunk in chunks_of(x):
        if chunk.any():
            return n_seen + int(np.argmax(chunk != 0))
        n_seen += len(chunk)
    return 0


def _first_noise_frame(first_sound, featurizer):
    return first_sound // featurizer.hop_length + reach_of(featurizer)


def noise_floor(n_frequencies):
    """Return the least power of the noise in a unit."""
    # A recording of RMS 1 has a power of about n_fft / 2 in each unit.
    return np.float32(_NOISE_FLOOR * n_frequencies)
