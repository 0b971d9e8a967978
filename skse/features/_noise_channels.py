"""Channels that tell a network of the noise: each unit beside the noise tracked so far."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from skse.features._noise_tracker import NoiseTracker

NOISE_CHANNELS = ("noise", "posterior_snr", "prior_snr")
# As of the classical enhancers: 100 dB below a recording whose RMS is 1, in a unit.
_FLOOR = 1e-10
# Decision-directed a priori SNR: weight of the last frame, and the least value.
_SMOOTHING, _LEAST_PRIOR = np.float32(0.98), np.float32(10**-2.5)
# SNRs in nepers of amplitude, at most: 50 dB. Before the noise is known they would be more.
_MOST = np.float32(50 / 20 * np.log(10))


class NoiseChannels:
    """Compute the noise channels of recordings, whose frames come piece by piece.

    Parameters
    ----------
    names : sequence of str
        Of `NOISE_CHANNELS`.
    n_fft, hop_length : int
        Of the frames, in samples.
    n_samples, n_frequencies : int
        Recordings that run abreast, and frequencies of their STFTs.
    """

    def __init__(
        self, names: Sequence[str], n_fft: int, hop_length: int, n_samples: int, n_frequencies: int
    ) -> None:
        self.names = tuple(names)
        self._tracker = NoiseTracker(n_fft, hop_length, _FLOOR * n_frequencies)
        self._state = self._tracker.start(n_samples, n_frequencies)
        self._speech = self._state["noise"].copy()  # power, as a Wiener filter leaves it

    def push(self, S: np.ndarray) -> np.ndarray:
        """Compute the channels of the next frames.

        Parameters
        ----------
        S : ndarray of shape (n_samples, n_frequencies, n_frames)
            Complex STFTs.

        Returns
        -------
        channels : ndarray of shape (n_samples, n_frequencies, n_frames, n_channels)
            float32, nepers of amplitude.
        """
        power = np.moveaxis(S.real**2 + S.imag**2, 2, 0).astype(np.float32, order="C", copy=False)
        noise, prior = np.empty_like(power), np.empty_like(power)
        wants_prior = "prior_snr" in self.names
        for t, frame in enumerate(power):
            self._tracker.update(frame, self._state)
            noise[t] = self._noise()
            if wants_prior:
                prior[t] = self._prior(frame, noise[t])
        values: dict[str, Any] = {"noise": noise, "prior_snr": prior}
        if "posterior_snr" in self.names:
            values["posterior_snr"] = power / noise
        channels = np.empty((*power.shape, len(self.names)), np.float32)
        for i, name in enumerate(self.names):
            least = self._tracker.floor if name == "noise" else np.float32(1e-30)
            # Not into `channels`: where values lie apart, the logarithm takes ten times as long.
            channel = np.log(np.maximum(values[name], least))
            channel *= np.float32(0.5)
            if name != "noise":
                np.clip(channel, -_MOST, _MOST, out=channel)
            channels[..., i] = channel
        return np.moveaxis(channels, 0, 2)

    def _noise(self):
        """Power of the noise; where it is not known, the mean power of the last frames."""
        noise, known = self._state["noise"], self._state["noise_known"]
        return np.where(known[:, None], noise, np.maximum(noise, self._state["noise_mean"]))

    def _prior(self, power, noise):
        """Decision-directed a priori SNR of the next frame, the gain that of a Wiener filter."""
        speech = self._speech
        prior = np.maximum(power / noise - 1, 0)
        prior *= 1 - _SMOOTHING
        prior += _SMOOTHING * (speech / noise)
        np.maximum(prior, _LEAST_PRIOR, out=prior)
        gain = prior / (1 + prior)
        np.multiply(gain * gain, power, out=speech)
        return prior
