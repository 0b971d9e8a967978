"""What the rows of a network must be like."""

from sklearn.utils import check_consistent_length


def check_layout(X, y):
    """Raise a ValueError unless features and targets have axes that belong together."""
    check_consistent_length(X, y)
    if X.ndim > 4:
        raise ValueError(
            f"X has shape {X.shape}; expected (n_samples, n_frequencies) or "
            "(n_samples, n_frequencies, n_frames[, n_channels])."
        )
    expected = (1, 2) if X.ndim == 2 else (3, 4)
    if y.ndim not in expected or (X.ndim > 2 and y.shape[2] != X.shape[2]):
        layout = (
            "(n_samples,) or (n_samples, n_frequencies)"
            if X.ndim == 2
            else f"(n_samples, n_frequencies, {X.shape[2]}[, n_channels])"
        )
        raise ValueError(
            f"y has shape {y.shape}; for X of shape {X.shape} it must be {layout}, "
            "with the same number of frames."
        )


def check_output(owner, X, y):
    """Resolve the output activation, and see that head, loss and rows suit each other."""
    from skse.networks._losses import compares_probabilities, loss_name

    if owner.head is not None:
        from skse.networks._heads import check_head

        check_head(owner, X, y)
    probabilities = compares_probabilities(owner.loss)
    name = owner.loss if isinstance(owner.loss, str) else repr(owner.loss)
    if loss_name(owner.loss) == "compressed_spectrum" and y.shape[3:] != (2,):
        raise ValueError(
            f"{type(owner).__name__}: loss={name!r} compares complex spectra and needs y of "
            "shape (n_samples, n_frequencies, n_frames, 2), real and imaginary part, but y "
            f"has shape {y.shape}."
        )
    activation = owner.output_activation
    if activation == "auto":
        activation = "sigmoid" if probabilities and owner.head is None else "linear"
    if not probabilities:
        return activation
    if activation != "sigmoid" or getattr(owner.loss, "from_logits", False):
        raise ValueError(
            f"{type(owner).__name__}: loss={name!r} compares probabilities and needs "
            "output_activation='sigmoid' (or 'auto', and no head) and from_logits=False."
        )
    low, high = y.min(), y.max()
    if low < 0 or high > 1:
        raise ValueError(
            f"{type(owner).__name__}: loss={name!r} needs targets within [0, 1], but y runs "
            f"from {low:.4g} to {high:.4g}; use a mask as target, or loss='mse'."
        )
    return activation
