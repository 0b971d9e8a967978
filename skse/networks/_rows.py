"""What is known of rows before training: how they are laid out, their moments, their groups."""

import math

import numpy as np
from sklearn.model_selection import GroupShuffleSplit
from sklearn.utils import check_consistent_length

from skse.networks._loss_table import compares
from skse.utils import FileArray

# Numbers of which moments are summed at a time.
_MOMENT_SIZE = 2**20


def select(rows, indices):
    """Return some rows; of those in a file, without reading them."""
    return rows.take(indices) if isinstance(rows, FileArray) else rows[indices]


def in_blocks(*arrays):
    """Yield the rows of arrays together: some at a time where they are in files, else all."""
    step = len(arrays[0])
    if isinstance(arrays[0], FileArray):
        step = max(1, _MOMENT_SIZE // max(math.prod(rows.shape[1:]) for rows in arrays))
    for begin in range(0, len(arrays[0]), step):
        yield [rows[begin : begin + step] for rows in arrays]


def check_layout(X, y, n_before=0):
    """Raise a ValueError unless features and targets have axes that belong together.

    Parameters
    ----------
    X, y : ndarray or FileArray
        Features and targets.
    n_before : int, default=0
        Frames of the environment that rows of `X` begin with, and those of `y` do not.
    """
    check_consistent_length(X, y)
    if X.ndim > 4:
        raise ValueError(
            f"X has shape {X.shape}; expected (n_samples, n_frequencies) or "
            "(n_samples, n_frequencies, n_frames[, n_channels])."
        )
    check_before(X, n_before)
    expected = (1, 2) if X.ndim == 2 else (3, 4)
    if y.ndim not in expected or (X.ndim > 2 and y.shape[2] != X.shape[2] - n_before):
        layout = (
            "(n_samples,) or (n_samples, n_frequencies)"
            if X.ndim == 2
            else f"(n_samples, n_frequencies, {X.shape[2] - n_before}[, n_channels])"
        )
        fewer = f"environment_frames={n_before} frames fewer"
        how_many = fewer if n_before else "the same number of frames"
        raise ValueError(
            f"y has shape {y.shape}; for X of shape {X.shape} it must be {layout}, with {how_many}."
        )


def check_before(X, n_before):
    """Raise a ValueError unless rows have frames behind those of the environment."""
    if n_before and (X.ndim < 3 or X.shape[2] <= n_before):
        raise ValueError(
            f"X has shape {X.shape}, but with environment_frames={n_before} expected is "
            f"(n_samples, n_frequencies, {n_before} + n_frames[, n_channels]): {n_before} frames "
            "of the environment, and behind them those to enhance."
        )


def check_output(owner, X, y):
    """Resolve the output activation, and see that head, loss and rows suit each other."""
    if owner.head is not None:
        from skse.networks._heads import check_head

        check_head(owner, X, y)
    compared, name = compares(owner.loss), type(owner).__name__
    if compared == "spectra" and y.shape[3:] != (2,):
        raise ValueError(
            f"{name}: loss={owner.loss!r} compares complex spectra and needs y of "
            "shape (n_samples, n_frequencies, n_frames, 2), real and imaginary part, but y "
            f"has shape {y.shape}."
        )
    probabilities, activation = compared == "probabilities", owner.output_activation
    if activation == "auto":
        activation = "sigmoid" if probabilities and owner.head is None else "linear"
    if not probabilities:
        return activation
    if activation != "sigmoid" or getattr(owner.loss, "from_logits", False):
        raise ValueError(
            f"{name}: loss={owner.loss!r} compares probabilities and needs "
            "output_activation='sigmoid' (or 'auto', and no head) and from_logits=False."
        )
    bounds = [(block.min(), block.max()) for [block] in in_blocks(y)]
    low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
    if low < 0 or high > 1:
        raise ValueError(
            f"{name}: loss={owner.loss!r} needs targets within [0, 1], but y runs "
            f"from {low:.4g} to {high:.4g}; use a mask as target, or loss='mse'."
        )
    return activation


def moments(rows, view=lambda block: block):
    """Mean and standard deviation of every frequency and channel.

    Parameters
    ----------
    rows : ndarray or FileArray of shape (n_samples[, n_frequencies[, n_frames[, n_channels]]])
        Missing axes count as 1.
    view : callable, default=identity
        Returns the part of some rows that is looked at.

    Returns
    -------
    mean, deviation : ndarray of shape (n_frequencies, n_channels), float32
        Computed in float64 over some rows at a time, so that no second array
        of the data's size is made.
    """
    shape = (*view(rows[:1]).shape[1:], 1, 1, 1)[:3]
    step = max(1, _MOMENT_SIZE // math.prod(shape))

    def sums(function):
        blocks = (view(rows[start : start + step]) for start in range(0, len(rows), step))
        images = (block.reshape(-1, *shape) for block in blocks)
        return sum(function(block).sum(axis=(0, 2), dtype=np.float64) for block in images)

    n = len(rows) * shape[1]
    mean = sums(lambda block: block) / n
    centre = mean.astype(np.float32)[:, None]
    power = sums(lambda block: np.square(block - centre))
    return mean.astype(np.float32), np.sqrt(power / n).astype(np.float32)


def check_groups(groups, n_samples):
    """Return a label for every row: those given, or, for None, one of its own each.

    Parameters
    ----------
    groups : array-like of shape (n_samples,) or None
        Label of every row.
    n_samples : int
        Number of rows.

    Returns
    -------
    groups : ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        Where there is not one label for every row.
    """
    groups = np.arange(n_samples) if groups is None else np.asarray(groups)
    if groups.shape != (n_samples,):
        raise ValueError(
            f"groups has shape {groups.shape}; expected one label for each of the {n_samples} rows."
        )
    return groups


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
    groups = check_groups(groups, n_samples)
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


def as_columns(y):
    """Give a target of one number a row its axis of frequencies."""
    return y[:, None] if y.ndim == 1 else y
