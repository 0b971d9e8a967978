"""SpectrumTarget: the clean spectrum itself."""

from numbers import Real

import numpy as np

from skse.targets._base import BaseTarget
from skse.targets._records import SPECTRA
from skse.utils import check_choice, check_number


class SpectrumTarget(BaseTarget):
    r"""The clean spectrum as training target: mapping.

    The network learns the clean spectrum; for all scales but "real" and
    "complex", the enhanced STFT has the predicted magnitude and the noisy phase.

    Parameters
    ----------
    scale : {"log", "magnitude", "power", "compressed", "real", "complex"}, default="log"
        What is learned, for a clean STFT value S:

        - "log": :math:`\ln \max(|S|, \epsilon)`,
        - "magnitude": :math:`|S|`,
        - "power": :math:`|S|^2`,
        - "compressed": :math:`|S|^c`,
        - "real": the real part; what becomes of the other, `imaginary` says,
        - "complex": real and imaginary part as two channels.
    floor_db : float, default=-60.0
        For ``scale="log"``: :math:`\epsilon` in dB relative to a magnitude of
        1. :class:`~skse.SpeechEnhancer` brings every recording to an RMS of 1
        first, so that the floor lies at the same depth below each.
    compression : float, default=0.3
        For ``scale="compressed"``: exponent :math:`c`, above 0 and at most 1.
    imaginary : {"rescale", "drop"}, default="rescale"
        For ``scale="real"``: "rescale" multiplies the noisy imaginary part by
        the gain that the real part got, predicted over noisy, cut to
        :math:`\pm 1`; "drop" sets it to 0.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    output_activation : str
        Activation that a network must end in: ``"linear"``.
    output_range : tuple of float
        Smallest and largest value that the target can take.
    n_output_channels : int
        Number of channels of the target: 2 for ``scale="complex"``, else 1.

    See Also
    --------
    IdealMaskTarget : A gain per time-frequency unit as target.

    Notes
    -----
    The noisy real part can be anywhere near 0 in a loud unit. Without the cut,
    a gain that is the ratio to it would make the imaginary part arbitrarily loud.

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

    def __init__(
        self,
        scale: str = "log",
        *,
        floor_db: float = -60.0,
        compression: float = 0.3,
        imaginary: str = "rescale",
    ) -> None:
        self.scale = scale
        self.floor_db = floor_db
        self.compression = compression
        self.imaginary = imaginary

    @property
    def output_range(self) -> tuple[float, float]:
        """Smallest and largest value that the target can take."""
        return self._record().range(self)

    @property
    def n_output_channels(self) -> int:
        """Number of channels of the target."""
        return self._record().n_channels

    def _record(self):
        check_choice(self, "scale", self.scale, SPECTRA)
        return SPECTRA[self.scale]

    def check_params(self) -> None:
        self._record()
        check_choice(self, "imaginary", self.imaginary, ("rescale", "drop"))
        check_number(self, "floor_db", self.floor_db, Real, min_val=-300, max_val=100)
        bounds = {"min_val": 0, "max_val": 1, "include_boundaries": "right"}
        check_number(self, "compression", self.compression, Real, **bounds)

    def compute(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        return self._record().compute(noisy, clean, self).astype(np.float32, copy=False)

    def apply(self, prediction: np.ndarray, noisy: np.ndarray) -> np.ndarray:
        return self._record().apply(prediction, noisy, self)
