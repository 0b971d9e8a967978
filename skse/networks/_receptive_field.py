"""How far convolutions look along time. Loads no Keras."""


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


def unet_field(network):
    """Frames that a U-Net of these parameters looks back and ahead, by its longest path."""
    n_levels, more = len(network.filters), network.n_convolutions - 1
    wide, first = network.kernel_size, network.first_kernel_size
    joined = n_levels if network.downsampling == "max_pool" else n_levels - 1
    plain = [first] + [wide] * (n_levels - 1 + more * (n_levels + joined))
    if network.bottleneck_filters is not None:
        plain += [wide] * (1 + more)
    if not network.head_filters:
        plain.append(wide)
    transposed = [first] + [wide] * (n_levels - 1)
    causal = network.causal
    reaches = [reach_of(width, causal=causal) for width in plain]
    reaches += [reach_of(width, transposed=True, causal=causal) for width in transposed]
    reaches += [reach_of(wide, dilation, causal=causal) for dilation in network.dilations]
    back, ahead = map(sum, zip(*reaches, strict=True))
    return back, ahead
