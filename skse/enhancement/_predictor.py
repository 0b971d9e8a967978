"""How a regressor predicts blocks of frames: several at one go, or with a state along time."""

import math

import numpy as np

from skse.enhancement._regressors import FrameSteps, receptive_field
from skse.enhancement._segments import ContextFrames, Surroundings


def prediction_windows(windows, regressor):
    """Return how recordings are cut at prediction: without seams, where the regressor allows it.

    Parameters
    ----------
    windows : Segments or ContextFrames
        How they were cut for training.
    regressor : object
        Fitted.

    Returns
    -------
    windows : Segments, ContextFrames or Surroundings
        The last for a regressor that looks a bounded number of frames back and ahead, or
        carries a state and looks at single frames besides.
    """
    if isinstance(windows, ContextFrames):
        return windows
    field = receptive_field(regressor)
    if field is None:
        return windows
    back, ahead = field
    # With a state from block to block, a block need not hold what its frames depend on.
    return Surroundings(0 if math.isinf(back) else back, ahead)


class Predictor:
    """Predicts rows of blocks, those of one shape together.

    A regressor that carries a state along time gets the blocks of every recording one
    after the other.

    Parameters
    ----------
    regressor : object
        Fitted.
    """

    def __init__(self, regressor):
        self.regressor = regressor
        field = receptive_field(regressor)
        self._carries = field is not None and math.isinf(field[0])
        self._streams = {}

    def predict(self, rows, utterances):
        """Predict arrays of rows.

        Parameters
        ----------
        rows : list of ndarray of shape (n_rows, ...)
            Of every block.
        utterances : list of int
            Which recording each belongs to.

        Returns
        -------
        predictions : list of ndarray
            float32.
        """
        if self._carries:
            return [self._push(array, i) for array, i in zip(rows, utterances, strict=True)]
        predictions = [None] * len(rows)
        alike = {}
        for i, array in enumerate(rows):
            alike.setdefault(array.shape[1:], []).append(i)
        for indices in alike.values():
            together = self.regressor.predict(np.concatenate([rows[i] for i in indices]))
            ends = np.cumsum([len(rows[i]) for i in indices])[:-1]
            parts = np.split(np.asarray(together, dtype=np.float32), ends)
            for i, part in zip(indices, parts, strict=True):
                predictions[i] = part
        return predictions

    def forget(self, utterance):
        """Drop the state of a recording that is complete."""
        self._streams.pop(utterance, None)

    def _push(self, rows, utterance):
        if utterance not in self._streams:
            self._streams[utterance] = FrameSteps(self.regressor)
        return self._streams[utterance].push(rows)
