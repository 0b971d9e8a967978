"""Waveforms to features: STFT, mel bands, cepstra, and the steps around them."""

from skse.features._base import BaseFeaturizer
from skse.features._mel import MelFeaturizer
from skse.features._mfcc import MFCCFeaturizer
from skse.features._noise_tracker import NoiseTracker
from skse.features._samples import SamplesFeaturizer
from skse.features._scaler import FeatureScaler
from skse.features._stft import STFTFeaturizer
from skse.features._union import FeaturizerUnion
from skse.features._waveform_steps import PeakNormalize, Resample

__all__ = [
    "BaseFeaturizer",
    "FeatureScaler",
    "FeaturizerUnion",
    "MFCCFeaturizer",
    "MelFeaturizer",
    "NoiseTracker",
    "PeakNormalize",
    "Resample",
    "STFTFeaturizer",
    "SamplesFeaturizer",
]
