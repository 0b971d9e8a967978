"""Recordings are written in the format they came in, block by block, whole or not at all."""

import errno
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import soundfile

from skse.audio._chunks import FAMILIES, Chunks
from skse.audio._media import MediaFormat
from skse.audio._media_writer import write_media
from skse.audio._reader import BLOCK, check_readable, ogg_order, subtype_to_write
from skse.audio._tags import carry_over
from skse.audio._view import decodable
from skse.utils import UnusableFileError, replacing

# Bytes; with fewer on the disk, that is why a file could not be written.
_LEAST_FREE = 2**16
# Bits of the integer subtypes: the others are handed to libsndfile as floats.
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32} | {
    f"ALAC_{bits}": bits for bits in (16, 20, 24, 32)
}
_IN_WAV = {"PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"}
# Formats whose metadata are carried over as they are in the file.
_CARRIED = {"WAV", "WAVEX", "RF64", "AIFF", "W64", "CAF", "FLAC", "MP3"}
# Subtypes that hold values beyond full scale.
_UNLIMITED = {"FLOAT", "DOUBLE"}


@dataclass
class AudioFormat:
    """All of a file but its samples.

    Parameters
    ----------
    sampling_rate : int
        Hz.
    n_channels, n_times : int
        Channels, and samples in each.
    format, subtype, endian : str
        As soundfile calls them.
    media : MediaFormat, default=None
        Where FFmpeg writes it.
    source : Path, default=None
        File from which to take the metadata.
    texts : dict, default={}
        What libsndfile, or FFmpeg, found of them, for formats of which the file itself cannot
        be taken apart.

    Examples
    --------
    See :func:`write_audio`. What takes its place where WAV is wanted:

    >>> from skse.audio import AudioFormat
    >>> AudioFormat(16000, 1, 100, "OGG", "VORBIS").as_wav().subtype
    'PCM_16'
    """

    sampling_rate: int
    n_channels: int
    n_times: int
    format: str
    subtype: str
    endian: str = "FILE"
    media: MediaFormat | None = None
    source: Path | None = None
    texts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, audio: Any) -> Self:
        """Return the format of an open recording.

        Parameters
        ----------
        audio : AudioReader or MediaReader
            Of :func:`open_audio`.

        Returns
        -------
        audio_format : AudioFormat
            With which :func:`write_audio` writes a recording of the same kind.
        """
        return cls(
            audio.sampling_rate,
            audio.n_channels,
            audio.n_times,
            audio.format,
            subtype_to_write(audio.format, audio.subtype),
            audio.endian,
            media=getattr(audio, "media", None),
            source=audio.file,
            texts=audio.texts,
        )

    def as_wav(self) -> Self:
        """Return the same as WAV, with the subtype where WAV has it, else 16 or 24 bits.

        Returns
        -------
        audio_format : AudioFormat
        """
        bits = _BITS.get(self.subtype, 16)
        subtype = self.subtype if self.subtype in _IN_WAV else f"PCM_{16 if bits <= 16 else 24}"
        return replace(self, format="WAV", subtype=subtype, endian="FILE", media=None)

    @property
    def full_scale(self) -> float:
        """Largest absolute value that does not clip."""
        if self.subtype in _UNLIMITED:
            return np.inf
        # Half a step above the largest number is still rounded to it; float32 ends at 24 bits.
        bits = _BITS.get(self.subtype)
        return 1.0 if bits is None else 1 - 0.5 ** min(bits, 24)


def peak_of(x):
    """Find the largest absolute value of a waveform, in bounded memory.

    Parameters
    ----------
    x : waveform
        Anything that can be sliced.

    Returns
    -------
    peak : float
        At least 0.
    """
    blocks = (x[begin : begin + BLOCK] for begin in range(0, len(x), BLOCK))
    return max(float(np.abs(block).max()) for block in blocks)


def write_audio(
    path: Path, channels: Sequence[Any], audio_format: AudioFormat, gain: float = 1.0
) -> list[str]:
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

    Returns
    -------
    remarks : list of str
        What of the metadata is lost.

    Raises
    ------
    OSError, UnusableFileError
        Where it cannot be written.

    Examples
    --------
    A recording is written again, half as loud, in its own format and with its metadata:

    >>> import tempfile, numpy as np, soundfile
    >>> from pathlib import Path
    >>> from skse.audio import AudioFormat, open_audio, write_audio
    >>> folder = Path(tempfile.mkdtemp())
    >>> soundfile.write(folder / "a.flac", np.full(1000, 0.5), 8000, subtype="PCM_24")
    >>> with open_audio(folder / "a.flac") as audio:
    ...     x = np.concatenate(list(audio.blocks()))
    ...     remarks = write_audio(folder / "b.flac", list(x.T), AudioFormat.of(audio), gain=0.5)
    >>> soundfile.info(folder / "b.flac").subtype, float(soundfile.read(folder / "b.flac")[0].max())
    ('PCM_24', 0.25)
    """

    def blocks():
        for begin in range(0, audio_format.n_times, BLOCK):
            end = min(begin + BLOCK, audio_format.n_times)
            block = np.stack([x[begin:end] for x in channels], axis=1)
            yield block * np.float32(gain) if gain != 1 else block

    with replacing(path) as part:
        if audio_format.media is not None:
            return write_media(part, blocks(), audio_format, path)
        _encode(part, blocks(), audio_format, path)
        _mend_odd_aiff(part, audio_format)
        _check_written(part, audio_format, path)
        return carry_over(audio_format.source, part, audio_format.texts)


def _encode(part, blocks, audio_format, path):
    try:
        with soundfile.SoundFile(
            decodable(part),
            "w",
            audio_format.sampling_rate,
            audio_format.n_channels,
            audio_format.subtype,
            audio_format.endian,
            audio_format.format,
        ) as audio:
            texts = {} if audio_format.format in _CARRIED else audio_format.texts
            for name, value in texts.items():
                with suppress(soundfile.LibsndfileError):  # this format has no place for it
                    setattr(audio, name, value)
            order = ogg_order(audio_format.format, audio_format.n_channels)
            for block in blocks:
                block = block if order is None else block[:, np.argsort(order)]
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


def _mend_odd_aiff(part, audio_format):
    """Write the true number of samples into AIFF of an odd number of bytes.

    libsndfile 1.2.2 counts the byte that fills up the chunk as a sample: one more than there are,
    of full scale with PCM_U8 and ULAW (findings/libsndfile_aiff_odd_byte.sh).
    """
    n_times = audio_format.n_times
    is_odd = audio_format.n_channels % 2 and n_times % 2
    if audio_format.format != "AIFF" or not is_odd:
        return
    with part.open("r+b") as file:
        for name, begin, n_bytes, (at, n_field) in Chunks(file, FAMILIES["AIFF"]).walk():
            if name == b"COMM":
                file.seek(begin + 2)
                if int.from_bytes(file.read(4), "big") != n_times + 1:
                    return
                file.seek(begin + 2)
                file.write(n_times.to_bytes(4, "big"))
            elif name == b"SSND":
                file.seek(at)
                file.write((n_bytes - 1).to_bytes(n_field, "big"))
                return


def _quantize(block, bits):
    """Round to the nearest number of `bits` bits; libsndfile would cut off what is beyond them."""
    if bits is None:
        return block
    limit = 2 ** (bits - 1)
    numbers = np.clip(np.rint(block * np.float64(limit)), -limit, limit - 1)
    return numbers.astype(np.int32) << (32 - bits)


def _check_written(part, audio_format, path):
    """See that the last sample can be read: not every encoder tells that the disk is full."""
    try:
        with soundfile.SoundFile(decodable(part)) as audio:
            n_times = audio.frames
            if n_times >= audio_format.n_times and audio_format.subtype in _BITS:
                audio.seek(audio_format.n_times - 1)
                n_times = audio_format.n_times - 1 + len(audio.read(1))
    except soundfile.LibsndfileError:
        n_times = 0
    if n_times < audio_format.n_times:
        if shutil.disk_usage(part.parent).free < _LEAST_FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        check_readable(part, path)
        raise UnusableFileError(
            path,
            f"cannot be written as {audio_format.format}, {audio_format.subtype} (only {n_times} "
            f"of {audio_format.n_times} samples can be read again)",
        )
