"""Pictures, in scikit-learn's Display convention. matplotlib loads when one is drawn."""

from skse.plotting._audio import AudioDisplay
from skse.plotting._comparison import ComparisonDisplay
from skse.plotting._learning_curve import LearningCurveDisplay
from skse.plotting._mask import MaskDisplay
from skse.plotting._spectrogram import SpectrogramDisplay

__all__ = [
    "AudioDisplay",
    "ComparisonDisplay",
    "LearningCurveDisplay",
    "MaskDisplay",
    "SpectrogramDisplay",
]
