"""StreamingEnhancer: noisy blocks in, enhanced blocks out."""

from inspect import signature

import numpy as np

from skse.enhancement._base import BaseEnhancer
from skse.utils import check_waveform
from skse.utils.typing import Waveform


class StreamingEnhancer:
    """Enhance a stream of samples, block by block.

    What comes out is what ``enhancer.predict`` makes of the whole recording, delayed by
    `latency_samples_`; but a stream is enhanced however short it turns out to be. Blocks may
    have any length, and each another one.

    Parameters
    ----------
    enhancer : SpeechEnhancer, SpectralSubtraction, WienerFilter, LogMMSE or IdentityEnhancer
        Fitted. The regressor of a :class:`~skse.SpeechEnhancer` must look a bounded
        number of frames back and ahead: a :class:`~skse.UNetRegressor` with a stride
        of 1 along time, or any regressor of single frames with `context_frames`.
    level : float, default=None
        RMS of the recording, full scale 1, as far as it is known beforehand. Must be
        given where the enhancer was fitted with ``normalize_level=True``, which
        divides by it; the classical enhancers need it only to tell noise from
        digital silence, 100 dB below, and take 0.1 for None.
    environment : array-like of shape (n_times,), default=None
        A recording of the environment alone, at the gain of the stream. Must be given where the
        enhancer was fitted with an environment: what its network is told of that is
        computed once.

    Attributes
    ----------
    latency_samples_ : int
        Samples by which the output lags behind the input: ``n_fft - 1``, and
        ``hop_length`` for every frame that the regressor looks ahead.
    latency_ms_ : float or None
        The same in milliseconds; None where the enhancer knows no sampling rate.

    Raises
    ------
    ValueError
        For an enhancer that is of another kind or sees a recording as a whole, and
        for a level, or an environment, that is missing, of no use or not as it must be.
    sklearn.exceptions.NotFittedError
        For an enhancer that is not fitted.

    See Also
    --------
    UNetRegressor : ``causal=True`` makes a network that looks ahead by no frame.

    Notes
    -----
    The classical enhancers look ahead by 14 frames where frames are the default ones, so that
    the noise at the very beginning is known in time; with ``noise="start"`` by their
    `noise_frames` and some frames more.

    Examples
    --------
    >>> import numpy as np
    >>> from skse import LogMMSE, StreamingEnhancer
    >>> noisy = np.random.default_rng(0).standard_normal(8000).astype(np.float32)
    >>> enhancer = LogMMSE(sampling_rate=8000, noise="start", noise_frames=4).fit([noisy])
    >>> stream = StreamingEnhancer(enhancer)
    >>> stream.latency_samples_, stream.latency_ms_
    (639, 79.875)
    >>> blocks = [stream.process(block) for block in np.split(noisy, 80)]
    >>> streamed = np.concatenate([*blocks, stream.flush()])[stream.latency_samples_ :]
    >>> bool(np.allclose(streamed, enhancer.predict([noisy])[0], atol=1e-5))
    True
    """

    def __init__(
        self,
        enhancer: BaseEnhancer,
        *,
        level: float | None = None,
        environment: Waveform | None = None,
    ) -> None:
        if not isinstance(enhancer, BaseEnhancer):
            raise ValueError(
                f"StreamingEnhancer: enhancer={enhancer!r:.60} must be a fitted SpeechEnhancer or "
                "a classical enhancer such as LogMMSE. Of a search, pass its best_estimator_; of "
                "a Pipeline, its last step, and run the steps before it on your blocks yourself."
            )
        enhancer.check_ready()
        takes_it = "environment" in signature(enhancer.open_stream).parameters
        if environment is not None and not takes_it:
            raise ValueError(
                f"StreamingEnhancer: environment is of no use to {type(enhancer).__name__}, which "
                "takes none. Leave it out."
            )
        self.enhancer = enhancer
        self.level = level
        self.environment = environment
        self.reset()
        self.latency_samples_ = self._live.latency
        rate = enhancer.sampling_rate_
        self.latency_ms_ = None if rate is None else 1000 * self.latency_samples_ / rate

    def process(self, block: Waveform) -> np.ndarray:
        """Take the next noisy samples; return as many enhanced ones.

        Parameters
        ----------
        block : array-like of shape (n_times,)
            Any number of samples, also none, full scale ±1; 16-bit PCM is divided by
            32768, any other refused.

        Returns
        -------
        enhanced : ndarray of shape (n_times,)
            float32. The first `latency_samples_` samples of a stream are 0.

        Raises
        ------
        ValueError
            For a block that is not finite and mono. The stream goes on as if it had
            not been passed.
        """
        if np.shape(block) == (0,):
            return np.zeros(0, dtype=np.float32)
        block = check_waveform(block, "block")
        ready = np.concatenate([self._ready, self._live.push(block)])
        self._ready: np.ndarray = ready[len(block) :].copy()
        return ready[: len(block)]

    def flush(self) -> np.ndarray:
        """End the stream; the next block begins another one.

        Returns
        -------
        tail : ndarray of shape (n_times,)
            float32: the `latency_samples_` enhanced samples that are still to come.
        """
        tail = np.concatenate([self._ready, self._live.finish()])
        self.reset()
        return tail

    def reset(self) -> None:
        """Forget what was passed so far: the next block begins another stream."""
        given = {} if self.environment is None else {"environment": self.environment}
        self._live = self.enhancer.open_stream(self.level, **given)
        self._ready = np.zeros(self._live.latency, dtype=np.float32)

    def __repr__(self):
        return f"StreamingEnhancer({self.enhancer!r}, level={self.level!r})"
