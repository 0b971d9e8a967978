"""Mean and standard deviation of features and targets."""

import numpy as np

# Numbers of which moments are summed at a time.
_MOMENT_SIZE = 2**20


def moments(rows):
    """Mean and standard deviation of every frequency and channel.

    Parameters
    ----------
    rows : ndarray of shape (n_samples[, n_frequencies[, n_frames[, n_channels]]])
        Missing axes count as 1.

    Returns
    -------
    mean, deviation : ndarray of shape (n_frequencies, n_channels), float32
        Computed in float64 over some rows at a time, so that no second array
        of the data's size is made.
    """
    images = rows.reshape((*rows.shape, 1, 1, 1)[:4])
    step = max(1, _MOMENT_SIZE // images[0].size)
    blocks = [images[start : start + step] for start in range(0, len(images), step)]
    n = images.shape[0] * images.shape[2]
    mean = sum(block.sum(axis=(0, 2), dtype=np.float64) for block in blocks) / n
    centre = mean.astype(np.float32)[:, None]
    power = sum(np.square(block - centre).sum(axis=(0, 2), dtype=np.float64) for block in blocks)
    return mean.astype(np.float32), np.sqrt(power / n).astype(np.float32)
