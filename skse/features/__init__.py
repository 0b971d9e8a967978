"""Waveforms to features, and back: the transformers in front of a network."""

from skse.features._stft import STFTFeaturizer

__all__ = ["STFTFeaturizer"]
