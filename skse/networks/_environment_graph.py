"""The graph of a network for one environment: what it is told of that is computed, and kept.

A network whose rows begin with frames of the environment computes the same of them for every
row of a recording. Here that becomes constants of its ONNX graph, whose rows are then those to
enhance alone, so that it has a step form like any other.
"""

import numpy as np
import onnx
from onnx import numpy_helper

from skse.networks._step_graph import values_of
from skse.networks._steps import NotSteppableError

# Frames of the recordings that tell what depends on them: two to look at, one to check by.
_FEW, _MANY, _OTHER = 41, 58, 33
# Largest difference, relative to the output's largest value, from the graph it was made of.
_TOLERANCE = 1e-5


def for_environment(model, environment):
    """Make the graph that enhances in one environment.

    Parameters
    ----------
    model : bytes
        ONNX graph with one input ``(n_rows, n_frequencies, n_frames[, n_channels])``, whose
        first frames are of the environment.
    environment : ndarray of shape (1, n_frequencies, environment_frames[, n_channels])
        These frames, float32.

    Returns
    -------
    model : bytes
        Takes one row without them.

    Raises
    ------
    NotSteppableError
        Where the result differs from the graph.
    """
    proto = onnx.load_model_from_string(model)
    output, name = proto.graph.output[0].name, proto.graph.input[0].name
    few, many, other = (_row(environment, n) for n in (_FEW, _MANY, _OTHER))
    try:
        both = (np.concatenate([environment, row], axis=2) for row in (few, many))
        of_few, of_many = (values_of(proto, rows) for rows in both)
        expected = values_of(proto, np.concatenate([environment, other], 2))[output]
        _keep_what_depends(proto.graph, of_few, of_many, environment.shape[2])
        made = proto.SerializeToString()
        got = values_of(proto, other)[output]
    except Exception as error:  # of a graph that onnxruntime or one of its operators is odd in
        raise NotSteppableError(f"{type(error).__name__}: {error}") from error
    if got.shape != expected.shape:
        raise NotSteppableError(f"{name} has no place where the environment ends")
    error = np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-30)
    if not error <= _TOLERANCE:
        raise NotSteppableError(f"its form for one environment deviates from it by {error:.2g}")
    return made


def _row(environment, n_frames):
    shape = list(environment.shape)
    shape[2] = n_frames
    return np.random.default_rng(n_frames).standard_normal(shape).astype(np.float32)


def _keep_what_depends(graph, few, many, n_before):
    """Make constants of what does not depend on the frames behind the environment."""
    depends = {
        name for name, value in few.items() if not np.array_equal(value, many.get(name, np.nan))
    }
    nodes = []
    for node in graph.node:
        if not depends & set(node.output):
            continue
        before, after = few.get(node.input[0]), few.get(node.output[0])
        if node.op_type == "Slice" and _is_split(before, after, n_before):
            node = onnx.helper.make_node("Identity", [node.input[0]], [node.output[0]])
        nodes.append(type(node).FromString(node.SerializeToString()))
    made = {name for node in nodes for name in node.output} | {graph.input[0].name}
    used = sorted({name for node in nodes for name in node.input if name} - made)
    constants = [numpy_helper.from_array(np.ascontiguousarray(few[n]), n) for n in used]
    for field, values in ((graph.node, nodes), (graph.initializer, constants)):
        del field[:]
        field.extend(values)
    del graph.value_info[:]


def _is_split(before, after, n_before):
    """Whether a slice takes, of all frames, those behind the environment."""
    if before.ndim != after.ndim:
        return False
    changed = [pair for pair in zip(before.shape, after.shape, strict=True) if pair[0] != pair[1]]
    return changed == [(n_before + _FEW, _FEW)]
