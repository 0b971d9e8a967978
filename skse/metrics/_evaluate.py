"""Many metrics of one set of enhanced waveforms."""

from importlib.util import find_spec
from inspect import signature

from skse.metrics._perceptual import estoi_score, pesq_score, stoi_score
from skse.metrics._spectral import log_spectral_distance_error
from skse.metrics._time_domain import (
    rmse_error,
    segmental_snr_score,
    si_sdr_gain_score,
    si_sdr_score,
    snr_gain_score,
    snr_score,
)
from skse.utils import check_choice

METRICS = {
    "snr": snr_score,
    "snr_gain": snr_gain_score,
    "segmental_snr": segmental_snr_score,
    "si_sdr": si_sdr_score,
    "si_sdr_gain": si_sdr_gain_score,
    "rmse": rmse_error,
    "log_spectral_distance": log_spectral_distance_error,
    "stoi": stoi_score,
    "estoi": estoi_score,
    "pesq": pesq_score,
}


def evaluate(clean, enhanced, noisy, *, sampling_rate, metrics=None):
    """Score enhanced waveforms by many metrics.

    Parameters
    ----------
    clean : array-like of shape (n_samples, n_times) or (n_times,), or sequence of 1-D arrays
        Clean waveforms.
    enhanced, noisy : array-like
        Enhanced and noisy waveforms, as many and as long as `clean`.
    sampling_rate : int
        Hz.
    metrics : sequence of str or None, default=None
        Any of "snr", "snr_gain", "segmental_snr", "si_sdr", "si_sdr_gain",
        "rmse", "log_spectral_distance", "stoi", "estoi" and "pesq" (narrow-band).
        None takes all; "pesq" only where it is installed and `sampling_rate` is
        8000 or 16000.

    Returns
    -------
    scores : dict of str to ndarray of shape (n_samples,) or float
        By metric, as the functions of :mod:`skse.metrics` return them: errors are
        positive, and each metric warns of its own NaN.

    Raises
    ------
    ValueError
        Where a metric is unknown, or the waveforms are not finite, not mono or
        do not match.

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
        metrics = [name for name in METRICS if name != "pesq" or _pesq_is_possible(sampling_rate)]
    for name in metrics:
        check_choice("evaluate", "metrics", name, METRICS)
    context = {"noisy": noisy, "sampling_rate": sampling_rate}
    return {name: _call(METRICS[name], clean, enhanced, context) for name in metrics}


def _call(metric, clean, enhanced, context):
    wanted = signature(metric).parameters
    return metric(clean, enhanced, **{k: v for k, v in context.items() if k in wanted})


def _pesq_is_possible(sampling_rate):
    return find_spec("pesq") is not None and sampling_rate in (8000, 16000)
