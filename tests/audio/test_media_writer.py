"""What test_media does not try: that nothing is left of what cannot be written."""

import os

import pytest

from skse.audio import AudioFormat, write_audio
from skse.audio._media import MediaFormat
from skse.utils import UnusableFileError

av = pytest.importorskip("av", exc_type=ImportError)


def test_what_an_encoder_refuses_is_named(tmp_path, speech):
    media = MediaFormat("webm", "libopus", 48_000)
    audio_format = AudioFormat(7777, 1, len(speech), "FLAC", "PCM_16", media=media)
    with pytest.raises(UnusableFileError, match="cannot be written as webm, libopus"):
        write_audio(tmp_path / "a.webm", [speech], audio_format)
    assert os.listdir(tmp_path) == []


def test_an_error_of_the_system_stays_one(tmp_path, speech):
    media = MediaFormat("ipod", "aac", 64_000)
    audio_format = AudioFormat(8000, 1, len(speech), "FLAC", "PCM_16", media=media)
    with pytest.raises(FileNotFoundError, match="No such file or directory") as caught:
        write_audio(tmp_path / "none" / "a.m4a", [speech], audio_format)
    assert caught.value.filename == str(tmp_path / "none" / "a.m4a")
