"""The step form of a network: an ONNX graph that computes every frame once.

What a convolution along time still needs of earlier frames becomes a state, an input and an
output of the graph. It is made from the graph that predicts whole recordings, without Keras.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from skse.networks._step_operators import Frames, step
from skse.networks._step_tidy import tidied
from skse.networks._steps import FRAMES, LENGTH, POSITION, NotSteppableError, StepForm, StepStream

# Frames of the two recordings that tell which axis of a tensor is time.
_FEW, _MANY = 41, 58
# Largest difference, relative to the output's largest value, from the graph it was made of.
_TOLERANCE = 1e-5


def step_form(model):
    """Make the step form of a network.

    Parameters
    ----------
    model : bytes
        ONNX graph with one input ``(n_rows, n_frequencies, n_frames[, n_channels])`` and one
        output that has frames on the same axis.

    Returns
    -------
    form : StepForm

    Raises
    ------
    NotSteppableError
        Where an operator of the graph looks at all frames, or at some in a way that is not known
        here; and where the result differs from the graph.
    """
    try:
        proto = onnx.load_model_from_string(model)
        observed = Observed(proto)
        form = _Builder(proto, observed, masked=False).form()
        if form.ahead:
            form = _Builder(proto, observed, masked=True).form()
        _check(form, observed)
    except NotSteppableError:
        raise
    except Exception as error:  # of a graph that onnxruntime or one of its operators is odd in
        raise NotSteppableError(f"{type(error).__name__}: {error}") from error
    return form


class Observed:
    """What every tensor of a graph is for two recordings of different lengths.

    Parameters
    ----------
    proto : onnx.ModelProto
        The graph.
    """

    def __init__(self, proto):
        graph = proto.graph
        (entry,) = graph.input
        sizes = [dim.dim_value for dim in entry.type.tensor_type.shape.dim]
        if len(sizes) not in (3, 4) or sizes[2]:
            raise NotSteppableError(f"its input {entry.name} has no open number of frames")
        if any(
            entry.version < 13 for entry in proto.opset_import if entry.domain in ("", "ai.onnx")
        ):
            raise NotSteppableError("its operators are older than version 13 of ONNX's")
        self.input, self.output = entry.name, graph.output[0].name
        rng = np.random.default_rng(0)
        rows = rng.standard_normal([1, sizes[1], _MANY, *sizes[3:]]).astype(np.float32)
        self.few = values_of(proto, rows[:, :, :_FEW])
        self.many = values_of(proto, rows)
        # Whatever the values of the input reach; its shape alone is no value.
        self.data = {self.input}
        for node in graph.node:
            if node.op_type not in ("Shape", "Size") and self.data & set(node.input):
                self.data |= set(node.output) - {""}

    def time_axis(self, name):
        """Return which axis of a tensor is time, counted from the last (-1)."""
        few, many = self.few[name].shape, self.many[name].shape
        axes = [i - len(few) for i in range(len(few)) if len(few) == len(many)]
        axes = [axis for axis in axes if few[axis] != many[axis]]
        if len(axes) != 1 or many[axes[0]] - few[axes[0]] != _MANY - _FEW:
            raise NotSteppableError(f"{name} has no axis of frames")
        return axes[0]

    def surplus(self, name):
        """Return how many frames a tensor has more than the recording."""
        return self.few[name].shape[self.time_axis(name)] - _FEW

    def constant(self, name):
        """Return the value of a tensor that does not depend on the recording."""
        value = self.few[name]
        if name in self.data or not np.array_equal(value, self.many[name]):
            raise NotSteppableError(f"{name} depends on the number of frames")
        return value


def values_of(proto, rows):
    """Compute every tensor of a graph with one input.

    Parameters
    ----------
    proto : onnx.ModelProto
        The graph.
    rows : ndarray
        Its input.

    Returns
    -------
    values : dict of str to ndarray
        By the tensor's name, constants included.
    """
    import onnxruntime

    whole = onnx.ModelProto()
    whole.CopyFrom(proto)
    constants = {x.name: numpy_helper.to_array(x) for x in proto.graph.initializer}
    names = [name for node in proto.graph.node for name in node.output if name]
    del whole.graph.output[:]
    whole.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(
        whole.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    entry = proto.graph.input[0].name
    values = session.run(names, {entry: rows})
    return {**constants, entry: rows, **dict(zip(names, values, strict=True))}


class _Builder:
    """Writes the step form of a graph, operator by operator.

    Parameters
    ----------
    proto : onnx.ModelProto
        The whole graph.
    observed : Observed
        Its tensors.
    masked : bool
        Whether frames before the first and behind the last have to be made zero, as the whole
        graph's padding is: so it is where frames lag.
    """

    def __init__(self, proto, observed, masked):
        self.proto, self.observed, self.masked = proto, observed, masked
        self.nodes, self.constants, self.states, self._masks = [], {}, {}, {}
        self._delayed = {}
        self.shapes = {}  # of what transposed convolutions give, and its axis of time

    def form(self):
        """Return the StepForm."""
        observed, shape = self.observed, self.observed.few[self.observed.input].shape
        tensors = {observed.input: Frames(FRAMES, 2 - len(shape), shape)}
        for node in self.proto.graph.node:
            if observed.data & set(node.output):
                for name, frames in step(self, node, tensors).items():
                    tensors[name] = self._checked(name, frames)
        out = tensors.get(observed.output)
        if out is None or out.surplus or any(out.zeros) or out.delay < 0:
            raise NotSteppableError("its output has other frames than its input")
        self.add("Identity", [out.name], name=f"{FRAMES}_out")
        return StepForm(
            self._model(shape, out).SerializeToString(),
            {name: tuple(state) for name, state in self.states.items()},
            out.delay,
            *(_open(frames, axis) for frames, axis in ((shape, 2), (out.shape, out.axis))),
        )

    def _checked(self, name, frames):
        observed = self.observed
        if frames.axis != observed.time_axis(name) or observed.surplus(name) != (
            frames.surplus + sum(frames.zeros)
        ):
            raise NotSteppableError(f"the frames of {name} are not where they were expected")
        return replace(frames, shape=observed.few[name].shape)

    def add(self, kind, inputs, *, name=None, attributes=(), **options):
        """Add an operator with one output; return its name."""
        name = name or f"{kind}_{len(self.nodes)}"
        node = helper.make_node(kind, list(inputs), [name], name=name, **options)
        node.attribute.extend(attributes)
        self.nodes.append(node)
        return name

    def constant(self, values, dtype=None):
        """Add a constant; return its name."""
        values = np.asarray(values, dtype)
        key = (values.dtype.str, values.shape, values.tobytes())
        return self.constants.setdefault(key, (f"constant_{len(self.constants)}", values))[0]

    def remembered(self, frames, n_frames):
        """Return a tensor's frames with the `n_frames` before them in front, as a state has them.

        Before the first frame, and behind the last, all is zero.
        """
        if frames.delay < 0 or frames.surplus:
            raise NotSteppableError(f"{frames.name} begins before the recording")
        return self._behind_state(frames, self._inside(frames), n_frames)

    def _behind_state(self, frames, name, n_frames):
        shape = list(frames.shape)
        shape[frames.axis] = n_frames
        state = f"state_{len(self.states)}"
        self.states[state] = shape
        together = self.add("Concat", [state, name], axis=frames.axis)
        self.cut(together, frames.axis, -n_frames, None, name=f"{state}_out")
        return together

    def cut(self, tensor, axis, begin, end, name=None):
        """Cut an axis of a tensor; return the name of what is left."""
        bounds = [[begin], [np.iinfo(np.int64).max if end is None else end], [axis]]
        return self.add("Slice", [tensor, *(self.constant(b, np.int64) for b in bounds)], name=name)

    def delayed(self, frames, delay):
        """Return frames so many later that they lag by `delay`."""
        if frames.delay == delay:
            return frames
        if frames.delay < 0:
            raise NotSteppableError(f"{frames.name} begins before the recording")
        key = (frames.name, delay)
        if key not in self._delayed:
            more = delay - frames.delay
            together = self._behind_state(frames, frames.name, more)
            self._delayed[key] = self.cut(together, frames.axis, 0, -more)
        return replace(frames, name=self._delayed[key], delay=delay)

    def _inside(self, frames):
        """Make the frames that are none of the recording's zero."""
        if not self.masked:
            return frames.name
        inside = f"inside_{frames.delay}"
        self._masks[frames.delay] = inside
        if frames.axis != -1:
            shape = self.constant([-1] + [1] * (-frames.axis - 1), np.int64)
            inside = self.add("Reshape", [inside, shape])
        return self.add("Where", [inside, frames.name, self.constant(0, np.float32)])

    def _mask_nodes(self):
        """Return the operators that tell, for every delay, which frames are the recording's."""
        nodes, self.nodes = self.nodes, []
        n_frames = self.add("Gather", [self.add("Shape", [FRAMES]), self.constant(2, np.int64)])
        zero, one = (self.constant(i, np.int64) for i in (0, 1))
        index = self.add("Add", [self.add("Range", [zero, n_frames, one]), POSITION])
        delays = self.constant([[delay] for delay in self._masks], np.int64)
        index = self.add("Sub", [index, delays])
        inside = self.add(
            "And",
            [self.add("GreaterOrEqual", [index, zero]), self.add("Less", [index, LENGTH])],
        )
        each = self.constant(np.ones(len(self._masks)), np.int64)
        split = helper.make_node("Split", [inside, each], list(self._masks.values()), axis=0)
        masks, self.nodes = [*self.nodes, split], nodes
        for node in masks:
            node.name = f"mask_{node.op_type}"
        return masks

    def _model(self, shape, out):
        """Put the graph together."""
        entries = [(FRAMES, TensorProto.FLOAT, _named(shape, 2))]
        if self.masked:
            entries += [(name, TensorProto.INT64, [1]) for name in (POSITION, LENGTH)]
        entries += [(name, TensorProto.FLOAT, state) for name, state in self.states.items()]
        results = [(f"{FRAMES}_out", TensorProto.FLOAT, _named(out.shape, out.axis))]
        results += [
            (f"{name}_out", TensorProto.FLOAT, state) for name, state in self.states.items()
        ]
        nodes = [*self._mask_nodes(), *self.nodes] if self._masks else self.nodes
        constants = dict(self.constants.values())
        nodes = tidied(nodes, constants, self.shapes)
        used = {name for node in nodes for name in node.input}
        graph = helper.make_graph(
            nodes,
            "steps",
            [helper.make_tensor_value_info(*entry) for entry in entries],
            [helper.make_tensor_value_info(*result) for result in results],
            [numpy_helper.from_array(v, name) for name, v in constants.items() if name in used],
        )
        return helper.make_model(
            graph, opset_imports=self.proto.opset_import, ir_version=self.proto.ir_version
        )


def _open(shape, axis):
    """Return a shape with None for the frames."""
    return tuple(None if i == axis % len(shape) else size for i, size in enumerate(shape))


def _named(shape, axis):
    return ["n_frames" if size is None else size for size in _open(shape, axis)]


def _check(form, observed):
    """Raise a NotSteppableError where a step form does something else than the graph."""
    rows, expected = (observed.many[name] for name in (observed.input, observed.output))
    stream, axis = StepStream(form), form.output_shape.index(None)
    cuts = [0, 1, 2, 5, 6, 29, _MANY]
    parts = [stream.push(rows[:, :, i:j]) for i, j in pairwise(cuts)]
    got = np.concatenate([*parts, stream.finish()], axis=axis)
    error = np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-30)
    if not error <= _TOLERANCE:
        raise NotSteppableError(f"its step form deviates from it by {error:.2g}")
