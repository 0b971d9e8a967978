"""How every operator of an ONNX graph works on the next frames of a recording."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from onnx import helper

from skse.networks._steps import NotSteppableError

# Those that see every value alone, or with others of the same frame.
# fmt: off
_BY_VALUE = frozenset([
    "Abs", "Acos", "Add", "And", "Asin", "Atan", "BatchNormalization", "Cast", "Ceil", "Celu",
    "Clip", "Cos", "Div", "Elu", "Equal", "Erf", "Exp", "Floor", "Gelu", "Greater",
    "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "LeakyRelu", "Less", "LessOrEqual",
    "Log", "Max", "Mean", "Min", "Mish", "Mul", "Neg", "Not", "Or", "PRelu", "Pow", "Reciprocal",
    "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Sub", "Sum",
    "Tan", "Tanh", "ThresholdedRelu", "Where",
])
# fmt: on
_OVER_AN_AXIS = ("Softmax", "LogSoftmax", "Concat", "Split", "LayerNormalization")
_REDUCTIONS = (
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax"),
    *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare"),
)
_OF_SHAPE = ("Flatten", "Reshape", "Squeeze", "Unsqueeze")


@dataclass(frozen=True)
class Frames:
    """A tensor of the step form, and which frames of the whole recording's it holds.

    Parameters
    ----------
    name : str
        In the step form.
    axis : int
        Axis of time, negative.
    shape : tuple of int
        In the whole graph; what counts is all but the time.
    delay : int
        With the input's frame ``n`` comes frame ``n - delay``.
    surplus : int
        Frames that the tensor has more than the recording, without `zeros`.
    zeros : tuple of int
        Frames of zeros before and behind, still to be added.
    """

    name: str
    axis: int
    shape: tuple[int, ...]
    delay: int = 0
    surplus: int = 0
    zeros: tuple[int, int] = (0, 0)


def step(builder, node, tensors):
    """Write an operator of the step form.

    Parameters
    ----------
    builder : object
        Writes the step form.
    node : onnx.NodeProto
        Operator of the whole graph.
    tensors : dict of str to Frames
        Those of the whole graph that depend on the input, so far.

    Returns
    -------
    outputs : dict of str to Frames
        Outputs of the operator.

    Raises
    ------
    NotSteppableError
        Where it cannot be.
    """
    return _Operator(builder, node, tensors).outputs()


class _Operator:
    def __init__(self, builder, node, tensors):
        self.builder, self.node, self.observed = builder, node, builder.observed
        self.kind = node.op_type
        self.attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        self.frames = {name: tensors[name] for name in node.input if name in tensors}

    def outputs(self):
        special = {"Pad": self._pad, "Slice": self._slice, "Transpose": self._transpose}
        special |= {"Conv": self._convolve, "ConvTranspose": self._convolve_transposed}
        special |= {name: self._same_frames for name in _BY_VALUE}
        special |= {name: self._over_axes for name in (*_OVER_AN_AXIS, *_REDUCTIONS)}
        special |= {name: self._reshape for name in _OF_SHAPE}
        special |= {"MatMul": self._multiply, "Gemm": self._multiply}
        special |= {"MaxPool": self._pool, "AveragePool": self._pool}
        special |= {"GlobalMaxPool": self._pool_all, "GlobalAveragePool": self._pool_all}
        if self.kind not in special or self.node.domain not in ("", "ai.onnx"):
            raise self._error("is not known to work frame by frame")
        return special[self.kind]()

    def _error(self, reason):
        return NotSteppableError(f"{self.kind} {self.node.output[0]} {reason}")

    def _copied(self, inputs, like):
        """Add the operator as it is; its outputs have the frames of `like`."""
        names = list(self.node.output)
        number = len(self.builder.nodes)
        made = [name and f"{self.kind}_{number}_{i}" for i, name in enumerate(names)]
        node = helper.make_node(self.kind, inputs, made, name=made[0])
        node.attribute.extend(self.node.attribute)
        self.builder.nodes.append(node)
        return {
            name: replace(like, name=new, axis=self.observed.time_axis(name))
            for name, new in zip(names, made, strict=True)
            if name
        }

    def _one(self):
        """Return the only input that depends on the recording."""
        first = self.node.input[0]
        if list(self.frames) != [first] or self.node.input[1:].count(first):
            raise self._error("has operands that depend on the recording")
        return self.frames[first]

    def _finished(self, frames):
        if any(frames.zeros):
            raise self._error("works on frames of padding")
        return frames

    def _constants(self, names):
        return [name and self.builder.constant(self.observed.constant(name)) for name in names]

    def _same_frames(self):
        """Frames are brought abreast."""
        frames = [self._finished(f) for f in self.frames.values()]
        latest = max(f.delay for f in frames)
        if len({f.surplus for f in frames}) > 1:
            raise self._error("has operands of different lengths")
        inputs = []
        for name in self.node.input:
            if name in self.frames:
                inputs.append(self.builder.delayed(self.frames[name], latest).name)
            else:
                inputs += self._constants([name])
        like = replace(frames[0], delay=latest)
        return self._copied(inputs, like)

    def _transpose(self):
        frames = self._one()
        return self._copied([frames.name], frames)

    def _over_axes(self):
        axes = self.attributes.get("axes", self.attributes.get("axis"))
        if axes is None and self.kind in _REDUCTIONS and self.node.input[1:2] not in ([], [""]):
            axes = self.observed.constant(self.node.input[1])
        if axes is None and self.kind in _REDUCTIONS:
            raise self._error("looks at all frames")
        if axes is None:
            axes = 0 if self.kind == "Split" else -1
        frames = next(iter(self.frames.values()))
        rank = len(frames.shape)
        given = {int(axis) % rank for axis in np.atleast_1d(axes)}
        if self.kind == "LayerNormalization":
            given = set(range(min(given), rank))
        if frames.axis % rank in given:
            raise self._error("looks at all frames")
        if self.kind == "Concat" and len(self.frames) < len(set(self.node.input)):
            raise self._error("joins constants")
        return self._same_frames()

    def _multiply(self):
        frames = self._finished(self._one())
        if frames.axis == -1 or self.attributes.get("transA"):
            raise self._error("looks at all frames")
        return self._same_frames()

    def _pool(self):
        frames = self._finished(self._one())
        i = self._spatial(frames)
        if i is not None and {self.attributes["kernel_shape"][i], self._strides()[i]} != {1}:
            raise self._error("pools frames")
        return self._same_frames()

    def _pool_all(self):
        frames = self._finished(self._one())
        if self._spatial(frames) is not None:
            raise self._error("looks at all frames")
        return self._same_frames()

    def _reshape(self):
        """Keep the axis of time an axis of its own."""
        frames, (out,) = self._one(), self.node.output
        before, after = self.observed.few[self.node.input[0]].shape, self.observed.few[out].shape
        axis = self.observed.time_axis(out)
        if np.prod(before[: frames.axis]) != np.prod(after[:axis]):
            raise self._error("mixes frames with another axis")
        shape = [-1 if i == axis % len(after) else n for i, n in enumerate(after)]
        shape = self.builder.constant(shape, np.int64)
        return {
            out: replace(frames, name=self.builder.add("Reshape", [frames.name, shape]), axis=axis)
        }

    def _pad(self):
        frames, (out,) = self._one(), self.node.output
        rank = len(frames.shape)
        pads = self.observed.constant(self.node.input[1]).tolist()
        axes = range(rank)
        if len(self.node.input) > 3 and self.node.input[3]:
            axes = self.observed.constant(self.node.input[3]).tolist()
        ends = {axis % rank: [pads[i], pads[i + len(axes)]] for i, axis in enumerate(axes)}
        front, back = ends.pop(frames.axis % rank, (0, 0))
        value = self.node.input[2] if len(self.node.input) > 2 else ""
        zero = not value or not self.observed.constant(value).any()
        is_constant = self.attributes.get("mode", b"constant") == b"constant"
        if min(front, back) < 0 or ((front or back) and not (zero and is_constant)):
            raise self._error("pads with something else than zeros")
        others = [n for pair in ends.values() for n in pair]
        name = frames.name
        if any(others):
            if not zero:
                self._finished(frames)
            whole = [[ends.get(i, (0, 0))[side] for i in range(rank)] for side in (0, 1)]
            inputs = [name, self.builder.constant(np.ravel(whole), np.int64)]
            attributes = [a for a in self.node.attribute if a.name == "mode"]
            name = self.builder.add(
                "Pad", inputs + self._constants([value] if value else []), attributes=attributes
            )
        zeros = (frames.zeros[0] + front, frames.zeros[1] + back)
        return {out: replace(frames, name=name, zeros=zeros)}

    def _slice(self):
        frames, (out,) = self._finished(self._one()), self.node.output
        few, many = (self._bounds(values) for values in (self.observed.few, self.observed.many))
        rank, kept = len(frames.shape), []
        for (axis, bounds), others in zip(few.items(), many.values(), strict=True):
            if axis == frames.axis % rank:
                frames = self._cropped(frames, bounds, others)
            elif bounds != others:
                raise self._error("depends on the number of frames")
            elif bounds != (0, frames.shape[axis], 1):
                kept.append((axis, *bounds))
        name = frames.name
        if kept:
            axes, starts, ends, steps = np.transpose(kept)
            values = (self.builder.constant(v, np.int64) for v in (starts, ends, axes, steps))
            name = self.builder.add("Slice", [name, *values])
        return {out: replace(frames, name=name)}

    def _bounds(self, values):
        """Axis -> begin, end and step of a slice."""
        given: list[Any] = [values[name] if name else None for name in self.node.input]
        data, starts, ends, axes, steps = (*given, None, None)[:5]
        axes = range(len(starts)) if axes is None else axes
        steps = [1] * len(starts) if steps is None else steps
        bounds = {}
        for axis, start, end, stride in zip(axes, starts, ends, steps, strict=True):
            axis = int(axis) % data.ndim
            if stride < 0:
                raise self._error("goes backwards")
            bounds[axis] = slice(int(start), int(end), int(stride)).indices(data.shape[axis])
        return bounds

    def _cropped(self, frames, few, many):
        name = self.node.input[0]
        sizes = [
            values[name].shape[frames.axis] for values in (self.observed.few, self.observed.many)
        ]
        (front, end, stride), other = few, many
        back = sizes[0] - end
        if stride != 1 or other != (front, sizes[1] - back, 1):
            raise self._error("takes some frames only")
        return replace(frames, delay=frames.delay + front, surplus=frames.surplus - front - back)

    def _spatial(self, frames):
        """Return which of a convolution's axes is time; None where every frame is a row."""
        axis = frames.axis % len(frames.shape)
        if axis == 1:
            raise self._error("looks at all frames")
        return axis - 2 if axis else None

    def _strides(self):
        rank = len(self.frames[self.node.input[0]].shape) - 2
        return list(self.attributes.get("strides", [1] * rank))

    def _geometry(self, frames):
        """Return time's index among the axes, extents of kernels along all, strides, padding."""
        kernel = self.observed.constant(self.node.input[1]).shape[2:]
        dilations = self.attributes.get("dilations", [1] * len(kernel))
        extents = [d * (k - 1) for k, d in zip(kernel, dilations, strict=True)]
        pads = list(self.attributes.get("pads", [0] * (2 * len(kernel))))
        strides, rule = self._strides(), self.attributes.get("auto_pad", b"NOTSET")
        i = self._spatial(frames)
        if i is not None and strides[i] != 1:
            raise self._error("has a stride along time")
        if rule in (b"SAME_UPPER", b"SAME_LOWER"):
            if self.kind == "ConvTranspose":
                raise self._error(f"has auto_pad={rule.decode()}")
            shape = frames.shape[2:]
            for j, (size, extent, stride) in enumerate(zip(shape, extents, strides, strict=True)):
                total = max((-(-size // stride) - 1) * stride + extent + 1 - size, 0)
                less, more = total // 2, total - total // 2
                pads[j], pads[j + len(kernel)] = (
                    (less, more) if rule == b"SAME_UPPER" else (more, less)
                )
        elif rule == b"VALID":
            pads = [0] * len(pads)
        return i, extents, pads

    def _convolution(self, name, pads, **changed):
        """Add the operator with explicit padding; return its name."""
        kept = [a for a in self.node.attribute if a.name not in ("auto_pad", "pads", *changed)]
        inputs = [name, *self._constants(self.node.input[1:])]
        return self.builder.add(self.kind, inputs, attributes=kept, pads=pads, **changed)

    def _convolve(self):
        frames, (out,) = self._one(), self.node.output
        i, extents, pads = self._geometry(frames)
        extent, axes = (0 if i is None else extents[i]), len(extents)
        front, back = frames.zeros
        if i is not None:
            front, back = front + pads[i], back + pads[i + axes]
            pads[i] = pads[i + axes] = 0
        if extent == 0:
            if front or back:
                raise self._error("pads frames that it sees alone")
            name = self._convolution(frames.name, pads)
        else:
            name = self._convolution(self.builder.remembered(frames, extent), pads)
        made = Frames(
            name,
            self.observed.time_axis(out),
            frames.shape,
            frames.delay + extent - front,
            frames.surplus + front + back - extent,
        )
        return {out: made}

    def _convolve_transposed(self):
        frames, (out,) = self._one(), self.node.output
        if "output_shape" in self.attributes:
            raise self._error("has an output_shape")
        i, extents, pads = self._geometry(frames)
        if i is None:
            return {out: replace(frames, name=self._convolution(self._finished(frames).name, pads))}
        extent, axes = extents[i], len(extents)
        more = list(self.attributes.get("output_padding", [0] * axes))
        front, back = frames.zeros
        lost_front, lost_back = pads[i], pads[i + axes] - more[i]
        # Padding cuts off the frames that some of what they need is missing of.
        pads[i], pads[i + axes], more[i] = extent, extent, 0
        together = self.builder.remembered(frames, extent) if extent else frames.name
        name = self._convolution(together, pads, output_padding=more)
        self.builder.shapes[name] = (self.observed.time_axis(out), self.observed.few[out].shape)
        made = Frames(
            name,
            self.observed.time_axis(out),
            frames.shape,
            frames.delay - front + lost_front,
            frames.surplus + front + back + extent - lost_front - lost_back,
        )
        return {out: made}
