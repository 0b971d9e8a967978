"""Where pairs of noisy and clean speech come from."""

from skse.datasets._harvard import load_harvard
from skse.datasets._mixing import active_speech_level, mix_at_snr
from skse.datasets._noise import make_noise

__all__ = ["active_speech_level", "load_harvard", "make_noise", "mix_at_snr"]
