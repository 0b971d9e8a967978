"""Sound written by FFmpeg: in the containers of phones and browsers, with their codecs."""

import errno
import os
from itertools import chain

import numpy as np

from skse.audio._media import import_av
from skse.utils import UnusableFileError


def write_media(part, blocks, audio_format, path):
    """Encode a recording.

    Parameters
    ----------
    part : Path
        File to write.
    blocks : iterable of ndarray of shape (n_times, n_channels)
        The samples.
    audio_format : AudioFormat
        How; its `media` is not None.
    path : Path
        What the file will be called.

    Returns
    -------
    remarks : list of str
        What is lost.

    Raises
    ------
    OSError, UnusableFileError
        Where it cannot be written.
    """
    av = import_av(path)
    media = audio_format.media
    try:
        with (
            part.open("wb") as file,
            av.open(file, "w", format=media.container) as container,
        ):
            container.metadata.update(audio_format.texts)
            stream = container.add_stream(media.encoder, rate=audio_format.sampling_rate)
            stream.layout = "mono" if audio_format.n_channels == 1 else "stereo"
            stream.bit_rate = media.bit_rate
            if media.sample_format:
                stream.format = media.sample_format
            resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
            frames = _frames(av, blocks, stream.layout.name, audio_format.sampling_rate)
            for frame in chain(frames, [None]):
                for encodable in resampler.resample(frame):
                    container.mux(stream.encode(encodable))
            container.mux(stream.encode(None))
        with part.open("rb") as file, av.open(file) as container:
            kept = {name.lower() for name in container.metadata}
    except av.FFmpegError as error:
        number = error.errno or 0 if isinstance(error, OSError) else 0
        if 0 < number < 4096 and number != errno.EINVAL:  # FFmpeg's word for what it cannot encode
            raise OSError(number, os.strerror(number), str(part)) from error
        raise UnusableFileError(
            path, f"cannot be written as {media.container}, {media.encoder} ({error.strerror})"
        ) from error
    lost = sorted(name for name in audio_format.texts if name.lower() not in kept)
    return [f"its tags {', '.join(lost)} are lost"] if lost else []


def _frames(av, blocks, layout, sampling_rate):
    n_done = 0
    for block in blocks:
        planes = np.ascontiguousarray(block.T, np.float32)
        frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = sampling_rate, n_done
        n_done += len(block)
        yield frame
    if n_done < (n_least := sampling_rate // 50):  # encoders want a frame of 20 ms
        silence = np.zeros((planes.shape[0], n_least - n_done), np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout=layout)
        frame.sample_rate, frame.pts = sampling_rate, n_done
        yield frame
