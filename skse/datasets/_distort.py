"""Distortions drawn at random for every waveform."""

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skse.datasets._distortions import (
    clip_peaks,
    drop_chunks,
    reduce_bandwidth,
    speech_stretches,
)
from skse.datasets._whisper import whisper
from skse.utils import (
    check_choice,
    check_number,
    check_sampling_rate,
    check_waveforms,
    restore_container,
)
from skse.utils.typing import RandomState, Waveform, Waveforms

DISTORTIONS = ("whisper", "bandwidth", "clipping", "chunks")
_FACTORS = (2, 4, 8)
_THRESHOLDS = (0.3, 0.4, 0.5)


def distort(
    clean: Waveform | Waveforms,
    *,
    sampling_rate: float,
    kinds: str | Sequence[str] = DISTORTIONS,
    probability: float = 0.4,
    whisper_method: str = "auto",
    random_state: RandomState = None,
    return_distortions: bool = False,
) -> Any:
    """Distort speech in several ways at once, drawn at random.

    Parameters
    ----------
    clean : array-like of shape (n_times,) or (n_samples, n_times), or sequence of 1-D arrays
        Mono speech, full scale ±1: one waveform or many.
    sampling_rate : int or float
        Hz.
    kinds : str or sequence of str, default=("whisper", "bandwidth", "clipping", "chunks")
        What may happen: :func:`whisper`, :func:`reduce_bandwidth` by a factor of 2, 4 or 8,
        :func:`clip_peaks` at 0.3, 0.4 or 0.5, and :func:`drop_chunks`, always in this order.
    probability : float, default=0.4
        With which each of them happens to a waveform, whatever else does; above 0, and 1 at
        most. With 0.4 and all four, 13 % of the waveforms stay as they are.
    whisper_method : {"auto", "world", "lpc"}, default="auto"
        As `method` of :func:`whisper`.
    random_state : int, RandomState instance or None, default=None
        Draws all of it. Pass an int for the same every time. Each waveform has a seed of its
        own, so that the first ones do not depend on how many follow.
    return_distortions : bool, default=False
        Whether to return what was done.

    Returns
    -------
    distorted : ndarray, list or tuple
        float32 waveforms in the container of `clean`, as long and aligned to the sample.
    distortions : dict, or list of dict
        For each waveform what was done to it, by kind: the method of "whisper", the factor of
        "bandwidth", the threshold of "clipping", and of "chunks" first samples and those behind
        the last ones, an array of shape ``(n_pieces, 2)``. Only where `return_distortions` is
        true.

    Raises
    ------
    ImportError
        For ``whisper_method="world"`` where pyworld is not installed.
    ValueError
        For an argument that cannot be used.

    See Also
    --------
    mix_at_snr : Adds noise, which is what none of these is.
    reverberate : Speech in rooms.

    Notes
    -----
    From [1]_: the four distortions, their probability, factors and thresholds. Ours is their
    order (which was not found), that a factor and a threshold are as likely as any other, and
    what the notes of each function say. Where no speech is found, no pieces are dropped.

    References
    ----------
    .. [1] S. Pascual, J. Serrà and A. Bonafonte, "Towards generalized speech enhancement with
       generative adversarial networks", arXiv:1904.03418, 2019.

    Examples
    --------
    >>> from skse.datasets import distort, load_harvard
    >>> speech = load_harvard(noises="white", snr_db=5).clean[:4]
    >>> distorted, done = distort(
    ...     speech,
    ...     sampling_rate=8000,
    ...     kinds=["bandwidth", "clipping"],
    ...     random_state=2,
    ...     return_distortions=True,
    ... )
    >>> for one in done:
    ...     print(one)
    {}
    {'bandwidth': 8}
    {'clipping': 0.5}
    {'bandwidth': 4, 'clipping': 0.5}
    """
    check_sampling_rate("distort", sampling_rate)
    within = {"min_val": 0, "max_val": 1, "include_boundaries": "right"}
    check_number("distort", "probability", probability, Real, **within)
    check_choice("distort", "whisper_method", whisper_method, ("auto", "world", "lpc"))
    kinds = _check_kinds(kinds)
    single = _is_single(clean)
    listed: Any = [clean] if single else clean
    waveforms = check_waveforms(listed, "clean")
    rng = check_random_state(random_state)
    seeds = (rng.randint(2**31 - 1) for _ in range(len(waveforms)))
    pairs = [
        _distorted(x, sampling_rate, kinds, probability, whisper_method, seed)
        for x, seed in zip(waveforms, seeds, strict=True)
    ]
    distorted, done = ([pair[i] for pair in pairs] for i in (0, 1))
    if single:
        return (distorted[0], done[0]) if return_distortions else distorted[0]
    distorted = restore_container(distorted, listed)
    return (distorted, done) if return_distortions else distorted


def _distorted(x, sampling_rate, kinds, probability, whisper_method, seed):
    rng, done = np.random.RandomState(seed), {}
    # All are drawn, so that what happens does not depend on what else may.
    happens = dict(zip(DISTORTIONS, rng.uniform(size=len(DISTORTIONS)) < probability, strict=True))
    factor, threshold = _FACTORS[rng.randint(3)], _THRESHOLDS[rng.randint(3)]
    seeds = rng.randint(2**31 - 1, size=2)
    happens = {kind: happens[kind] and kind in kinds for kind in DISTORTIONS}
    if happens["whisper"]:
        x, done["whisper"] = whisper(
            x, sampling_rate, method=whisper_method, random_state=seeds[0], return_method=True
        )
    if happens["bandwidth"]:
        x, done["bandwidth"] = reduce_bandwidth(x, factor), factor
    if happens["clipping"]:
        x, done["clipping"] = clip_peaks(x, threshold), threshold
    if happens["chunks"] and len(speech_stretches(x, sampling_rate)):
        x, done["chunks"] = drop_chunks(x, sampling_rate, random_state=seeds[1], return_chunks=True)
    return x, done


def _check_kinds(kinds):
    listed = [kinds] if isinstance(kinds, str) else list(kinds)
    if not listed:
        raise ValueError(
            f"distort: kinds={kinds!r} is empty; expected one or more of "
            f"{', '.join(map(repr, DISTORTIONS))}."
        )
    for kind in listed:
        check_choice("distort", "kinds", kind, DISTORTIONS)
    return listed


def _is_single(clean):
    """Tell whether it is one waveform: one axis of numbers."""
    if isinstance(clean, np.ndarray):
        return clean.ndim == 1 and clean.dtype != object
    return isinstance(clean, (list, tuple)) and len(clean) > 0 and isinstance(clean[0], Real)
