"""What the network of a recipe learns, and the seed's own measure of it."""

import numpy as np

from skse.enhancement import match_levels


def training_pairs(enhancer, data):
    """Return the noisy and clean waveforms of some data at the levels that `fit` compares."""
    clean = match_levels(data.noisy, data.clean) if enhancer.match_level else data.clean
    return data.noisy, clean


def seed_rmse(target, prediction, batch_size):
    r"""Compute the metric that the seed watched in training, named RMSE there.

    .. math:: \|T - P\|_2 / B

    of a batch of B spectrograms, as mean over the batches. It is larger for larger
    spectrograms and smaller batches: compare it within one recipe only.

    Parameters
    ----------
    target, prediction : ndarray of shape (n_samples, ...)
        T and P.
    batch_size : int
        B; the last batch counts with the samples that it has.

    Returns
    -------
    rmse : float
    """
    values = []
    for start in range(0, len(target), batch_size):
        batch = slice(start, start + batch_size)
        difference = np.asarray(target[batch], np.float64) - prediction[batch]
        values.append(np.sqrt(np.sum(np.square(difference))) / len(difference))
    return float(np.mean(values))
