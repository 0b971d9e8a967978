"""What the models that ship are trained by: the SNR, and how the spectrum differs to the ear."""

import keras
from keras import ops

from skse.networks import register_loss
from skse.networks._losses import compressed_spectrum, snr

# Level of white noise in the spectra. What `compressed_spectrum` takes for silence is 60 dB below.
_LEVEL = 0.1


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

    See Also
    --------
    skse.networks._losses : Both parts, with their sources.
    """

    def __init__(self, n_fft, weight=100.0, name=None, **options):
        super().__init__(name=name, **options)
        self.n_fft, self.weight = n_fft, weight

    def call(self, y_true, y_pred):
        """Loss of every row, from waveforms ``(batch_size, n_times)``."""
        return snr(y_true, y_pred) + self.weight * self.spectral_error(y_true, y_pred)

    def spectral_error(self, y_true, y_pred):
        """Squared error of compressed spectra as it would be for noise of a level of 1."""
        spectra = map(self._spectrum, (y_true, y_pred))
        return compressed_spectrum(*spectra) / _LEVEL**0.6  # twice the exponent of compression

    def _spectrum(self, waveforms):
        parts = ops.stft(waveforms, self.n_fft, self.n_fft // 4, self.n_fft)
        return ops.stack(parts, axis=-1) * _LEVEL / (3 / 8 * self.n_fft) ** 0.5

    def get_config(self):
        """Everything that makes an equal loss."""
        return {**super().get_config(), "n_fft": self.n_fft, "weight": self.weight}
