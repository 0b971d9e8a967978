"""SpectrogramDisplay: waveforms seen over time and frequency, on one scale."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

import numpy as np

from skse.features import STFTFeaturizer
from skse.plotting._panels import draw_panels, make_axes
from skse.utils import check_number, check_sampling_rate, check_waveforms
from skse.utils.typing import Waveform

# Below any level that a recording holds; keeps silence drawable.
_FLOOR = 1e-10


class SpectrogramDisplay:
    """Spectrograms of some waveforms, one above the other, in one colour scale.

    Make it with :meth:`from_waveforms` or :meth:`from_estimator`; those draw
    nothing yet.

    Parameters
    ----------
    spectrograms : dict of str to ndarray of shape (n_frequencies, n_frames)
        Levels in dB, by the name to write above.
    sampling_rate : float
        Hz.
    hop_length : int
        Samples between frames.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes, shape (n_spectrograms,)
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        The figure that holds them.
    images_ : list of matplotlib AxesImage
        One a spectrogram.
    colorbar_ : matplotlib Colorbar
        Of the scale that all share.

    See Also
    --------
    MaskDisplay : What an enhancer does to every unit.
    ComparisonDisplay : Scores of many enhancers.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.plotting import SpectrogramDisplay
    >>> clean = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    >>> noisy = clean + 0.1 * np.random.default_rng(0).standard_normal(8000)
    >>> display = SpectrogramDisplay.from_waveforms(
    ...     {"noisy": noisy, "clean": clean}, sampling_rate=8000)
    >>> display.spectrograms["clean"].shape
    (129, 126)
    >>> figure = display.plot().figure_  # doctest: +SKIP
    """

    def __init__(
        self, spectrograms: Mapping[str, np.ndarray], *, sampling_rate: float, hop_length: int
    ) -> None:
        self.spectrograms = spectrograms
        self.sampling_rate = sampling_rate
        self.hop_length = hop_length

    @classmethod
    def from_waveforms(
        cls,
        waveforms: Waveform | Mapping[str, Waveform],
        *,
        sampling_rate: float,
        n_fft: int = 256,
        hop_length: int = 64,
    ) -> Self:
        """Compute the spectrograms of waveforms.

        Parameters
        ----------
        waveforms : array-like of shape (n_times,) or dict of str to such
            One waveform, or several by name.
        sampling_rate : float
            Hz.
        n_fft : int, default=256
            Samples in a frame.
        hop_length : int, default=64
            Samples between frames.

        Returns
        -------
        display : SpectrogramDisplay

        Raises
        ------
        ValueError
            For waveforms that are not finite and mono, or a parameter out of its
            range.
        """
        check_sampling_rate(cls.__name__, sampling_rate)
        check_number(cls.__name__, "n_fft", n_fft, Integral, min_val=2)
        check_number(cls.__name__, "hop_length", hop_length, Integral, min_val=1, max_val=n_fft)
        if not isinstance(waveforms, Mapping):
            waveforms = {"": waveforms}
        if not waveforms:
            raise ValueError(f"{cls.__name__}: waveforms is empty; expected at least one.")
        featurizer = STFTFeaturizer(n_fft=n_fft, hop_length=hop_length)
        spectrograms = {}
        for name, waveform in waveforms.items():
            checked = check_waveforms([waveform], f"waveforms[{name!r}]", any_level=True)
            magnitude = np.abs(featurizer.stft(checked)[0])
            spectrograms[name] = 20 * np.log10(np.maximum(magnitude, _FLOOR))
        return cls(spectrograms, sampling_rate=sampling_rate, hop_length=hop_length)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        noisy: Waveform,
        clean: Waveform | None = None,
        *,
        sampling_rate: float | None = None,
        n_fft: int = 256,
        hop_length: int = 64,
    ) -> Self:
        """Compute the spectrograms of one noisy waveform and of what an enhancer makes of it.

        Parameters
        ----------
        estimator : SpeechEnhancer or other fitted enhancer
            Its ``predict`` takes a list of waveforms.
        noisy : array-like of shape (n_times,)
            Noisy waveform.
        clean : array-like of shape (n_times,), default=None
            Clean waveform, shown last.
        sampling_rate : float, default=None
            Hz. None takes ``estimator.sampling_rate``.
        n_fft : int, default=256
            Samples in a frame.
        hop_length : int, default=64
            Samples between frames.

        Returns
        -------
        display : SpectrogramDisplay

        Raises
        ------
        ValueError
            As :meth:`from_waveforms`, and where no sampling rate is known.
        """
        if sampling_rate is None:
            sampling_rate = getattr(estimator, "sampling_rate", None)
        if sampling_rate is None:
            raise ValueError(
                f"{cls.__name__}: {type(estimator).__name__} has no sampling_rate; pass "
                "sampling_rate=8000, or whatever the recording has."
            )
        waveforms = {"noisy": noisy, "enhanced": estimator.predict([noisy])[0]}
        if clean is not None:
            waveforms["clean"] = clean
        return cls.from_waveforms(
            waveforms, sampling_rate=sampling_rate, n_fft=n_fft, hop_length=hop_length
        )

    def plot(self, ax: Any = None, *, dynamic_range_db: float = 60.0, cmap: Any = "magma") -> Self:
        """Draw the spectrograms.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            One for every spectrogram. None makes a new figure.
        dynamic_range_db : float, default=60.0
            Span of the colour scale, down from the loudest unit of all.
        cmap : str or matplotlib Colormap, default="magma"
            Colours.

        Returns
        -------
        self : SpectrogramDisplay

        Raises
        ------
        ValueError
            Where `ax` does not hold one Axes for every spectrogram.
        """
        check_number(
            self,
            "dynamic_range_db",
            dynamic_range_db,
            Real,
            min_val=0,
            include_boundaries="neither",
        )
        self.ax_ = make_axes(ax, self.spectrograms)
        self.figure_ = self.ax_[0].figure
        loudest = max(float(levels.max()) for levels in self.spectrograms.values())
        self.images_ = draw_panels(
            self.ax_,
            {name: levels - loudest for name, levels in self.spectrograms.items()},
            sampling_rate=self.sampling_rate,
            hop_length=self.hop_length,
            vmin=-dynamic_range_db,
            vmax=0,
            cmap=cmap,
        )
        self.colorbar_ = self.figure_.colorbar(
            self.images_[0], ax=list(self.ax_), label="Level (dB re loudest)", pad=0.02
        )
        return self
