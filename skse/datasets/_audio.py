"""Reading audio files whole."""

import numpy as np

from skse.audio import open_audio


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
