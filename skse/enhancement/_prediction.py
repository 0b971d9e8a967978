"""Frames that arrive little by little, through a chain and its regressor."""

import numpy as np

from skse.enhancement._environment import with_environment
from skse.enhancement._live import LiveRecording, gain_for
from skse.enhancement._predictor import Predictor, prediction_windows
from skse.enhancement._regressors import open_steps


class PredictionStream:
    """Enhance the frames of a :class:`LiveRecording` as a chain does.

    Parameters
    ----------
    chain : Chain
        Fitted.
    regressor : object
        Fitted.
    windows : Surroundings or ContextFrames
        How frames are cut at prediction.
    limits : callable
        Gives `strength` and `mask_floor_db` as they are now, a dict.
    environment : ndarray of shape (n_bands, environment_frames[, n_channels]) or None, default=None
        What rows begin with.
    """

    def __init__(self, chain, regressor, windows, limits, environment=None):
        self.chain, self.windows, self.limits = chain, windows, limits
        self.environment = environment
        self.n_ahead = windows.ahead
        self.n_at_once = windows.n_at_once
        self._predictor, self._inputs = Predictor(regressor), chain.open_inputs()
        self._stft = self._features = None  # frames that are not finished or seen from those
        self._first = 0
        self._n_done = 0

    def push(self, stft, first_sound, complete):
        """Take the next frames; return those that are finished now."""
        features = self._inputs.push(stft)
        if self._stft is not None:
            stft = np.concatenate([self._stft, stft], axis=1)
            features = np.concatenate([self._features, features], axis=1)
        first, finished = self._first, [stft[:, :0]]
        n_frames = first + stft.shape[1]
        for block in self.windows.blocks(
            0, n_frames, n_frames, core_begin=self._n_done, complete=complete
        ):
            seen = features[:, block.begin - first : block.end - first]
            rows = with_environment(self.windows.block_rows(seen, block), self.environment)
            target, _ = self.windows.merge(self._predictor.predict([rows], [0])[0], block, None)
            noisy = stft[:, block.core_begin - first : block.core_end - first]
            finished.append(self.chain.apply(target, noisy, **self.limits()))
            self._n_done = block.core_end
        self._first = max(self._n_done - self.windows.back, 0)
        self._stft = stft[:, self._first - first :]
        self._features = features[:, self._first - first :]
        return np.concatenate(finished, axis=1)


class StepwiseStream:
    """Enhance the frames of a :class:`LiveRecording`, each of which its regressor computes once.

    Parameters
    ----------
    chain : Chain
        Fitted.
    steps : object
        Of one recording: ``push(rows)`` and ``finish()`` predict frames, `ahead` behind.
    limits : callable
        Gives `strength` and `mask_floor_db` as they are now, a dict.
    """

    n_at_once = 64

    def __init__(self, chain, steps, limits):
        self.chain, self.steps, self.limits = chain, steps, limits
        self.n_ahead = steps.ahead
        self._inputs, self._stft = chain.open_inputs(), None

    def push(self, stft, first_sound, complete):
        """Take the next frames; return those that are finished now."""
        targets = []
        if stft.shape[1]:
            targets.append(self.steps.push(self._inputs.push(stft)[None])[0])
        if complete:
            targets.append(self.steps.finish()[0])
        if self._stft is not None:
            stft = np.concatenate([self._stft, stft], axis=1)
        finished = [stft[:, :0]]
        for target in targets:
            if target.shape[1]:
                noisy, stft = np.split(stft, [target.shape[1]], axis=1)
                finished.append(self.chain.apply(target, noisy, **self.limits()))
        self._stft = stft
        return np.concatenate(finished, axis=1)


def open_prediction_stream(chain, regressor, level, limits, environment=None):
    """Return the LiveRecording of a chain and its regressor, or say why there is none.

    Parameters
    ----------
    chain : Chain
        Fitted.
    regressor : object
        Fitted.
    level : float or None
        RMS to expect.
    limits : callable
        Gives `strength` and `mask_floor_db` as they are now, a dict.
    environment : ndarray of shape (environment_samples,) or None, default=None
        Recording of the environment, where the chain asks for one.

    Returns
    -------
    live : LiveRecording
    """
    windows = prediction_windows(chain.windows, regressor)
    if not hasattr(windows, "ahead"):
        raise ValueError(
            f"StreamingEnhancer needs a regressor that looks a bounded number of frames back and "
            f"ahead, but {regressor!r} sees segments as a whole. Use UNetRegressor with "
            "a stride of 1 along time, such as strides=(2, 1), or a regressor of single frames "
            "with context_frames."
        )
    if chain.normalize_level and level is None:
        raise ValueError(
            "StreamingEnhancer: the enhancer was fitted with normalize_level=True, which divides "
            "by the RMS of the whole recording, and a stream does not know it. Pass the level to "
            "expect, such as level=0.05, or fit with normalize_level=False."
        )
    if not chain.normalize_level and level is not None:
        raise ValueError(
            f"StreamingEnhancer: level={level!r} is of no use, because the enhancer was fitted "
            "with normalize_level=False. Leave it out."
        )
    gain = 1.0 if level is None else gain_for(level)
    seen = None if environment is None else chain.environment_inputs(environment, gain)
    steps = open_steps(regressor, seen)
    frames = (
        PredictionStream(chain, regressor, windows, limits, seen)
        if steps is None
        else StepwiseStream(chain, steps, limits)
    )
    return LiveRecording(chain.featurizer, gain, frames)
