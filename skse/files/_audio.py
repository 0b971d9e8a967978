"""Audio files in and out: any format that soundfile knows, block by block, and back as it came."""

import errno
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import soundfile

from skse.files._results import UnusableFileError

# Frames that are decoded or encoded at a time.
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

    @property
    def full_scale(self):
        """Largest absolute value that does not clip."""
        if self.subtype in _UNLIMITED:
            return np.inf
        # Half a step above the largest number is still rounded to it; float32 ends at 24 bits.
        bits = _BITS.get(self.subtype)
        return 1.0 if bits is None else 1 - 0.5 ** min(bits, 24)


@contextmanager
def open_audio(path):
    """Open a recording to read; what is wrong with it is an UnusableFileError.

    Yields
    ------
    audio : soundfile.SoundFile
    audio_format : AudioFormat
    """
    if path.is_dir():
        raise UnusableFileError("a folder, not a file")
    if not path.exists():
        raise UnusableFileError("no such file")
    if path.stat().st_size == 0:
        raise UnusableFileError("empty file (0 bytes)")
    if not os.access(path, os.R_OK):
        raise UnusableFileError("permission to read it denied")
    try:
        audio = soundfile.SoundFile(path)
    except (soundfile.LibsndfileError, TypeError) as error:
        # TypeError: soundfile asks for the sampling rate of a file named .raw.
        text = getattr(error, "error_string", "") or str(error)
        raise UnusableFileError(f"not an audio file that can be read ({text})") from error
    with audio:
        if audio.frames == 0:
            raise UnusableFileError("no samples in it")
        yield (
            audio,
            AudioFormat(
                audio.samplerate,
                audio.channels,
                audio.frames,
                audio.format,
                audio.subtype,
                audio.endian,
                audio.copy_metadata(),
            ),
        )


def read_blocks(audio):
    """Yield blocks of shape (n_times, n_channels), float32 and finite, up to the file's end."""
    n_read = 0
    while n_read < audio.frames:
        try:
            block = audio.read(min(BLOCK, audio.frames - n_read), "float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise UnusableFileError(
                f"damaged after {n_read} of {audio.frames} samples ({error.error_string})"
            ) from error
        if len(block) == 0:
            raise UnusableFileError(f"cut short: {n_read} of {audio.frames} samples are there")
        if not np.isfinite(block).all():
            row, channel = np.argwhere(~np.isfinite(block))[0]
            raise UnusableFileError(
                f"contains NaN or inf, first at sample {n_read + row} of channel {channel + 1}"
            )
        yield block
        n_read += len(block)


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
                f"cannot be written as {audio_format.format}, {audio_format.subtype} ({text})"
            ) from error
        _check_written(part, audio_format)


@contextmanager
def replacing(path):
    """Yield the path of a hidden file that takes the place of `path` when all went well."""
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


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
