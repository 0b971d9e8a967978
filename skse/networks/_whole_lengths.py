"""Lengths that an ONNX graph computes, computed in whole numbers."""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

_WHOLE = (TensorProto.INT32, TensorProto.INT64)


def compute_lengths_whole(graph):
    """Let a graph limit lengths as the integers that they are.

    tf2onnx 1.17 (``onnx_opset/tensor.py``, ``StridedSlice``) writes the end of a crop as
    ``Cast(Max(Cast(end, float), constant), int)``. A runtime that infers in half precision, as
    OpenVINO 2026.4 does in bfloat16 where the processor has it, rounds such an end: from 257 frames
    on the output has another number of them, without an error.

    Parameters
    ----------
    graph : onnx.GraphProto
        Changed in place.

    Returns
    -------
    n_changed : int
        Limits that were in floats.
    """
    made_by = {name: node for node in graph.node for name in node.output}
    constants = {tensor.name: tensor for tensor in graph.initializer}
    nodes, n_changed = [], 0
    for node in graph.node:
        limit = made_by.get(node.input[0]) if _cast_to(node) in _WHOLE else None
        if limit is None or limit.op_type not in ("Max", "Min"):
            nodes.append(node)
            continue
        operands = [_whole(name, made_by, constants, _cast_to(node)) for name in limit.input]
        if any(operand is None for operand in operands):
            nodes.append(node)
            continue
        names = [f"{node.output[0]}_whole_{i}" for i in range(len(operands))]
        for name, operand in zip(names, operands, strict=True):
            if isinstance(operand, str):
                nodes.append(helper.make_node("Cast", [operand], [name], to=_cast_to(node)))
            else:
                graph.initializer.append(numpy_helper.from_array(operand, name))
        nodes.append(helper.make_node(limit.op_type, names, list(node.output)))
        n_changed += 1
    if n_changed:
        _keep_used(graph, nodes)
    return n_changed


def _cast_to(node):
    """Return the type that a node casts to; None where it casts nothing."""
    return node.attribute[0].i if node.op_type == "Cast" else None


def _whole(name, made_by, constants, kind):
    """Return a constant as integers, or the name of what was cast to float; else None."""
    if name in constants:
        values = numpy_helper.to_array(constants[name])
        with np.errstate(invalid="ignore"):
            whole = values.astype(helper.tensor_dtype_to_np_dtype(kind))
        return whole if np.array_equal(whole, values) else None
    node = made_by.get(name)
    is_cast = node is not None and _cast_to(node) == TensorProto.FLOAT
    return node.input[0] if is_cast else None


def _keep_used(graph, nodes):
    """Give a graph those of the nodes, and keep those constants, that something uses."""
    used, kept = {output.name for output in graph.output}, []
    for node in reversed(nodes):  # sorted: what uses an output stands behind it
        if used & set(node.output):
            used |= set(node.input)
            kept.insert(0, node)
    constants = [tensor for tensor in graph.initializer if tensor.name in used]
    for field, values in ((graph.node, kept), (graph.initializer, constants)):
        values = [type(value).FromString(value.SerializeToString()) for value in values]
        del field[:]
        field.extend(values)
