"""SpeechEnhancer: noisy waveform in, enhanced waveform out."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import clone
from sklearn.multioutput import MultiOutputRegressor
from sklearn.utils.validation import check_is_fitted

from skse.enhancement._base import BaseEnhancer
from skse.enhancement._blocks import Recording, root_mean_square
from skse.enhancement._diagram import make_diagram
from skse.enhancement._prediction import open_prediction_stream
from skse.enhancement._reference import network_input, set_head
from skse.enhancement._regressors import (
    check_loss,
    last_step,
    receptive_field,
    takes_many_outputs,
    takes_segments,
)
from skse.enhancement._remix import Remix
from skse.enhancement._segments import ContextFrames, Segments, Surroundings
from skse.enhancement._shared_stfts import SharedRecording, can_share
from skse.enhancement._targets import fit_target
from skse.enhancement._training import (
    check_remix,
    fit_regressor,
    fit_remixed,
    match_levels,
    warn_of_other_level,
)
from skse.utils import check_number, check_waveform_pairs

# Frames that go through the regressor at one go: a minute at 8 kHz, hop 128.
_FRAMES_AT_ONCE = 4096
# Below this RMS a recording counts as silent and keeps its level.
_SILENCE = 1e-30


class SpeechEnhancer(BaseEnhancer):
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
    remix : bool or Remix, default=False
        Train on the speech and the noise (noisy minus clean) of the training pairs
        mixed anew, at random SNR, level and speed: a network never sees the same
        mixture twice. True stands for :class:`~skse.Remix` with its defaults. With
        early stopping a network validates on held-out pairs as they are, and
        neither their speech nor their noise is in any mixture. A regressor that is
        not a network is fitted on the mixtures of one epoch.
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
        computed again. Results are the same to the bit. 0 keeps none.

    Attributes
    ----------
    featurizer_, target_, regressor_ : object
        The fitted parts.
    sampling_rate_ : float or None
        Sampling rate fitted with.
    n_features_in_ : int or None
        Samples in each waveform seen in `fit`; None where lengths differed.
    n_utterances_ : int
        Number of waveforms seen in `fit`.

    See Also
    --------
    oracle_predict : The ceiling of a featurizer and a target.
    Remix : What `remix` mixes.
    SpectralSubtraction, WienerFilter, LogMMSE : Enhancers that need no training.

    Notes
    -----
    Waveforms that share their clean speech (one sentence in several noises)
    form one group: a regressor with early stopping never validates on a
    sentence that it was trained on.

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
        featurizer=None,
        target=None,
        regressor=None,
        *,
        sampling_rate=None,
        segment_frames=64,
        segment_overlap=0.25,
        context_frames=2,
        normalize_level=True,
        match_level=False,
        remix=False,
        strength=1.0,
        mask_floor_db=None,
        stft_cache_mb=0,
    ):
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

    def fit(self, X, y):
        """Learn from pairs of noisy and clean waveforms.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Noisy waveforms.
        y : array-like of shape (n_samples, n_times) or sequence of 1-D arrays
            Clean waveforms, aligned to the sample and as long as the noisy ones.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            For a parameter out of its range, waveforms that are not finite,
            mono and pairwise equally long, or a loss or output activation that
            cannot work with the target: all before any training.
        """
        if y is None:
            raise ValueError(
                "SpeechEnhancer requires y to be passed, but the target y is None: pass the clean "
                "waveforms."
            )
        noisy, clean = check_waveform_pairs(X, y, two_rows_are="stereo")
        self._check_params()
        if self.match_level:
            clean = match_levels(noisy, clean)
        else:
            warn_of_other_level(noisy, clean)
        self.featurizer_, self.target_, regressor = self._clone_parts()
        self._check_parts(regressor)
        if takes_segments(regressor):
            self._windows = Segments(
                self.segment_frames, int(self.segment_overlap * self.segment_frames)
            )
        else:
            self._windows = ContextFrames(self.context_frames)
            if not takes_many_outputs(regressor):
                regressor = MultiOutputRegressor(regressor)
        self.featurizer_.fit(noisy)
        if self.remix is False:
            self.regressor_ = fit_regressor(self, regressor, noisy, clean)
        else:
            remix = Remix() if self.remix is True else self.remix
            self.regressor_ = fit_remixed(self, remix, regressor, noisy, clean)
        self.sampling_rate_ = self.sampling_rate
        self.n_features_in_ = noisy.shape[1] if isinstance(noisy, np.ndarray) else None
        self.n_utterances_ = len(noisy)
        return self

    def export(self, path, format="onnx"):
        """Write the network alone, for programs without skse.

        Beside it comes a JSON file of the same name: sampling rate, featurizer,
        target, segments, and whatever lies between features and network.

        Parameters
        ----------
        path : str or path
            Of the network; ends in ``.onnx`` or ``.tflite``.
        format : {"litert", "onnx"}, default="onnx"
            LiteRT is what TensorFlow Lite became. The axes of samples and (for a
            U-Net) frames stay open in both.

        Returns
        -------
        path : pathlib.Path
            The network's file.

        Raises
        ------
        ValueError
            For a regressor that is no network of skse, and a name that does not
            fit the format.
        sklearn.exceptions.NotFittedError
            Before `fit`.

        See Also
        --------
        skse.save : The whole enhancer in one file, for skse.
        """
        from skse.enhancement._export import export_network

        check_is_fitted(self)
        return export_network(self, path, format)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags

    def _sk_visual_block_(self):
        return make_diagram(self)

    def _check_params(self):
        super()._check_params()
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
            self.remix._check_params()
        elif not isinstance(self.remix, bool):
            raise ValueError(
                f"SpeechEnhancer: remix={self.remix!r} must be True, False or a skse.Remix."
            )
        check_number(self, "strength", self.strength, Real, min_val=0, max_val=1)
        if self.mask_floor_db is not None:
            check_number(self, "mask_floor_db", self.mask_floor_db, Real, max_val=0)
        check_number(self, "stft_cache_mb", self.stft_cache_mb, Real, min_val=0)

    def _clone_parts(self):
        from skse.features import STFTFeaturizer
        from skse.targets import IdealMaskTarget

        regressor = self.regressor
        if regressor is None:
            from skse.networks import UNetRegressor

            regressor = UNetRegressor()
        featurizer = STFTFeaturizer() if self.featurizer is None else clone(self.featurizer)
        target = IdealMaskTarget() if self.target is None else clone(self.target)
        return featurizer, target, clone(regressor)

    def _check_parts(self, regressor):
        """Check what only the parts together can tell; set the network's activation."""
        rate = getattr(self.featurizer_, "sampling_rate", None)
        if None not in (rate, self.sampling_rate) and rate != self.sampling_rate:
            raise ValueError(
                f"SpeechEnhancer has sampling_rate={self.sampling_rate!r}, but its featurizer "
                f"{type(self.featurizer_).__name__} has sampling_rate={rate!r}; expected the same."
            )
        check_loss(regressor, self.target_)
        if self.target_.needs_reference:
            set_head(regressor, self.target_, self.featurizer_, self.segment_frames)
        if self.remix is not False:
            check_remix(self, regressor)
        network = last_step(regressor)
        if network.get_params(deep=False).get("output_activation") == "auto":
            network.set_params(output_activation=self.target_.output_activation)

    def _enhance(self, waveforms, allocate=np.empty):
        enhanced = [None] * len(waveforms)
        recordings, carries = {}, {}
        windows = self._prediction_windows()
        for batch in self._batches(waveforms, recordings, windows, allocate):
            stfts = [
                self._pad(recordings[block.utterance].stft(block.begin, block.end), windows)
                for block in batch
            ]
            rows = [
                windows.block_rows(self._network_input(stft), block)
                for stft, block in zip(stfts, batch, strict=True)
            ]
            predictions = self._predict_rows(rows)
            for block, stft, part in zip(batch, stfts, predictions, strict=True):
                i = block.utterance
                target, carries[i] = windows.merge(part, block, carries.get(i))
                noisy = stft[:, block.core_begin - block.begin : block.core_end - block.begin]
                if recordings[i].add(self._apply(self.target_, target, noisy)):
                    enhanced[i] = recordings.pop(i).enhanced
                    del carries[i]
        return enhanced

    def _prediction_windows(self):
        """How recordings are cut at prediction: without seams, where the regressor allows it."""
        if isinstance(self._windows, ContextFrames):
            return self._windows
        field = receptive_field(self.regressor_)
        return self._windows if field is None else Surroundings(*field)

    def _predict_rows(self, rows):
        """Predict arrays of rows; those of one shape go through the regressor together."""
        predictions = [None] * len(rows)
        alike = {}
        for i, array in enumerate(rows):
            alike.setdefault(array.shape[1:], []).append(i)
        for indices in alike.values():
            together = self.regressor_.predict(np.concatenate([rows[i] for i in indices]))
            ends = np.cumsum([len(rows[i]) for i in indices])[:-1]
            parts = np.split(np.asarray(together, dtype=np.float32), ends)
            for i, part in zip(indices, parts, strict=True):
                predictions[i] = part
        return predictions

    def _open_stream(self, level):
        return open_prediction_stream(self, self._prediction_windows(), level)

    def _stft_pairs(self, noisy, clean, featurizer):
        """Noisy and clean STFT of one utterance after the other."""
        for x, s in zip(noisy, clean, strict=True):
            gain = self._gain(x)
            yield tuple(self._recording(w, featurizer, gain).stft() for w in (x, s))

    def _network_input(self, stft):
        return network_input(self.featurizer_, self.target_, stft)

    def _gain(self, x):
        level = root_mean_square(x) if self.normalize_level else 0.0
        return 1 / level if level > _SILENCE else 1.0

    def _recording(self, x, featurizer, gain, allocate=np.empty):
        if self.stft_cache_mb and can_share(x, featurizer):
            return SharedRecording(x, featurizer, gain, allocate, 1e6 * self.stft_cache_mb)
        return Recording(x, featurizer, gain, allocate)

    def _pad(self, stft, windows):
        missing = windows.min_frames - stft.shape[1]
        return np.pad(stft, [(0, 0), (0, missing)]) if missing > 0 else stft

    def _batches(self, waveforms, recordings, windows, allocate):
        """Blocks of all utterances, in order, a bounded number of frames at a time."""
        batch, n_frames = [], 0
        for i, x in enumerate(waveforms):
            recordings[i] = self._recording(x, self.featurizer_, self._gain(x), allocate)
            for block in windows.blocks(i, recordings[i].n_frames, _FRAMES_AT_ONCE):
                batch.append(block)
                n_frames += block.end - block.begin
                if n_frames >= _FRAMES_AT_ONCE:
                    yield batch
                    batch, n_frames = [], 0
        if batch:
            yield batch

    def _apply(self, target, prediction, noisy):
        """Enhanced STFT from the predicted target, within the limits asked for."""
        enhanced = target.inverse_transform(prediction, noisy)
        if self.mask_floor_db is not None:
            floor = 10 ** (self.mask_floor_db / 20) * noisy
            enhanced = np.where(np.abs(enhanced) < np.abs(floor), floor, enhanced)
        if self.strength != 1:
            enhanced = noisy + np.float32(self.strength) * (enhanced - noisy)
        return enhanced.astype(np.complex64, copy=False)

    def _oracle(self, noisy, clean):
        """Yield waveforms enhanced with the true target."""
        self._check_params()
        featurizer, target, _ = self._clone_parts()
        fit_target(target, self._stft_pairs(noisy, clean, featurizer))
        pairs = self._stft_pairs(noisy, clean, featurizer)
        for x, (y_stft, s_stft) in zip(noisy, pairs, strict=True):
            recording = Recording(x, featurizer, self._gain(x))
            ideal = target.ideal_prediction(y_stft, s_stft)
            recording.add(self._apply(target, ideal, y_stft))
            yield recording.enhanced
