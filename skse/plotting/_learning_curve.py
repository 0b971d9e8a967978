"""LearningCurveDisplay: the loss of a network, epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

# Okabe and Ito's colours, told apart by every kind of colour vision.
_CURVES = {
    "loss": ("Training", "#0072B2", "o"),
    "val_loss": ("Validation", "#D55E00", "s"),
}


class LearningCurveDisplay:
    """Training and validation loss over the epochs of one training.

    Make it with :meth:`from_estimator` or :meth:`from_history`; those draw
    nothing yet.

    Parameters
    ----------
    history : dict of str to list of float
        ``"loss"``, and ``"val_loss"`` where there was a validation part; one value
        an epoch.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        The figure that holds it.
    lines_ : list of matplotlib Line2D
        One a curve.

    See Also
    --------
    sklearn.model_selection.LearningCurveDisplay : Scores over the number of samples.

    Examples
    --------
    >>> from skse.plotting import LearningCurveDisplay
    >>> display = LearningCurveDisplay.from_history(
    ...     {"loss": [0.5, 0.3, 0.2], "val_loss": [0.6, 0.4, 0.5]})
    >>> display.best_epoch
    2
    >>> figure = display.plot().figure_  # doctest: +SKIP
    """

    def __init__(self, history: Mapping[str, Sequence[float]]) -> None:
        self.history = history

    @property
    def best_epoch(self) -> int | None:
        """Epoch of the smallest loss, the validation's where there is one; the first is 1."""
        losses = np.asarray(self.history.get("val_loss", self.history["loss"]), dtype=float)
        return int(np.nanargmin(losses)) + 1 if np.isfinite(losses).any() else None

    @classmethod
    def from_history(cls, history: Mapping[str, Sequence[float]]) -> Self:
        """Take the losses as they are.

        Parameters
        ----------
        history : dict of str to sequence of float
            With ``"loss"`` and optionally ``"val_loss"``, as ``history_`` of a network or
            ``History.history`` of Keras; other keys are left out.

        Returns
        -------
        display : LearningCurveDisplay

        Raises
        ------
        ValueError
            Where there is no loss, or not one number an epoch.
        """
        if not isinstance(history, Mapping) or "loss" not in history:
            keys = sorted(history) if isinstance(history, Mapping) else type(history).__name__
            raise ValueError(f"{cls.__name__}: history is {keys}; expected a dict with 'loss'.")
        curves = {}
        for name in _CURVES:
            if name in history:
                curves[name] = [float(value) for value in history[name]]
        lengths = {name: len(values) for name, values in curves.items()}
        if len(set(lengths.values())) > 1 or not lengths["loss"]:
            raise ValueError(
                f"{cls.__name__}: history has {lengths} epochs; expected one value an epoch, and "
                "one epoch at least."
            )
        return cls(curves)

    @classmethod
    def from_estimator(cls, estimator: Any) -> Self:
        """Find the losses that a fitted estimator keeps.

        Parameters
        ----------
        estimator : object
            A fitted network; a fitted SpeechEnhancer, Pipeline or search with one inside; or
            whatever else keeps ``history_`` or, as
            :class:`~sklearn.neural_network.MLPRegressor` does, ``loss_curve_``.

        Returns
        -------
        display : LearningCurveDisplay

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before `fit`.
        ValueError
            Where nothing inside was trained in epochs.
        """
        inner = estimator
        while inner is not None:
            if hasattr(inner, "fit"):
                check_is_fitted(inner)
            if hasattr(inner, "history_"):
                return cls.from_history(inner.history_)
            if hasattr(inner, "loss_curve_"):
                return cls.from_history({"loss": inner.loss_curve_})
            inner = _step_inside(inner)
        raise ValueError(
            f"{cls.__name__}: {type(estimator).__name__} holds no losses; expected a network such "
            "as UNetRegressor, or a SpeechEnhancer, Pipeline or search with one inside."
        )

    def plot(self, ax: Any = None, *, log_scale: bool = False) -> Self:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        log_scale : bool, default=False
            Whether the axis of the loss is logarithmic.

        Returns
        -------
        self : LearningCurveDisplay
        """
        from matplotlib.ticker import MaxNLocator

        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.figure(figsize=(6, 3.6), layout="constrained").subplots()
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = []
        for name, losses in self.history.items():
            label, color, marker = _CURVES[name]
            epochs = np.arange(1, len(losses) + 1)
            self.lines_ += ax.plot(
                epochs, losses, label=label, color=color, marker=marker, markersize=4
            )
        best = self.best_epoch
        if "val_loss" in self.history and best is not None:
            ax.axvline(best, color="#777777", linewidth=1, linestyle=":", zorder=0)
            ax.annotate(
                f"best: epoch {best}",
                (best, 1),
                xycoords=("data", "axes fraction"),
                xytext=(4, -4),
                textcoords="offset points",
                va="top",
                fontsize="small",
                color="#555555",
            )
        if log_scale:
            ax.set_yscale("log")
        ax.set_xlabel("Epoch")
        ax.set_ylabel("Loss")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.grid(color="#EEEEEE")
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="best", fontsize="small")
        return self


def _step_inside(estimator):
    """Return what a meta-estimator fitted, None where it is none."""
    if isinstance(estimator, Pipeline):
        return estimator.steps[-1][1]
    for name in ("best_estimator_", "regressor_", "estimator_"):
        if hasattr(estimator, name):
            return getattr(estimator, name)
    return None
