"""What the models that ship are trained by: the SNR, and how the spectrum differs to the ear."""

import keras
from keras import ops

from skse.networks import register_loss

# Added to energies per sample (of a level of 1), and to the power of a unit of the spectrum.
_SILENCE, _FAINT = 1e-8, 1e-6
# The power-law compression, and the part of the error with the phase.
_COMPRESSION, _COMPLEX_PART = 0.3, 0.3


@register_loss(compares="waveforms")
class SnrAndSpectrum(keras.losses.Loss):
    """Negative SNR in dB, plus a weighted squared error of compressed spectra.

    The SNR is that of the loud units, of low frequencies. The compression gives the others a say,
    on which an unheard voice in noise depends as well.

    Parameters
    ----------
    n_fft : int
        Samples in a frame; frames follow each other every quarter of one.
    weight : float, default=100.0
        Of the error of spectra, in dB.
    name : str or None, default=None
        Name of the loss.
    **options : dict
        Of `keras.losses.Loss`.

    References
    ----------
    S. Braun and I. Tashev, "A consolidated view of loss functions for supervised deep
    learning-based speech enhancement", TSP 2021 (the error of spectra and its weights).
    """

    def __init__(self, n_fft, weight=100.0, name=None, **options):
        super().__init__(name=name, **options)
        self.n_fft, self.weight = n_fft, weight

    def call(self, y_true, y_pred):
        """Loss of every row, from waveforms ``(batch_size, n_times)``."""
        signal, noise = (ops.mean(ops.square(x), axis=1) for x in (y_true, y_true - y_pred))
        negative_snr_db = 10 * ops.log10((noise + _SILENCE) / (signal + _SILENCE))
        return negative_snr_db + self.weight * self.spectral_error(y_true, y_pred)

    def spectral_error(self, y_true, y_pred):
        """Mean over all units of the squared error of compressed spectra."""
        (*clean, clean_magnitude), (*enhanced, magnitude) = map(self._compressed, (y_true, y_pred))
        with_phase = sum(ops.square(s - x) for s, x in zip(clean, enhanced, strict=True))
        without = ops.square(clean_magnitude - magnitude)
        return ops.mean(_COMPLEX_PART * with_phase + (1 - _COMPLEX_PART) * without, axis=(1, 2))

    def _compressed(self, waveforms):
        real, imaginary = ops.stft(waveforms, self.n_fft, self.n_fft // 4, self.n_fft)
        level = (3 / 8 * self.n_fft) ** -0.5  # white noise of a level of 1 has units of power 1
        real, imaginary = real * level, imaginary * level
        power = ops.square(real) + ops.square(imaginary) + _FAINT
        gain = ops.power(power, (_COMPRESSION - 1) / 2)
        return real * gain, imaginary * gain, ops.power(power, _COMPRESSION / 2)

    def get_config(self):
        """Everything that makes an equal loss."""
        return {**super().get_config(), "n_fft": self.n_fft, "weight": self.weight}
