"""Noisy waveforms in, enhanced waveforms out."""

from skse.enhancement._ablation import environment_ablation
from skse.enhancement._base import BaseEnhancer
from skse.enhancement._chain import Chain
from skse.enhancement._classical import NOISES as NOISES
from skse.enhancement._classical import (
    BaseClassicalEnhancer,
    BaseGainEnhancer,
    IdentityEnhancer,
    SpectralSubtraction,
)
from skse.enhancement._decision_directed import LogMMSE, WienerFilter
from skse.enhancement._enhancer import SpeechEnhancer
from skse.enhancement._oracle import oracle_predict
from skse.enhancement._pairs import groups_of as groups_of
from skse.enhancement._pairs import match_levels as match_levels
from skse.enhancement._remix import Remix
from skse.enhancement._segments import ContextFrames as ContextFrames
from skse.enhancement._segments import Segments as Segments
from skse.enhancement._shared_stfts import seconds_saved as seconds_saved
from skse.enhancement._streaming import StreamingEnhancer
from skse.enhancement._wpe import WPE

__all__ = [
    "WPE",
    "BaseClassicalEnhancer",
    "BaseEnhancer",
    "BaseGainEnhancer",
    "Chain",
    "IdentityEnhancer",
    "LogMMSE",
    "Remix",
    "SpectralSubtraction",
    "SpeechEnhancer",
    "StreamingEnhancer",
    "WienerFilter",
    "environment_ablation",
    "oracle_predict",
]
