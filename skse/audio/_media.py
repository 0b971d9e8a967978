"""What libsndfile cannot decode, phones, messengers, meetings and films, by way of FFmpeg."""

import re
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import soundfile

from skse.audio._chunks import FAMILIES, Chunks
from skse.audio._clock import Clock
from skse.utils import UnusableFileError, import_optional

# Suffixes of files that FFmpeg reads; what has a picture too is marked in the second.
MEDIA_SUFFIXES = frozenset(
    [
        ".3g2",
        ".3ga",
        ".3gp",
        ".aac",
        ".ac3",
        ".amr",
        ".ape",
        ".asf",
        ".awb",
        ".dts",
        ".eac3",
        ".m4a",
        ".m4b",
        ".mka",
        ".mpc",
        ".ra",
        ".tta",
        ".weba",
        ".wma",
        ".wv",
        ".avi",
        ".flv",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".mts",
        ".ts",
        ".vob",
        ".webm",
        ".wmv",
    ]
)
# Containers that are written again, the codecs in them that are, and FFmpeg's encoders.
_CONTAINERS = {".m4a": "ipod", ".mp4": "mp4", ".mka": "matroska", ".webm": "webm", ".weba": "webm"}
_ENCODERS = {"aac": "aac", "alac": "alac", "opus": "libopus", "flac": "flac"}
_LOSSLESS = {"alac", "flac", "ape", "tta", "wavpack"}
# Sample formats of the lossless encoders: up to 16 bits, and up to 24. Left to itself, the FLAC
# encoder of FFmpeg 8 (PyAV 18.1) cuts 24 bits down to 16, and that of ALAC makes 24 of 16.
_SAMPLES = {"alac": ("s16p", "s32p"), "flac": ("s16", "s32")}
# What FFmpeg tells of a container among its tags.
_NO_TAGS = {
    *("major_brand", "minor_version", "compatible_brands", "encoder", "handler_name"),
    *("vendor_id", "language", "duration", "DURATION", "ENCODER", "creation_time"),
}
# Samples of silence at a time.
_SILENT = 2**16
# How such files begin, by position; for those who have no FFmpeg to ask.
_MAGIC = (
    (4, b"ftyp"), (0, b"\x1aE\xdf\xa3"), (0, b"#!AMR"), (0, b"0&\xb2u\x8ef\xcf\x11"),
    (0, b"\xff\xf1"), (0, b"\xff\xf9"), (0, b"MAC "), (0, b"wvpk"), (0, b"TTA1"), (0, b"FLV\x01"),
    (8, b"AVI "), (4, b"moov"), (4, b"mdat"), (0, b"\x0bw"), (0, b"\0\0\x01\xba"),
)  # fmt: skip


# How files begin that libsndfile reads, whatever their name.
_LIBSNDFILE = (
    b"RIFF",
    b"RIFX",
    b"RF64",
    b"FORM",
    b"fLaC",
    b"OggS",
    b"ID3",
    b".snd",
    b"caff",
    b"riff",
)
# Codecs that libsndfile reads: how WAV numbers and CAF names them, and how they begin in Ogg.
_LIBSNDFILE_WAV = {1, 2, 3, 6, 7, 0x11, 0x31, 0x38, 0x40, 0x55}
_LIBSNDFILE_CAF = {b"lpcm", b"ulaw", b"alaw"}
_LIBSNDFILE_OGG = (b"\x01vorbis", b"OpusHead")
# The number of WAV that says the codec's own stands elsewhere, where, and which are read there.
_EXTENSIBLE, _AT_OWN, _LIBSNDFILE_WAVEX = 0xFFFE, 24, {1, 2, 3, 6, 7}
# How codecs are called that are not called as FFmpeg does, in capitals.
_NAMES = {
    **{"ac3": "AC-3", "eac3": "E-AC-3", "g722": "G.722", "g723_1": "G.723.1", "g726": "G.726"},
    **{"g726le": "G.726", "g729": "G.729"},
}


@dataclass(frozen=True)
class MediaFormat:
    """How to write a container of FFmpeg: its name there, the encoder and its bits per second.

    The format of the samples is the encoder's own where it is None.
    """

    container: str
    encoder: str
    bit_rate: int
    sample_format: str | None = None


def is_media(file):
    """Whether a file is one for FFmpeg, as far as its first bytes, or else its name, tell.

    Parameters
    ----------
    file : Path
        File.

    Returns
    -------
    answer : bool
        False for what cannot be read.
    """
    try:
        with file.open("rb") as opened:
            head = opened.read(16)
        is_beyond = _is_beyond_libsndfile(file)
    except OSError:
        return False
    if any(head[at : at + len(magic)] == magic for at, magic in _MAGIC) or is_beyond:
        return True
    is_others = head.startswith(_LIBSNDFILE) or (head[:1] == b"\xff" and len(head) > 1)
    return bool(head) and not is_others and file.suffix.lower() in MEDIA_SUFFIXES


def _is_beyond_libsndfile(file):
    """Whether a container that libsndfile reads holds a codec that it does not.

    Voice messages of iPhones are CAF with Opus or AAC; recorders of telephone calls write G.726 and
    such into WAV. Of ALAC in CAF and FLAC in Ogg, libsndfile 1.2.2 opens only some
    (findings/libsndfile_files_of_ffmpeg.sh).
    """
    with file.open("rb") as opened:
        head = opened.read(512)
        if head[:4] == b"caff":
            return head[28:32] not in _LIBSNDFILE_CAF
        if head[:4] == b"OggS" and len(head) > 27:
            return not head[27 + head[26] :].startswith(_LIBSNDFILE_OGG)
        if head[:4] in (b"RIFF", b"RF64") and head[8:12] == b"WAVE":
            for name, begin, _, _ in Chunks(opened, FAMILIES[head[:4].decode()]).walk():
                if name == b"fmt ":
                    opened.seek(begin)
                    fmt = opened.read(_AT_OWN + 2)
                    number = int.from_bytes(fmt[:2], "little")
                    if number == _EXTENSIBLE:
                        own = int.from_bytes(fmt[_AT_OWN:], "little")
                        return own not in _LIBSNDFILE_WAVEX
                    return number not in _LIBSNDFILE_WAV
    return False


def media_suffix(path):
    """Return the suffix of what takes the place of a recording when it is enhanced.

    Parameters
    ----------
    path : Path
        Recording that libsndfile does not open.

    Returns
    -------
    suffix : str
        Its own where a file of its kind can be written, ".flac" or ".wav" otherwise.
    """
    try:
        reader = MediaReader(path, path)
    except (UnusableFileError, OSError):
        return path.suffix
    if reader.media or reader.format == _format_of(path):
        return path.suffix
    return f".{reader.format.lower()}"


def import_av(path):
    """Import PyAV, or say how to install it.

    Parameters
    ----------
    path : Path
        The recording that needs it.

    Returns
    -------
    av : module

    Raises
    ------
    UnusableFileError
        Where it is not installed.
    """
    try:
        return import_optional("av", caller="its format", extra="media")
    except ImportError as error:
        convert = f"or convert it, for example with ffmpeg -i {path.name} {path.stem}.wav"
        raise UnusableFileError(path, f"{error}; {convert}") from error


class MediaReader:
    """A recording that FFmpeg decodes, the first sound track of a film too.

    Parameters
    ----------
    file : Path
        Where its bytes are.
    path : Path
        What it is called.

    Attributes
    ----------
    sampling_rate, n_channels
        As of :class:`AudioReader`.
    format, subtype, endian : str
        Those of the file that takes its place where `media` is None: what its suffix says, where
        libsndfile writes that, else FLAC, or WAV for more than eight channels.
    media : MediaFormat or None
        How a file of the same kind is written, where it can be.
    remarks : tuple of str
        What is not read, and what is not in it.
    seekable : bool
        False: it is read from its beginning.
    """

    seekable = False

    def __init__(self, file, path):
        self.path, self.file, self._missing = path, file, ()
        self.endian, self.format = "FILE", _format_of(file)
        with self._opened() as (container, stream):
            codec = stream.codec_context.name
            films = [s for s in container.streams.video if s.disposition.value & 0x400 == 0]
            n_tracks = len(container.streams.audio)
            n_others = len(container.streams) - n_tracks - len(container.streams.video)
            self._left_out = tuple(
                f"{text} left out"
                for text, is_left in (
                    ("its picture is", bool(films)),
                    ("its cover is", len(films) < len(container.streams.video)),
                    ("its chapters are", bool(container.chapters())),
                    (f"{n_others} of its streams, subtitles or data, are", n_others > 0),
                    (f"{n_tracks - 1} of its {n_tracks} sound tracks are", n_tracks > 1),
                )
                if is_left
            )
            bits = stream.codec_context.format.bits if stream.codec_context.format else 16
            self.subtype = "PCM_24" if codec in _LOSSLESS and bits > 16 else "PCM_16"
            tags = {**container.metadata, **stream.metadata}
            self.texts = {name: tags[name] for name in sorted(tags) if name not in _NO_TAGS}
            self._claimed_s = self._claimed(container, stream)
            bit_rate = stream.bit_rate or container.bit_rate or 0
            frame = next(self._frames(container, stream), None)
            if frame is None:
                raise UnusableFileError(path, "no samples in it")
            self.sampling_rate, self._layout = frame.sample_rate, frame.layout.name
            self.n_channels = frame.layout.nb_channels
            kinds = _kinds(container)
        if not soundfile.check_format(self.format, "PCM_16"):
            self.format = "FLAC" if self.n_channels <= 8 else "WAV"
        name = _CONTAINERS.get(file.suffix.lower())
        self.media = None
        if name and codec in _ENCODERS and not films and n_tracks == 1 and self.n_channels <= 2:
            least, most = 48_000 * self.n_channels, 256_000 * self.n_channels
            formats = _SAMPLES.get(codec)
            self.media = MediaFormat(
                name,
                _ENCODERS[codec],
                min(max(bit_rate, least), most),
                formats and formats[self.subtype == "PCM_24"],
            )
        elif kinds & {"wav", "caf"} and self.format != "FLAC" and not codec.startswith("pcm_"):
            called = "ADPCM" if codec.startswith("adpcm") else codec.upper()
            self._left_out += (
                f"{_NAMES.get(codec, called)} in {self.format} is not written: "
                f"{self.subtype[4:]} bits take its place",
            )

    @cached_property
    def n_times(self):
        """Samples a channel; counted."""
        return sum(len(block) for block in self._decoded())

    @property
    def remarks(self):
        """What is not read, and what is not in it."""
        self.n_times  # noqa: B018 (counts the gaps)
        return self._left_out + self._missing

    def blocks(self, block_size=2**16):
        """Read it block by block, up to its end; as :meth:`AudioReader.blocks`."""
        from skse.audio._reader import check_finite

        n_read, waiting = 0, []
        for block in self._decoded():
            check_finite(block, n_read, self.path)
            n_read += len(block)
            waiting.append(block)
            if sum(map(len, waiting)) >= block_size:
                together = np.concatenate(waiting)
                n_whole = len(together) // block_size * block_size
                for begin in range(0, n_whole, block_size):
                    yield together[begin : begin + block_size]
                waiting = [together[n_whole:]]
        if waiting and len(last := np.concatenate(waiting)):
            yield last

    def _claimed(self, container, stream):
        """Return the seconds that an index or header promises, where one does."""
        if not {"mov", "matroska", "asf"} & _kinds(container):
            return 0.0  # estimates from the bit rate
        if stream.duration:
            return float(stream.duration * stream.time_base)
        # Matroska has it in a tag: "00:01:23.450000000"
        text = stream.metadata.get("DURATION", "")
        if found := re.fullmatch(r"(\d+):(\d+):(\d+\.?\d*)", text):
            hours, minutes, seconds = map(float, found.groups())
            return 3600 * hours + 60 * minutes + seconds
        # That of a film may be the duration of its picture.
        return 0.0 if len(container.streams) > 1 else (container.duration or 0) / 1e6

    def _decoded(self):
        av = import_av(self.path)
        with self._opened() as (container, stream):
            # Samples side by side: PyAV 18.1 cannot tell how many planes of 8 channels or more
            # there are (findings/pyav_eight_planes.sh).
            resampler = av.AudioResampler("flt", self._layout, self.sampling_rate)
            kinds = _kinds(container)
            clock = Clock(
                self.sampling_rate,
                is_kept=not kinds.isdisjoint({"mov", "matroska"}),
                is_cut="mov" in kinds and stream.codec_context.name == "opus",
            )
            for frame in self._frames(container, stream):
                n_silent, n_early = clock.gap_before(frame)
                for begin in range(0, n_silent, _SILENT):
                    n = min(_SILENT, n_silent - begin)
                    yield np.zeros((n, self.n_channels), np.float32)
                frame.pts = None
                for part in resampler.resample(frame):
                    yield part.to_ndarray().reshape(part.samples, -1)[n_early:]
            for part in resampler.resample(None):
                yield part.to_ndarray().reshape(part.samples, -1)
        self._missing = clock.remarks
        # MP4 tells how long its sound lasts, others when it ends.
        begin = 0 if "mov" in kinds else max(0, stream.start_time or 0)
        promised_s = self._claimed_s - float(begin * stream.time_base) - clock.left_out_s
        if clock.end_s < promised_s - max(0.5, 0.01 * promised_s):
            raise UnusableFileError(
                self.path, f"truncated: {clock.end_s:.1f} of {promised_s:.1f} s are there"
            )

    def _frames(self, container, stream):
        av = import_av(self.path)
        n_read, rate, first = 0, 0, None
        try:
            for frame in container.decode(stream):
                kind = frame.sample_rate, frame.layout.name
                if n_read and kind != first:
                    raise UnusableFileError(
                        self.path, "its sampling rate or number of channels changes on the way"
                    )
                n_read, rate, first = n_read + frame.samples, frame.sample_rate, kind
                yield frame
        except (av.FFmpegError, ValueError) as error:
            where = f"damaged after {n_read / rate:.1f} s" if rate else "damaged"
            text = getattr(error, "strerror", None) or str(error)
            raise UnusableFileError(self.path, f"{where} ({text})") from error

    @contextmanager
    def _opened(self):
        av = import_av(self.path)
        with ExitStack() as stack:
            try:
                opened = stack.enter_context(self.file.open("rb"))
                container = stack.enter_context(av.open(opened, metadata_errors="ignore"))
            except av.FFmpegError as error:
                raise UnusableFileError(
                    self.path, f"not an audio file that can be read ({error.strerror})"
                ) from error
            if not container.streams.audio:
                raise UnusableFileError(self.path, "no sound track in it")
            stream = container.streams.audio[0]
            if stream.codec_context is None:
                raise UnusableFileError(self.path, "its sound is in a format that FFmpeg lacks")
            if (container.format.name, stream.codec_context.name) == ("caf", "alac"):
                # FFmpeg 8 (PyAV 18.1) takes from the last packet what it does not have besides
                # (findings/ffmpeg_alac_in_caf_ends_early.sh).
                stream.codec_context.flags2 |= av.codec.context.Flags2.skip_manual
            yield container, stream


def _kinds(container):
    return set(container.format.name.split(","))


def _format_of(file):
    """Return what the suffix of a file says, as soundfile calls it where it writes that."""
    return {"WAVE": "WAV"}.get(name := file.suffix[1:].upper(), name)
