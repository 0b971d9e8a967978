"""Recordings are written in the format they came in: any that soundfile knows, block by block."""

import errno
import os
import shutil
from dataclasses import dataclass, field

import numpy as np
import soundfile

from skse.utils import UnusableFileError, replacing

# Frames that are encoded at a time.
BLOCK = 2**16
# Bytes; with fewer on the disk, that is why a file could not be written.
_LEAST_FREE = 2**16
# Bits of the integer subtypes: the others are handed to libsndfile as floats.
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32} | {
    f"ALAC_{bits}": bits for bits in (16, 20, 24, 32)
}
# Subtypes that hold values beyond full scale.
_UNLIMITED = {"FLOAT", "DOUBLE"}


@dataclass
class AudioFormat:
    """All of a file but its samples."""

    sampling_rate: int
    n_channels: int
    n_times: int
    format: str
    subtype: str
    endian: str
    metadata: dict = field(default_factory=dict)

    @classmethod
    def of(cls, audio):
        """Return the format of an open recording."""
        names = ("samplerate", "channels", "frames", "format", "subtype", "endian")
        return cls(*[*(getattr(audio, name) for name in names), audio.copy_metadata()])

    @property
    def full_scale(self):
        """Largest absolute value that does not clip."""
        if self.subtype in _UNLIMITED:
            return np.inf
        # Half a step above the largest number is still rounded to it; float32 ends at 24 bits.
        bits = _BITS.get(self.subtype)
        return 1.0 if bits is None else 1 - 0.5 ** min(bits, 24)


def peak_of(x):
    """Largest absolute value of a waveform, in bounded memory."""
    blocks = (x[begin : begin + BLOCK] for begin in range(0, len(x), BLOCK))
    return max(float(np.abs(block).max()) for block in blocks)


def write_audio(path, channels, audio_format, gain=1.0):
    """Write a recording, whole or not at all.

    Parameters
    ----------
    path : Path
        File to write. Until it is complete it is a hidden file beside it.
    channels : sequence of waveforms
        Anything that can be sliced; `gain` times them must be within full scale.
    audio_format : AudioFormat
        How it is written.
    gain : float, default=1.0
        Factor.

    Raises
    ------
    OSError, UnusableFileError
        Where it cannot be written.
    """
    with replacing(path) as part:
        try:
            with soundfile.SoundFile(
                part,
                "w",
                audio_format.sampling_rate,
                audio_format.n_channels,
                audio_format.subtype,
                audio_format.endian,
                audio_format.format,
            ) as audio:
                _write_metadata(audio, audio_format.metadata)
                for begin in range(0, audio_format.n_times, BLOCK):
                    end = min(begin + BLOCK, audio_format.n_times)
                    block = np.stack([x[begin:end] for x in channels], axis=1)
                    if gain != 1:
                        block *= np.float32(gain)
                    audio.write(_quantize(block, _BITS.get(audio_format.subtype)))
        except AssertionError as error:  # soundfile's word for fewer samples written than given
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        except (soundfile.LibsndfileError, ValueError) as error:
            if shutil.disk_usage(part.parent).free < _LEAST_FREE:  # libsndfile: "System error."
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            text = getattr(error, "error_string", "") or str(error)
            raise UnusableFileError(
                path, f"cannot be written as {audio_format.format}, {audio_format.subtype} ({text})"
            ) from error
        _check_written(part, audio_format)


def _write_metadata(audio, metadata):
    for name, value in metadata.items():
        try:
            setattr(audio, name, value)
        except soundfile.LibsndfileError:  # this format has no place for it
            continue


def _quantize(block, bits):
    """Round to the nearest number of `bits` bits; libsndfile would cut off what is beyond them."""
    if bits is None:
        return block
    limit = 2 ** (bits - 1)
    numbers = np.clip(np.rint(block * np.float64(limit)), -limit, limit - 1)
    return numbers.astype(np.int32) << (32 - bits)


def _check_written(part, audio_format):
    """See that the last sample can be read: not every encoder tells that the disk is full."""
    try:
        with soundfile.SoundFile(part) as audio:
            n_times = audio.frames
            if n_times >= audio_format.n_times and audio_format.subtype in _BITS:
                audio.seek(audio_format.n_times - 1)
                n_times = audio_format.n_times - 1 + len(audio.read(1))
    except soundfile.LibsndfileError:
        n_times = 0
    if n_times < audio_format.n_times:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
