"""SpectrumTarget: the clean spectrum itself."""

from numbers import Real

import numpy as np

from skse.targets._base import BaseTarget
from skse.utils import check_choice, check_number

SCALES = ("log", "magnitude", "power")
# exp() of this is far above any spectrum and far below float32's largest number.
_LARGEST_LOG = 40.0


class SpectrumTarget(BaseTarget):
    r"""The clean spectrum as training target: mapping.

    The network learns the clean spectrum; the enhanced STFT has the predicted
    magnitude and the noisy phase.

    Parameters
    ----------
    scale : {"log", "magnitude", "power"}, default="log"
        :math:`\ln \max(|S|, \epsilon)`, :math:`|S|` or :math:`|S|^2`.
    floor_db : float, default=-60.0
        For ``scale="log"``: :math:`\epsilon` in dB relative to a magnitude of
        1. :class:`~skse.SpeechEnhancer` brings every recording to an RMS of 1
        first, so that the floor lies at the same depth below each.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    output_activation : str
        Activation that a network must end in: ``"linear"``.
    output_range : tuple of float
        Smallest and largest value that the target can take.
    n_output_channels : int
        Number of channels of the target: 1.

    See Also
    --------
    IdealMaskTarget : A gain per time-frequency unit as target.

    References
    ----------
    Xu, Y., Du, J., Dai, L.-R. and Lee, C.-H. (2015). A regression approach to
    speech enhancement based on deep neural networks. IEEE/ACM TASLP 23(1), 7-19
    (mapping of log spectra).

    Examples
    --------
    >>> import numpy as np
    >>> from skse import SpectrumTarget
    >>> clean, noisy = np.array([[1.0 + 0j, 2.0j]]), np.array([[2.0 + 0j, 2.0j]])
    >>> target = SpectrumTarget(scale="magnitude")
    >>> magnitude = target.fit_transform(noisy, clean)
    >>> magnitude
    array([[1., 2.]], dtype=float32)
    >>> target.inverse_transform(magnitude, noisy)
    array([[1.+0.j, 0.+2.j]])
    """

    output_activation = "linear"

    def __init__(self, scale="log", *, floor_db=-60.0):
        self.scale = scale
        self.floor_db = floor_db

    @property
    def output_range(self):
        """Smallest and largest value that the target can take."""
        return (-np.inf if self.scale == "log" else 0.0, np.inf)

    def _check_params(self):
        check_choice(self, "scale", self.scale, SCALES)
        check_number(self, "floor_db", self.floor_db, Real, min_val=-300, max_val=100)

    def _transform(self, noisy, clean):
        magnitude = np.abs(clean)
        if self.scale == "power":
            magnitude = np.square(magnitude)
        elif self.scale == "log":
            magnitude = np.log(np.maximum(magnitude, 10 ** (self.floor_db / 20)))
        return magnitude.astype(np.float32, copy=False)

    def _inverse_transform(self, prediction, noisy):
        if self.scale == "log":
            magnitude = np.exp(np.minimum(prediction, _LARGEST_LOG))
        else:
            magnitude = np.maximum(prediction, 0)
            if self.scale == "power":
                magnitude = np.sqrt(magnitude)
        level = np.abs(noisy)
        phase = np.divide(noisy, level, out=np.zeros_like(noisy), where=level > 0)
        return magnitude * phase
