"""Chain: what lies between a waveform and a row, there and back, in one place.

level → STFT → what the regressor sees → windows → rows, and from predicted rows back to a
waveform. Whoever trains, enhances, streams, exports or draws is handed a Chain.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np
from sklearn.utils import get_tags

from skse.enhancement._blocks import Recording, n_frames_of, root_mean_square
from skse.enhancement._inputs import (
    InputStream,
    inputs_abreast,
    pad_to_row,
    rows_of_blocks,
    sizes_abreast,
    with_reference,
)
from skse.enhancement._predictor import Predictor, prediction_windows
from skse.enhancement._segments import Block, ContextFrames, Segments
from skse.enhancement._shared_stfts import SharedRecording, can_share
from skse.features import BaseFeaturizer
from skse.targets import BaseTarget
from skse.utils import lengths_of
from skse.utils.typing import Allocate, Arrays

# Frames that go through the regressor at one go: a minute at 8 kHz, hop 128.
_FRAMES_AT_ONCE = 4096
# Below this RMS a recording counts as silent and keeps its level.
_SILENCE = 1e-30


class Chain:
    """The way from waveforms to the rows of a regressor, and from predictions to waveforms.

    Parameters
    ----------
    featurizer, target : object
        What the regressor sees, and what it predicts.
    windows : Segments or ContextFrames
        How spectrograms are cut into rows.
    normalize_level : bool, default=True
        Whether every recording is brought to an RMS of 1 on the way in, and back on the
        way out.
    stft_cache_mb : float, default=0
        Megabytes of STFTs that stay in memory for the candidates of a search.

    See Also
    --------
    skse.SpeechEnhancer : Keeps the one that it was fitted with as ``chain_``.

    Notes
    -----
    `rows` is the way there, `enhanced` the way back. No method changes the chain, but
    for `fit`.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import SpeechEnhancer
    >>> noisy = np.random.default_rng(0).standard_normal((2, 8000))
    >>> chain = SpeechEnhancer(segment_frames=32).make_chain().fit(noisy, noisy)
    >>> rows, targets, counts = chain.rows(noisy, noisy)
    >>> rows.shape, targets.shape, counts.tolist()
    ((4, 129, 32), (4, 129, 32), [2, 2])
    """

    def __init__(
        self,
        featurizer: BaseFeaturizer,
        target: BaseTarget,
        windows: Segments | ContextFrames,
        *,
        normalize_level: bool = True,
        stft_cache_mb: float = 0,
    ) -> None:
        self.featurizer = featurizer
        self.target = target
        self.windows = windows
        self.normalize_level = normalize_level
        self.stft_cache_mb = stft_cache_mb

    def fit(self, noisy: Arrays, clean: Arrays) -> Self:
        """Fit featurizer and target, with no more than one utterance's STFTs in memory.

        Parameters
        ----------
        noisy, clean : sequence of ndarray of shape (n_times,)
            Training pairs, float32.

        Returns
        -------
        self : Chain
        """
        self.featurizer.fit(noisy)
        pairs = self.stft_pairs(noisy, clean)
        self.target.fit(*next(pairs))
        # Others look at parameters and shapes alone: the first pair shows both.
        if get_tags(self.target).requires_fit:
            for y_stft, s_stft in pairs:
                self.target.partial_fit(y_stft, s_stft)
        return self

    def gain(self, x: np.ndarray) -> float:
        """Return the factor that a waveform is multiplied by on the way in.

        Parameters
        ----------
        x : ndarray of shape (n_times,)
            Waveform.

        Returns
        -------
        gain : float
            1 for silence, and where levels are kept.
        """
        level = root_mean_square(x) if self.normalize_level else 0.0
        return 1 / level if level > _SILENCE else 1.0

    def stft_pairs(self, noisy: Arrays, clean: Arrays) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the STFTs of one pair after the other, both at the gain of the noisy waveform.

        Parameters
        ----------
        noisy, clean : sequence of ndarray of shape (n_times,)
            Pairs, float32.

        Yields
        ------
        noisy_stft, clean_stft : ndarray of shape (n_frequencies, n_frames)
        """
        for x, s in zip(noisy, clean, strict=True):
            gain = self.gain(x)
            yield tuple(self._recording(w, gain).stft() for w in (x, s))

    def inputs(self, stft: np.ndarray) -> np.ndarray:
        """Compute what the regressor sees of the STFT of a recording.

        Parameters
        ----------
        stft : ndarray of shape (n_frequencies, n_frames)
            Noisy STFT, from the first frame on.

        Returns
        -------
        seen : ndarray of shape (n_bands, n_frames[, n_channels])
            The features; for a target with reference
            ``(max(n_bands, n_frequencies), n_frames, n_channels + 2)``: the features, then
            real and imaginary part of the STFT, the shorter of the two padded with zeros.
        """
        return self.open_inputs().push(stft)

    def _inputs_abreast(self, stfts):
        needs_reference = self.target.needs_reference
        return inputs_abreast(self.featurizer, stfts, needs_reference, _FRAMES_AT_ONCE)

    def open_inputs(self) -> InputStream:
        """Begin to compute what the regressor sees of a recording, block by block.

        Returns
        -------
        stream : InputStream
        """
        return InputStream(self.featurizer, self.target.needs_reference)

    def rows(
        self, noisy: Arrays, clean: Arrays, allocate: Allocate = np.empty
    ) -> tuple[Any, Any, np.ndarray]:
        """Compute what a regressor is trained on, one pair or some at a time.

        Parameters
        ----------
        noisy, clean : sequence of ndarray of shape (n_times,)
            Pairs, float32.
        allocate : callable, default=numpy.empty
            ``allocate(shape, dtype=numpy.float32)`` gives what rows, and targets, are
            written to.

        Returns
        -------
        rows, targets : ndarray
            float32, one row a segment (or a frame, for a 2-D regressor).
        counts : ndarray of int, shape (n_pairs,)
            Rows of every pair.
        """
        windows, hop = self.windows, self.featurizer.hop_length
        n_frames = [max(n_frames_of(n, hop), windows.min_frames) for n in lengths_of(noisy)]
        counts = np.array([windows.n_rows(n) for n in n_frames])
        arrays: list[Any] = []
        pairs, begin = self.stft_pairs(noisy, clean), 0
        for n_abreast in sizes_abreast(self.featurizer, n_frames, _FRAMES_AT_ONCE):
            stfts = [[pad_to_row(stft, windows) for stft in next(pairs)] for _ in range(n_abreast)]
            seen = self._inputs_abreast([noisy for noisy, _ in stfts])
            for features, pair in zip(seen, stfts, strict=True):
                targets = windows.training_targets(self.target.transform(*pair))
                parts = windows.training_rows(features), targets
                if not arrays:
                    shapes = [(int(counts.sum()), *part.shape[1:]) for part in parts]
                    arrays = [allocate(shape, dtype=np.float32) for shape in shapes]
                end = begin + len(targets)
                for array, part in zip(arrays, parts, strict=True):
                    array[begin:end] = part
                begin = end
        return (*arrays, counts)

    def mixture_rows(self, noisy: np.ndarray, clean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the rows of mixtures that are whole segments long, all together.

        Parameters
        ----------
        noisy, clean : ndarray of shape (n_mixtures, n_times)
            Pairs, float32, of ``n_times = (n_frames - 1) * hop_length`` samples, with frames
            for `mixture_segments` segments (or any number of frames for rows of frames).

        Returns
        -------
        rows, targets : ndarray
            The rows of one mixture after those of another.
        """
        featurizer, windows = self.featurizer, self.windows
        gains = np.array([[self.gain(x)] for x in noisy], dtype=np.float32)
        if featurizer.n_fft % 2:  # a sample more, as Recording has it
            noisy, clean = (np.pad(w, [(0, 0), (0, 1)]) for w in (noisy, clean))
        y_stfts, s_stfts = (featurizer.stft(w * gains) for w in (noisy, clean))
        targets = self.target.transform(y_stfts, s_stfts)
        seen = featurizer.open_stream(len(y_stfts)).push(np.asarray(y_stfts))
        if self.target.needs_reference:
            seen = [with_reference(*pair) for pair in zip(seen, y_stfts, strict=True)]
        return (
            np.concatenate([windows.training_rows(features) for features in seen]),
            np.concatenate([windows.training_targets(t) for t in targets]),
        )

    def batches(self, recordings: Iterable[Recording], windows: Any) -> Iterator[list[Block]]:
        """Yield blocks of recordings, in order, a bounded number of frames at a time.

        Parameters
        ----------
        recordings : iterable of Recording
            Each is asked for when its turn comes.
        windows : object
            How they are cut at prediction.

        Yields
        ------
        batch : list of Block
        """
        batch, n_frames = [], 0
        for i, recording in enumerate(recordings):
            for block in windows.blocks(i, recording.n_frames, _FRAMES_AT_ONCE):
                batch.append(block)
                n_frames += block.end - block.begin
                if n_frames >= _FRAMES_AT_ONCE:
                    yield batch
                    batch, n_frames = [], 0
        if batch:
            yield batch

    def predictions(
        self, waveforms: Arrays, regressor: Any, allocate: Allocate = np.empty
    ) -> Iterator[tuple[Recording, np.ndarray, np.ndarray]]:
        """Yield what the regressor predicts of recordings, block by block.

        Parameters
        ----------
        waveforms : sequence of ndarray of shape (n_times,)
            Noisy; only lengths and slices are asked for.
        regressor : object
            Fitted.
        allocate : callable, default=numpy.empty
            Gives what each enhanced waveform is written to, as for `Recording`.

        Yields
        ------
        recording : Recording
            Of which the block is; they come one after the other, their blocks in order.
        target : ndarray of shape (n_frequencies, n_frames[, n_channels])
            Prediction of the block.
        noisy : ndarray of shape (n_frequencies, n_frames)
            Noisy STFT of the block.
        """
        windows = prediction_windows(self.windows, regressor)
        predictor, recordings, carries = Predictor(regressor), {}, {}
        inputs: dict[int, InputStream] = {}

        def opened():
            for i, x in enumerate(waveforms):
                recordings[i] = self._recording(x, self.gain(x), allocate)
                inputs[i] = self.open_inputs()
                yield recordings[i]

        for batch in self.batches(opened(), windows):
            stfts = [
                pad_to_row(recordings[block.utterance].stft(block.begin, block.end), windows)
                for block in batch
            ]
            rows = rows_of_blocks(batch, stfts, recordings, inputs, windows, self._inputs_abreast)
            predicted = predictor.predict(rows, [block.utterance for block in batch])
            for block, stft, part in zip(batch, stfts, predicted, strict=True):
                i = block.utterance
                target, carry = windows.merge(part, block, carries.pop(i, None))
                recording = recordings[i]
                if block.core_end == recording.n_frames:
                    predictor.forget(i)
                    del recordings[i], inputs[i]
                else:
                    carries[i] = carry
                noisy = stft[:, block.core_begin - block.begin : block.core_end - block.begin]
                yield recording, target, noisy

    def enhanced(
        self,
        waveforms: Arrays,
        regressor: Any,
        *,
        strength: float = 1.0,
        mask_floor_db: float | None = None,
        allocate: Allocate = np.empty,
    ) -> list[np.ndarray]:
        """Enhance waveforms with a fitted regressor.

        Parameters
        ----------
        waveforms : sequence of ndarray of shape (n_times,)
            Noisy, float32; only lengths and slices are asked for.
        regressor : object
            Fitted on rows of this chain.
        strength, mask_floor_db : float, default=1.0, None
            As for :class:`~skse.SpeechEnhancer`.
        allocate : callable, default=numpy.empty
            ``allocate(n_times, dtype=numpy.float32)`` gives what each enhanced waveform is
            written to.

        Returns
        -------
        enhanced : list of ndarray of shape (n_times,)
        """
        enhanced = []
        for recording, target, noisy in self.predictions(waveforms, regressor, allocate):
            frames = self.apply(target, noisy, strength=strength, mask_floor_db=mask_floor_db)
            if recording.add(frames):
                enhanced.append(recording.enhanced)
        return enhanced

    def ideal(self, noisy: Arrays, clean: Arrays, **limits: Any) -> Iterator[np.ndarray]:
        """Yield waveforms enhanced with the true target, the ceiling of a prediction.

        Parameters
        ----------
        noisy, clean : sequence of ndarray of shape (n_times,)
            Pairs, float32.
        **limits : dict
            `strength` and `mask_floor_db`.

        Yields
        ------
        enhanced : ndarray of shape (n_times,)
        """
        pairs = self.stft_pairs(noisy, clean)
        for x, (y_stft, s_stft) in zip(noisy, pairs, strict=True):
            recording = self._recording(x, self.gain(x))
            recording.add(
                self.apply(self.target.ideal_prediction(y_stft, s_stft), y_stft, **limits)
            )
            yield recording.enhanced

    def apply(
        self,
        prediction: np.ndarray,
        noisy: np.ndarray,
        *,
        strength: float = 1.0,
        mask_floor_db: float | None = None,
    ) -> np.ndarray:
        """Return the enhanced STFT of a predicted target, within the limits asked for.

        Parameters
        ----------
        prediction : ndarray of shape (n_frequencies, n_frames[, n_channels])
            Of the target.
        noisy : ndarray of shape (n_frequencies, n_frames)
            Noisy STFT.
        strength, mask_floor_db : float, default=1.0, None
            As for :class:`~skse.SpeechEnhancer`.

        Returns
        -------
        enhanced : ndarray of shape (n_frequencies, n_frames), complex64
        """
        enhanced = self.target.inverse_transform(prediction, noisy)
        if mask_floor_db is not None:
            floor = 10 ** (mask_floor_db / 20) * noisy
            enhanced = np.where(np.abs(enhanced) < np.abs(floor), floor, enhanced)
        if strength != 1:
            enhanced = noisy + np.float32(strength) * (enhanced - noisy)
        return enhanced.astype(np.complex64, copy=False)

    @property
    def mixture_segments(self) -> int:
        """Segments of a mixture to train on.

        One, but two where the features carry a state: one from its beginning, where nothing is
        known, and one that goes on from there.
        """
        return 2 if self.featurizer.carries_state else 1

    def to_state(self) -> dict[str, Any]:
        """Return what a model file keeps.

        Returns
        -------
        state : dict
            Estimators and plain values.
        """
        return {**vars(self), "windows": self.windows.to_state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return the chain that `to_state` told of.

        Parameters
        ----------
        state : dict
            As `to_state` returned it.

        Returns
        -------
        chain : Chain
        """
        cut = state["windows"]
        windows = (Segments if "n_frames" in cut else ContextFrames)(**cut)
        return cls(**{**state, "windows": windows})

    def _recording(self, x, gain, allocate=np.empty):
        if self.stft_cache_mb and can_share(x, self.featurizer):
            return SharedRecording(x, self.featurizer, gain, allocate, 1e6 * self.stft_cache_mb)
        return Recording(x, self.featurizer, gain, allocate)
