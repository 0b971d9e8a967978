"""ComparisonDisplay: the scores of many enhancers in one picture."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from skse.metrics import FIT_TIME, METRICS
from skse.networks import NETWORKS
from skse.utils import check_choice
from skse.utils.typing import FilePath

# Okabe and Ito's colours, told apart by every kind of colour vision.
_STYLES = {
    "ceiling": ("Ceiling (true target)", "#000000", "D", "none"),
    "unet": ("U-Net", "#0072B2", "o", "full"),
    "autoencoder": ("Autoencoder", "#D55E00", "s", "full"),
    "densenet": ("DenseNet", "#CC79A7", "d", "full"),
    "wideresnet": ("Wide ResNet", "#E69F00", "P", "full"),
    "noiseembedding": ("Noise embedding", "#56B4E9", "*", "full"),
    "other": ("Other network", "#009E73", "v", "full"),
    "baseline": ("Classical baseline", "#777777", "^", "full"),
    "noisy": ("Noisy", "#777777", "X", "full"),
}


class ComparisonDisplay:
    """One metric of every row of a comparison, with its spread over folds.

    Parameters
    ----------
    rows : list of dict
        Of :func:`skse.comparison.compare`; drawn top to bottom.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Set by :meth:`plot`.
    figure_ : matplotlib Figure
        The figure that holds it.

    Examples
    --------
    >>> from skse.plotting import ComparisonDisplay
    >>> rows = [{"name": "U-Net, IRM, MSE", "kind": "candidate", "network": "unet",
    ...          "snr_gain_db_mean": 6.0, "snr_gain_db_std": 0.3}]
    >>> display = ComparisonDisplay(rows).plot()  # doctest: +SKIP
    """

    def __init__(self, rows: Sequence[dict[str, Any]]) -> None:
        self.rows = rows

    @classmethod
    def from_csv(cls, path: FilePath) -> Self:
        """Read the rows from a ``results.csv``.

        Parameters
        ----------
        path : str or path-like
            File that ``skse compare`` wrote.

        Returns
        -------
        display : ComparisonDisplay
        """
        with Path(path).open(newline="", encoding="utf-8") as file:
            return cls(list(csv.DictReader(file)))

    def plot(self, ax: Any = None, *, metric: str = "snr_gain_db") -> Self:
        """Draw one metric.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None makes a new figure.
        metric : str, default="snr_gain_db"
            Column of what to draw: "snr_gain_db", "si_sdr_db", "rmse", "stoi", "pesq_nb_mos",
            "fit_time_s" or that of another :class:`~skse.metrics.Metric` of skse.

        Returns
        -------
        self : ComparisonDisplay

        Raises
        ------
        ValueError
            Where the rows hold no such metric.
        """
        headings = {known.column: known.heading for known in (*METRICS.values(), FIT_TIME)}
        held = [column for column in headings if f"{column}_mean" in self.rows[0]]
        check_choice(self, "metric", metric, held)
        if ax is None:
            import matplotlib.pyplot as plt

            height = 1.3 + 0.3 * len(self.rows)
            ax = plt.figure(figsize=(8, height), layout="constrained").subplots()
        self.ax_, self.figure_ = ax, ax.figure

        means = np.array([float(row[f"{metric}_mean"]) for row in self.rows])
        stds = np.array([float(row[f"{metric}_std"]) for row in self.rows])
        kinds = [_kind(row) for row in self.rows]
        heights = np.arange(len(self.rows))[::-1]
        ax.hlines(heights, 0, means, color="#DDDDDD", linewidth=1, zorder=1)
        for kind, (label, color, marker, fill) in _STYLES.items():
            chosen = [i for i, own in enumerate(kinds) if own == kind]
            if chosen:
                ax.errorbar(
                    means[chosen],
                    heights[chosen],
                    xerr=stds[chosen],
                    label=label,
                    color=color,
                    marker=marker,
                    fillstyle=fill,
                    linestyle="none",
                    markersize=7,
                    capsize=3,
                    zorder=2,
                )
        ax.axvline(0, color="#777777", linewidth=0.8, zorder=0)
        ax.set_yticks(heights, [row["name"] for row in self.rows])
        ax.set_ylim(-0.7, len(self.rows) - 0.3)
        ax.set_xlabel(f"{headings[metric]}, mean and standard deviation over folds")
        ax.grid(axis="x", color="#EEEEEE", zorder=0)
        ax.set_axisbelow(True)
        ax.spines[["top", "right", "left"]].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.legend(loc="best", frameon=True, fontsize="small")
        return self


def _kind(row):
    if row["kind"] != "candidate":
        return row["kind"]
    return row["network"] if row["network"] in NETWORKS.keys() & _STYLES.keys() else "other"
