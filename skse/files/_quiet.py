"""load_pairs without its warning: the commands report what was left out."""

import warnings

from skse.datasets import load_pairs


def load_quietly(noisy_dir, clean_dir, **options):
    """Load pairs; their `skipped` and `unmatched` say what was left out."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="load_pairs: ", category=UserWarning)
        return load_pairs(noisy_dir, clean_dir, **options)
