"""What the network of a recipe sees and learns, and the seed's own measure of it."""

import numpy as np


def network_rows(enhancer, noisy, clean):
    """Compute features and targets of equally long pairs, one row a pair.

    Parameters
    ----------
    enhancer : SpeechEnhancer
        Need not be fitted. Its segments are as long as the waveforms, or longer.
    noisy, clean : sequence of ndarray of shape (n_times,)
        Waveforms.

    Returns
    -------
    rows : ndarray of shape (n_pairs, n_frequencies, n_frames)
        Features.
    targets : ndarray of the same shape
        Targets.
    """
    featurizer, target = enhancer.featurizer, enhancer.target
    rows, targets = [], []
    for x, s in zip(noisy, clean, strict=True):
        Y, S = featurizer.stft(np.stack([x, s]))
        missing = enhancer.segment_frames - Y.shape[1]
        if missing > 0:
            Y, S = (np.pad(stft, [(0, 0), (0, missing)]) for stft in (Y, S))
        rows.append(featurizer.features(Y))
        targets.append(target.fit_transform(Y[None], S[None])[0])
    return np.stack(rows), np.stack(targets)


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
