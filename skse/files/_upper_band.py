"""The band above that of a model: kept, and turned down with the octave below it."""

import numpy as np

from skse.files._resampling import resample

# Step from gain to gain in s; frames at a time; the mean square that counts as silence.
_STEP, _AT_ONCE, _SILENCE = 0.016, 512, 1e-15


def least_gain(enhancer):
    """Return the factor below which an enhancer's own limits let nothing fall."""
    floor_db = getattr(enhancer, "mask_floor_db", None)
    floor = 0.0 if floor_db is None else 10 ** (floor_db / 20)
    return 1 + getattr(enhancer, "strength", 1.0) * (floor - 1)


def join_bands(original, noisy, enhanced, rates, least, allocate):
    """Turn a recording into its enhanced form, at its own sampling rate.

    The band above the model's is the recording less what the way to the model's rate and back
    leaves of it. It is multiplied by a gain that follows, smoothed over some 50 ms, how much less
    there is of the upper octave of the model's band after enhancement than before.

    Parameters
    ----------
    original : waveform
        The recording at its own rate; becomes the result.
    noisy, enhanced : waveform
        At the rate of the model.
    rates : tuple of float
        Of the recording and of the model, in Hz, the first above the second.
    least : float
        Of the gains. The greatest is 1.
    allocate : callable
        Gives what the gains are written to.
    """
    rate, model_rate = rates
    step = step_of(model_rate)
    gains = allocate(-(-len(noisy) // step) + 1)
    write_gains(noisy, enhanced, step, least, gains)
    frames_per_sample = model_rate / rate / step

    def keep_above(x, low, begin):
        times = frames_per_sample * np.arange(begin, begin + len(x))
        first, last = int(times[0]), min(int(times[-1]) + 2, len(gains))
        return (x - low) * np.interp(times, np.arange(first, last), gains[first:last])

    resample(noisy, model_rate, rate, _Combined(original, keep_above))
    resample(enhanced, model_rate, rate, _Combined(original, lambda x, low, begin: x + low))


def step_of(model_rate):
    """Return the samples from gain to gain, an even number."""
    return 2 * max(1, round(_STEP * model_rate / 2))


def write_gains(noisy, enhanced, step, least, gains):
    """Write the gain at every `step`-th sample, the first at sample 0."""
    for begin in range(0, len(gains), _AT_ONCE):
        end = min(begin + _AT_ONCE, len(gains))
        before, after = (_upper_octave(x, step, begin, end) for x in (noisy, enhanced))
        ratio = np.sqrt((after + _SILENCE) / (before + _SILENCE))
        gains[begin:end] = np.clip(ratio, least, 1)


def _upper_octave(x, step, begin, end):
    """Return the mean square of the upper octave around every `step`-th sample."""
    first, last = (begin - 2) * step, (end + 1) * step
    part = np.asarray(x[max(first, 0) : min(last, len(x))], np.float64)
    part = np.pad(part, (max(-first, 0), last - min(last, len(x))))
    window = np.hanning(2 * step + 1)[:-1]
    frames = np.lib.stride_tricks.sliding_window_view(part, 2 * step)[::step]
    spectrum = np.fft.rfft(frames * window)[:, step // 2 :]
    power = np.sum(np.abs(spectrum) ** 2, axis=1) / (step * np.sum(window**2))
    return np.convolve(power, [0.25, 0.5, 0.25], "valid")


class _Combined:
    """A waveform to write to: what is written is put together with what is there."""

    def __init__(self, waveform, combine):
        self.waveform, self.combine = waveform, combine

    def __len__(self):
        return len(self.waveform)

    def __setitem__(self, part, values):
        self.waveform[part] = self.combine(self.waveform[part], values, part.start)
