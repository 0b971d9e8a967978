"""load_pairs without its warning: the commands report what was left out."""

import warnings

from skse.datasets import load_pairs

_OTHER = "not the suffix of a recording; --ignore-others leaves such files out"


def load_quietly(noisy_dir, clean_dir, *, ignore_others=False, **options):
    """Load pairs; their `skipped`, `unmatched` and `remarks` say what is to be told."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="load_pairs: ", category=UserWarning)
        pairs = load_pairs(noisy_dir, clean_dir, **options)
    pairs.skipped = [
        (path, _OTHER if reason == "not an audio file" else reason)
        for path, reason in pairs.skipped
        if reason != "not an audio file" or not ignore_others
    ]
    return pairs
