"""Scorers: what model selection calls, ``scorer(estimator, X, y) -> float``."""

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sklearn.utils.metadata_routing import MetadataRequest

from skse.metrics._base import mean_of_defined
from skse.metrics._evaluate import evaluate
from skse.metrics._records import METRICS, MetricLike, get_metric, name_of
from skse.utils.typing import Waveforms


def make_waveform_scorer(
    metric: MetricLike, *, greater_is_better: bool | None = None, **kwargs: Any
) -> Callable[[Any, Waveforms, Waveforms], float]:
    """Make a scorer from a metric on waveforms.

    Parameters
    ----------
    metric : callable, Metric or str
        ``metric(clean, enhanced, ...)``, one number per utterance, or ``metric(enhanced, ...)``.
        Where it has a parameter `noisy` it is given `X`; where it has a parameter
        `sampling_rate` it is given the estimator's (that of the last step of a
        pipeline, of the best estimator of a search). Or a record or key, as for
        :func:`get_metric`.
    greater_is_better : bool or None, default=None
        Where False, the scorer changes the sign. None takes what the metric's record
        says; a function without one is an error where its name ends in "_error".
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
    record = get_metric(metric, caller="make_waveform_scorer")
    if greater_is_better is None:
        greater_is_better = record.greater_is_better
    return _WaveformScorer(record.function, greater_is_better, kwargs)


def make_multimetric_scorer(
    metrics: Sequence[MetricLike] = ("snr_gain", "si_sdr", "rmse", "stoi"),
) -> Callable[[Any, Waveforms, Waveforms], dict[str, float]]:
    """Make one scorer of many metrics, which predicts once for all of them.

    Parameters
    ----------
    metrics : sequence of str, Metric or callable, \
            default=("snr_gain", "si_sdr", "rmse", "stoi")
        As for :func:`evaluate`.

    Returns
    -------
    scorer : callable
        ``scorer(estimator, X, y) -> dict`` of metric key to mean score, larger
        is better (errors are negated), NaN ignored. To be passed as `scoring` of
        :class:`~sklearn.model_selection.GridSearchCV`, with `refit` one of the
        keys. It pickles if the metrics do.

    Examples
    --------
    >>> from skse.metrics import make_multimetric_scorer
    >>> make_multimetric_scorer(["snr_gain", "rmse"])
    make_multimetric_scorer(['snr_gain', 'rmse'])
    """
    for metric in metrics:
        get_metric(metric, caller="make_multimetric_scorer", name="metrics")
    return _MultimetricScorer(list(metrics))


class _Scorer:
    """What scorers share: they hand metadata on to `predict`, where they are told to ask for it."""

    requests: Mapping[str, Any] = {}

    def set_score_request(self, **requests):
        """Return a copy that asks for metadata, as scikit-learn's scorers do.

        Parameters
        ----------
        **requests : dict of str to bool, None or str
            Such as ``environment=True``.

        Returns
        -------
        scorer : object
        """
        twin = copy.copy(self)
        twin.requests = {**self.requests, **requests}
        return twin

    def get_metadata_routing(self):
        """Return what it asks for, a ``sklearn.utils.metadata_routing.MetadataRequest``."""
        request = MetadataRequest(owner=self)
        for name, alias in self.requests.items():
            request.score.add_request(param=name, alias=alias)
        return request


class _WaveformScorer(_Scorer):
    def __init__(self, metric, greater_is_better, kwargs):
        self.metric = metric
        self.greater_is_better = greater_is_better
        self.kwargs = kwargs

    def __call__(self, estimator, X, y, **metadata):
        metric, given = get_metric(self.metric), {"noisy": X, **self.kwargs}
        if "sampling_rate" in metric.needs - given.keys():
            given["sampling_rate"] = _sampling_rate_of(estimator, self)
        mean = mean_of_defined(metric(y, estimator.predict(X, **metadata), **given))
        return mean if self.greater_is_better else -mean

    def __repr__(self):
        arguments = "".join(f", {name}={value!r}" for name, value in self.kwargs.items())
        name = getattr(self.metric, "__name__", repr(self.metric))
        return (
            f"make_waveform_scorer({name}, greater_is_better={self.greater_is_better}{arguments})"
        )


class _MultimetricScorer(_Scorer):
    def __init__(self, metrics):
        self.metrics = metrics

    def __call__(self, estimator, X, y, **metadata):
        rate = _sampling_rate_of(estimator, self)
        scores = evaluate(
            y, estimator.predict(X, **metadata), X, sampling_rate=rate, metrics=self.metrics
        )
        signs = {name_of(m): 1 if get_metric(m).greater_is_better else -1 for m in self.metrics}
        return {key: signs[key] * mean_of_defined(values) for key, values in scores.items()}

    def __repr__(self):
        return f"make_multimetric_scorer({[name_of(metric) for metric in self.metrics]})"


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


snr_scorer = make_waveform_scorer(METRICS["snr"])
snr_gain_scorer = make_waveform_scorer(METRICS["snr_gain"])
segmental_snr_scorer = make_waveform_scorer(METRICS["segmental_snr"])
si_sdr_scorer = make_waveform_scorer(METRICS["si_sdr"])
si_sdr_gain_scorer = make_waveform_scorer(METRICS["si_sdr_gain"])
rmse_scorer = make_waveform_scorer(METRICS["rmse"])
log_spectral_distance_scorer = make_waveform_scorer(METRICS["log_spectral_distance"])
cepstral_distance_scorer = make_waveform_scorer(METRICS["cepstral_distance"])
log_likelihood_ratio_scorer = make_waveform_scorer(METRICS["log_likelihood_ratio"])
fw_segmental_snr_scorer = make_waveform_scorer(METRICS["fw_segmental_snr"])
srmr_scorer = make_waveform_scorer(METRICS["srmr"])
stoi_scorer = make_waveform_scorer(METRICS["stoi"])
estoi_scorer = make_waveform_scorer(METRICS["estoi"])
pesq_scorer = make_waveform_scorer("pesq")
pesq_nb_scorer = make_waveform_scorer(METRICS["pesq_nb"])
pesq_wb_scorer = make_waveform_scorer(METRICS["pesq_wb"])
