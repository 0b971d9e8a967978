"""Where pairs of noisy and clean speech come from."""

from skse.datasets._audio_file import AudioFile
from skse.datasets._bunch import take as take
from skse.datasets._distort import distort
from skse.datasets._distortions import clip_peaks, drop_chunks, reduce_bandwidth
from skse.datasets._download import default_home as default_home
from skse.datasets._download import download as download
from skse.datasets._download import repeat as repeat
from skse.datasets._harvard import load_harvard
from skse.datasets._matching import Partners as Partners
from skse.datasets._mixing import active_speech_level, mix_at_snr
from skse.datasets._mixtures import make_pairs
from skse.datasets._ms_snsd import fetch_ms_snsd
from skse.datasets._noise import make_noise
from skse.datasets._noizeus import fetch_noizeus
from skse.datasets._pairs import load_pairs
from skse.datasets._reading import PairReader as PairReader
from skse.datasets._reading import tell_alignment as tell_alignment
from skse.datasets._room import Room
from skse.datasets._rooms import make_rooms, reverberate
from skse.datasets._splits import split_noizeus
from skse.datasets._whisper import whisper

__all__ = [
    "AudioFile",
    "Room",
    "active_speech_level",
    "clip_peaks",
    "distort",
    "drop_chunks",
    "fetch_ms_snsd",
    "fetch_noizeus",
    "load_harvard",
    "load_pairs",
    "make_noise",
    "make_pairs",
    "make_rooms",
    "mix_at_snr",
    "reduce_bandwidth",
    "reverberate",
    "split_noizeus",
    "whisper",
]
