"""Acoustic features of waveforms: what a discriminator learns to tell beside real and fake."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.fft import dct

# Power below which nothing counts, of a windowed frame of a waveform whose peak is 1: about what
# the rounding of 16-bit PCM has.
POWER_FLOOR = 1e-6
_N_CEPSTRA, _N_BANDS = 16, 40
_LOWEST_F0, _HIGHEST_F0 = 60.0, 300.0  # Hz
_F0_WINDOW = 0.05  # s: three periods of the lowest
_VOICED = 0.45  # of the autocorrelation
_SILENT = 0.03  # of the loudest frame's RMS
# Rows that are computed at a time.
_ROWS_AT_ONCE = 64


class AcousticFeatures:
    r"""Log power spectrum, cepstrum, pitch and loudness of frames, one a hop.

    Per frame: the log power spectrum :math:`10 \log_{10}(|X|^2 + \epsilon)` in dB; 16 mel-frequency
    cepstral coefficients; the logarithm of the fundamental frequency, interpolated where there
    is none; whether there is one (0 or 1); the RMS; and the rate of zero crossings.

    Parameters
    ----------
    n_times : int
        Samples of a row.
    hop_length : int
        Samples from frame to frame; the window is twice as long. Frame t has its centre in the
        middle of samples ``t * hop_length`` to ``(t + 1) * hop_length``, where a strided
        convolution has its output t.
    n_frames : int
        Frames; zeros follow the row.
    sampling_rate : float
        Hz.

    Notes
    -----
    The list is that of [1]_. Ours are the floor, 1e-6 for a full scale of 1; the mel bands of
    [2]_, 40 at most; and the fundamental frequency by autocorrelation [3]_, where [1]_ has
    SWIPE: the largest peak between 60 and 300 Hz of a Hann window of 50 ms, divided by the
    window's own; voiced from 0.45 on.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.
    .. [2] S. B. Davis and P. Mermelstein, "Comparison of parametric representations for
       monosyllabic word recognition in continuously spoken sentences", IEEE Trans. ASSP 28(4),
       1980.
    .. [3] P. Boersma, "Accurate short-term analysis of the fundamental frequency and the
       harmonics-to-noise ratio of a sampled sound", IFA Proceedings 17, 1993.
    """

    def __init__(self, n_times, hop_length, n_frames, sampling_rate):
        self.n_times, self.hop_length, self.n_frames = n_times, hop_length, n_frames
        self.sampling_rate = sampling_rate
        n_bins = hop_length + 1
        self._bands = mel_bands(n_bins, min(_N_BANDS, n_bins), sampling_rate)
        self.n_cepstra = min(_N_CEPSTRA, len(self._bands))
        self.n_features = n_bins + self.n_cepstra + 4

    @property
    def shape(self):
        """Shape of the features of a row."""
        return self.n_frames, self.n_features

    def compute(self, waveforms):
        """Compute the features of rows.

        Parameters
        ----------
        waveforms : ndarray of shape (n_rows, n_times)
            Full scale 1.

        Returns
        -------
        features : ndarray of shape (n_rows, n_frames, n_features)
            float32.
        """
        features = np.empty((len(waveforms), *self.shape), np.float32)
        for begin in range(0, len(waveforms), _ROWS_AT_ONCE):
            rows = slice(begin, begin + _ROWS_AT_ONCE)
            features[rows] = self._compute(waveforms[rows])
        return features

    def _compute(self, waveforms):
        hop_length = self.hop_length
        frames = self._frames(waveforms, 2 * hop_length)
        window = np.hanning(2 * hop_length + 1)[:-1]
        power = np.abs(np.fft.rfft(frames * window)) ** 2
        bands = np.log(power @ self._bands.T + POWER_FLOOR)
        cepstra = dct(bands, norm="ortho", axis=-1)[..., : self.n_cepstra]
        log_f0, voiced = self._pitch(waveforms)
        rms = np.sqrt(np.mean(frames**2, axis=-1))
        crossings = np.mean(frames[..., 1:] * frames[..., :-1] < 0, axis=-1)
        rest = np.stack([log_f0, voiced, rms, crossings], axis=-1)
        return np.concatenate([10 * np.log10(power + POWER_FLOOR), cepstra, rest], axis=-1)

    def _frames(self, waveforms, length):
        """Cut rows into frames of a length around the middles of all hops."""
        before = (length - self.hop_length) // 2
        n_needed = (self.n_frames - 1) * self.hop_length + length
        after = max(0, n_needed - before - self.n_times)
        padded = np.pad(waveforms.astype(np.float64), [(0, 0), (before, after)])
        frames = sliding_window_view(padded, length, axis=1)[:, :: self.hop_length]
        return frames[:, : self.n_frames]

    def _pitch(self, waveforms):
        """Return the logarithm of the fundamental frequency, and where it was found."""
        rate = self.sampling_rate
        length = max(2 * self.hop_length, round(_F0_WINDOW * rate), 4)
        window = np.hanning(length + 2)[1:-1]
        n_fft = 2 ** int(np.ceil(np.log2(2 * length)))
        shortest = max(2, int(rate / _HIGHEST_F0))
        longest = min(int(np.ceil(rate / _LOWEST_F0)), length - 2)
        frames = self._frames(waveforms, length)
        frames = (frames - frames.mean(axis=-1, keepdims=True)) * window
        energy = np.sum(frames**2, axis=-1)
        loud = energy > _SILENT**2 * np.max(energy, axis=-1, keepdims=True)
        if longest <= shortest:
            return _interpolated(np.zeros(energy.shape), np.zeros(energy.shape, bool))
        lags = np.arange(shortest - 1, longest + 2)
        own = np.fft.irfft(np.abs(np.fft.rfft(window, n_fft)) ** 2)[lags] / np.sum(window**2)
        spectra = np.abs(np.fft.rfft(frames, n_fft)) ** 2
        correlations = np.fft.irfft(spectra)[..., lags] / np.maximum(energy, 1e-12)[..., None]
        correlations /= own
        left, inner, right = (correlations[..., i : i + len(lags) - 2] for i in range(3))
        peaks = (inner >= left) & (inner > right)
        # Of a parabola through three lags: where its top is, and how high.
        bend = np.where(peaks, 2 * inner - left - right, 1.0)
        offsets = 0.5 * (right - left) / np.maximum(bend, 1e-9)
        heights = np.where(peaks, inner + 0.25 * offsets * (right - left), -1.0)
        # The shortest lag of a peak that is nearly the largest: its multiples peak as well.
        best = np.max(heights, axis=-1, keepdims=True)
        index = np.argmax(heights >= best - 0.1 * np.abs(best), axis=-1)[..., None]
        height, offset = (
            np.take_along_axis(values, index, axis=-1)[..., 0] for values in (heights, offsets)
        )
        log_f0 = np.log(rate / (shortest + index[..., 0] + np.clip(offset, -0.5, 0.5)))
        return _interpolated(log_f0, loud & (height > _VOICED))


def _interpolated(log_f0, voiced):
    """Draw lines where there is no fundamental frequency; the middle of the range without any."""
    filled = np.full(log_f0.shape, 0.5 * np.log(_LOWEST_F0 * _HIGHEST_F0))
    times = np.arange(log_f0.shape[1])
    for row, values, known in zip(filled, log_f0, voiced, strict=True):
        if known.any():
            row[:] = np.interp(times, times[known], values[known])
    return filled, voiced.astype(np.float64)


def mel_bands(n_bins, n_bands, sampling_rate):
    r"""Triangles on the mel scale, :math:`2595 \log_{10}(1 + f / 700)`, each with an area of 1.

    Parameters
    ----------
    n_bins : int
        Frequencies of a spectrum, from 0 to half of the sampling rate.
    n_bands : int
        Triangles.
    sampling_rate : float
        Hz.

    Returns
    -------
    bands : ndarray of shape (n_bands, n_bins)
    """
    top = 2595 * np.log10(1 + sampling_rate / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, n_bands + 2) / 2595) - 1)
    spacing = sampling_rate / 2 / max(n_bins - 1, 1)
    # A triangle that lies between two frequencies is made as wide as their distance.
    low, centre, high = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    low, high = np.minimum(low, centre - spacing), np.maximum(high, centre + spacing)
    f = spacing * np.arange(n_bins)
    bands = np.maximum(0, np.minimum((f - low) / (centre - low), (high - f) / (high - centre)))
    return bands / bands.sum(axis=1, keepdims=True)


def statistics_of(features):
    """Mean and standard deviation of every feature.

    Parameters
    ----------
    features : ndarray of shape (n_rows, n_frames, n_features)

    Returns
    -------
    mean, deviation : ndarray of shape (n_features,)
        float32; the deviation of what never changes is 1.
    """
    mean = features.mean(axis=(0, 1), dtype=np.float64)
    deviation = features.std(axis=(0, 1), dtype=np.float64)
    return (
        mean.astype(np.float32),
        np.where(deviation > 1e-6, deviation, 1).astype(np.float32),
    )
