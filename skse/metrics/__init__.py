"""(clean, enhanced, noisy) waveforms → one number per utterance; and scorers.

In every ``*_score`` larger is better, in every ``*_error`` smaller is better. An
utterance for which a metric is not defined gives NaN, and each call warns once
with their number. Every metric has a ``*_scorer(estimator, X, y)``, the mean over
the utterances, larger is better, and a record in ``METRICS``: label, unit, format.
"""

from skse.metrics._base import mean_of_defined
from skse.metrics._evaluate import evaluate
from skse.metrics._linear_prediction import cepstral_distance_error, log_likelihood_ratio_error
from skse.metrics._modulation import srmr_score
from skse.metrics._perceptual import (
    estoi_score,
    pesq_nb_score,
    pesq_score,
    pesq_wb_score,
    stoi_score,
)
from skse.metrics._records import FIT_TIME, METRICS, Metric, available_metrics, get_metric
from skse.metrics._scorers import (
    cepstral_distance_scorer,
    estoi_scorer,
    fw_segmental_snr_scorer,
    log_likelihood_ratio_scorer,
    log_spectral_distance_scorer,
    make_multimetric_scorer,
    make_waveform_scorer,
    pesq_nb_scorer,
    pesq_scorer,
    pesq_wb_scorer,
    rmse_scorer,
    segmental_snr_scorer,
    si_sdr_gain_scorer,
    si_sdr_scorer,
    snr_gain_scorer,
    snr_scorer,
    srmr_scorer,
    stoi_scorer,
)
from skse.metrics._spectral import (
    fw_segmental_snr_score,
    inconsistency,
    log_spectral_distance_error,
)
from skse.metrics._time_domain import (
    rmse_error,
    segmental_snr_score,
    si_sdr_gain_score,
    si_sdr_score,
    snr_gain_score,
    snr_score,
)
from skse.metrics._tones import silence_spectrum

__all__ = [
    "FIT_TIME",
    "METRICS",
    "Metric",
    "available_metrics",
    "cepstral_distance_error",
    "cepstral_distance_scorer",
    "estoi_score",
    "estoi_scorer",
    "evaluate",
    "fw_segmental_snr_score",
    "fw_segmental_snr_scorer",
    "get_metric",
    "inconsistency",
    "log_likelihood_ratio_error",
    "log_likelihood_ratio_scorer",
    "log_spectral_distance_error",
    "log_spectral_distance_scorer",
    "make_multimetric_scorer",
    "make_waveform_scorer",
    "mean_of_defined",
    "pesq_nb_score",
    "pesq_nb_scorer",
    "pesq_score",
    "pesq_scorer",
    "pesq_wb_score",
    "pesq_wb_scorer",
    "rmse_error",
    "rmse_scorer",
    "segmental_snr_score",
    "segmental_snr_scorer",
    "si_sdr_gain_score",
    "si_sdr_gain_scorer",
    "si_sdr_score",
    "si_sdr_scorer",
    "silence_spectrum",
    "snr_gain_score",
    "snr_gain_scorer",
    "snr_score",
    "snr_scorer",
    "srmr_score",
    "srmr_scorer",
    "stoi_score",
    "stoi_scorer",
]
