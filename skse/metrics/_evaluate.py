"""Many metrics of one set of enhanced waveforms."""

from __future__ import annotations

from collections.abc import Sequence

from skse.metrics._records import MetricLike, available_metrics, get_metric, name_of
from skse.utils import count_jobs
from skse.utils.typing import OneOrMany, Scores


def evaluate(
    clean: OneOrMany,
    enhanced: OneOrMany,
    noisy: OneOrMany | None = None,
    *,
    sampling_rate: float,
    metrics: Sequence[MetricLike] | None = None,
    n_jobs: int | None = None,
) -> dict[str, Scores]:
    """Score enhanced waveforms by many metrics.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced : array-like
        Enhanced waveforms, as many and as long as `clean`.
    noisy : array-like or None, default=None
        Noisy waveforms, as many and as long as `clean`: the gains need them.
    sampling_rate : int
        Hz.
    metrics : sequence of str, Metric or callable, default=None
        Any of "snr", "snr_gain", "segmental_snr", "si_sdr", "si_sdr_gain",
        "rmse", "log_spectral_distance", "cepstral_distance", "log_likelihood_ratio",
        "fw_segmental_snr", "srmr", "stoi", "estoi", "pesq_nb" and "pesq_wb" ("pesq" is the
        former), and metrics of your own, as for :func:`get_metric`.
        None takes all of :func:`available_metrics`.
    n_jobs : int or None, default=None
        Processes to score in, for metrics that have this parameter (STOI, ESTOI, PESQ and SRMR;
        the others are done sooner than they are shared), worth their start from some minutes of
        speech on. None is 1, or what :class:`joblib.parallel_config` says; -1 is one a core.

    Returns
    -------
    scores : dict of str to ndarray of shape (n_samples,) or float
        By the name that was given, else the key of the metric, as the functions of
        :mod:`skse.metrics` return them: errors are positive, and each metric warns of its own NaN.

    Raises
    ------
    ValueError
        Where a metric is unknown or lacks `noisy`, `n_jobs` is not a number of processes, or
        the waveforms are not finite, not mono or do not match.

    Examples
    --------
    >>> import numpy as np
    >>> from skse.metrics import evaluate
    >>> rng = np.random.default_rng(0)
    >>> clean, noise = rng.standard_normal((2, 3, 8000))
    >>> scores = evaluate(clean, clean + 0.1 * noise, clean + noise, sampling_rate=8000,
    ...                   metrics=["snr_gain", "rmse"])
    >>> scores["snr_gain"].round(3)
    array([20., 20., 20.])
    """
    if metrics is None:
        metrics = available_metrics(sampling_rate, with_noisy=noisy is not None)
    records = [get_metric(metric, caller="evaluate", name="metrics") for metric in metrics]
    for metric in records:
        if noisy is None and "noisy" in metric.needs:
            raise ValueError(
                f"evaluate: metrics holds {metric.key!r}, which compares with the noisy "
                "waveforms, but noisy is None; pass them, or leave the metric out."
            )
    context = {"noisy": noisy, "sampling_rate": sampling_rate}
    if n_jobs is not None:  # a metric of one's own may have another default
        count_jobs("evaluate", n_jobs)
        context["n_jobs"] = n_jobs
    return {
        name_of(given): metric(clean, enhanced, **context)
        for given, metric in zip(metrics, records, strict=True)
    }
