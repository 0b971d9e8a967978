"""Recordings in files: read to their true end, written whole, with all that they carry."""

from skse.audio._media import is_media as is_media
from skse.audio._media import media_suffix as media_suffix
from skse.audio._reader import BLOCK as BLOCK
from skse.audio._reader import RECORDING_SUFFIXES as RECORDING_SUFFIXES
from skse.audio._reader import AudioReader as AudioReader
from skse.audio._reader import is_pipe as is_pipe
from skse.audio._reader import open_audio
from skse.audio._reader import spooled as spooled
from skse.audio._samples import read_samples as read_samples
from skse.audio._writer import AudioFormat, write_audio
from skse.audio._writer import peak_of as peak_of

__all__ = ["AudioFormat", "open_audio", "write_audio"]
