"""What metrics on short frames share: the frames, and a number for each of them."""

from numbers import Real

import numpy as np

from skse.utils import check_number, check_sampling_rate

_FRAMES_AT_ONCE = 4096


def check_frames(caller, sampling_rate, frame_ms, hop_ms):
    """Return the samples of a frame and of the step from frame to frame; both at least 1."""
    check_sampling_rate(caller, sampling_rate)
    check_number(caller, "frame_ms", frame_ms, Real, min_val=0, include_boundaries="neither")
    check_number(caller, "hop_ms", hop_ms, Real, min_val=0, include_boundaries="neither")
    return (max(1, round(ms * sampling_rate / 1000)) for ms in (frame_ms, hop_ms))


def compare_frames(compare, s, x, frame, hop):
    """Compare two waveforms frame by frame.

    Parameters
    ----------
    compare : callable
        Takes Hann-windowed frames of both, of shape ``(n_frames, frame)``, and returns an
        array of shape ``(n_frames,)``. It is called with some thousand frames at a time.
    s, x : ndarray of shape (n_times,)
        Waveforms of at least `frame` samples.
    frame, hop : int
        Samples of a frame, and from frame to frame.

    Returns
    -------
    values : ndarray of shape (n_frames,)
        Of all frames that lie in the waveforms as a whole.
    """
    window = np.hanning(frame + 2)[1:-1]
    s, x = (np.lib.stride_tricks.sliding_window_view(z, frame)[::hop] for z in (s, x))
    begins = range(0, len(s), _FRAMES_AT_ONCE)
    blocks = (slice(begin, begin + _FRAMES_AT_ONCE) for begin in begins)
    return np.concatenate([compare(s[block] * window, x[block] * window) for block in blocks])


def mean_of_lowest(values, share):
    """Mean of the lowest `share` of the values, those that are NaN left out; NaN of none."""
    values = np.sort(values[~np.isnan(values)])
    return values[: max(1, round(share * len(values)))].mean() if len(values) else np.nan
