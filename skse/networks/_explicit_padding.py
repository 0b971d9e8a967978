"""Padding of convolutions in an ONNX graph, in numbers."""

import onnx
from onnx import helper


def pad_explicitly(proto):
    """Let the convolutions of a graph say how much they pad, not that they keep the size.

    OpenVINO 2026.4 takes the ``Pad`` before a convolution with ``auto_pad="SAME_UPPER"``, which
    Keras's causal layers become, into it and loses the frame that it adds: the crop behind takes
    one too many, and the graph fails where that is added to another. With ``pads`` it does not.

    Parameters
    ----------
    proto : onnx.ModelProto
        Changed in place.

    Returns
    -------
    n_changed : int
        Convolutions that say so now; where the size of an axis with a stride is not known, they
        stay as they are.
    """
    automatic = [node for node in proto.graph.node if _rule(node) in (b"SAME_UPPER", b"SAME_LOWER")]
    if not automatic:
        return 0
    graph = onnx.shape_inference.infer_shapes(proto, data_prop=True).graph
    sizes = {
        entry.name: [dim.dim_value for dim in entry.type.tensor_type.shape.dim]  # 0: not known
        for entry in [*graph.input, *graph.value_info]
    }
    changed = 0
    for node in automatic:
        pads = _pads(node, sizes.get(node.input[0], []))
        if pads is not None:
            kept = [a for a in node.attribute if a.name != "auto_pad"]
            del node.attribute[:]
            node.attribute.extend([*kept, helper.make_attribute("pads", pads)])
            changed += 1
    return changed


def _rule(node):
    """Return the rule by which a convolution pads; None for another operator."""
    if node.op_type != "Conv":
        return None
    return next((a.s for a in node.attribute if a.name == "auto_pad"), None)


def _pads(node, shape):
    """Return what a convolution pads, all beginnings and then all ends; None if not known."""
    lists = {a.name: list(a.ints) for a in node.attribute if a.ints}
    kernel = lists.get("kernel_shape", [])
    if len(shape) != 2 + len(kernel):
        return None
    ones = [1] * len(kernel)
    strides, dilations = (lists.get(name, ones) for name in ("strides", "dilations"))
    less, more = [], []
    for size, width, stride, dilation in zip(shape[2:], kernel, strides, dilations, strict=True):
        if stride > 1 and not size:
            return None
        extent = dilation * (width - 1)
        total = extent
        if stride > 1:
            total = max((-(-size // stride) - 1) * stride + extent + 1 - size, 0)
        less.append(total // 2)
        more.append(total - total // 2)
    return less + more if _rule(node) == b"SAME_UPPER" else more + less
