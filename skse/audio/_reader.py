"""Recordings are opened and read here, to their true end, and what is wrong is found here."""

import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from skse.audio._containers import layout_of
from skse.audio._media import MEDIA_SUFFIXES, MediaReader, is_media
from skse.audio._view import Part, PartView, decodable
from skse.utils import UnusableFileError, locked, remove_unlocked
from skse.utils.typing import FilePath

# What is taken for a recording in a folder or by a glob; a file that is named is always read.
RECORDING_SUFFIXES = MEDIA_SUFFIXES | {
    *(".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".gsm", ".mp2", ".mp3"),
    *(".oga", ".ogg", ".opus", ".rf64", ".snd", ".sph", ".voc", ".w64", ".wav", ".wave"),
}
# Samples a channel that are decoded at a time.
BLOCK = 2**16
# Suffixes of files without a header, which libsndfile knows by their name alone.
_BY_NAME = {".gsm", ".vox", ".raw"}
# Formats, and kinds of samples, of which a decoder finds any sample without those before it.
_SEEKABLE = {"AIFF", "AU", "CAF", "FLAC", "RF64", "W64", "WAV", "WAVEX"}
_SEEKABLE_SAMPLES = {"ALAW", "DOUBLE", "FLOAT", "ULAW"}
# Channels of surround sound in Ogg, in the order of WAV: left, right, centre, bass, back, sides.
_OGG_ORDERS = {
    3: [0, 2, 1],
    5: [0, 2, 1, 3, 4],
    6: [0, 2, 1, 5, 3, 4],
    7: [0, 2, 1, 6, 5, 3, 4],
    8: [0, 2, 1, 7, 5, 6, 3, 4],
}
# What headers claim that are damaged: Hz, and samples a byte (silence in FLAC has some 5000).
_MOST_HZ, _MOST_PER_BYTE = 10_000_000, 10_000


@contextmanager
def open_audio(path: FilePath) -> Iterator["AudioReader | MediaReader"]:
    """Open a recording to read: any format that libsndfile knows, and FFmpeg with PyAV.

    No header is trusted with the length: where it is a placeholder, an estimate or older than
    the samples, they are read to the end of the file.

    Parameters
    ----------
    path : str or path-like
        File. A pipe is read to its end first, into a temporary file.

    Yields
    ------
    audio : AudioReader or MediaReader
        ``sampling_rate`` in Hz, ``n_channels``, ``n_times`` (samples a channel), ``blocks()``,
        and of the file itself ``format``, ``subtype`` and ``endian``, as soundfile calls them.

    Raises
    ------
    UnusableFileError
        Where there is no such file, none that can be read, none with a sample in it, or one
        with fewer samples than its header promises.

    Examples
    --------
    >>> import tempfile, numpy as np, soundfile
    >>> from skse.audio import open_audio
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     soundfile.write(f"{folder}/a.flac", np.zeros((100, 2)), 8000)
    ...     with open_audio(f"{folder}/a.flac") as audio:
    ...         audio.sampling_rate, audio.n_times, [block.shape for block in audio.blocks()]
    (8000, 100, [(100, 2)])
    """
    with ExitStack() as stack:
        path = Path(path)
        file = path
        if is_pipe(path):
            file = stack.enter_context(spooled(path))
        audio = stack.enter_context(_open(file, path))
        if audio.n_times == 0:
            raise UnusableFileError(path, "no samples in it")
        yield audio


class AudioReader:
    """A recording that libsndfile decodes.

    Parameters
    ----------
    file : Path
        Where its bytes are.
    path : Path
        What it is called.

    Attributes
    ----------
    sampling_rate : int
        Hz.
    n_channels : int
        Channels.
    format, subtype, endian : str
        Of the file, as soundfile calls them.
    file : Path
        Where its bytes are.
    texts : dict of str to str
        Title, artist, and what else libsndfile finds.
    remarks : tuple of str
        What cannot be written again.

    Examples
    --------
    See :func:`open_audio`.
    """

    remarks: tuple[str, ...] = ()

    def __init__(self, file, path):
        self.path = path
        self.file, self._layout = file, layout_of(file)
        self._parts = self._layout.parts or (Part(),)
        with self._decoder(self._parts[0]) as first:
            self.sampling_rate, self.n_channels = first.samplerate, first.channels
            self.format, self.subtype, self.endian = first.format, first.subtype, first.endian
            self.texts = first.copy_metadata()
            self._n_claimed = first.frames
        for part in self._parts[1:]:
            with self._decoder(part) as other:
                if (other.samplerate, other.channels) != (self.sampling_rate, self.n_channels):
                    raise UnusableFileError(
                        path, "its sampling rate or number of channels changes on the way"
                    )
                self._n_claimed += other.frames
        if self.sampling_rate > _MOST_HZ:
            raise UnusableFileError(
                path, f"its header claims {self.sampling_rate} samples a second"
            )
        most = _MOST_PER_BYTE * file.stat().st_size
        # MP3 in WAV has no Xing frame: libsndfile 1.2.2 says too much.
        is_estimate = self.format != "MP3" and self.subtype.startswith("MPEG")
        written = subtype_to_write(self.format, self.subtype)
        if written != self.subtype:
            codec = "MP3" if is_estimate else "ALAC"
            self.remarks = (
                f"{codec} in {self.format} is not written: {written[4:]} bits take its place",
            )
        self._n_known = self._layout.n_known and self._n_claimed <= most and not is_estimate

    @cached_property
    def n_times(self):
        """Samples a channel; counted where the header does not tell."""
        if self._n_known:
            return self._n_claimed
        return sum(len(block) for block in self._decoded(BLOCK))

    @property
    def seekable(self):
        """Whether :func:`read_samples` reads its samples from anywhere."""
        is_plain = self._n_known and not self._layout.parts and self.format in _SEEKABLE
        return is_plain and (self.subtype in _SEEKABLE_SAMPLES or self.subtype[:4] == "PCM_")

    def blocks(self, block_size=BLOCK):
        """Read it block by block, up to its end.

        Parameters
        ----------
        block_size : int, default=65536
            Samples a channel that are decoded at a time.

        Yields
        ------
        block : ndarray of shape (n_times, n_channels)
            float32, full scale ±1, finite.

        Raises
        ------
        UnusableFileError
            Where it is damaged or ends before all the samples that it should have, and where
            one of them is NaN or infinite.
        """
        n_read = 0
        for block in self._decoded(block_size):
            check_finite(block, n_read, self.path)
            yield block
            n_read += len(block)
        if n_read < self.n_times:
            raise UnusableFileError(
                self.path, f"truncated: {n_read} of {self.n_times} samples are there"
            )

    def _decoded(self, block_size):
        import soundfile

        n_read, order = 0, ogg_order(self.format, self.n_channels)
        try:
            for part in self._parts:
                with self._decoder(part) as audio:
                    while len(block := audio.read(block_size, dtype="float32", always_2d=True)):
                        n_read += len(block)
                        yield block if order is None else block[:, order]
        except soundfile.LibsndfileError as error:
            of_all = f" of {self._n_claimed}" if self._n_known else ""
            raise UnusableFileError(
                self.path, f"damaged after {n_read}{of_all} samples ({error.error_string})"
            ) from error

    @contextmanager
    def _decoder(self, part):
        """Open a part; an error of the system goes before what libsndfile makes of it."""
        with ExitStack() as stack:
            if self.file.suffix.lower() in _BY_NAME:
                yield stack.enter_context(forward()(decodable(self.file)))
                return
            view = stack.enter_context(closing(PartView(self.file, part)))
            try:
                yield stack.enter_context(forward()(view))
            finally:
                if view.error is not None:
                    reason = view.error.strerror or str(view.error)
                    raise UnusableFileError(self.path, reason) from view.error


def check_readable(file, path):
    """Find out whether the system cannot read a file, which libsndfile takes for damage.

    Parameters
    ----------
    file : Path
        Where its bytes are.
    path : Path
        What it is called.

    Raises
    ------
    UnusableFileError
        Where a byte of it cannot be read.
    """
    try:
        with file.open("rb") as opened:
            while opened.read(2**20):
                pass
    except OSError as error:
        raise UnusableFileError(path, error.strerror or str(error)) from error


def check_finite(block, n_before, path):
    """Raise UnusableFileError where a sample is NaN or infinite."""
    if not np.isfinite(block).all():
        row, channel = np.argwhere(~np.isfinite(block))[0]
        raise UnusableFileError(
            path, f"contains NaN or inf, first at sample {n_before + row} of channel {channel + 1}"
        )


def ogg_order(format, n_channels):
    """Return which channel of an Ogg file each loudspeaker of WAV has, None where they are alike.

    Vorbis and Opus have the centre second and the bass last (Vorbis I specification, 4.3.9;
    RFC 7845, 5.1.1.2), and libsndfile 1.2.2 leaves them there.
    """
    return _OGG_ORDERS.get(n_channels) if format == "OGG" else None


def subtype_to_write(format, subtype):
    """Return the kind of samples of a file that takes the place of one of this kind.

    libsndfile 1.2.2 writes no MP3 in WAV; and ALAC of more than 16 bits wrongly where it can make a
    packet no smaller, which is often so of a short last one: FFmpeg reads the same wrong samples.
    """
    if format != "MP3" and subtype.startswith("MPEG"):
        return "PCM_16"
    return {"ALAC_20": "PCM_24", "ALAC_24": "PCM_24", "ALAC_32": "PCM_32"}.get(subtype, subtype)


@lru_cache(maxsize=1)
def forward():
    """Return the class of a SoundFile that seeks nowhere.

    soundfile 0.14.0 seeks after every block that it reads, to where it stands. That fails in a FLAC
    file of unknown length, and in an MP3 file the decoder loses the bits that it has saved: what
    follows is damaged (findings/soundfile_mp3_in_blocks.sh).
    """
    import soundfile

    class Forward(soundfile.SoundFile):
        def seekable(self):
            return False

    return Forward


def is_pipe(path):
    """Whether a path can be read once only.

    Parameters
    ----------
    path : str or path-like
        Of a pipe, a file, or what is not there.

    Returns
    -------
    answer : bool
        True for a pipe or a socket.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


@contextmanager
def spooled(source, folder=None):
    """Copy a pipe, or what can be read of a stream, to a file that is gone afterwards.

    Parameters
    ----------
    source : Path or file object
        What to read, once, to its end.
    folder : path-like, default=None
        Where the file lies. None stands for the system's folder for temporary files.

    Yields
    ------
    file : Path
        Its content.
    """
    folder = folder or tempfile.gettempdir()
    remove_unlocked(Path(folder).glob(".skse-stream-*"))
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".skse-stream-") as file, locked(file):
        if hasattr(source, "read"):
            shutil.copyfileobj(source, file)
        else:
            with open(source, "rb") as stream:
                shutil.copyfileobj(stream, file)
        file.flush()
        yield Path(file.name)


@contextmanager
def _open(file, path):
    import soundfile

    try:
        audio = AudioReader(file, path)
    except (soundfile.LibsndfileError, TypeError, OSError) as error:
        reason = _why_not_opened(file, error)
        if isinstance(error, OSError) or not is_media(file):
            raise UnusableFileError(path, reason) from error
    except UnusableFileError as error:
        raise UnusableFileError(path, error.reason) from error
    else:
        yield audio
        return
    yield MediaReader(file, path)


def _why_not_opened(path, error):
    if os.path.isdir(path):
        return "a folder, not a file"
    if isinstance(error, PermissionError):
        return "permission to read it denied"
    if isinstance(error, OSError) and error.errno not in (None, errno.ENOENT):
        return os.strerror(error.errno)
    if not os.path.exists(path):
        return "no such file"
    if not os.path.isfile(path):
        return "a device, not a file"
    if os.path.getsize(path) == 0:
        return "empty file (0 bytes)"
    if not os.access(path, os.R_OK):
        return "permission to read it denied"
    try:
        check_readable(path, path)
    except UnusableFileError as unreadable:
        return unreadable.reason
    if isinstance(error, TypeError):  # soundfile asks for what no header tells
        return (
            "samples without a header: give it one that tells rate, channels and format, for "
            "example with sox -t raw -r 16000 -e signed -b 16 -c 1 IN.raw OUT.wav"
        )
    text = getattr(error, "error_string", "") or str(error)
    return f"not an audio file that can be read ({text})"
