"""load_pairs without its warning: the commands report what was left out."""

import warnings

from skse.datasets import load_pairs
from skse.files._plan import EXTENSIONS


def load_quietly(noisy_dir, clean_dir, **options):
    """Load pairs; their `skipped`, `unmatched` and `remarks` say what is to be told."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="load_pairs: ", category=UserWarning)
        pairs = load_pairs(noisy_dir, clean_dir, extensions=sorted(EXTENSIONS), **options)
    pairs.skipped = [item for item in pairs.skipped if item[1] != "not an audio file"]
    return pairs
