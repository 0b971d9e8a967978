"""What a metric is called, measured in and printed as: one record of each, for all that show it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from inspect import Parameter, signature
from typing import Any, TypeAlias

from skse.metrics._linear_prediction import cepstral_distance_error, log_likelihood_ratio_error
from skse.metrics._modulation import SRMR_RATES, srmr_score
from skse.metrics._perceptual import (
    PESQ_RATES,
    estoi_score,
    pesq_nb_score,
    pesq_score,
    pesq_wb_score,
    stoi_score,
)
from skse.metrics._spectral import fw_segmental_snr_score, log_spectral_distance_error
from skse.metrics._time_domain import (
    rmse_error,
    segmental_snr_score,
    si_sdr_gain_score,
    si_sdr_score,
    snr_gain_score,
    snr_score,
)
from skse.utils import check_choice
from skse.utils.typing import OneOrMany, Scores

# What a metric may ask for beside clean and enhanced waveforms.
_CONTEXT = {"noisy", "sampling_rate", "n_jobs"}


@dataclass(frozen=True)
class Metric:
    """A metric, and all that is needed to print it.

    Called as ``metric(clean, enhanced, noisy=..., sampling_rate=..., n_jobs=..., **options)`` it
    gives its function the options, and as much of the rest as that asks for.

    Parameters
    ----------
    key : str
        Its name in dicts, such as ``"snr_gain"``.
    function : callable or None
        ``function(clean, enhanced, ...)``, one number per utterance; of a function of one set of
        waveforms these are the enhanced ones. Where it has a parameter `noisy`,
        `sampling_rate` or `n_jobs` it is given that too. None for a figure that is measured
        otherwise, such as the time of a fit.
    label : str
        Its name in headings.
    unit : str, default=""
        Unit in headings and, in small letters, in the names of columns.
    format : str, default="{:.3f}"
        How a value is printed, in the syntax of format strings.
    greater_is_better : bool, default=True
        False for an error.
    package : str or None, default=None
        Optional package that it needs.
    sampling_rates : tuple of float or None, default=None
        Rates in Hz that it is defined at. None for any.

    See Also
    --------
    METRICS : The records of the metrics of skse.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import METRICS, Metric, evaluate
    >>> METRICS["snr_gain"].heading, METRICS["snr_gain"].column
    ('SNR gain (dB)', 'snr_gain_db')
    >>> METRICS["snr_gain"].write(6.04, 0.31)
    '+6.04 ± 0.31'

    A metric of your own:

    >>> def peak_error(clean, enhanced):
    ...     return np.abs(np.max(clean, axis=-1) - np.max(enhanced, axis=-1))
    >>> peak = Metric("peak", peak_error, "Peak error", greater_is_better=False)
    >>> evaluate([[0.0, 1.0]], [[0.0, 0.5]], sampling_rate=8000, metrics=[peak])
    {'peak': array([0.5])}
    """

    key: str
    function: Callable[..., Any] | None
    label: str
    unit: str = ""
    format: str = "{:.3f}"
    greater_is_better: bool = True
    package: str | None = None
    sampling_rates: tuple[float, ...] | None = None

    def __call__(self, clean: OneOrMany, enhanced: OneOrMany, **given: Any) -> Scores:
        """Apply the function; see :class:`Metric`."""
        if self.function is None:
            raise ValueError(f"Metric {self.key!r} is measured, not computed from waveforms.")
        for name in _CONTEXT - self.needs:
            given.pop(name, None)
        waveforms = (enhanced,) if _takes_one(self.function) else (clean, enhanced)
        return self.function(*waveforms, **given)

    @property
    def needs(self) -> set[str]:
        """Which of "noisy", "sampling_rate" and "n_jobs" the function asks for."""
        return _CONTEXT.intersection(signature(self.function).parameters if self.function else ())

    @property
    def heading(self) -> str:
        """Label with unit, such as "SNR gain (dB)"."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def column(self) -> str:
        """Name of a column in CSV files, such as "snr_gain_db"."""
        return f"{self.key}_{self.unit.lower()}" if self.unit else self.key

    def is_available(self, sampling_rate: float) -> bool:
        """Tell whether it can be computed here.

        Parameters
        ----------
        sampling_rate : float
            Hz.

        Returns
        -------
        available : bool
        """
        installed = self.package is None or find_spec(self.package) is not None
        return installed and (self.sampling_rates is None or sampling_rate in self.sampling_rates)

    def write(self, value: float, deviation: float | None = None) -> str:
        """Print a value, for a terminal.

        Parameters
        ----------
        value : float
            In the unit of the metric.
        deviation : float or None, default=None
            Standard deviation, to be printed too.

        Returns
        -------
        text : str
        """
        if deviation is None:
            return self.format.format(value)
        return f"{self.write(value)} ± {self.format.replace('+', '').format(deviation)}"

    def spell(self, value: float) -> str:
        """Print a value, for a page: with a true minus, and a dash where it is not defined.

        Parameters
        ----------
        value : float
            In the unit of the metric.

        Returns
        -------
        text : str
        """
        return self.write(value).replace("-", "−") if math.isfinite(value) else "–"

    def rank(self, value: float) -> tuple[bool, float]:
        """Sort key of a value: best first, what is not defined last.

        Parameters
        ----------
        value : float
            In the unit of the metric.

        Returns
        -------
        key : tuple
        """
        return (not math.isfinite(value), -value if self.greater_is_better else value)


def _takes_one(function):
    """Tell whether a function must be given one set of waveforms, not two."""
    parameters = signature(function).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return False
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p for p in parameters if p.kind in kinds and p.default is p.empty]
    return len([p for p in needed if p.name not in _CONTEXT]) == 1


MetricLike: TypeAlias = str | Metric | Callable[..., Any]


def _record(function, label=None, unit="", format="{:.3f}", **needs):
    """Make the record of a function, whose name says what is better."""
    name = getattr(function, "__name__", repr(function))
    key = name.removesuffix("_score").removesuffix("_error")
    return Metric(key, function, label or key, unit, format, not name.endswith("_error"), **needs)


METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        _record(snr_score, "SNR", "dB", "{:.2f}"),
        _record(snr_gain_score, "SNR gain", "dB", "{:+.2f}"),
        _record(segmental_snr_score, "Segmental SNR", "dB", "{:.2f}"),
        _record(si_sdr_score, "SI-SDR", "dB", "{:.2f}"),
        _record(si_sdr_gain_score, "SI-SDR gain", "dB", "{:+.2f}"),
        _record(rmse_error, "RMSE", "", "{:.4f}"),
        _record(log_spectral_distance_error, "Log-spectral distance", "dB", "{:.2f}"),
        _record(cepstral_distance_error, "Cepstral distance", "dB", "{:.2f}"),
        _record(log_likelihood_ratio_error, "Log-likelihood ratio"),
        _record(fw_segmental_snr_score, "fwSegSNR", "dB", "{:.2f}"),
        _record(srmr_score, "SRMR", sampling_rates=SRMR_RATES),
        _record(stoi_score, "STOI"),
        _record(estoi_score, "ESTOI"),
        *(
            _record(f, label, "MOS", "{:.2f}", package="pesq", sampling_rates=PESQ_RATES[mode])
            for f, label, mode in (
                (pesq_nb_score, "Narrow-band PESQ", "nb"),
                (pesq_wb_score, "Wide-band PESQ", "wb"),
            )
        ),
    )
}
# Other names that are accepted: "pesq" is the narrow-band one, and its record says so.
ALIASES = {"pesq": replace(METRICS["pesq_nb"], function=pesq_score)}
# What comparisons print beside the metrics.
FIT_TIME = Metric("fit_time", None, "Time to fit", "s", "{:.1f}", greater_is_better=False)


def get_metric(metric: MetricLike, *, caller: str = "get_metric", name: str = "metric") -> Metric:
    """Find the record of a metric, or make one of a function.

    Parameters
    ----------
    metric : str, Metric or callable
        A key of :data:`METRICS`, "pesq" (which is "pesq_nb"), a record, which is returned as it
        is, or a function
        ``metric(clean, enhanced, ...)``. The key of one that has no record is its name
        without "_score" or "_error"; the latter says that smaller is better.
    caller : str, default="get_metric"
        Whom an error message names.
    name : str, default="metric"
        Name of the caller's parameter.

    Returns
    -------
    metric : Metric

    Raises
    ------
    ValueError
        For a name that is not known.

    Examples
    --------
    >>> from skse.metrics import get_metric
    >>> get_metric("stoi").label
    'STOI'
    """
    if isinstance(metric, Metric):
        return metric
    if not callable(metric):
        if isinstance(metric, str) and metric in ALIASES:
            return ALIASES[metric]
        check_choice(caller, name, metric, METRICS)
        return METRICS[metric]
    known = (r for r in (*METRICS.values(), *ALIASES.values()) if r.function is metric)
    return next(known, None) or _record(metric)


def name_of(metric: MetricLike) -> str:
    """Return the name under which the scores of a metric are returned: as it was asked for."""
    return metric if isinstance(metric, str) else get_metric(metric).key


def available_metrics(sampling_rate: float, with_noisy: bool = True) -> list[str]:
    """List the metrics that can be computed here.

    Parameters
    ----------
    sampling_rate : float
        Hz; "srmr" and "pesq_nb" are defined at 8000 and 16000 only, "pesq_wb" at 16000, the last
        two where the package pesq is installed.
    with_noisy : bool, default=True
        Whether there are noisy waveforms, as gains need them.

    Returns
    -------
    keys : list of str
        Of :data:`METRICS`.

    Examples
    --------
    >>> from skse.metrics import available_metrics
    >>> available_metrics(11025, with_noisy=False)[:3]
    ['snr', 'segmental_snr', 'si_sdr']
    """
    return [
        key
        for key, metric in METRICS.items()
        if metric.is_available(sampling_rate) and (with_noisy or "noisy" not in metric.needs)
    ]
