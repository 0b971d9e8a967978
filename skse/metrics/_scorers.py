"""Scorers: what model selection calls, ``scorer(estimator, X, y) -> float``."""

from inspect import signature

import numpy as np

from skse.metrics._evaluate import METRICS, evaluate
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


def make_waveform_scorer(metric, *, greater_is_better=None, **kwargs):
    """Make a scorer from a metric on waveforms.

    Parameters
    ----------
    metric : callable
        ``metric(clean, enhanced, ...)``, one number per utterance. Where it has
        a parameter `noisy` it is given `X`; where it has a parameter
        `sampling_rate` it is given the estimator's (that of the last step of a
        pipeline, of the best estimator of a search).
    greater_is_better : bool or None, default=None
        Where False, the scorer changes the sign. None means False where the
        metric's name ends in "_error".
    **kwargs : dict
        Further arguments of the metric, such as ``sampling_rate=8000`` or
        ``mode="wb"``.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y) -> float``, larger is better: the mean over all
        utterances whose score is not NaN; NaN where none is. It pickles if the
        metric does.

    Examples
    --------
    >>> from skse.metrics import make_waveform_scorer, pesq_score
    >>> make_waveform_scorer(pesq_score, mode="wb")
    make_waveform_scorer(pesq_score, greater_is_better=True, mode='wb')
    """
    if not callable(metric):
        raise ValueError(
            f"make_waveform_scorer: metric={metric!r} must be a function such as "
            "skse.metrics.si_sdr_score."
        )
    if greater_is_better is None:
        greater_is_better = not getattr(metric, "__name__", "").endswith("_error")
    return _WaveformScorer(metric, greater_is_better, kwargs)


def make_multimetric_scorer(metrics=("snr_gain", "si_sdr", "rmse", "stoi")):
    """Make one scorer of many metrics, which predicts once for all of them.

    Parameters
    ----------
    metrics : sequence of str, default=("snr_gain", "si_sdr", "rmse", "stoi")
        Names as for :func:`evaluate`.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y) -> dict`` of metric name to mean score, larger
        is better (errors are negated), NaN ignored. To be passed as `scoring` of
        :class:`~sklearn.model_selection.GridSearchCV`, with `refit` one of the
        names. It pickles.

    Examples
    --------
    >>> from skse.metrics import make_multimetric_scorer
    >>> make_multimetric_scorer(["snr_gain", "rmse"])
    make_multimetric_scorer(['snr_gain', 'rmse'])
    """
    for name in metrics:
        check_choice("make_multimetric_scorer", "metrics", name, METRICS)
    return _MultimetricScorer(list(metrics))


class _WaveformScorer:
    def __init__(self, metric, greater_is_better, kwargs):
        self.metric = metric
        self.greater_is_better = greater_is_better
        self.kwargs = kwargs

    def __call__(self, estimator, X, y):
        wanted = signature(self.metric).parameters
        kwargs = dict(self.kwargs)
        if "noisy" in wanted:
            kwargs.setdefault("noisy", X)
        if "sampling_rate" in wanted and "sampling_rate" not in kwargs:
            kwargs["sampling_rate"] = _sampling_rate_of(estimator, self)
        mean = _mean(self.metric(y, estimator.predict(X), **kwargs))
        return mean if self.greater_is_better else -mean

    def __repr__(self):
        arguments = "".join(f", {name}={value!r}" for name, value in self.kwargs.items())
        name = getattr(self.metric, "__name__", repr(self.metric))
        return (
            f"make_waveform_scorer({name}, greater_is_better={self.greater_is_better}{arguments})"
        )


class _MultimetricScorer:
    def __init__(self, metrics):
        self.metrics = metrics

    def __call__(self, estimator, X, y):
        scores = evaluate(
            y,
            estimator.predict(X),
            X,
            sampling_rate=_sampling_rate_of(estimator, self),
            metrics=self.metrics,
        )
        return {
            name: -_mean(values) if METRICS[name].__name__.endswith("_error") else _mean(values)
            for name, values in scores.items()
        }

    def __repr__(self):
        return f"make_multimetric_scorer({self.metrics})"


def _mean(scores):
    scores = np.atleast_1d(scores)
    defined = scores[~np.isnan(scores)]
    return float(defined.mean()) if len(defined) else float("nan")


def _sampling_rate_of(estimator, scorer):
    inner = estimator
    while True:
        if hasattr(inner, "sampling_rate"):
            return inner.sampling_rate
        if hasattr(inner, "best_estimator_"):
            inner = inner.best_estimator_
        elif hasattr(inner, "steps"):
            inner = inner.steps[-1][1]
        else:
            raise ValueError(
                f"{scorer!r} needs a sampling rate, but {type(estimator).__name__} has no "
                "sampling_rate, nor has its last step. State it: "
                "make_waveform_scorer(metric, sampling_rate=8000)."
            )


rmse_scorer = make_waveform_scorer(rmse_error)
snr_scorer = make_waveform_scorer(snr_score)
snr_gain_scorer = make_waveform_scorer(snr_gain_score)
segmental_snr_scorer = make_waveform_scorer(segmental_snr_score)
si_sdr_scorer = make_waveform_scorer(si_sdr_score)
si_sdr_gain_scorer = make_waveform_scorer(si_sdr_gain_score)
log_spectral_distance_scorer = make_waveform_scorer(log_spectral_distance_error)
stoi_scorer = make_waveform_scorer(stoi_score)
estoi_scorer = make_waveform_scorer(estoi_score)
pesq_scorer = make_waveform_scorer(pesq_score)
