"""What a regressor sees of frames: their features and, for some targets, the frames themselves."""

from itertools import compress

import numpy as np

# Channels of the noisy STFT that a target with reference needs: real and imaginary part.
N_REFERENCE_CHANNELS = 2


class InputStream:
    """What a regressor sees of one recording, whose blocks of frames come one after the other.

    Parameters
    ----------
    featurizer : BaseFeaturizer
        Fitted. It sees every frame once, in order.
    needs_reference : bool
        Whether the regressor sees the STFT as well.
    """

    def __init__(self, featurizer, needs_reference):
        self._features, self._needs_reference = featurizer.open_stream(), needs_reference
        self._seen, self._begin = None, 0  # of frames that later blocks may hold again

    def push(self, stft):
        """Return what is seen of the next frames, of an STFT ``(n_frequencies, n_frames)``."""
        features = self._features.push(stft[None])[0]
        return with_reference(features, stft) if self._needs_reference else features

    def block(self, stft, begin):
        """Return what is seen of a block, which may hold the last frames of the one before.

        Parameters
        ----------
        stft : ndarray of shape (n_frequencies, n_frames)
            Of the block; it begins no later than where the one before ended.
        begin : int
            Its first frame, no earlier than that of the one before.

        Returns
        -------
        seen : ndarray of shape (n_bands, n_frames[, n_channels])
        """
        if self._seen is None:
            self._seen = self.push(stft)
        else:
            kept = self._seen[:, begin - self._begin :]
            n_kept = kept.shape[1]
            new = [self.push(stft[:, n_kept:])] if n_kept < stft.shape[1] else []
            self._seen = np.concatenate([kept, *new], axis=1)
        self._begin = begin
        return self._seen


def features_abreast(featurizer, stfts, most):
    """Compute the features of whole recordings, many abreast where they carry a state.

    Parameters
    ----------
    featurizer : BaseFeaturizer
        Fitted.
    stfts : list of ndarray of shape (n_frequencies, n_frames)
        Of any lengths.
    most : int
        Frames that go through the featurizer at one go, as for `sizes_abreast`.

    Returns
    -------
    features : list of ndarray of shape (n_bands, n_frames[, n_channels])
    """
    features, begin = [], 0
    for size in sizes_abreast(featurizer, [stft.shape[1] for stft in stfts], most):
        features += _of_one_stream(featurizer, stfts[begin : begin + size])
        begin += size
    return features


def _of_one_stream(featurizer, stfts):
    """Return the features of each of some recordings, which run through one stream."""
    lengths = [stft.shape[1] for stft in stfts]
    # No frame depends on later ones, so not on zeros behind the last.
    together = np.zeros((len(stfts), len(stfts[0]), max(lengths)), np.result_type(*stfts))
    for row, stft in zip(together, stfts, strict=True):
        row[:, : stft.shape[1]] = stft
    features = featurizer.open_stream(len(stfts)).push(together)
    return [part[:, :length] for part, length in zip(features, lengths, strict=True)]


def sizes_abreast(featurizer, n_frames, most):
    """Yield how many recordings go abreast, one group after another.

    One, but where the features carry a state as many as `most` frames hold.

    Parameters
    ----------
    featurizer : BaseFeaturizer
        Whose features they are.
    n_frames : iterable of int
        Of the recordings, in order.
    most : int
        Frames of a group, each recording as long as its longest.

    Yields
    ------
    n_recordings : int
    """
    size = longest = 0
    for n in n_frames:
        longest = max(longest, n)
        if size and (not featurizer.carries_state or (size + 1) * longest > most):
            yield size
            size, longest = 0, n
        size += 1
    if size:
        yield size


def rows_of_blocks(blocks, stfts, recordings, streams, windows, abreast):
    """Compute the rows of blocks; recordings that are one block are computed together.

    Parameters
    ----------
    blocks : list of Block
        Of some recordings, in order.
    stfts : list of ndarray of shape (n_frequencies, n_frames)
        Of each block.
    recordings, streams : dict of int to Recording, and to InputStream
        By what a block has as its `utterance`.
    windows : object
        How the blocks are cut into rows.
    abreast : callable
        Computes what is seen of a list of STFTs.

    Returns
    -------
    rows : list of ndarray
        Of each block.
    """
    whole = [b.begin == 0 and b.core_end == recordings[b.utterance].n_frames for b in blocks]
    together = iter(abreast(list(compress(stfts, whole))))
    return [
        windows.block_rows(
            next(together) if alone else streams[block.utterance].block(stft, block.begin), block
        )
        for block, stft, alone in zip(blocks, stfts, whole, strict=True)
    ]


def with_reference(features, stft):
    """Join features with real and imaginary part of the STFT, the shorter padded with zeros."""
    if features.ndim == 2:
        features = features[..., None]
    n_bands, n_frames, n_channels = features.shape
    n_rows = max(n_bands, len(stft))
    seen = np.zeros((n_rows, n_frames, n_channels + N_REFERENCE_CHANNELS), dtype=np.float32)
    seen[:n_bands, :, :n_channels] = features
    seen[: len(stft), :, -2], seen[: len(stft), :, -1] = stft.real, stft.imag
    return seen


def pad_to_row(stft, windows):
    """Pad an STFT with silence to the frames that a row needs."""
    missing = windows.min_frames - stft.shape[1]
    return np.pad(stft, [(0, 0), (0, missing)]) if missing > 0 else stft
