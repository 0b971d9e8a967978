"""The way in: from pairs of waveforms to the rows that a regressor is trained on."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.utils import get_tags

from skse.enhancement._blocks import (
    Recording,
    n_frames_of,
    reach_of,
    root_mean_square,
    stft_of_part,
)
from skse.enhancement._environment import samples_of, with_environment
from skse.enhancement._inputs import (
    InputStream,
    features_abreast,
    pad_to_row,
    sizes_abreast,
    with_reference,
)
from skse.enhancement._segments import ContextFrames, Segments
from skse.enhancement._shared_stfts import (
    SharedRecording,
    can_share,
    can_share_features,
    shared_features,
)
from skse.features import BaseFeaturizer
from skse.targets import BaseTarget
from skse.utils import lengths_of
from skse.utils.typing import Allocate, Arrays

# Below this RMS a recording counts as silent and keeps its level.
_SILENCE = 1e-30


class MakesRows:
    """The half of a :class:`Chain` that leads to rows."""

    featurizer: BaseFeaturizer
    target: BaseTarget
    windows: Segments | ContextFrames
    normalize_level: bool
    stft_cache_mb: float
    environment_frames: int = 0  # of chains that were pickled before there was one
    # Frames that go through featurizer, or regressor, at one go: a minute at 8 kHz, hop 128.
    _frames_at_once = 4096

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
        for *pair, _ in self._stft_triples(noisy, clean, None):
            yield tuple(pair)

    def _check_environments(self, environments):
        """Raise a ValueError unless there are environments where rows begin with them."""
        if (environments is None) != (self.environment_frames == 0):
            raise ValueError(
                f"Chain: environment_frames={self.environment_frames}, but environments are "
                f"{'missing' if environments is None else 'passed'}; environments_of of the "
                "enhancer gives them."
            )

    def _stft_triples(self, noisy, clean, environments):
        """Yield both STFTs of a pair, and what is seen of its environment, or None."""
        for i, (x, s) in enumerate(zip(noisy, clean, strict=True)):
            gain = self.gain(x)
            seen = None if environments is None else self.environment_inputs(environments[i], gain)
            yield *(self._recording(w, gain).stft() for w in (x, s)), seen

    def _seen(self, stfts):
        """Return what is seen of STFTs of one length, all abreast."""
        seen = self.featurizer.open_stream(len(stfts)).push(np.asarray(stfts))
        if self.target.needs_reference:
            return [with_reference(*pair) for pair in zip(seen, stfts, strict=True)]
        return seen

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
        """Return what the regressor sees of the STFTs of whole recordings."""
        compute = partial(features_abreast, self.featurizer, most=self._frames_at_once)
        if self.stft_cache_mb and can_share_features(self.featurizer):
            seen = shared_features(self.featurizer, stfts, compute, 1e6 * self.stft_cache_mb)
        else:
            seen = compute(stfts)
        if self.target.needs_reference:
            return [with_reference(*pair) for pair in zip(seen, stfts, strict=True)]
        return seen

    def open_inputs(self) -> InputStream:
        """Begin to compute what the regressor sees of a recording, block by block.

        Returns
        -------
        stream : InputStream
        """
        return InputStream(self.featurizer, self.target.needs_reference)

    def rows(
        self,
        noisy: Arrays,
        clean: Arrays,
        allocate: Allocate = np.empty,
        environments: Sequence[np.ndarray] | None = None,
    ) -> tuple[Any, Any, np.ndarray]:
        """Compute what a regressor is trained on, one pair or some at a time.

        Parameters
        ----------
        noisy, clean : sequence of ndarray of shape (n_times,)
            Pairs, float32.
        allocate : callable, default=numpy.empty
            ``allocate(shape, dtype=numpy.float32)`` gives what rows, and targets, are
            written to.
        environments : sequence of ndarray of shape (environment_samples,) or None, default=None
            Of each pair, where there are `environment_frames`.

        Returns
        -------
        rows, targets : ndarray
            float32, one row a segment (or a frame, for a 2-D regressor).
        counts : ndarray of int, shape (n_pairs,)
            Rows of every pair.
        """
        self._check_environments(environments)
        windows, hop = self.windows, self.featurizer.hop_length
        n_frames = [max(n_frames_of(n, hop), windows.min_frames) for n in lengths_of(noisy)]
        counts = np.array([windows.n_rows(n) for n in n_frames])
        arrays: list[Any] = []
        triples, begin = self._stft_triples(noisy, clean, environments), 0
        for n_abreast in sizes_abreast(self.featurizer, n_frames, self._frames_at_once):
            group = [next(triples) for _ in range(n_abreast)]
            pairs = [[pad_to_row(stft, windows) for stft in pair] for *pair, _ in group]
            seen = self._inputs_abreast([noisy for noisy, _ in pairs])
            for features, pair, (*_, environment) in zip(seen, pairs, group, strict=True):
                targets = windows.training_targets(self.target.transform(*pair))
                parts = with_environment(windows.training_rows(features), environment), targets
                if not arrays:
                    shapes = [(int(counts.sum()), *part.shape[1:]) for part in parts]
                    arrays = [allocate(shape, dtype=np.float32) for shape in shapes]
                end = begin + len(targets)
                for array, part in zip(arrays, parts, strict=True):
                    array[begin:end] = part
                begin = end
        return (*arrays, counts)

    def mixture_rows(
        self, noisy: np.ndarray, clean: np.ndarray, environment: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Compute the rows of mixtures that are whole segments long, all together.

        Parameters
        ----------
        noisy, clean : ndarray of shape (n_mixtures, n_times)
            Pairs, float32, of ``n_times = (n_frames - 1) * hop_length`` samples, with frames
            for `mixture_segments` segments (or any number of frames for rows of frames).
        environment : ndarray of shape (n_mixtures, environment_samples) or None, default=None
            Where there are `environment_frames`.

        Returns
        -------
        rows, targets : ndarray
            The rows of one mixture after those of another.
        """
        self._check_environments(environment)
        featurizer, windows = self.featurizer, self.windows
        gains = np.array([[self.gain(x)] for x in noisy], dtype=np.float32)
        if featurizer.n_fft % 2:  # a sample more, as Recording has it
            noisy, clean = (np.pad(w, [(0, 0), (0, 1)]) for w in (noisy, clean))
        y_stfts, s_stfts = (featurizer.stft(w * gains) for w in (noisy, clean))
        targets = self.target.transform(y_stfts, s_stfts)
        rows = [windows.training_rows(features) for features in self._seen(y_stfts)]
        if environment is not None:
            begin = reach_of(featurizer)
            stfts = featurizer.stft(environment * gains)
            seen = self._seen(stfts[..., begin : begin + self.environment_frames])
            rows = [with_environment(*pair) for pair in zip(rows, seen, strict=True)]
        return (
            np.concatenate(rows),
            np.concatenate([windows.training_targets(t) for t in targets]),
        )

    @property
    def environment_samples(self) -> int:
        """Samples of the environment that a row needs; 0 where it needs none."""
        return samples_of(self.featurizer, self.environment_frames)

    def environment_inputs(self, environment: np.ndarray, gain: float) -> np.ndarray:
        """Compute what the regressor sees of the environment of a recording.

        Parameters
        ----------
        environment : ndarray of shape (environment_samples,)
            Recorded at the gain of the recording.
        gain : float
            That the recording is multiplied by on the way in.

        Returns
        -------
        seen : ndarray of shape (n_bands, environment_frames[, n_channels])
            Like `inputs`, of frames whose windows lie in the environment.
        """
        begin = reach_of(self.featurizer)
        end = begin + self.environment_frames
        return self.inputs(stft_of_part(environment, 0, self.featurizer, begin, end, gain))

    @property
    def mixture_segments(self) -> int:
        """Segments of a mixture to train on.

        One, but two where the features carry a state: one from its beginning, where nothing is
        known, and one that goes on from there.
        """
        return 2 if self.featurizer.carries_state else 1

    def _recording(self, x, gain, allocate=np.empty):
        if self.stft_cache_mb and can_share(x, self.featurizer):
            return SharedRecording(x, self.featurizer, gain, allocate, 1e6 * self.stft_cache_mb)
        return Recording(x, self.featurizer, gain, allocate)
