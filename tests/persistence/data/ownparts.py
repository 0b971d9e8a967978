"""Parts that a user of skse may have written: every kind of estimator, in a module of its own."""

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

import skse


class SquaredMask(skse.IdealMaskTarget):
    """The square of a mask; remembers what it learnt beside the rest."""

    def compute(self, noisy, clean):
        self.seen_ = {"largest": float(np.abs(clean).max()), "shape": clean.shape}
        return super().compute(noisy, clean) ** 2


class LouderFeaturizer(skse.STFTFeaturizer):
    """Features that are twice as large."""

    def compute(self, S):
        return 2 * super().compute(S)


class OwnNetwork(skse.UNetRegressor):
    """A network of one's own kind."""


class Parts:
    """Where a class lies inside another."""

    class MeanRegressor(RegressorMixin, BaseEstimator):
        """Predicts means; knows how to leave out what cannot be saved, and to make it again."""

        def __init__(self, factor=1.0):
            self.factor = factor

        def fit(self, X, y):
            self.mean_ = self.factor * y.mean(axis=0)
            self.make_ = np.ones
            return self

        def predict(self, X):
            return self.make_(len(X)) * self.mean_

        def __getstate__(self):
            return {k: v for k, v in super().__getstate__().items() if k != "make_"}

        def __setstate__(self, state):
            super().__setstate__({**state, "make_": np.ones})


class Quieter(skse.WienerFilter):
    """A classical enhancer."""

    def enhance(self, waveforms, allocate=np.empty):
        return [x / 2 for x in super().enhance(waveforms, allocate)]


class WithDefault(skse.IdentityEnhancer):
    """Its parameter has a default at the class, which the instance hides."""

    floor = 2

    def __init__(self, sampling_rate=None, floor=3):
        super().__init__(sampling_rate)
        self.floor = floor


class NoEstimator:
    """Can be imported, but must not be built."""


class Shadowing(skse.IdentityEnhancer):
    """Has learnt what its class has, too."""

    learnt_ = None

    def fit(self, X, y=None):
        self.learnt_ = 3
        return super().fit(X, y)
