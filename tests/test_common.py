"""scikit-learn's checks and skse's own, on every public estimator.

scikit-learn's checks pass one column of targets. An enhancer, and a network of
waveforms, wants clean speech of the shape of the noisy one, a target the STFT of
both: test-only subclasses bridge the two.
"""

from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import parametrize_with_checks

import skse
from skse import (
    WPE,
    AutoencoderRegressor,
    DenseNetRegressor,
    FeatureScaler,
    FeaturizerUnion,
    IdealMaskTarget,
    IdentityEnhancer,
    LogMMSE,
    MelFeaturizer,
    MFCCFeaturizer,
    NetworkRegressor,
    NoiseEmbeddingRegressor,
    PeakNormalize,
    Resample,
    SEGANRegressor,
    SignalApproximationTarget,
    SpectralSubtraction,
    SpectrumTarget,
    SpeechEnhancer,
    STFTFeaturizer,
    UNetRegressor,
    WaveformTarget,
    WideResNetRegressor,
    WienerFilter,
)
from skse.networks import UNet
from skse.utils.estimator_checks import check_grid_search_jobs_agree, checks_for

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config.experimental_run_func")
SMALL = {"epochs": 1, "batch_size": 64, "random_state": 0}
FEATURIZERS = [
    STFTFeaturizer(),
    STFTFeaturizer(n_fft=64, hop_length=20, scale="complex"),
    MelFeaturizer(sampling_rate=8000),
    MFCCFeaturizer(sampling_rate=8000),
    FeaturizerUnion([("stft", STFTFeaturizer()), ("mel", MelFeaturizer(8000, 512, n_mels=20))]),
]
STEPS = [Resample(8000, 16000), PeakNormalize(), FeatureScaler()]
TARGETS = [
    IdealMaskTarget("irm"),
    IdealMaskTarget("ibm"),
    IdealMaskTarget("ibm", criterion="mixture_ratio"),
    IdealMaskTarget("tbm", local_criterion=-100.0),
    IdealMaskTarget("psm", truncate=False, part="real"),
    IdealMaskTarget("cirm"),
    SpectrumTarget("log"),
    SpectrumTarget("magnitude"),
    SpectrumTarget("power"),
    SpectrumTarget("real"),
    SpectrumTarget("complex"),
    SignalApproximationTarget(compression=0.5),
    SignalApproximationTarget("magnitude", phase_sensitive=True),
    WaveformTarget(mask="complex"),
]
NETWORKS = [
    UNetRegressor(filters=(4, 4), dilations=(1,), **SMALL),
    AutoencoderRegressor(filters=(4, 4), dense_units=(8,), **SMALL),
    NetworkRegressor(UNet(filters=(4,), dilations=(1,)), **SMALL),
    DenseNetRegressor(3, n_layers=1, n_levels=1, first_filters=4, dilations=(1,), **SMALL),
    WideResNetRegressor((4,), n_blocks=1, **SMALL),
    NoiseEmbeddingRegressor(
        (4,),
        strides=(2,),
        embedding_filters=(3,),
        embedding_strides=((2, 2),),
        position_units=3,
        **SMALL,
    ),
]
# Without its adversary, which takes twice as long to build: tests/networks has that.
ALONE = {"power_weight": 0, "acoustic_weight": 0, "adversarial_weight": 0}
WAVEFORM_NETWORKS = [SEGANRegressor((2,), kernel_size=5, **ALONE, **SMALL)]
ENHANCERS = [
    SpeechEnhancer(regressor=Ridge()),
    SpeechEnhancer(
        STFTFeaturizer(n_fft=64, hop_length=32), SpectrumTarget(), NETWORKS[0], segment_frames=16
    ),
    SpeechEnhancer(
        STFTFeaturizer(n_fft=64, hop_length=32),
        SpectrumTarget(),
        NETWORKS[-1],
        sampling_rate=8000,
        segment_frames=16,
        environment="auto",
        environment_seconds=0.1,
    ),
    IdentityEnhancer(),
    SpectralSubtraction(),
    WienerFilter(),
    LogMMSE(),
    *([WPE()] if find_spec("nara_wpe") else []),
]


class CleanOfNoisyShape:
    """Repeats the checks' few columns of y to the width of X, and predicts as many."""

    def fit(self, X, y=None):
        wide = self._widened(X, y)
        super().fit(X, wide)
        self.n_columns_ = None if wide is y else np.asarray(y).shape[1]
        return self

    def predict(self, X):
        out = super().predict(X)
        return out[:, : self.n_columns_] if isinstance(out, np.ndarray) else out

    def _widened(self, X, y):
        if y is None or issparse(X):
            return y
        columns, width = np.asarray(y, dtype=float), np.asarray(X).shape[-1]
        if columns.ndim != 2 or columns.shape[1] == width:
            return y
        return np.take(columns, np.arange(width) % columns.shape[1], axis=1)


class LearnsFurther(CleanOfNoisyShape):
    """The same where ``partial_fit`` is."""

    def partial_fit(self, X, y=None):
        return super().partial_fit(X, self._widened(X, y))


class NoisyIsClean:
    """Computes a target of X and X."""

    def fit(self, X, y=None):
        return super().fit(X, X)

    def partial_fit(self, X, y=None):
        return super().partial_fit(X, X)

    def transform(self, X):
        return super().transform(X, X)

    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X)


def adapted(estimator, mixin):
    name = f"Adapted{type(estimator).__name__}"
    if name not in globals():  # pickling looks the class up here
        globals()[name] = type(name, (mixin, type(estimator)), {"__module__": __name__})
    return globals()[name](**estimator.get_params(deep=False))


ADAPTED = [
    adapted(e, LearnsFurther if hasattr(e, "partial_fit") else CleanOfNoisyShape)
    for e in (*ENHANCERS[:1], *ENHANCERS[3:], *WAVEFORM_NETWORKS)
] + [adapted(target, NoisyIsClean) for target in TARGETS]

ANY_LENGTH = {
    "check_n_features_in_after_fitting": "waveforms of any length may follow those of fit"
}
ANY_LENGTH_TRANSFORMER = {**ANY_LENGTH, "check_transformer_general": "as above"}
CONTAINER = {
    **ANY_LENGTH_TRANSFORMER,
    "check_transformer_data_not_an_array": "a list of waveforms comes back as a list",
}
FLOAT32 = {"check_regressor_multioutput": "predictions are float32"}
COMPLEX = {"check_complex_data": "an STFT is complex"}
EXPECTED_FAILURES = {
    "STFTFeaturizer": ANY_LENGTH_TRANSFORMER,
    "MelFeaturizer": ANY_LENGTH_TRANSFORMER,
    "MFCCFeaturizer": ANY_LENGTH_TRANSFORMER,
    "FeaturizerUnion": ANY_LENGTH_TRANSFORMER,
    "Resample": CONTAINER,
    "PeakNormalize": CONTAINER,
    "IdealMaskTarget": COMPLEX,
    "SpectrumTarget": COMPLEX,
    "SignalApproximationTarget": COMPLEX,
    "WaveformTarget": COMPLEX,
    "AutoencoderRegressor": FLOAT32,
    "DenseNetRegressor": FLOAT32,
    "NetworkRegressor": FLOAT32,
    "NoiseEmbeddingRegressor": FLOAT32,
    "SEGANRegressor": FLOAT32,
    "UNetRegressor": FLOAT32,
    "WideResNetRegressor": FLOAT32,
    "SpeechEnhancer": {
        **ANY_LENGTH,
        **FLOAT32,
        "check_fit_score_takes_y": "partial_fit says that Ridge has none",
    },
    "IdentityEnhancer": {**ANY_LENGTH, **FLOAT32},
    "SpectralSubtraction": {**ANY_LENGTH, **FLOAT32},
    "WienerFilter": {**ANY_LENGTH, **FLOAT32},
    "LogMMSE": {**ANY_LENGTH, **FLOAT32},
    "WPE": {**ANY_LENGTH, **FLOAT32},
}


def expected_failures(estimator):
    return EXPECTED_FAILURES.get(type(estimator).__name__.removeprefix("Adapted"), {})


@parametrize_with_checks(
    [*FEATURIZERS, *STEPS, *NETWORKS, *ADAPTED],
    expected_failed_checks=expected_failures,
    xfail_strict=True,
)
@pytest.mark.usefixtures("eagerly")
def test_scikit_learn_checks(estimator, check):
    check(estimator)


OWN = [
    (estimator, check)
    for estimator in [*FEATURIZERS, *STEPS, *TARGETS, *NETWORKS, *WAVEFORM_NETWORKS, *ENHANCERS]
    for check in checks_for(estimator)
]


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(partial(check, e), id=f"{e!r:.60}-{check.__name__}".replace("\n", ""))
        for e, check in OWN
    ],
)
def test_own_checks(check, request):
    if check.func is not check_grid_search_jobs_agree:  # one job is compared with two processes
        request.getfixturevalue("eagerly")
    check()


def test_every_public_estimator_is_checked():
    checked = {type(e).__name__ for e, _ in OWN}
    found = {name: getattr(skse, name) for name in skse.__all__}
    estimators = {
        n for n, f in found.items() if isinstance(f, type) and issubclass(f, BaseEstimator)
    }
    public = {name for name in estimators if hasattr(found[name], "fit")}
    missing = set() if find_spec("nara_wpe") else {"WPE"}
    assert public == checked | missing


def test_at_most_three_expected_failures_each():
    assert max(map(len, EXPECTED_FAILURES.values())) <= 3
