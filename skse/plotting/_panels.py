"""Pictures over time and frequency, one above the other."""

import numpy as np


def make_axes(ax, names):
    """Return one Axes for every name: those given, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib Axes, array-like of them, or None
        Axes given.
    names : collection of str
        What is going to be drawn.

    Returns
    -------
    axes : ndarray of matplotlib Axes, shape (n_panels,)

    Raises
    ------
    ValueError
        Where there are more or fewer Axes than names.
    """
    n_panels = len(names)
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(7.5, 0.8 + 1.55 * n_panels), layout="constrained")
        ax = figure.subplots(n_panels, 1, sharex=True, sharey=True, squeeze=False)
    axes = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if len(axes) != n_panels:
        raise ValueError(
            f"ax holds {len(axes)} Axes; expected {n_panels}, one for each of "
            f"{', '.join(map(repr, names))}."
        )
    return axes


def draw_panels(axes, pictures, *, sampling_rate, hop_length, **options):
    """Draw pictures of shape (n_frequencies, n_frames) with their axes in kHz and s.

    Parameters
    ----------
    axes : ndarray of matplotlib Axes, shape (n_panels,)
        Where to draw.
    pictures : dict of str to ndarray of shape (n_frequencies, n_frames)
        By the name to write above.
    sampling_rate : float
        Hz.
    hop_length : int
        Samples between frames.
    **options : dict
        For ``Axes.imshow``: vmin, vmax, cmap.

    Returns
    -------
    images : list of matplotlib AxesImage
    """
    images = []
    for one, (name, picture) in zip(axes, pictures.items(), strict=True):
        half_hop = 0.5 * hop_length / sampling_rate
        duration = (picture.shape[1] - 1) * hop_length / sampling_rate
        image = one.imshow(
            picture,
            extent=(-half_hop, duration + half_hop, 0, sampling_rate / 2000),
            origin="lower",
            aspect="auto",
            interpolation="nearest",
            **options,
        )
        images.append(image)
        one.set_xlim(0, duration)
        one.set_title(name, loc="left", fontsize="medium")
        one.set_ylabel("Frequency (kHz)")
        if one.get_subplotspec() is None or one.get_subplotspec().is_last_row():
            one.set_xlabel("Time (s)")
    return images
