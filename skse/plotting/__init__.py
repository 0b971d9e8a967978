"""Pictures, in scikit-learn's Display convention. matplotlib loads when one is drawn."""

from skse.plotting._comparison import ComparisonDisplay
from skse.plotting._spectrogram import SpectrogramDisplay

__all__ = ["ComparisonDisplay", "SpectrogramDisplay"]
