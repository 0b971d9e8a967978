"""Which utterances are shown, and enhanced by whom."""

import numpy as np


def choose_examples(noisy, snr_db, n_examples):
    """Choose utterances to be heard and seen: hard ones first, spread over the data.

    Parameters
    ----------
    noisy : sequence of ndarray
        Noisy waveforms.
    snr_db : ndarray of shape (n_pairs,)
        SNR of each.
    n_examples : int
        How many to choose at most.

    Returns
    -------
    indices : list of int
        One pair at the lowest SNR, one at the next, and so on.
    """
    levels = np.unique(snr_db)
    indices = []
    for i in range(min(n_examples, len(noisy))):
        same = np.flatnonzero(snr_db == levels[i % len(levels)])
        indices.append(int(same[len(same) * (2 * i + 1) // (2 * n_examples)]))
    return list(dict.fromkeys(indices))


def pick_for_audio(rows):
    """Names of what is heard: the best candidate of every target, best first."""
    best_by_target = {}
    for row in rows:
        if row["kind"] == "candidate":
            best_by_target.setdefault(row["target"], row["name"])
    return list(best_by_target.values())


def pick_for_report(rows):
    """Names of what a report shows: the best baseline, candidates as above, the best ceiling."""
    best = {}
    for row in rows:
        best.setdefault(row["kind"], row["name"])
    around = [[best[kind]] if kind in best else [] for kind in ("baseline", "ceiling")]
    return [*around[0], *pick_for_audio(rows), *around[1]]


def gather_examples(names, enhanced, data, examples, digests):
    """Waveforms of every example by name: noisy, enhanced as asked for, clean.

    Parameters
    ----------
    names : list of str
        Whose enhanced waveforms to take.
    enhanced : dict of str to dict of str to ndarray
        By name and digest.
    data : :class:`~sklearn.utils.Bunch`
        Where the examples come from.
    examples : list of int
        Their places in the data.
    digests : sequence of str
        Digest of each.

    Returns
    -------
    gathered : dict of str to dict of str to ndarray
        By title, such as ``h01-02_babble_0dB``, and name.
    """
    return {
        f"{data.sentence[i]}_{data.noise[i]}_{data.snr_db[i]:g}dB": {
            "noisy": data.noisy[i],
            **{name: enhanced[name][digest] for name in names},
            "clean": data.clean[i],
        }
        for i, digest in zip(examples, digests, strict=True)
    }
