"""What the enhancer asks of whatever target it was given."""

from sklearn.utils import get_tags


def fit_target(target, pairs):
    """Fit a target, with no more than one utterance in memory.

    Parameters
    ----------
    target : object
        Its tag ``requires_fit`` says whether it learns from all utterances,
        then by ``partial_fit``; else it sees the first alone.
    pairs : iterable of (noisy, clean)
        STFTs of one utterance after the other.
    """
    pairs = iter(pairs)
    target.fit(*next(pairs))
    if get_tags(target).requires_fit:
        for noisy, clean in pairs:
            target.partial_fit(noisy, clean)
