"""A loss in the time domain for networks that put out an STFT. Importing this loads Keras."""

import keras
import numpy as np
from keras import ops
from scipy.signal import get_window

from skse.networks._losses import named_loss


def istft(spectrum, window, hop_length):
    """Waveforms of STFTs by least-squares overlap-add, differentiable.

    Parameters
    ----------
    spectrum : tensor of shape (batch_size, n_frequencies, n_frames, 2)
        Real and imaginary part, framed as ``librosa.stft`` frames with ``center=True``.
    window : ndarray of shape (n_fft,)
        Window of the analysis.
    hop_length : int
        Samples from one frame to the next.

    Returns
    -------
    waveforms : tensor of shape (batch_size, n_times)
        From the centre of the first frame to that of the last:
        ``n_times = (n_frames - 1) * hop_length + n_fft % 2``.

    References
    ----------
    D. W. Griffin and J. S. Lim, "Signal estimation from modified short-time Fourier
    transform", IEEE Trans. ASSP 32(2), 1984, equation 6.
    """
    n_fft, edge = len(window), len(window) // 2
    weights = ops.convert_to_tensor(window.astype(np.float32))
    spectrum = ops.swapaxes(ops.cast(spectrum, "float32"), 1, 2)
    frames = ops.irfft((spectrum[..., 0], spectrum[..., 1]), fft_length=n_fft) * weights
    coverage = ops.ones_like(frames[:1]) * ops.square(weights)
    n_times = (ops.shape(frames)[1] - 1) * hop_length + n_fft % 2
    total, coverage = (
        _overlap_add(x, hop_length)[:, edge : edge + n_times] for x in (frames, coverage)
    )
    return total / coverage


def _overlap_add(frames, hop_length):
    """Sum frames ``(batch_size, n_frames, n_fft)``, each `hop_length` after the one before."""
    n_fft = frames.shape[2]
    n_phases = -(-n_fft // hop_length)
    frames = ops.pad(frames, [(0, 0), (0, 0), (0, n_phases * hop_length - n_fft)])
    # A hop is one row: phase p of all frames lands p rows below the frames' own rows.
    hops = sum(
        ops.pad(
            frames[:, :, p * hop_length : (p + 1) * hop_length],
            [(0, 0), (p, n_phases - 1 - p), (0, 0)],
        )
        for p in range(n_phases)
    )
    return ops.reshape(hops, (ops.shape(hops)[0], -1))


@keras.saving.register_keras_serializable("skse")
class WaveformLoss(keras.losses.Loss):
    """Apply a loss to the waveforms of two STFTs.

    Parameters
    ----------
    loss : str, callable or keras.losses.Loss
        What compares the waveforms.
    n_fft, hop_length : int
        Of the STFT.
    window : str, tuple or sequence of float
        Of the STFT, as :func:`scipy.signal.get_window` names it or as values.
    name : str or None, default=None
        Name of the loss.
    **options : dict
        Of `keras.losses.Loss`.
    """

    def __init__(self, loss, n_fft, hop_length, window, name=None, **options):
        super().__init__(name=name, **options)
        self.loss, self.n_fft, self.hop_length = loss, n_fft, hop_length
        named = isinstance(window, (str, tuple)) and isinstance(window[0], str)
        self.window = get_window(window, n_fft) if named else np.asarray(window, np.float64)
        self._compare = keras.losses.get(named_loss(loss))

    def call(self, y_true, y_pred):
        """Loss of every row, from STFTs ``(batch_size, n_frequencies, n_frames, 2)``."""
        clean, enhanced = (istft(y, self.window, self.hop_length) for y in (y_true, y_pred))
        compare = getattr(self._compare, "call", self._compare)
        return compare(clean, enhanced)

    def get_config(self):
        """Everything that makes an equal loss."""
        loss = self.loss
        return {
            **super().get_config(),
            "loss": loss if isinstance(loss, str) else keras.saving.serialize_keras_object(loss),
            "n_fft": self.n_fft,
            "hop_length": self.hop_length,
            "window": self.window.tolist(),
        }

    @classmethod
    def from_config(cls, config):
        """Make the loss that a configuration describes."""
        loss = config["loss"]
        if not isinstance(loss, str):
            loss = keras.saving.deserialize_keras_object(loss)
        return cls(**{**config, "loss": loss})
