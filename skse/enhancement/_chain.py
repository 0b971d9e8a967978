"""Chain: what lies between a waveform and a row, there and back, in one place.

level → STFT → what the regressor sees → windows → rows, and from predicted rows back to a
waveform. Whoever trains, enhances, streams, exports or draws is handed a Chain.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self

import numpy as np

from skse.enhancement._blocks import Recording
from skse.enhancement._environment import with_environment
from skse.enhancement._inputs import InputStream, pad_to_row, rows_of_blocks
from skse.enhancement._predictor import Predictor, prediction_windows
from skse.enhancement._rows import MakesRows
from skse.enhancement._segments import Block, ContextFrames, Segments
from skse.features import BaseFeaturizer
from skse.targets import BaseTarget
from skse.utils.typing import Allocate, Arrays


class Chain(MakesRows):
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
    environment_frames : int, default=0
        Frames that rows begin with, of a recording of the environment.

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
        environment_frames: int = 0,
    ) -> None:
        self.featurizer = featurizer
        self.target = target
        self.windows = windows
        self.normalize_level = normalize_level
        self.stft_cache_mb = stft_cache_mb
        self.environment_frames = environment_frames

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
            for block in windows.blocks(i, recording.n_frames, self._frames_at_once):
                batch.append(block)
                n_frames += block.end - block.begin
                if n_frames >= self._frames_at_once:
                    yield batch
                    batch, n_frames = [], 0
        if batch:
            yield batch

    def predictions(
        self,
        waveforms: Arrays,
        regressor: Any,
        allocate: Allocate = np.empty,
        environments: Sequence[np.ndarray] | None = None,
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
        environments : sequence of ndarray of shape (environment_samples,) or None, default=None
            Of each waveform, where there are `environment_frames`.

        Yields
        ------
        recording : Recording
            Of which the block is; they come one after the other, their blocks in order.
        target : ndarray of shape (n_frequencies, n_frames[, n_channels])
            Prediction of the block.
        noisy : ndarray of shape (n_frequencies, n_frames)
            Noisy STFT of the block.
        """
        self._check_environments(environments)
        windows = prediction_windows(self.windows, regressor)
        predictor, recordings, carries = Predictor(regressor), {}, {}
        inputs: dict[int, InputStream] = {}
        around: dict[int, np.ndarray | None] = {}

        def opened():
            for i, x in enumerate(waveforms):
                gain = self.gain(x)
                recordings[i], inputs[i] = self._recording(x, gain, allocate), self.open_inputs()
                around[i] = None
                if environments is not None:
                    around[i] = self.environment_inputs(environments[i], gain)
                yield recordings[i]

        for batch in self.batches(opened(), windows):
            stfts = [
                pad_to_row(recordings[block.utterance].stft(block.begin, block.end), windows)
                for block in batch
            ]
            rows = rows_of_blocks(batch, stfts, recordings, inputs, windows, self._inputs_abreast)
            rows = [
                with_environment(array, around[block.utterance])
                for array, block in zip(rows, batch, strict=True)
            ]
            predicted = predictor.predict(rows, [block.utterance for block in batch])
            for block, stft, part in zip(batch, stfts, predicted, strict=True):
                i = block.utterance
                target, carry = windows.merge(part, block, carries.pop(i, None))
                recording = recordings[i]
                if block.core_end == recording.n_frames:
                    predictor.forget(i)
                    del recordings[i], inputs[i], around[i]
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
        environments: Sequence[np.ndarray] | None = None,
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
        environments : sequence of ndarray of shape (environment_samples,) or None, default=None
            Of each waveform, where there are `environment_frames`.

        Returns
        -------
        enhanced : list of ndarray of shape (n_times,)
        """
        enhanced = []
        for recording, target, noisy in self.predictions(
            waveforms, regressor, allocate, environments
        ):
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
