"""Targets whose mask is applied inside the network, so that the loss compares what it gives."""

from numbers import Real
from typing import Any

import numpy as np

from skse.targets._base import BaseTarget
from skse.targets._spectra import best_mask, compress, expand, from_channels, to_channels
from skse.utils import check_choice, check_number

DOMAINS = ("complex", "magnitude")
MASKS = ("complex", "real")
# Of what a network adds to a mask of 1: before training, it leaves the noisy speech almost as it
# is, whose error is small beside that of a mask drawn at random.
_START_SCALE = 0.1


class InNetworkTarget(BaseTarget):
    """Base class: clean speech is the target, a mask inside the network makes it.

    A subclass has the parameters ``mask`` and ``bound``.
    """

    needs_reference = True
    output_activation = "linear"
    domain = "complex"
    compression = 1.0

    def network_head(self, featurizer: Any) -> dict[str, Any]:
        """Describe the layers that a network must end in.

        Parameters
        ----------
        featurizer : object
            Of the enhancer.

        Returns
        -------
        head : dict
            For the parameter `head` of a network, once "n_bands", the number of
            rows of the features, is added.
        """
        self.check_params()
        # A file from before a mask without bound began near 1 has a head without the two.
        start = {"offset": 1.0, "scale": _START_SCALE} if self.bound is None else {}
        return {
            "mask": self.mask,
            "bound": None if self.bound is None else float(self.bound),
            "output": self.domain,
            "compression": float(self.compression),
            **start,
        }

    def check_params(self) -> None:
        check_choice(self, "mask", self.mask, MASKS)
        if self.bound is not None:
            check_number(self, "bound", self.bound, Real, min_val=0, include_boundaries="neither")

    def compute(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        return to_channels(compress(clean, self.compression))

    def best_prediction(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        noisy, clean = (compress(x, self.compression) for x in (noisy, clean))
        return to_channels(noisy * best_mask(noisy, clean, mask=self.mask, bound=self._largest()))

    def apply(self, prediction: np.ndarray, noisy: np.ndarray) -> np.ndarray:
        return expand(from_channels(prediction), self.compression)

    def _largest(self):
        """Bound of the mask on compressed spectra."""
        return None if self.bound is None else self.bound**self.compression


class SignalApproximationTarget(InNetworkTarget):
    r"""Signal approximation: the loss on mask times noisy speech, against clean speech.

    The network estimates a mask as with :class:`IdealMaskTarget`, but it is not
    told which: the mask is applied to the noisy STFT inside the network, and the
    loss compares the result with clean speech. Errors count by how much
    they are heard: a wrong gain on a faint unit costs little.

    With the noisy STFT :math:`Y = |Y| e^{j \theta}` and the clean one
    :math:`S = |S| e^{j \varphi}`, the loss compares

    - ``domain="complex"``: :math:`M |Y|^p e^{j \theta}` with :math:`|S|^p e^{j \varphi}`,
    - ``domain="magnitude"``: :math:`M |Y|^p` with :math:`|S|^p`, or with
      :math:`(|S| \max(\cos(\varphi - \theta), 0))^p` where `phase_sensitive`.

    The enhanced STFT has the gain :math:`M^{1/p}`.

    Parameters
    ----------
    domain : {"complex", "magnitude"}, default="complex"
        What is compared.
    mask : {"real", "complex"}, default="real"
        A gain, or a complex factor that also turns the phase; the latter for
        ``domain="complex"`` only.
    bound : float or None, default=1.0
        Largest gain: the mask ends in a sigmoid (a complex one in a hyperbolic tangent
        of its magnitude). None leaves the mask free, a real one to be negative too; in
        training it begins near 1.
    compression : float, default=1.0
        Exponent :math:`p`, above 0 and at most 1; below 1 gives faint units more weight.
    phase_sensitive : bool, default=False
        For ``domain="magnitude"``: aim at the part of clean speech that is in phase
        with the noisy speech, so that a gain is smaller where the phase is wrong.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    needs_reference : bool
        True: the network needs the noisy STFT, and a parameter `head`.
    output_activation : str
        Of the network before its head: ``"linear"``.
    output_range : tuple of float
        Smallest and largest value of the target.
    n_output_channels : int
        2 (real and imaginary part) for ``domain="complex"``, else 1.

    See Also
    --------
    WaveformTarget : The loss on the waveform.
    IdealMaskTarget : The mask itself as target, for any regressor.

    References
    ----------
    Weninger, F., Hershey, J. R., Le Roux, J. and Schuller, B. (2014). Discriminatively
    trained recurrent neural networks for single-channel speech separation. GlobalSIP,
    577-581 (signal approximation).

    Erdogan, H., Hershey, J. R., Watanabe, S. and Le Roux, J. (2015). Phase-sensitive
    and recognition-boosted speech separation using deep recurrent neural networks.
    ICASSP, 708-712 (in the complex domain, which is phase-sensitive).

    Examples
    --------
    >>> import numpy as np
    >>> from skse import SignalApproximationTarget
    >>> clean, noisy = np.array([[1.0 + 0j, 2.0j]]), np.array([[2.0 + 0j, 1.0j]])
    >>> target = SignalApproximationTarget(domain="magnitude")
    >>> target.fit_transform(noisy, clean)
    array([[1., 2.]], dtype=float32)

    The best that a gain of at most 1 can do:

    >>> target.ideal_prediction(noisy, clean)
    array([[1., 1.]], dtype=float32)
    """

    def __init__(
        self,
        domain: str = "complex",
        *,
        mask: str = "real",
        bound: float | None = 1.0,
        compression: float = 1.0,
        phase_sensitive: bool = False,
    ) -> None:
        self.domain = domain
        self.mask = mask
        self.bound = bound
        self.compression = compression
        self.phase_sensitive = phase_sensitive

    @property
    def n_output_channels(self) -> int:
        """Number of channels of the target."""
        return 2 if self.domain == "complex" else 1

    @property
    def output_range(self) -> tuple[float, float]:
        """Smallest and largest value that the target can take."""
        return (-np.inf if self.domain == "complex" else 0.0, np.inf)

    def check_params(self) -> None:
        super().check_params()
        check_choice(self, "domain", self.domain, DOMAINS)
        check_number(
            self,
            "compression",
            self.compression,
            Real,
            min_val=0,
            max_val=1,
            include_boundaries="right",
        )
        if self.domain == "magnitude" and self.mask == "complex":
            raise ValueError(
                "SignalApproximationTarget: mask='complex' turns the phase, which "
                "domain='magnitude' does not compare; use domain='complex' or mask='real'."
            )

    def compute(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        if self.domain == "complex":
            return super().compute(noisy, clean)
        magnitude = np.abs(clean)
        if self.phase_sensitive:
            level = np.abs(noisy)
            product = np.maximum(np.real(clean * np.conj(noisy)), 0)
            magnitude = np.divide(product, level, out=np.zeros_like(level), where=level > 0)
        return (magnitude**self.compression).astype(np.float32, copy=False)

    def best_prediction(self, noisy: np.ndarray, clean: np.ndarray) -> np.ndarray:
        if self.domain == "complex":
            return super().best_prediction(noisy, clean)
        target, level = self.compute(noisy, clean), np.abs(noisy) ** self.compression
        largest = np.inf if self.bound is None else self._largest() * level
        return np.where(level > 0, np.minimum(target, largest), 0).astype(np.float32, copy=False)

    def apply(self, prediction: np.ndarray, noisy: np.ndarray) -> np.ndarray:
        if self.domain == "complex":
            return super().apply(prediction, noisy)
        level = np.abs(noisy)
        phase = np.divide(noisy, level, out=np.zeros_like(noisy), where=level > 0)
        return expand(np.maximum(prediction, 0), self.compression) * phase


class WaveformTarget(InNetworkTarget):
    r"""The loss in the time domain, through an inverse STFT.

    The network applies a mask to the noisy STFT, and the loss compares waveforms:
    ``loss="si_sdr"`` or ``"snr"``, or ``"mse"`` and ``"mae"`` (L1) on the samples.
    A masked STFT is in general not the STFT of any waveform (it is not consistent);
    here the loss sees what the inverse STFT makes of it, and nothing else. After Du et
    al. [1]_, who put the loss of a complex mask there.
    What the network puts out remains an STFT, which the enhancer cross-fades as any other.

    Parameters
    ----------
    mask : {"real", "complex"}, default="real"
        A gain, or a complex factor that also turns the phase.
    bound : float or None, default=1.0
        Largest gain: the mask ends in a sigmoid (a complex one in a hyperbolic tangent
        of its magnitude). None leaves the mask free, a real one to be negative too; in
        training it begins near 1.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    needs_reference : bool
        True: the network needs the noisy STFT, and a parameter `head`.
    output_activation : str
        Of the network before its head: ``"linear"``.
    output_range : tuple of float
        Smallest and largest value of the target: any.
    n_output_channels : int
        Number of channels of the target: 2, real and imaginary part.

    See Also
    --------
    SignalApproximationTarget : The loss on the masked STFT.

    Notes
    -----
    The frame length, hop and window of the inverse STFT are those of the enhancer's
    featurizer. The loss takes a segment from the centre of its first frame to
    that of its last. ``ideal_prediction``, and with it :func:`~skse.oracle_predict`,
    takes the mask with the least squared error in each unit of the STFT.

    The loss does not make the masked STFT :math:`\hat S` more consistent: it stops paying for
    what is not. The STFT of the least-squares inverse STFT is an orthogonal projection
    :math:`P`, and that of clean speech, :math:`S`, is its own. So, summed over both halves of
    the spectrum,

    .. math:: \|P \hat S - S\|^2 = \|\hat S - S\|^2 - \|\hat S - P \hat S\|^2 ,

    the squared error of the spectrum (:class:`SignalApproximationTarget`) less the energy
    of the inconsistent part, which may well grow in training. Where the squared windows add up
    to a constant (Hann windows at a hop of ``n_fft // 4``, not ``n_fft // 2``), the left side
    is that constant times the squared error of the waveform; else it weights samples.

    References
    ----------
    .. [1] X. Du, M. Zhu, X. Shi, X. Zhang, W. Zhang and J. Chen, "End-to-end model for speech
       enhancement by consistent spectrogram masking", arXiv:1901.00295, 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import WaveformTarget
    >>> clean, noisy = np.array([[1.0 + 0j, 2.0j]]), np.array([[2.0 + 0j, 1.0j]])
    >>> WaveformTarget().fit_transform(noisy, clean).shape
    (1, 2, 2)
    """

    gives_waveforms = True
    n_output_channels = 2
    output_range = (-np.inf, np.inf)

    def __init__(self, mask: str = "real", *, bound: float | None = 1.0) -> None:
        self.mask = mask
        self.bound = bound

    def network_head(self, featurizer: Any) -> dict[str, Any]:
        """Describe the layers that a network must end in, and the inverse STFT of the loss.

        Parameters
        ----------
        featurizer : object
            Of the enhancer; its ``n_fft``, ``hop_length`` and ``window`` are used.

        Returns
        -------
        head : dict
            For the parameter `head` of a network, once "n_bands", the number of
            rows of the features, is added.
        """
        window = featurizer.window
        if not isinstance(window, (str, tuple)):
            window = np.asarray(window, dtype=float).tolist()
        istft = {
            "n_fft": int(featurizer.n_fft),
            "hop_length": int(featurizer.hop_length),
            "window": window,
        }
        return {**super().network_head(featurizer), "istft": istft}


class TrainedFourierTarget(WaveformTarget):
    """The loss in the time domain, with trained Fourier kernels before and behind the mask.

    As :class:`~skse.WaveformTarget`, but the transform of the noisy frames that the mask is
    applied to, and the one back to samples, are trained with the network. Both start as the
    Fourier transform. To be compared with a fixed one, a search has both targets.

    Parameters
    ----------
    mask : {"real", "complex"}, default="real"
        A gain, or a complex factor that also turns the phase.
    bound : float or None, default=1.0
        Largest gain: the mask ends in a sigmoid (a complex one in a hyperbolic tangent
        of its magnitude). None leaves the mask free, a real one to be negative too; in
        training it begins near 1.

    Attributes
    ----------
    n_features_in_ : int
        Number of frequencies seen in `fit`.
    needs_reference : bool
        True: the network needs the noisy STFT, and a parameter `head`.
    output_activation : str
        Of the network before its head: ``"linear"``.
    output_range : tuple of float
        Smallest and largest value of the target: any.
    n_output_channels : int
        Number of channels of the target: 2, real and imaginary part.

    See Also
    --------
    skse.WaveformTarget : With the Fourier transform as it is.

    Notes
    -----
    After Du et al. [1]_, whose network begins with a convolution with trained Fourier kernels and
    ends with one. Ours is how they are trained: an STFT and its inverse stay as they are, and a
    matrix behind the one and before the other, which start as the identity, map real and
    imaginary part of a frame. These reach what kernels on its windowed samples reach, with other
    steps. The features are those of the featurizer, untrained. Once trained, the way back no
    longer undoes the way there: a mask of 1 does not give the noisy speech.

    References
    ----------
    .. [1] X. Du, M. Zhu, X. Shi, X. Zhang, W. Zhang and J. Chen, "End-to-end model for speech
       enhancement by consistent spectrogram masking", arXiv:1901.00295, 2019.

    Examples
    --------
    >>> from skse import DenseNetRegressor, SpeechEnhancer, STFTFeaturizer
    >>> from skse.targets import TrainedFourierTarget
    >>> enhancer = SpeechEnhancer(
    ...     STFTFeaturizer(scale="complex"),
    ...     TrainedFourierTarget("complex", bound=None),
    ...     DenseNetRegressor(),
    ... )
    """

    def network_head(self, featurizer: Any) -> dict[str, Any]:
        """Describe the layers that a network must end in, trained kernels among them.

        Parameters
        ----------
        featurizer : object
            Of the enhancer; its ``n_fft``, ``hop_length`` and ``window`` are used.

        Returns
        -------
        head : dict
            For the parameter `head` of a network, once "n_bands", the number of
            rows of the features, is added.
        """
        return {**super().network_head(featurizer), "trains_kernels": True}
