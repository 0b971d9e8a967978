"""Reading audio files, whole or their header."""

from contextlib import contextmanager

import numpy as np

from skse.audio import open_audio
from skse.utils import UnusableFileError


def read_mono(path):
    """Read a mono file.

    Parameters
    ----------
    path : str or path-like
        File.

    Returns
    -------
    x : ndarray of shape (n_times,)
        float32 waveform, full scale ±1.
    rate : int
        Sampling rate in Hz.

    Raises
    ------
    UnusableFileError
        With the path and the reason.
    """
    with _open_mono(path) as audio:
        return np.concatenate([block[:, 0] for block in audio.blocks()]), audio.sampling_rate


def read_channels(path):
    """Read a file of any number of channels.

    Parameters
    ----------
    path : str or path-like
        File.

    Returns
    -------
    x : ndarray of shape (n_times, n_channels)
        float32 waveforms, full scale ±1.
    rate : int
        Sampling rate in Hz.

    Raises
    ------
    UnusableFileError
        With the path and the reason.
    """
    with open_audio(path) as audio:
        return np.concatenate(list(audio.blocks())), audio.sampling_rate


def read_header(path):
    """Read rate and length of a mono file and nothing else.

    Parameters
    ----------
    path : str or path-like
        File.

    Returns
    -------
    rate, n_times : int
        Sampling rate in Hz, and samples.

    Raises
    ------
    UnusableFileError
        With the path and the reason.
    """
    with _open_mono(path) as audio:
        return audio.sampling_rate, audio.n_times


@contextmanager
def _open_mono(path):
    with open_audio(path) as audio:
        if audio.n_channels > 1:
            raise UnusableFileError(path, f"{audio.n_channels} channels; mix it down to mono first")
        yield audio
