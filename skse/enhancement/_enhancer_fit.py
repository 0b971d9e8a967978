"""What lies between the parameters of a SpeechEnhancer and what it is fitted with."""

import copy
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from skse.enhancement._base import BaseEnhancer
from skse.enhancement._chain import Chain
from skse.enhancement._environment import (
    SOURCES,
    environment_frames,
    set_environment,
    stretches_for,
)
from skse.enhancement._inputs import N_REFERENCE_CHANNELS
from skse.enhancement._parts import copy_parts
from skse.enhancement._regressors import check_loss, for_frames, set_ends, takes_segments
from skse.enhancement._remix import Remix
from skse.enhancement._segments import ContextFrames, Segments
from skse.enhancement._training import check_remix, choose_remix, train
from skse.utils import check_choice, check_number
from skse.utils.typing import Arrays, Waveform, Waveforms


class FitsEnhancer(BaseEnhancer):
    """The private half of a :class:`SpeechEnhancer`, which has the parameters."""

    featurizer: Any
    target: Any
    regressor: Any
    segment_frames: int
    segment_overlap: float
    context_frames: int
    normalize_level: bool
    remix: str | bool | Remix
    environment: str | None
    environment_seconds: float
    strength: float
    mask_floor_db: float | None
    stft_cache_mb: float
    chain_: Chain

    def make_chain(self) -> Chain:
        """Make the chain that `fit` would use.

        Returns
        -------
        chain : Chain
            Not fitted.

        Raises
        ------
        ValueError
            For a parameter out of its range, and parts that do not fit together.
        """
        self.check_params()
        return self._make_parts()[0]

    def environments_of(
        self,
        waveforms: Arrays,
        environment: Waveforms | Waveform | None = None,
        *,
        chain: Chain | None = None,
    ) -> Sequence[np.ndarray] | None:
        """Find what the regressor is told of: a stretch of the environment of each waveform.

        Parameters
        ----------
        waveforms : sequence of ndarray of shape (n_times,)
            Noisy, float32.
        environment : sequence of array-like or ndarray of shape (n_times,), default=None
            As for `predict`.
        chain : Chain or None, default=None
            For which; None stands for `chain_`.

        Returns
        -------
        stretches : sequence of ndarray of shape (n_times,) or None
            As chains take them; None where there is no environment.

        Raises
        ------
        ValueError
            As `predict`, for an environment that is missing, of no use, too short or silent.
        """
        return stretches_for(self, chain or self.chain_, environment, waveforms)

    def check_params(self) -> None:
        super().check_params()
        check_number(self, "segment_frames", self.segment_frames, Integral, min_val=1)
        check_number(
            self,
            "segment_overlap",
            self.segment_overlap,
            Real,
            min_val=0,
            max_val=1,
            include_boundaries="left",
        )
        check_number(self, "context_frames", self.context_frames, Integral, min_val=0)
        if isinstance(self.remix, Remix):
            self.remix.check_params()
        elif not (isinstance(self.remix, (bool, str)) and self.remix in (True, False, "auto")):
            raise ValueError(
                f"SpeechEnhancer: remix={self.remix!r} must be 'auto', True, False or a skse.Remix."
            )
        if self.environment is not None:
            check_choice(self, "environment", self.environment, SOURCES)
        above_zero = {"min_val": 0, "include_boundaries": "neither"}
        check_number(self, "environment_seconds", self.environment_seconds, Real, **above_zero)
        check_number(self, "strength", self.strength, Real, min_val=0, max_val=1)
        if self.mask_floor_db is not None:
            check_number(self, "mask_floor_db", self.mask_floor_db, Real, max_val=0)
        check_number(self, "stft_cache_mb", self.stft_cache_mb, Real, min_val=0)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def __setstate__(self, state):
        if "_windows" in state:  # of skse 0.1.0, which had no chain
            state = dict(state)
            featurizer, target = state.pop("featurizer_"), state.pop("target_")
            windows = state.pop("_windows")
            cut = windows if isinstance(windows, dict) else vars(windows)
            if "n_frames" in cut:
                windows = Segments(cut["n_frames"], cut["n_frames"] - cut["step"])
            else:
                windows = ContextFrames(cut["context"], cut["_n_channels"])
            state["chain_"] = Chain(
                featurizer,
                target,
                windows,
                normalize_level=state["normalize_level"],
                stft_cache_mb=state["stft_cache_mb"],
            )
        # There was no environment before.
        super().__setstate__({"environment": None, "environment_seconds": 1.0, **state})

    def _make_parts(self, environment=None):
        """Return a new chain and a new regressor that fit together.

        `environment` is what was passed to `fit`.
        """
        featurizer, target, regressor = copy_parts(self.featurizer, self.target, self.regressor)
        rate = getattr(featurizer, "sampling_rate", None)
        if None not in (rate, self.sampling_rate) and rate != self.sampling_rate:
            raise ValueError(
                f"SpeechEnhancer has sampling_rate={self.sampling_rate!r}, but its featurizer "
                f"{type(featurizer).__name__} has sampling_rate={rate!r}; expected the same."
            )
        check_loss(regressor, target)
        if self.remix is True or isinstance(self.remix, Remix):
            check_remix(regressor, self.segment_frames)
        n_before = environment_frames(self, featurizer, environment is not None)
        said = f"environment={self.environment!r}" if environment is None else "fit got environment"
        set_environment(regressor, n_before, said)
        set_ends(regressor, target, featurizer, self.segment_frames, N_REFERENCE_CHANNELS)
        if takes_segments(regressor):
            windows = Segments(self.segment_frames, int(self.segment_overlap * self.segment_frames))
        else:
            n_channels = target.n_output_channels
            windows = ContextFrames(self.context_frames, () if n_channels == 1 else (n_channels,))
            regressor = for_frames(regressor)
        chain = Chain(
            featurizer,
            target,
            windows,
            normalize_level=self.normalize_level,
            stft_cache_mb=self.stft_cache_mb,
            environment_frames=n_before,
        )
        return chain, regressor

    def _train(self, chain, regressor, noisy, clean, groups, environment, *, further=False):
        """Train, and only then take over what came out."""
        environments = stretches_for(self, chain, environment, noisy)
        remix = choose_remix(self.remix, regressor, chain.windows, noisy, clean, groups)
        try:
            fitted = train(
                chain,
                regressor,
                noisy,
                clean,
                groups,
                environments=environments,
                remix=remix,
                mixture_frames=getattr(chain.windows, "n_frames", self.segment_frames),
                further=further,
            )
        except BaseException as error:  # Ctrl-C too
            failed: Any = error
            if (so_far := getattr(failed, "trained", None)) is not None:
                failed.trained = _taking_over(copy.copy(self), chain, so_far, remix, noisy)
            raise
        _taking_over(self, chain, fitted, remix, noisy)


def _taking_over(enhancer, chain, regressor, remix, noisy):
    enhancer.chain_, enhancer.regressor_, enhancer.remix_ = chain, regressor, remix
    enhancer.sampling_rate_ = enhancer.sampling_rate
    enhancer.n_features_in_ = noisy.shape[1] if isinstance(noisy, np.ndarray) else None
    enhancer.n_utterances_ = len(noisy)
    return enhancer
