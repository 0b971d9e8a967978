"""SamplesFeaturizer: the waveform itself, in frames that lie side by side."""

from numbers import Integral

import numpy as np

from skse.features._base import BaseFeaturizer
from skse.utils import check_number


class SamplesFeaturizer(BaseFeaturizer):
    """Waveforms to frames of their own samples, for networks that work on waveforms.

    Frame t holds the samples from ``t * hop_length`` on, `hop_length` of them: the columns of a
    segment, one below the other, are a piece of the waveform as it is. With
    :class:`~skse.targets.SamplesTarget` the network gives frames of samples as well, which
    :class:`~skse.SpeechEnhancer` cross-fades and puts together as it does with spectra.

    Parameters
    ----------
    hop_length : int, default=256
        Samples in a frame. With a `segment_frames` of 64 a segment has 16384 samples: the
        1.02 s at 16 kHz of [1]_.

    Attributes
    ----------
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.

    See Also
    --------
    skse.targets.SamplesTarget : The target that belongs to it.
    skse.SEGANRegressor : A network on waveforms.

    Notes
    -----
    To the rest of an enhancer it is an STFT like any other: that of frames of ``2 * hop_length``
    samples, of which a window sets the first half to 0 and leaves the second one. Every sample
    is under one window alone, so that the inverse puts frames side by side. Masks on this STFT
    make little sense.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.features import SamplesFeaturizer
    >>> frames = SamplesFeaturizer(hop_length=3).fit_transform(np.arange(7.0)[None])
    >>> np.round(frames[0])
    array([[0., 3., 6.],
           [1., 4., 0.],
           [2., 5., 0.]], dtype=float32)
    """

    def __init__(self, hop_length: int = 256) -> None:
        self.hop_length = hop_length

    @property
    def n_fft(self) -> int:
        """Samples under a window: twice those that it leaves."""
        return 2 * self.hop_length

    @property
    def window(self) -> np.ndarray:
        """Window of shape (n_fft,): 0 in its first half, 1 in its second."""
        return np.repeat([0.0, 1.0], self.hop_length)

    def check_params(self) -> np.ndarray:
        check_number(self, "hop_length", self.hop_length, Integral, min_val=1)
        return super().check_params()

    def compute(self, S: np.ndarray) -> np.ndarray:
        frames = np.fft.irfft(S, self.n_fft, axis=-2)[..., self.hop_length :, :]
        return frames.astype(np.float32, copy=False)
