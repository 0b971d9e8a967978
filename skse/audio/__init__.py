"""Recordings in files: read to their true end, written whole, with all that they carry."""

from skse.audio._media import MEDIA_SUFFIXES, media_suffix
from skse.audio._reader import (
    BLOCK,
    RECORDING_SUFFIXES,
    AudioReader,
    is_pipe,
    open_audio,
    spooled,
)
from skse.audio._writer import AudioFormat, peak_of, write_audio

__all__ = [
    "BLOCK",
    "MEDIA_SUFFIXES",
    "RECORDING_SUFFIXES",
    "AudioFormat",
    "AudioReader",
    "is_pipe",
    "media_suffix",
    "open_audio",
    "peak_of",
    "spooled",
    "write_audio",
]
