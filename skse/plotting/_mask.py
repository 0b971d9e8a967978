"""MaskDisplay: what an enhancer does to every time-frequency unit."""

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from skse.enhancement import SpeechEnhancer
from skse.plotting._panels import draw_panels, make_axes
from skse.utils import check_number, check_sampling_rate, check_waveform_pairs, check_waveforms
from skse.utils.typing import Waveform


class MaskDisplay:
    """Masks over time and frequency, one above the other, in one scale of grey.

    Make it with :meth:`from_estimator` or :meth:`from_masks`; those draw nothing
    yet.

    Parameters
    ----------
    masks : dict of str to ndarray of shape (n_frequencies, n_frames)
        Gain of every time-frequency unit, by the name to write above.
    sampling_rate : float
        Hz.
    hop_length : int
        Samples between frames.

    Attributes
    ----------
    ax_ : ndarray of matplotlib Axes, shape (n_masks,)
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        The figure that holds them.
    images_ : list of matplotlib AxesImage
        One a mask.
    colorbar_ : matplotlib Colorbar
        Of the scale that all share.

    See Also
    --------
    SpectrogramDisplay : What is heard before and after.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skse import SpeechEnhancer
    >>> from skse.plotting import MaskDisplay
    >>> rng = np.random.default_rng(0)
    >>> clean = np.sin(2 * np.pi * 500 * np.arange(4000) / 8000) * np.ones((4, 1))
    >>> noisy = clean + 0.3 * rng.standard_normal(clean.shape)
    >>> enhancer = SpeechEnhancer(regressor=Ridge(), sampling_rate=8000).fit(noisy, clean)
    >>> display = MaskDisplay.from_estimator(enhancer, noisy[0], clean[0])
    >>> {name: mask.shape for name, mask in display.masks.items()}
    {'predicted': (129, 32), 'ideal': (129, 32)}
    >>> figure = display.plot().figure_  # doctest: +SKIP
    """

    def __init__(
        self, masks: Mapping[str, np.ndarray], *, sampling_rate: float, hop_length: int
    ) -> None:
        self.masks = masks
        self.sampling_rate = sampling_rate
        self.hop_length = hop_length

    @classmethod
    def from_masks(
        cls,
        masks: ArrayLike | Mapping[str, ArrayLike],
        *,
        sampling_rate: float,
        hop_length: int = 128,
    ) -> Self:
        """Take masks as they are, such as those of :class:`~skse.IdealMaskTarget`.

        Parameters
        ----------
        masks : array-like of shape (n_frequencies, n_frames) or dict of str to such
            One mask, or several by name.
        sampling_rate : float
            Hz.
        hop_length : int, default=128
            Samples between frames.

        Returns
        -------
        display : MaskDisplay

        Raises
        ------
        ValueError
            For masks that are not finite, real and of two dimensions, or a parameter out
            of its range.
        """
        check_sampling_rate(cls.__name__, sampling_rate)
        check_number(cls.__name__, "hop_length", hop_length, Integral, min_val=1)
        masks = masks if isinstance(masks, Mapping) else {"": masks}
        if not masks:
            raise ValueError(f"{cls.__name__}: masks is empty; expected at least one.")
        checked = {name: _check_mask(mask, f"masks[{name!r}]") for name, mask in masks.items()}
        return cls(checked, sampling_rate=sampling_rate, hop_length=hop_length)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        noisy: Waveform,
        clean: Waveform | None = None,
        *,
        sampling_rate: float | None = None,
    ) -> Self:
        """Compute the mask that an enhancer predicts, and the ideal one.

        Parameters
        ----------
        estimator : SpeechEnhancer
            Fitted; or a search such as :class:`~sklearn.model_selection.GridSearchCV` whose
            best estimator is one.
        noisy : array-like of shape (n_times,)
            Noisy waveform.
        clean : array-like of shape (n_times,), default=None
            Clean waveform; with it the ideal mask is shown below the predicted one.
        sampling_rate : float, default=None
            Hz. None takes ``estimator.sampling_rate``.

        Returns
        -------
        display : MaskDisplay

        Raises
        ------
        ValueError
            For waveforms that are not finite, mono and equally long, where no sampling
            rate is known, and for an estimator that predicts no target.

        Notes
        -----
        Shown is the gain ``|enhanced STFT| / |noisy STFT|`` that the target makes of a
        prediction, before `strength` and `mask_floor_db`. For a mask in [0, 1] that is the
        mask itself; for a target that maps to the clean spectrum it is the mask that would
        have done the same.
        """
        enhancer = getattr(estimator, "best_estimator_", estimator)
        if not isinstance(enhancer, SpeechEnhancer):
            raise ValueError(
                f"{cls.__name__}: estimator is a {type(enhancer).__name__}, which predicts no "
                "mask; expected a fitted SpeechEnhancer. Of a Pipeline pass the last step, and "
                "the waveform that the steps before make."
            )
        if sampling_rate is None:
            sampling_rate = enhancer.sampling_rate
        if sampling_rate is None:
            raise ValueError(
                f"{cls.__name__}: {type(enhancer).__name__} has no sampling_rate; pass "
                "sampling_rate=8000, or whatever the recording has."
            )
        if clean is None:
            noisy = check_waveforms([noisy], "noisy")[0]
        else:
            noisy, clean = (w[0] for w in check_waveform_pairs([noisy], [clean]))
        enhancer.check_ready()
        masks = {"predicted": _predicted_gain(enhancer, noisy)}
        if clean is not None:
            masks["ideal"] = _ideal_gain(enhancer, noisy, clean)
        hop_length = enhancer.featurizer_.hop_length
        return cls.from_masks(masks, sampling_rate=sampling_rate, hop_length=hop_length)

    def plot(self, ax: Any = None, *, max_gain: float = 1.0, cmap: Any = "gray") -> Self:
        """Draw the masks.

        Parameters
        ----------
        ax : matplotlib Axes or array-like of them, default=None
            One for every mask. None makes a new figure.
        max_gain : float, default=1.0
            Gain that gets the brightest colour; larger ones look the same.
        cmap : str or matplotlib Colormap, default="gray"
            Colours.

        Returns
        -------
        self : MaskDisplay

        Raises
        ------
        ValueError
            Where `ax` does not hold one Axes for every mask.
        """
        check_number(self, "max_gain", max_gain, Real, min_val=0, include_boundaries="neither")
        self.ax_ = make_axes(ax, self.masks)
        self.figure_ = self.ax_[0].figure
        self.images_ = draw_panels(
            self.ax_,
            self.masks,
            sampling_rate=self.sampling_rate,
            hop_length=self.hop_length,
            vmin=0,
            vmax=max_gain,
            cmap=cmap,
        )
        beyond = any(float(mask.max()) > 1.001 * max_gain for mask in self.masks.values())
        self.colorbar_ = self.figure_.colorbar(
            self.images_[0],
            ax=list(self.ax_),
            label="Gain",
            pad=0.02,
            extend="max" if beyond else "neither",
        )
        return self


def _predicted_gain(enhancer, noisy):
    """Gain of one utterance; its blocks come in order, without overlap."""
    chain, around = enhancer.chain_, enhancer.environments_of([noisy])
    blocks = chain.predictions([noisy], enhancer.regressor_, environments=around)
    gains = [
        _gain(chain.target.inverse_transform(target, stft), stft) for _, target, stft in blocks
    ]
    n_frames = chain.featurizer.stft([noisy])[0].shape[1]
    return np.concatenate(gains, axis=-1)[:, :n_frames]


def _ideal_gain(enhancer, noisy, clean):
    # Targets with a floor look at levels: those that the regressor was trained with.
    chain = enhancer.chain_
    gain = np.float32(chain.gain(noisy))
    y, s = (chain.featurizer.stft([gain * waveform])[0] for waveform in (noisy, clean))
    return _gain(chain.target.inverse_transform(chain.target.transform(y, s), y), y)


def _gain(enhanced, noisy):
    magnitude = np.abs(noisy)
    return np.divide(np.abs(enhanced), magnitude, out=np.zeros_like(magnitude), where=magnitude > 0)


def _check_mask(mask, name):
    mask = np.asarray(mask)
    if mask.ndim != 2 or not mask.size or mask.dtype.kind not in "fiub":
        raise ValueError(
            f"MaskDisplay: {name} has shape {mask.shape} and type {mask.dtype}; expected real "
            "numbers of shape (n_frequencies, n_frames)."
        )
    if not np.isfinite(mask).all():
        raise ValueError(f"MaskDisplay: {name} contains NaN or inf; expected finite gains.")
    return mask
