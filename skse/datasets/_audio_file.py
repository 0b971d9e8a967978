"""AudioFile: a recording in a file, or a part of one, that is read when it is needed."""

import os
from numbers import Integral
from typing import NamedTuple

import numpy as np

from skse.audio import is_pipe, open_audio, read_samples
from skse.utils import (
    ArrayStore,
    UnusableFileError,
    WaveformHandle,
    check_number,
    check_sampling_rate,
)
from skse.utils.typing import FilePath

# Bytes of recordings that stay in memory because they must be decoded, or resampled, as a whole.
_KEPT = 2**28
_DECODED = ArrayStore()


class _File(NamedTuple):
    """A file as it was when it was looked at; the handles to its parts share it."""

    path: str
    n_bytes: int
    time_ns: int
    sampling_rate: int
    n_channels: int
    n_times: int
    seekable: bool


class AudioFile(WaveformHandle):
    """A recording in a file, or a part of one, that is read when it is needed.

    Whatever takes waveforms takes it: ``fit``, ``predict``, ``score``, searches, metrics.

    Parameters
    ----------
    path : str or path-like
        Audio file, of any format that :func:`~skse.audio.open_audio` reads. Its header is
        read now, its samples whenever they are needed.
    start, stop : int, default=0, None
        First sample, and the one after the last, at `sampling_rate`. None is the end.
    sampling_rate : int, default=None
        Rate in Hz to resample to. None is that of the file.
    channel : int, default=None
        Number of the channel, from 1. None is the only one.

    Attributes
    ----------
    start, stop, channel : int
        As given, None resolved.
    sampling_rate : int
        Hz.

    Raises
    ------
    UnusableFileError
        Where there is no such file, none that can be read, or one without the channel; when
        samples are read, where the file has gone or changed since.
    ValueError
        Where the part is not in the recording.

    See Also
    --------
    load_pairs : With ``lazy=True``, gives such handles to pairs of recordings.
    make_pairs : Handles to mixtures.

    Notes
    -----
    Of WAV, FLAC and other lossless files at their own rate the samples asked for are read
    and nothing else. Others, and those that are resampled, are decoded as a whole each time;
    256 MB of them stay in memory. Store what is trained on for long at its rate.

    Examples
    --------
    >>> import pickle, tempfile, numpy as np, soundfile
    >>> from skse.datasets import AudioFile
    >>> folder = tempfile.mkdtemp()
    >>> soundfile.write(f"{folder}/talk.wav", np.linspace(-0.5, 0.5, 9000), 8000)
    >>> talk = AudioFile(f"{folder}/talk.wav")
    >>> len(talk), talk.sampling_rate, len(AudioFile(talk.path, sampling_rate=16000))
    (9000, 8000, 18000)
    >>> part = talk[8000:]
    >>> part == AudioFile(talk.path, 8000), part.read().shape, len(pickle.dumps(part)) < 500
    (True, (1000,), True)
    """

    __slots__ = ("_file", "channel", "sampling_rate", "start", "stop")

    def __init__(
        self,
        path: FilePath,
        start: int = 0,
        stop: int | None = None,
        sampling_rate: float | None = None,
        channel: int | None = None,
    ) -> None:
        if sampling_rate is not None:
            check_sampling_rate("AudioFile", sampling_rate)
        self._file = file = _look_at(path)
        self.sampling_rate = file.sampling_rate if sampling_rate is None else sampling_rate
        if channel is None and file.n_channels > 1:
            raise UnusableFileError(
                path,
                f"{file.n_channels} channels; mix it down to mono first, or choose one: "
                "AudioFile(path, channel=1)",
            )
        self.channel = 1 if channel is None else channel
        check_number("AudioFile", "channel", self.channel, Integral, min_val=1)
        if self.channel > file.n_channels:
            raise UnusableFileError(path, f"no channel {channel}: it has {file.n_channels}")
        n_times = _resampled_length(file.n_times, file.sampling_rate, self.sampling_rate)
        self.start, self.stop = start, n_times if stop is None else stop
        for name in ("start", "stop"):
            check_number("AudioFile", name, getattr(self, name), Integral, min_val=0)
        if not self.start <= self.stop <= n_times:
            raise ValueError(
                f"AudioFile: start={start!r} and stop={stop!r} must be a part of {path}, which has "
                f"{n_times} samples at {self.sampling_rate} Hz."
            )

    @property
    def path(self) -> str:
        """Absolute path of the file."""
        return self._file.path

    @property
    def address(self) -> tuple[object, ...]:
        """Path, size and time of last change of the file, part, channel and rate.

        Two handles are equal, and hash alike, where it is.
        """
        file = self._file
        identity = file.path, file.n_bytes, file.time_ns
        return (*identity, self.start, self.stop, self.channel, self.sampling_rate)

    def __len__(self):
        return self.stop - self.start

    def read(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        file, channel = self._file, self.channel - 1
        begin, end, _ = slice(start, stop).indices(len(self))
        begin, end = self.start + begin, self.start + max(begin, end)
        _check_unchanged(file)
        if file.seekable and self.sampling_rate == file.sampling_rate:
            samples = read_samples(file.path, begin, end, seekable=True)[:, channel]
            return np.ascontiguousarray(samples)
        key = file, channel, self.sampling_rate
        return _DECODED.get(key, self._decode, _KEPT)[begin:end].copy()

    def part(self, start: int, stop: int) -> "AudioFile":
        twin = object.__new__(type(self))
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.start, twin.stop = self.start + start, self.start + stop
        return twin

    def _decode(self):
        """Return the whole channel at the rate asked for."""
        file = self._file
        samples = read_samples(file.path, 0, file.n_times, seekable=file.seekable)
        samples = np.ascontiguousarray(samples[:, self.channel - 1])
        if self.sampling_rate == file.sampling_rate:
            return samples
        import soxr

        return soxr.resample(samples, file.sampling_rate, self.sampling_rate)

    def __repr__(self):
        file, options = self._file, [repr(self.path)]
        n_times = _resampled_length(file.n_times, file.sampling_rate, self.sampling_rate)
        if (self.start, self.stop) != (0, n_times):
            options += [str(self.start), str(self.stop)]
        if self.sampling_rate != file.sampling_rate:
            options.append(f"sampling_rate={self.sampling_rate}")
        if file.n_channels > 1:
            options.append(f"channel={self.channel}")
        return f"AudioFile({', '.join(options)})"


def _look_at(path):
    """Open a file and remember what tells it from any other."""
    if is_pipe(path):
        raise UnusableFileError(path, "a pipe, which can be read once only; copy it to a file")
    with open_audio(path) as audio:
        status = os.stat(path)
        return _File(
            os.path.abspath(path),  # links keep their names, which may say what they are
            status.st_size,
            status.st_mtime_ns,
            audio.sampling_rate,
            audio.n_channels,
            audio.n_times,
            audio.seekable,
        )


def _check_unchanged(file):
    """Raise UnusableFileError where a file is not what it was."""
    try:
        status = os.stat(file.path)
    except OSError as error:
        raise UnusableFileError(
            file.path,
            f"{error.strerror}, though it was there when it was listed; on another machine it "
            "must be at the same path",
        ) from error
    if (status.st_size, status.st_mtime_ns) != (file.n_bytes, file.time_ns):
        raise UnusableFileError(
            file.path,
            f"changed since it was listed ({file.n_bytes} bytes then, {status.st_size} now); "
            "list the files anew",
        )


def _resampled_length(n_times, rate, new_rate):
    """Return the samples that soxr makes of others."""
    return int(n_times * new_rate / rate + 0.5)
