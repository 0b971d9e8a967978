"""Recordings of the environment alone: where they come from, and which networks take them."""

from collections.abc import Sequence

import numpy as np

from skse.enhancement._blocks import reach_of
from skse.enhancement._regressors import networks_in
from skse.utils import check_waveform, check_waveforms, rate_of, views_of

SOURCES = ("auto", "start")
# Of a recording's mean power: less, 100 dB below, is digital silence.
_SILENCE = 1e-10
# The parameter by which a network is told how many frames of the environment rows begin with.
_PARAMETER = "environment_frames"


def samples_of(featurizer, n_frames):
    """Return the samples that `n_frames` frames lie in with their whole windows; 0 for none."""
    if not n_frames:
        return 0
    return (n_frames - 1 + 2 * reach_of(featurizer)) * featurizer.hop_length


def frames_within(featurizer, n_times):
    """Return how many frames lie with their whole windows in `n_times` samples, at most."""
    return max(n_times // featurizer.hop_length + 1 - 2 * reach_of(featurizer), 0)


def environment_frames(owner, featurizer, given):
    """Return the frames of the environment that a SpeechEnhancer has rows begin with.

    Parameters
    ----------
    owner : SpeechEnhancer
        Checked.
    featurizer : BaseFeaturizer
        Its own.
    given : bool
        Whether recordings of the environment are passed to `fit`.

    Returns
    -------
    n_frames : int
        0 where there is no environment.

    Raises
    ------
    ValueError
        Where the sampling rate is not known, or the time too short for a frame.
    """
    if owner.environment is None and not given:
        return 0
    seconds, rate = owner.environment_seconds, owner.sampling_rate
    if rate is None:
        raise ValueError(
            f"SpeechEnhancer: environment_seconds={seconds!r} of the environment are no number of "
            "samples without a sampling rate; pass sampling_rate, in Hz."
        )
    n_frames = frames_within(featurizer, round(seconds * rate))
    if n_frames < 1:
        least = samples_of(featurizer, 1) / rate
        raise ValueError(
            f"SpeechEnhancer: environment_seconds={seconds!r} is too short for a frame of "
            f"{type(featurizer).__name__}; expected at least {least:.3g} s."
        )
    return n_frames


def set_environment(regressor, n_frames, said):
    """Tell a network how many frames of the environment rows begin with.

    Parameters
    ----------
    regressor : object
        A network, or a Pipeline or search around one; changed in place.
    n_frames : int
        0 for none.
    said : str
        What an error message says of the environment that there is.

    Raises
    ------
    ValueError
        Where one has no place for them, or is made for them and there are none.
    """
    for network in networks_in(regressor):
        names = network.get_params() if hasattr(network, "get_params") else {}
        name = next((n for n in (_PARAMETER, f"architecture__{_PARAMETER}") if n in names), None)
        if name is not None:
            network.set_params(**{name: n_frames})
        elif n_frames:
            raise ValueError(
                f"SpeechEnhancer: {said}, but {type(network).__name__} has no place for a "
                "recording of the environment. Use NoiseEmbeddingRegressor, or no environment."
            )
        if n_frames or name is None or not hasattr(network, "make_architecture"):
            continue
        if network.make_architecture().needs_environment:
            raise ValueError(
                f"SpeechEnhancer: {type(network).__name__} is made to be told of the environment, "
                "but there is none. Pass recordings of it to fit (environment=...), or take them "
                "from the noisy ones with environment='auto' or 'start'; or train it without, "
                "with embedding=None."
            )


def stretches_for(owner, chain, given, waveforms):
    """Return a stretch of the environment for each noisy waveform; None where there is none.

    Parameters
    ----------
    owner : SpeechEnhancer
        Has `environment` and `sampling_rate`.
    chain : Chain
        Says how many samples are needed.
    given : sequence of array-like, ndarray of shape (n_times,), or None
        Recordings of the environment, as a user passes them.
    waveforms : sequence of ndarray of shape (n_times,)
        Noisy.

    Returns
    -------
    stretches : sequence of ndarray of shape (environment_samples,) or None

    Raises
    ------
    ValueError
        Where it is missing, of no use, or not as it must be.
    """
    n_times = chain.environment_samples
    if not n_times:
        if given is not None:
            raise ValueError(
                "SpeechEnhancer was fitted without an environment, but now environment is passed. "
                "Fit with it, or leave it out."
            )
        return None
    if given is not None:
        return check_environment(given, len(waveforms), n_times, owner.sampling_rate)
    if owner.environment is None:
        raise ValueError(
            "SpeechEnhancer was fitted with recordings of the environment, and needs one for each "
            "noisy waveform. Pass environment=..., or set environment='auto' or 'start', which "
            "take a stretch of the noisy waveform itself."
        )
    return Stretches(waveforms, owner.environment, n_times)


class Stretches(Sequence):
    """Stretches of noisy recordings that stand for the environment, found when they are needed.

    Parameters
    ----------
    waveforms : sequence of ndarray of shape (n_times,)
        Noisy; only lengths and slices are asked for.
    source : {"auto", "start"}
        The quietest stretch, or the first.
    n_times : int
        Samples of each.
    """

    def __init__(self, waveforms, source, n_times):
        self._views, self.source, self.n_times = views_of(waveforms), source, n_times

    def __len__(self):
        return len(self._views)

    def __getitem__(self, i):
        x, n_times = self._views[i], self.n_times
        begin = quietest(x, n_times) if self.source == "auto" else 0
        return np.resize(x[begin : begin + n_times], n_times)  # repeated where it is shorter


def quietest(x, n_times):
    """Return where the quietest `n_times` samples of a recording begin.

    Parameters
    ----------
    x : ndarray of shape (n_times,)
        Only its length and slices are asked for.
    n_times : int
        How many.

    Returns
    -------
    begin : int
        To a sixteenth of the stretch. Digital silence counts only where there is nothing else.
    """
    size = max(1, n_times // 16)
    n_blocks, n_in = len(x) // size, -(-n_times // size)
    if n_blocks <= n_in:
        return 0
    powers = np.empty(n_blocks)
    step = max(1, (1 << 16) // size)
    for i in range(0, n_blocks, step):
        blocks = x[i * size : min(i + step, n_blocks) * size].reshape(-1, size)
        powers[i : i + step] = np.mean(np.square(blocks, dtype=np.float64), axis=1)
    silent = powers <= _SILENCE * powers.mean()
    total, n_silent = (_sums(values, n_in) for values in (powers, silent))
    return int(np.lexsort((total, n_silent))[0]) * size


def _sums(values, n):
    """Return the sums of every `n` consecutive values."""
    sums = np.cumsum(np.concatenate([[0], values]))
    return sums[n:] - sums[:-n]


def check_environment(given, n_waveforms, n_times, rate):
    """Return the stretches that recordings of the environment, as a user passes them, begin with.

    Parameters
    ----------
    given : sequence of array-like, or ndarray of shape (n_times,)
        One recording for each noisy waveform, or a single one for all.
    n_waveforms : int
        Noisy waveforms.
    n_times : int
        Samples that are needed.
    rate : float
        Sampling rate in Hz.

    Returns
    -------
    stretches : list of ndarray of shape (n_times,)

    Raises
    ------
    ValueError
        For another number or another rate, and recordings that are too short or silent.
    """
    if isinstance(given, np.ndarray) and given.ndim == 1 and given.dtype != object:
        given = [check_waveform(given, "environment")] * n_waveforms
    waveforms = check_waveforms(given, "environment")
    said = rate_of(waveforms)
    if said not in (None, rate):
        raise ValueError(
            f"SpeechEnhancer: sampling_rate={rate!r}, but environment has {said!r} Hz. Resample "
            "it first, for example with skse.Resample."
        )
    if len(waveforms) != n_waveforms:
        raise ValueError(
            f"SpeechEnhancer: environment holds {len(waveforms)} recordings, but there are "
            f"{n_waveforms} noisy waveforms; pass one for each, or a single 1-D array for all."
        )
    stretches = []
    for i, x in enumerate(views_of(waveforms)):
        if len(x) < n_times:
            raise ValueError(
                f"SpeechEnhancer: environment[{i}] has {len(x)} samples, but {n_times} are needed "
                f"({n_times / rate:.3g} s). Pass a longer recording, or lower environment_seconds "
                "and fit again."
            )
        stretch = x[:n_times]
        if not np.any(stretch):
            raise ValueError(
                f"SpeechEnhancer: environment[{i}] is silent for its first {n_times} samples, and "
                "says nothing of the noise. Pass a recording of it, of the same gain as the noisy "
                "one."
            )
        stretches.append(stretch)
    return stretches


def with_environment(rows, environment):
    """Put the frames of the environment before those of rows.

    Parameters
    ----------
    rows : ndarray of shape (n_rows, n_bands, n_frames[, n_channels])
        Of one recording.
    environment : ndarray of shape (n_bands, environment_frames[, n_channels]) or None
        What the regressor sees of the environment; None leaves the rows as they are.

    Returns
    -------
    rows : ndarray of shape (n_rows, n_bands, environment_frames + n_frames[, n_channels])
    """
    if environment is None:
        return rows
    before = np.broadcast_to(environment, (len(rows), *environment.shape))
    return np.concatenate([before, rows], axis=2)
