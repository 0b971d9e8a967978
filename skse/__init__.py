"""Speech enhancement the scikit-learn way.

Noisy waveforms go in, enhanced waveforms come out, and every choice on the way
(features, target, network, loss) is a parameter that
:class:`~sklearn.model_selection.GridSearchCV` can search.
"""

from importlib import import_module

__version__ = "0.1.0"

# Public name -> module that defines it. Names load on first use, so that
# ``import skse`` stays as cheap as the scikit-learn it stands on.
_HOME = {
    "AutoencoderRegressor": "skse.networks",
    "DenseNetRegressor": "skse.networks",
    "FeatureScaler": "skse.features",
    "FeaturizerUnion": "skse.features",
    "IdealMaskTarget": "skse.targets",
    "IdentityEnhancer": "skse.enhancement",
    "LogMMSE": "skse.enhancement",
    "MFCCFeaturizer": "skse.features",
    "MelFeaturizer": "skse.features",
    "NetworkRegressor": "skse.networks",
    "NoiseEmbeddingRegressor": "skse.networks",
    "PeakNormalize": "skse.features",
    "Remix": "skse.enhancement",
    "Resample": "skse.features",
    "SEGANRegressor": "skse.networks",
    "STFTFeaturizer": "skse.features",
    "SignalApproximationTarget": "skse.targets",
    "SpectralSubtraction": "skse.enhancement",
    "SpectrumTarget": "skse.targets",
    "SpeechEnhancer": "skse.enhancement",
    "StreamingEnhancer": "skse.enhancement",
    "UNetRegressor": "skse.networks",
    "WPE": "skse.enhancement",
    "WaveformTarget": "skse.targets",
    "WideResNetRegressor": "skse.networks",
    "WienerFilter": "skse.enhancement",
    "load": "skse.persistence",
    "oracle_predict": "skse.enhancement",
    "save": "skse.persistence",
}
_SUBPACKAGES = [
    "audio",
    "comparison",
    "datasets",
    "enhancement",
    "experiments",
    "features",
    "files",
    "metrics",
    "models",
    "networks",
    "persistence",
    "plotting",
    "recipes",
    "report",
    "targets",
    "utils",
]

__all__ = [*sorted(_HOME), *_SUBPACKAGES, "__version__"]


def __getattr__(name):
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _SUBPACKAGES:
        return import_module(f"skse.{name}")
    raise AttributeError(f"module 'skse' has no attribute {name!r}")


def __dir__():
    return __all__
