"""Noisy waveforms in, enhanced waveforms out."""

from skse.enhancement._enhancer import SpeechEnhancer
from skse.enhancement._oracle import oracle_predict

__all__ = ["SpeechEnhancer", "oracle_predict"]
