"""Which rows training holds out to validate on."""

import numpy as np
from sklearn.model_selection import GroupShuffleSplit


def split_groups(groups, n_samples, validation_fraction, random_state, *, owner):
    """Draw validation rows by whole groups.

    Parameters
    ----------
    groups : array-like of shape (n_samples,) or None
        Label of every row; None makes every row a group.
    n_samples : int
        Number of rows.
    validation_fraction : float
        Part of the groups to hold out.
    random_state : numpy.random.RandomState
        Source of the draw.
    owner : object
        Whose parameters error messages name.

    Returns
    -------
    train, held_out : ndarray of int
        Row numbers, ascending.

    Raises
    ------
    ValueError
        Where there are fewer than two groups, or not one for every row.
    """
    groups = np.arange(n_samples) if groups is None else np.asarray(groups)
    if groups.shape != (n_samples,):
        raise ValueError(
            f"groups has shape {groups.shape}; expected one label for each of the {n_samples} rows."
        )
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            f"{type(owner).__name__}: early_stopping=True needs at least 2 groups to split "
            f"training from validation rows, got {n_groups}; use early_stopping=False."
        )
    n_held_out = min(max(1, round(validation_fraction * n_groups)), n_groups - 1)
    splitter = GroupShuffleSplit(1, test_size=n_held_out, random_state=random_state)
    train, held_out = next(splitter.split(groups, groups=groups))
    return np.sort(train), np.sort(held_out)
