"""What training pairs say of themselves: their levels, and which belong together."""

import warnings

import numpy as np
from scipy.spatial import KDTree

from skse.utils import (
    UnreadWaveforms,
    check_waveform_pairs,
    find_delay,
    lengths_of,
    pick,
)

# Beyond this the levels of noisy and clean cannot belong together.
_LEVEL_MISMATCH_DB = 6.0
# Pairs in which a delay is looked for then.
_N_TRIED = 20
# Recordings whose normalised product is closer to 1 are one recording at two levels: 16-bit
# rounding of speech that was turned down by 50 dB is nearer still.
_SAME = 1 - 1e-3
# How far apart a statistic of the two may lie that does not depend on the level.
_SHAPE_TOLERANCE = 0.02
# Into how many parts they are cut, and how far apart the RMS of these may lie: of vectors of
# length 1 whose product is above _SAME, by sqrt(2 - 2 * _SAME) = 0.045 and some rounding.
_N_PARTS, _PARTS_TOLERANCE = 32, 0.05


def check_pairs(owner, X, y, groups):
    """Return checked pairs, at one level, and the group of each, for `fit` of a SpeechEnhancer."""
    if y is None:
        raise ValueError(
            "SpeechEnhancer requires y to be passed, but the target y is None: pass the clean "
            "waveforms."
        )
    noisy, clean = check_waveform_pairs(X, y, two_rows_are="stereo")
    owner.check_params()
    owner.check_rate(noisy)
    groups = groups_of(clean) if groups is None else check_groups(groups, len(noisy))
    if owner.match_level:
        clean = match_levels(noisy, clean)
    else:
        warn_of_other_level(noisy, clean)
    return noisy, clean, groups


def check_groups(groups, n_samples):
    """Return group labels as integers, or raise a ValueError unless there is one for each pair."""
    try:
        labels = np.asarray(groups)
        codes = np.unique(labels, return_inverse=True)[1]
    except (TypeError, ValueError) as error:  # lists of unequal length, None among numbers
        raise ValueError(
            f"groups={groups!r:.60} cannot be sorted; expected one number, or one string, for each "
            f"of the {n_samples} waveforms, such as the sentence or the speaker."
        ) from error
    if labels.shape != (n_samples,):
        raise ValueError(
            f"groups has shape {labels.shape}; expected one label for each of the {n_samples} "
            "waveforms, such as the sentence or the speaker."
        )
    return codes


def groups_of(clean):
    """Label every pair by its clean recording, whatever level it has in the pair.

    Parameters
    ----------
    clean : sequence of ndarray of shape (n_times,)
        Before any scaling. Of handles, equal ones are of one recording, and each is read once.

    Returns
    -------
    groups : ndarray of int, shape (n_samples,)
        One label for one sentence in many noises.
    """
    groups = np.arange(len(clean))
    by_length = {}
    for i, n_times in enumerate(lengths_of(clean)):
        by_length.setdefault(n_times, []).append(i)
    for indices in by_length.values():
        if len(indices) > 1:
            _join_same(clean, indices, groups)
    return np.unique(groups, return_inverse=True)[1]


def _join_same(clean, indices, groups):
    """Give recordings of one length that differ by a factor at most the label of the first."""
    firsts = {}  # by handle
    if isinstance(clean, UnreadWaveforms):
        copies = [firsts.setdefault(clean.address(i), i) for i in indices]
    else:
        copies = indices
    seen, shapes, parts = {}, {}, {}
    different = sorted(set(copies))
    for i, s in zip(different, pick(clean, different), strict=True):
        peak = float(np.abs(s).max())
        if peak == 0:
            groups[i] = seen.setdefault("silence", i)
            continue
        # Peak over RMS: the same at every level, and rarely the same for two recordings.
        scaled = s / np.float32(peak)
        shapes[i] = float(np.dot(scaled, scaled))
        parts[i] = _part_levels(scaled)
    ordered = sorted(shapes, key=shapes.__getitem__)
    # Where the energy lies tells most others apart without a look at both again.
    points = [parts[i] for i in ordered]
    tree = KDTree(points or [[0.0]])
    for position, i in enumerate(ordered):
        near = tree.query_ball_point(points[position], _PARTS_TOLERANCE)
        for j in (ordered[p] for p in sorted(near, reverse=True) if p < position):
            if shapes[j] < shapes[i] * (1 - _SHAPE_TOLERANCE):
                break
            if groups[j] != groups[i] and _are_same(clean[i], clean[j]):
                groups[groups == groups[i]] = groups[j]
                break
    groups[indices] = groups[copies]


def _part_levels(x):
    """RMS of equal parts of a waveform, as a vector of length 1."""
    begins = np.arange(min(_N_PARTS, len(x))) * len(x) // min(_N_PARTS, len(x))
    energies = np.add.reduceat(np.square(x, dtype=np.float64), begins)
    return np.sqrt(energies / energies.sum())


def _are_same(x, y):
    product = float(np.dot(x, y))
    return product**2 >= _SAME**2 * float(np.dot(x, x)) * float(np.dot(y, y))


def match_levels(noisy, clean):
    """Scale each clean waveform by the least-squares gain that fits it into the noisy one."""
    if isinstance(clean, UnreadWaveforms):
        return clean.scaled([_level_in(x, s) for x, s in zip(noisy, clean, strict=True)])
    return [s * np.float32(_level_in(x, s)) for x, s in zip(noisy, clean, strict=True)]


def warn_of_other_level(noisy, clean):
    """Warn the caller of the caller where clean and noisy are at different levels, or delayed."""
    gains = [_level_in(x, s) for x, s in zip(noisy, clean, strict=True)]
    median = 20 * np.log10(max(float(np.median(np.abs(gains))), 1e-10))
    by_loader = "or load them with skse.datasets.load_pairs(..., align=True)"
    if abs(median) <= _LEVEL_MISMATCH_DB:
        if np.median(gains) >= 0:
            return
        text = (
            "The noisy waveforms have the inverted polarity of the clean ones; targets expect the "
            f"same. Change the sign of one of the two, {by_loader}."
        )
    elif delays := _delays_of(noisy[:_N_TRIED], clean[:_N_TRIED]):
        text = (
            "The noisy waveforms have a delay against the clean ones (the first of "
            f"{len(delays)}: {delays[0]} samples); targets expect none. Shift one of the two, "
            f"{by_loader}. It is no other level, which match_level=True would mend."
        )
    else:
        text = (
            f"The clean waveforms are contained in the noisy ones at {median:+.1f} dB (median); "
            "targets expect 0 dB. Pass match_level=True if a step or a recorder changed the level."
        )
    warnings.warn(text, stacklevel=4)


def _delays_of(noisy, clean):
    found = (find_delay(s, x).samples for x, s in zip(noisy, clean, strict=True))
    return [samples for samples in found if samples]


def _level_in(noisy, clean):
    """Least-squares gain of the clean waveform in the noisy one."""
    energy = float(np.dot(clean, clean))
    return float(np.dot(noisy, clean)) / energy if energy > 0 else 1.0
