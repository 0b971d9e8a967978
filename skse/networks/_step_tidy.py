"""Fewer operators for a graph of single frames, where each costs more than its arithmetic."""

import numpy as np
from onnx import helper


def tidied(nodes, constants, shapes):
    """Return the operators of a step form without those that others can do beside their own work.

    ELU as max(x, exp(min(x, 0)) - 1), which is faster for many frames, becomes the operator;
    a crop of frequencies, a factor and an offset behind a transposed convolution become padding,
    kernel and bias of it.

    Parameters
    ----------
    nodes : list of onnx.NodeProto
        In the order they are computed.
    constants : dict of str to ndarray
        By name; new ones are added.
    shapes : dict of str to tuple
        Of what every transposed convolution gives: its axis of time and its shape.

    Returns
    -------
    nodes : list of onnx.NodeProto
    """
    return _Tidy(nodes, constants, shapes).nodes()


class _Tidy:
    def __init__(self, nodes, constants, shapes):
        self.kept, self.constants, self.shapes = list(nodes), constants, shapes

    def nodes(self):
        for kind, rule in (("Max", self._elu), ("ConvTranspose", self._absorb)):
            for node in [node for node in self.kept if node.op_type == kind]:
                while rule(node):
                    pass
        return self.kept

    def _maker(self, name, kind):
        """Return the operator of a kind that makes a tensor; None where another one does."""
        return next((x for x in self.kept if x.op_type == kind and name in x.output), None)

    def _reader(self, name):
        """Return the only operator that reads a tensor; None where there are more."""
        readers = [node for node in self.kept if name in node.input]
        return readers[0] if len(readers) == 1 else None

    def _is(self, name, value):
        constant = self.constants.get(name)
        return constant is not None and constant.size == 1 and constant.item() == value

    def _elu(self, node):
        if len(node.input) != 2:
            return False
        x, below = node.input
        minus = self._maker(below, "Sub")
        power = minus and self._is(minus.input[1], 1) and self._maker(minus.input[0], "Exp")
        least = power and self._maker(power.input[0], "Min")
        if not least or least.input[0] != x or not self._is(least.input[1], 0):
            return False
        chain = [least, power, minus, node]
        if any(self._reader(part.output[0]) is None for part in chain[:-1]):
            return False
        elu = helper.make_node("Elu", [x], list(node.output), name=node.name)
        self._replace(chain, elu)
        return False

    def _absorb(self, node):
        """Take one more operator into a transposed convolution; tell whether there was one."""
        (out,) = node.output
        reader = self._reader(out)
        if reader is None:
            return False
        if reader.op_type == "Slice":
            return self._crop(node, reader)
        if reader.op_type in ("Mul", "Add"):
            return self._scale(node, reader)
        if reader.op_type in ("Relu", "Elu"):
            crop = self._reader(reader.output[0])
            if crop is not None and crop.op_type == "Slice" and self._crop(node, crop):
                return True
        return False

    def _crop(self, node, crop):
        values = [self.constants.get(name) for name in crop.input[1:]]
        if len(values) < 3 or any(v is None or v.size != 1 for v in values):
            return False
        start, end, axis = (int(v.item()) for v in values[:3])
        attributes = {a.name: list(a.ints) for a in node.attribute if a.type == a.INTS}
        shape = self.shapes[node.output[0]][1]
        rank, i = len(shape), axis % len(shape) - 2
        is_time = axis % rank == self.shapes[node.output[0]][0] % rank
        strided = len(values) > 3 and values[3].item() != 1
        more = attributes.get("output_padding", [0] * (rank - 2))
        if i < 0 or is_time or strided or more[i] or start < 0:
            return False
        size = shape[axis % rank]
        end = min(end if end >= 0 else end + size, size)
        pads = attributes["pads"]
        pads[i] += start
        pads[i + rank - 2] += size - end
        self._set(node, "pads", pads)
        smaller = (*shape[: axis % rank], end - start, *shape[axis % rank + 1 :])
        self.shapes[node.output[0]] = (self.shapes[node.output[0]][0], smaller)
        self._drop(crop)
        return True

    def _scale(self, node, by):
        """Fold a factor or an offset of every channel into kernel and bias."""
        other = [name for name in by.input if name != node.output[0]]
        values = self.constants.get(other[0]) if len(other) == 1 else None
        kernel = self.constants.get(node.input[1])
        group = next((a.i for a in node.attribute if a.name == "group"), 1)
        rank = len(self.shapes[node.output[0]][1])
        if values is None or kernel is None or group != 1:
            return False
        n_channels = kernel.shape[1]
        per_channel = (1,) * (rank - values.ndim) + values.shape
        if per_channel not in ((1, n_channels) + (1,) * (rank - 2), (1,) * rank):
            return False
        values = np.broadcast_to(values.reshape(-1), n_channels)
        bias = np.zeros(n_channels, np.float32)
        if len(node.input) > 2:
            bias = self.constants[node.input[2]]
        if by.op_type == "Mul":
            kernel = kernel * values.reshape(1, -1, *[1] * (rank - 2))
            bias = bias * values
        else:
            bias = bias + values
        names = [f"{node.name}_kernel", f"{node.name}_bias"]
        self.constants |= dict(zip(names, (kernel, bias), strict=True))
        inputs = [node.input[0], *names]
        del node.input[:]
        node.input.extend(inputs)
        self._drop(by)
        return True

    def _set(self, node, name, value):
        kept = [a for a in node.attribute if a.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    def _drop(self, node):
        """Remove an operator: whoever read its output reads its first tensor."""
        before = next(name for name in node.input if name not in self.constants)
        self.kept.remove(node)
        for reader in self.kept:
            for i, name in enumerate(reader.input):
                if name == node.output[0]:
                    reader.input[i] = before

    def _replace(self, chain, node):
        self.kept[self.kept.index(chain[-1])] = node
        for part in chain[:-1]:
            self.kept.remove(part)
