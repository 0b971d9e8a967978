"""The STFT with one window from that with another, frame by frame, by no later sample."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import fft

# How much louder a sample may be under the other window than under the first, next to both
# windows' largest values: rounding is magnified likewise.
_MOST_GAIN = 10.0


def make_view(owner, window, first, hop_length):
    """Return what makes the STFT with another window of that with the first.

    A shorter window lies in the middle of the first; a longer one ends with it.

    Parameters
    ----------
    owner : str
        Whose window it is, for an error message.
    window, first : ndarray of shape (n_fft,)
        The other window and the first, each of its own length.
    hop_length : int
        Samples from one frame to the next.

    Returns
    -------
    view : SameWindow, ShorterWindow or LongerWindow
        ``view.push(S)`` takes the next frames, of shape ``(n_samples, n_frequencies,
        n_frames)``, and returns those with the other window. Frequencies that `S` lacks are
        taken for 0.

    Raises
    ------
    ValueError
        Where samples that the other window needs are too faint under the first.
    """
    if np.array_equal(window, first):
        return SameWindow(1 + len(first) // 2)
    view = (LongerWindow if len(window) > len(first) else ShorterWindow)(window, first, hop_length)
    if not view.gain * np.abs(first).max() / np.abs(window).max() <= _MOST_GAIN:
        raise ValueError(
            f"{owner} has a window of {len(window)} samples that reaches where that of the first "
            f"featurizer, of {len(first)}, has faded out; give both windows of the same kind, "
            "such as window='hann'."
        )
    return view


class SameWindow:
    """The same window: the STFT as it is, with all of its frequencies.

    Parameters
    ----------
    n_frequencies : int
        How many these are.
    """

    def __init__(self, n_frequencies):
        self.n_frequencies = n_frequencies

    def push(self, S):
        """Return the next frames."""
        missing = self.n_frequencies - S.shape[1]
        return np.pad(S, [(0, 0), (0, missing), (0, 0)]) if missing else S


class ShorterWindow:
    """A window in the middle of the first, or of its length.

    Parameters
    ----------
    window, first : ndarray of shape (n_fft,)
        The other window and the first.
    hop_length : int
        Of no matter.

    Attributes
    ----------
    gain : float
        By how much a sample is magnified, at most.
    """

    def __init__(self, window, first, hop_length):
        begin = len(first) // 2 - len(window) // 2
        self._samples = slice(begin, begin + len(window))
        self._n_first = len(first)
        self._factors = _over(window, first[self._samples])
        self.gain = np.abs(self._factors).max()

    def push(self, S):
        """Return the next frames."""
        frames = _samples_of(S, self._n_first)[..., self._samples]
        return fft.rfft(frames * self._factors).swapaxes(1, 2)


class LongerWindow:
    """A window that ends with the first one and begins before it.

    The samples after a frame's centre are taken from that frame, those from the centre of the
    frame before up to it from both, by least squares; they are kept for the frames to come.
    Before the first frame there is silence.

    Parameters
    ----------
    window, first : ndarray of shape (n_fft,)
        The other window and the first.
    hop_length : int
        Samples from one frame to the next.

    Attributes
    ----------
    gain : float
        By how much a sample is magnified, at most.
    """

    def __init__(self, window, first, hop_length):
        edge = len(first) // 2
        self._n_first, self._hop_length, self._edge = len(first), hop_length, edge
        self._past_window, recent = np.split(window.astype(np.float32), [edge - len(first)])
        self._factors = _over(recent, first[edge:])
        before, now = first[edge : edge + hop_length], first[edge - hop_length : edge]
        energy = before**2 + now**2
        self._from_before, self._from_now = _over(before, energy), _over(now, energy)
        past_gain = np.abs(window).max() * np.sqrt(_over(np.ones(hop_length), energy)).max()
        self.gain = max(np.abs(self._factors).max(), past_gain)
        self._past = self._last = None

    def push(self, S):
        """Return the next frames."""
        hop_length, edge, n_past = self._hop_length, self._edge, len(self._past_window)
        frames = _samples_of(S, self._n_first)
        n_samples, n_frames, _ = frames.shape
        if self._past is None:
            self._past = np.zeros((n_samples, n_past), frames.dtype)
            self._last = np.zeros((n_samples, 1, hop_length), frames.dtype)
        lasts = np.concatenate([self._last, frames[..., edge : edge + hop_length]], axis=1)
        settled = lasts[:, :-1] * self._from_before
        settled += frames[..., edge - hop_length : edge] * self._from_now
        past = np.concatenate([self._past, settled.reshape(n_samples, -1)], axis=1)
        longer = np.empty((n_samples, n_frames, n_past + len(self._factors)), frames.dtype)
        if n_frames:
            pasts = sliding_window_view(past[:, hop_length:], n_past, axis=1)[:, ::hop_length]
            np.multiply(pasts, self._past_window, out=longer[..., :n_past])
        np.multiply(frames[..., edge:], self._factors, out=longer[..., n_past:])
        self._past, self._last = past[:, n_frames * hop_length :], lasts[:, -1:]
        return fft.rfft(longer).swapaxes(1, 2)


def _samples_of(S, n_fft):
    """Return the windowed samples of frames, ``(n_samples, n_frames, n_fft)``."""
    return fft.irfft(S.swapaxes(1, 2), n_fft)


def _over(values, weights):
    """Divide; where both are 0, 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values == 0, 0, values / weights).astype(np.float32)
