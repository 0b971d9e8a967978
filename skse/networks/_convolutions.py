"""Convolutions that keep every frame, how far they look along time, and folded frequencies."""


def convolve(image, n_filters, size, *, layer=None, causal=False, **options):
    """Convolve; a causal one is moved so far back in time that no frame ahead is seen.

    Parameters
    ----------
    image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
        Input.
    n_filters : int
        Channels of the output.
    size : int or tuple of (int, int)
        Height (frequencies) and width (frames) of the kernel.
    layer : type or None, default=None
        `keras.layers.Conv2D`, which None stands for, or `keras.layers.Conv2DTranspose`.
    causal : bool, default=False
        Whether all padding along time is in front.
    **options : dict
        Of the layer.

    Returns
    -------
    image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
        With as many frames unless there is a stride along time.
    """
    from keras import layers

    layer = layer or layers.Conv2D
    width = size if isinstance(size, int) else size[1]
    dilation = options.get("dilation_rate", (1, 1))[1]
    _, ahead = reach_of(width, dilation, transposed=layer is layers.Conv2DTranspose)
    moved = causal and ahead > 0
    if moved:
        image = layers.ZeroPadding2D(((0, 0), (ahead, 0)))(image)
    image = layer(n_filters, size, padding="same", **options)(image)
    return layers.Cropping2D(((0, 0), (0, ahead)))(image) if moved else image


def reach_of(width, dilation=1, *, transposed=False, causal=False):
    """Frames that a convolution with ``padding="same"`` looks back and ahead.

    Keras pads an odd number of frames with the greater part behind the last; a
    transposed convolution is the gradient of one, and its mirror image.

    Parameters
    ----------
    width : int
        Frames of the kernel.
    dilation : int, default=1
        Frames from one to the next.
    transposed : bool, default=False
        Whether it is a transposed one (with a stride of 1).
    causal : bool, default=False
        Whether all padding is in front.

    Returns
    -------
    back, ahead : int
    """
    total = dilation * (width - 1)
    if causal:
        return total, 0
    back, ahead = total // 2, total - total // 2
    return (ahead, back) if transposed else (back, ahead)


def sum_of(reaches):
    """Frames back and ahead of convolutions that follow each other."""
    back, ahead = map(sum, zip(*reaches, strict=True))
    return back, ahead


def fold_frequencies(image, fold):
    """Make `fold` neighbouring frequencies the channels of one; zeros fill up the last.

    Parameters
    ----------
    image : KerasTensor of shape (None, n_frequencies, n_frames, n_channels)
        Input.
    fold : int
        How many.

    Returns
    -------
    image : KerasTensor of shape (None, ceil(n_frequencies / fold), n_frames, fold * n_channels)
    """
    from keras import layers

    if fold == 1:
        return image
    _, n_frequencies, _, n_channels = image.shape
    n_folded = -(-n_frequencies // fold)
    image = layers.ZeroPadding2D(((0, n_folded * fold - n_frequencies), (0, 0)))(image)
    frames = layers.Permute((2, 1, 3))(image)
    frames = layers.Reshape((-1, n_folded, fold * n_channels))(frames)
    return layers.Permute((2, 1, 3))(frames)


def unfold_frequencies(image, fold, n_frequencies):
    """Undo :func:`fold_frequencies` of an image that had `n_frequencies`."""
    from keras import layers

    if fold == 1:
        return image
    _, n_folded, _, n_channels = image.shape
    frames = layers.Permute((2, 1, 3))(image)
    frames = layers.Reshape((-1, n_folded * fold, n_channels // fold))(frames)
    image = layers.Permute((2, 1, 3))(frames)
    return layers.Cropping2D(((0, n_folded * fold - n_frequencies), (0, 0)))(image)
