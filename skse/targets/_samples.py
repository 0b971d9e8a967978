"""SamplesTarget: the clean waveform itself is the target."""

import numpy as np

from skse.targets._base import BaseTarget
from skse.utils.typing import ArrayOrList, Arrays

# Energy in the half of a frame that the window empties, relative to the other: rounding alone.
_ROUNDING = 1e-6


class SamplesTarget(BaseTarget):
    """Frames of the samples of clean speech, for networks that work on waveforms.

    It belongs to :class:`~skse.features.SamplesFeaturizer`, whose frames lie side by side: frame t
    of the target holds the ``hop_length`` samples of clean speech that those of the features
    hold of noisy speech.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    output_activation : str
        ``"linear"``.
    output_range : tuple of float
        Smallest and largest value of the target: any.
    n_output_channels : int
        1.

    See Also
    --------
    skse.features.SamplesFeaturizer : The featurizer that belongs to it.
    skse.SEGANRegressor : A network on waveforms.
    WaveformTarget : The loss on waveforms, of a mask on the STFT.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.features import SamplesFeaturizer
    >>> from skse.targets import SamplesTarget
    >>> featurizer, target = SamplesFeaturizer(hop_length=4), SamplesTarget()
    >>> clean = np.arange(12.0)
    >>> noisy_stft, clean_stft = featurizer.stft(np.stack([clean + 1, clean]))
    >>> frames = target.fit_transform(noisy_stft, clean_stft)
    >>> frames[:, 1].round()
    array([4., 5., 6., 7.], dtype=float32)
    >>> featurizer.istft(target.inverse_transform(frames, noisy_stft), 12).round()
    array([ 0.,  1.,  2.,  3.,  4.,  5.,  6.,  7.,  8.,  9., 10., 11.], dtype=float32)
    """

    def compute(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        hop_length = clean.shape[-2] - 1
        before, frames = np.split(np.fft.irfft(clean, 2 * hop_length, axis=-2), 2, axis=-2)
        if np.sum(before**2) > _ROUNDING * np.sum(frames**2):
            raise ValueError(
                "SamplesTarget: the STFT of clean speech has overlapping windows; expected frames "
                "of samples that lie side by side. Use skse.features.SamplesFeaturizer as "
                "featurizer, or WaveformTarget for a loss on waveforms."
            )
        return frames.astype(np.float32, copy=False)

    def inverse_transform(self, X: Arrays, noisy: Arrays) -> ArrayOrList:
        """Turn predicted frames of samples into the enhanced STFT.

        Parameters
        ----------
        X : array-like of shape (n_samples, hop_length, n_frames) or list of arrays
            Predicted target.
        noisy : array-like of shape (n_samples, hop_length + 1, n_frames) or list of arrays
            STFT of the noisy waveforms.

        Returns
        -------
        enhanced : ndarray of shape (n_samples, hop_length + 1, n_frames) or list of ndarray
            Complex.
        """
        # An STFT has a row more than its frames have samples.
        padded = [_with_a_row(x) for x in X] if isinstance(X, (list, tuple)) else _with_a_row(X)
        return super().inverse_transform(padded, noisy)

    def apply(self, prediction: np.ndarray, noisy: np.ndarray) -> np.ndarray:
        prediction = prediction[..., :-1, :]
        frames = np.concatenate([np.zeros_like(prediction), prediction], axis=-2)
        return np.fft.rfft(frames, axis=-2).astype(np.complex64)


def _with_a_row(frames):
    frames = np.asarray(frames)
    return np.pad(frames, [(0, 0)] * (frames.ndim - 2) + [(0, 1), (0, 0)])
