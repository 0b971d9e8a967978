"""SpeechEnhancer: noisy waveform in, enhanced waveform out."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from skse.enhancement._diagram import make_diagram
from skse.enhancement._enhancer_fit import FitsEnhancer
from skse.enhancement._environment import set_environment
from skse.enhancement._further import continued, refined
from skse.enhancement._pairs import check_pairs
from skse.enhancement._parts import copy_parts
from skse.enhancement._prediction import open_prediction_stream
from skse.enhancement._regressors import for_frames, takes_segments
from skse.enhancement._remix import Remix
from skse.features import BaseFeaturizer
from skse.metrics import mean_of_defined, si_sdr_score
from skse.targets import BaseTarget
from skse.utils import restore_container
from skse.utils.typing import Allocate, ArrayOrList, Arrays, FilePath, Waveform, Waveforms


class SpeechEnhancer(FitsEnhancer):
    """Enhance speech with a featurizer, a target and a regressor.

    ``fit(noisy, clean)`` learns to predict the target (a mask or the clean
    spectrum) from features of the noisy STFT; ``predict(noisy)`` applies the
    prediction to the noisy STFT and returns waveforms. It is the counterpart of
    :class:`~sklearn.compose.TransformedTargetRegressor` for targets that need
    noisy and clean speech.

    Parameters
    ----------
    featurizer : object, default=None
        What the regressor sees. None stands for :class:`~skse.STFTFeaturizer`.
    target : object, default=None
        What the regressor predicts. None stands for
        :class:`~skse.IdealMaskTarget`.
    regressor : object, default=None
        Any scikit-learn regressor. One whose tags accept 3-D input is trained
        on segments of `segment_frames` frames, any other on single frames with
        `context_frames` neighbours on each side (and once per output where it
        takes one output only). None stands for :class:`~skse.UNetRegressor`.
    sampling_rate : float, default=None
        Sampling rate in Hz of all waveforms. None where it is not known; scores
        that depend on it are then not available.
    segment_frames : int, default=64
        Frames in a segment.
    segment_overlap : float, default=0.25
        Part of a segment over which it is cross-faded with the next one at
        prediction; at least 0, less than 1. A network that looks a bounded number
        of frames back and ahead (``receptive_field()``) needs no cross-fade: it
        predicts as if the recording were one segment.
    context_frames : int, default=2
        Neighbouring frames on each side that a 2-D regressor sees.
    normalize_level : bool, default=True
        Bring every noisy recording to an RMS of 1 before its features are
        computed, and the output back to the level of the input.
    match_level : bool, default=False
        Scale each clean waveform in `fit` by the least-squares gain that fits
        it into the noisy one. Needed where a step before (such as
        :class:`~skse.PeakNormalize`) or a recorder changed the level of one.
    remix : {"auto"}, bool or Remix, default="auto"
        Train on the speech and the noise (noisy minus clean) of the training pairs mixed anew,
        at random SNR, level and speed: a network never sees the same mixture twice, and learns
        none by heart. True stands for :class:`~skse.Remix` with its defaults; "auto" for the
        same where the regressor is a network itself (not inside a Pipeline or a search),
        segments have at least 16 frames, and noisy is clean plus noise; `remix_` tells. Pairs
        that differ by more than added noise, by a room, a codec or clipping, need False; where
        the difference is made from the speech, as in a room, True is refused. With early
        stopping a network validates on held-out pairs as they are, of which nothing is in any
        mixture. A regressor that is no network is fitted on the mixtures of one epoch.
    strength : float, default=1.0
        0 returns the noisy speech, 1 the enhanced speech, values between blend
        them. Takes effect without another fit.
    mask_floor_db : float, default=None
        Attenuate no time-frequency unit by more than this, such as -20 (dB).
        None sets no limit. Takes effect without another fit.
    stft_cache_mb : float, default=0
        Megabytes of STFTs that stay in memory after `fit` and `predict`, for the
        candidates of a search to share: an STFT that was computed in this process,
        of the same waveform with the same `n_fft`, `hop_length` and `window`, is not
        computed again. Nor, within the same megabytes, are the features of an
        :class:`~skse.STFTFeaturizer` with `noise_channels`. Results are the same, with these to
        the rounding of float32, else to the bit. 0 keeps none.
    environment : {"auto", "start"} or None, default=None
        Which stretch of a noisy recording stands for its environment, the noise alone, where none
        is passed beside it: the quietest, or the first. For a regressor that is told of it, such as
        :class:`~skse.NoiseEmbeddingRegressor`. None takes recordings of the environment only as
        they are passed to `fit`, `predict` and `score`. A shorter recording is repeated.
    environment_seconds : float, default=1.0
        How much of the environment the regressor sees, in seconds.

    Attributes
    ----------
    featurizer_, target_, regressor_ : object
        The fitted parts.
    chain_ : Chain
        The way from a waveform to the rows of `regressor_` and back, as `fit` decided it:
        parameters that are set later change neither, but for `strength` and
        `mask_floor_db`.
    sampling_rate_ : float or None
        Sampling rate fitted with.
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.
    remix_ : Remix or None
        How the pairs were mixed anew; None where they were taken as they are.
    n_utterances_ : int
        Number of waveforms seen in `fit`.

    See Also
    --------
    oracle_predict : The ceiling of a featurizer and a target.
    Remix : What `remix` mixes.
    SpectralSubtraction, WienerFilter, LogMMSE : Enhancers that need no training.

    Notes
    -----
    Waveforms that share their clean speech (one sentence in several noises, at whatever
    level) form one group, unless `fit` is told the groups: a regressor with early stopping
    never validates on a sentence that it was trained on, and a search as regressor folds by
    sentence.

    A regressor with ``warm_start=True`` goes on from the one that was fitted before;
    `partial_fit` is the way to fine-tune.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from skse import IdealMaskTarget, SpeechEnhancer, STFTFeaturizer
    >>> rng = np.random.default_rng(0)
    >>> times = np.arange(4000) / 8000
    >>> clean = np.sin(2 * np.pi * rng.uniform(300, 600, (8, 1)) * times)
    >>> noisy = clean + 0.3 * rng.standard_normal(clean.shape)
    >>> enhancer = SpeechEnhancer(
    ...     STFTFeaturizer(), IdealMaskTarget(), Ridge(), sampling_rate=8000
    ... )
    >>> enhanced = enhancer.fit(noisy, clean).predict(noisy)
    >>> enhanced.shape
    (8, 4000)
    >>> bool(np.sum((enhanced - clean) ** 2) < 0.5 * np.sum((noisy - clean) ** 2))
    True
    """

    def __init__(
        self,
        featurizer: BaseFeaturizer | None = None,
        target: BaseTarget | None = None,
        regressor: Any = None,
        *,
        sampling_rate: float | None = None,
        segment_frames: int = 64,
        segment_overlap: float = 0.25,
        context_frames: int = 2,
        normalize_level: bool = True,
        match_level: bool = False,
        remix: str | bool | Remix = "auto",
        strength: float = 1.0,
        mask_floor_db: float | None = None,
        stft_cache_mb: float = 0,
        environment: str | None = None,
        environment_seconds: float = 1.0,
    ) -> None:
        self.featurizer = featurizer
        self.target = target
        self.regressor = regressor
        self.sampling_rate = sampling_rate
        self.segment_frames = segment_frames
        self.segment_overlap = segment_overlap
        self.context_frames = context_frames
        self.normalize_level = normalize_level
        self.match_level = match_level
        self.remix = remix
        self.strength = strength
        self.mask_floor_db = mask_floor_db
        self.stft_cache_mb = stft_cache_mb
        self.environment = environment
        self.environment_seconds = environment_seconds

    @property
    def featurizer_(self) -> BaseFeaturizer:
        """The fitted featurizer."""
        return self.chain_.featurizer

    @property
    def target_(self) -> BaseTarget:
        """The fitted target."""
        return self.chain_.target

    def fit(
        self,
        X: Waveforms,
        y: Waveforms,
        groups: ArrayLike | None = None,
        environment: Waveforms | Waveform | None = None,
    ) -> Self:
        """Learn from pairs of noisy and clean waveforms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms.
        y : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Clean waveforms, aligned to the sample and as long as the noisy ones.
        groups : array-like of shape (n_samples,) or None, default=None
            Which waveforms must not be on both sides of a validation split, such as those of
            one speaker. None takes those of one clean recording.
        environment : sequence of array-like or ndarray of shape (n_times,), default=None
            A recording of the environment alone for each pair, or one for all, at the gain of the
            noisy ones; its first `environment_seconds` count. None takes what the parameter
            `environment` says. Mixtures (see :class:`~skse.Remix`) have stretches of their
            own noise instead.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter out of its range, waveforms that are not finite,
            mono and pairwise equally long, or a loss or output activation that
            cannot work with the target; for an environment that the regressor has no place for, or
            lacks, and recordings of it that are too short, silent, of another rate or
            another number than the noisy ones: all before any training. What was fitted
            before then remains as it was. And for a handle that can be read no longer: where a
            network had finished epochs, `trained` of the error is the enhancer as after them
            (with the best weights, where it stops early).
        """
        noisy, clean, groups = check_pairs(self, X, y, groups)
        chain, regressor = self._make_parts(environment)
        regressor = continued(regressor, chain, self)
        self._train(chain, regressor, noisy, clean, groups, environment)
        return self

    def partial_fit(
        self,
        X: Waveforms,
        y: Waveforms,
        groups: ArrayLike | None = None,
        environment: Waveforms | Waveform | None = None,
    ) -> Self:
        """Go on learning, from more pairs or from the same ones again: fine-tuning.

        Level, STFT, target and segments stay what `fit` made them, and so do architecture,
        loss and optimizer of a network; the regressor goes on from what it has learnt, with
        the other parameters that `regressor` has now, such as `learning_rate` and `epochs`.
        Of a search the best candidate goes on, as it is. A network holds out some groups,
        watches its loss on them, and ends with the best weights, those it began with among
        them.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms.
        y : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Clean waveforms, aligned to the sample and as long as the noisy ones.
        groups : array-like of shape (n_samples,) or None, default=None
            As for `fit`.
        environment : sequence of array-like or ndarray of shape (n_times,), default=None
            As for `fit`.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            As `fit`, for a regressor without ``partial_fit``, and for one of another kind,
            loss or optimizer than the one fitted. What was fitted before then remains as
            it was.

        See Also
        --------
        skse.load : Gives a fitted enhancer to go on with.
        """
        if not hasattr(self, "chain_"):
            given: dict[str, Any] = {"groups": groups, "environment": environment}
            return self.fit(X, y, **{k: v for k, v in given.items() if v is not None})
        self.check_ready()
        noisy, clean, groups = check_pairs(self, X, y, groups)
        *_, regressor = copy_parts(None, None, self.regressor)
        set_environment(regressor, self.chain_.environment_frames, "the last fit had environment")
        if not takes_segments(regressor):
            regressor = for_frames(regressor)
        regressor = refined(regressor, self.regressor_)
        n_before = self.n_utterances_
        self._train(self.chain_, regressor, noisy, clean, groups, environment, further=True)
        self.n_utterances_ += n_before
        return self

    def predict(
        self,
        X: Waveforms,
        sampling_rate: float | None = None,
        environment: Waveforms | Waveform | None = None,
    ) -> ArrayOrList:
        """Enhance noisy waveforms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms of any length.
        sampling_rate : float, default=None
            Sampling rate of `X` in Hz, where it is known: checked against the
            one fitted with.
        environment : sequence of array-like or ndarray of shape (n_times,), default=None
            A recording of the environment alone for each waveform, or one for all, as for
            `fit`. None takes what the parameter `environment` says.

        Returns
        -------
        enhanced : list, tuple or ndarray
            float32 waveforms, in the container and of the lengths of `X`: an object array
            for a column of a table.

        Raises
        ------
        ValueError
            For waveforms that are not finite and mono, for PCM that is not of 16 bits,
            for a sampling rate other than the one fitted with, and for an environment that is
            missing, of no use, too short or silent.

        Notes
        -----
        :func:`~sklearn.model_selection.cross_val_predict` cannot join lists of waveforms of
        unequal length. Pass it a column, ``pandas.Series(X)``, or an object array.
        """
        waveforms = self._check_noisy(X, sampling_rate)
        return restore_container(self.enhance(waveforms, environment=environment), X)

    def score(
        self, X: Waveforms, y: Waveforms, environment: Waveforms | Waveform | None = None
    ) -> float:
        """Mean SI-SDR of the enhanced waveforms in dB.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms.
        y : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Clean waveforms.
        environment : sequence of array-like or ndarray of shape (n_times,), default=None
            As for `predict`.

        Returns
        -------
        score : float
            Mean over all utterances that are not silent.
        """
        return mean_of_defined(si_sdr_score(y, self.predict(X, environment=environment)))

    def enhance(
        self,
        waveforms: Arrays,
        allocate: Allocate = np.empty,
        environment: Waveforms | Waveform | None = None,
    ) -> list[np.ndarray]:
        environments = self.environments_of(waveforms, environment)
        return self.chain_.enhanced(
            waveforms,
            self.regressor_,
            allocate=allocate,
            environments=environments,
            **self.limits(),
        )

    def limits(self) -> dict[str, Any]:
        """Return what limits the enhancement now: `strength` and `mask_floor_db`, a dict."""
        return {"strength": self.strength, "mask_floor_db": self.mask_floor_db}

    def open_stream(self, level: float | None = None, environment: Waveform | None = None) -> Any:
        n_times = self.chain_.environment_samples
        if environment is None and n_times:
            raise ValueError(
                "StreamingEnhancer: the enhancer was fitted with an environment, of which a stream "
                f"knows nothing at its beginning. Pass a recording of it, of {n_times} samples "
                "or more: environment=..."
            )
        if environment is not None:
            recording = np.asarray(environment)
            environment = (self.environments_of([recording], recording) or [recording])[0]
        return open_prediction_stream(
            self.chain_, self.regressor_, level, self.limits, environment=environment
        )

    def export(self, path: FilePath, format: str = "onnx") -> Path:
        """Write the network alone, for programs without skse.

        Beside it comes a JSON file of the same name: sampling rate, featurizer,
        target, segments, and whatever lies between features and network; of "onnx-steps" a C
        header too.

        Parameters
        ----------
        path : str or path
            Of the network; ends in ``.onnx`` or ``.tflite``.
        format : {"litert", "onnx", "onnx-steps"}, default="onnx"
            LiteRT is what TensorFlow Lite became. The axes of samples and (for a U-Net)
            frames stay open in both; "onnx-steps" takes and gives the state of a stream.

        Returns
        -------
        path : pathlib.Path
            The network's file.

        Raises
        ------
        ValueError
            For a regressor that is no network of skse, a name that does not fit the
            format, and "onnx-steps" where the network cannot predict frame by frame.
        sklearn.exceptions.NotFittedError
            Before `fit`.

        See Also
        --------
        skse.save : The whole enhancer in one file, for skse.
        """
        from skse.enhancement._export import export_network

        check_is_fitted(self)
        more = {"sampling_rate": self.sampling_rate_, **self.limits()}
        return export_network(self.chain_, self.regressor_, path, format, more)

    def _sk_visual_block_(self):
        if hasattr(self, "regressor_"):
            return make_diagram(self.featurizer_, self.target_, self.regressor_)
        return make_diagram(*copy_parts(self.featurizer, self.target, self.regressor))
