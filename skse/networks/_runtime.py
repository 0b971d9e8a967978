"""Networks from a model file: onnxruntime predicts, Keras is only needed to train further."""

from typing import Any

import numpy as np

from skse.networks._steps import NotSteppableError, StepStream
from skse.networks._tensorflow import load_tensorflow
from skse.utils import default_threads

# Values of an array from which on it counts as large.
_KERNEL_SIZE = 256


class OnnxNetwork:
    """A trained network that predicts through onnxruntime, without Keras.

    Parameters
    ----------
    model : bytes
        The network as ONNX.
    weights : list of ndarray
        Weights of the Keras model, in its order, to train it further.
    shapes : tuple of tuple
        Shape of a row of input and of output, None where the number of frames is open.
    ends : dict
        ``output_activation``, ``input_statistics`` and ``output_statistics`` that it was built
        with; its architecture is the regressor's ``architecture_``.
    n_threads : int or None, default=None
        Threads of a prediction; None as in :func:`~skse.utils.default_threads`.
    """

    def __init__(self, model, weights, shapes, ends, n_threads=None):
        self.model = model
        self.weights = weights
        self.shapes = shapes
        self.ends = ends
        self.n_threads = n_threads
        self._session = self._steps = None
        self._given: Any = None

    def start(self):
        """Build the onnxruntime session, unless there is one, and return it."""
        if self._session is None:
            import onnxruntime

            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = self.n_threads or default_threads()
            options.log_severity_level = 3  # errors
            # Threads that wait busily for the next batch double the CPU time of a prediction.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(
                self.model, options, providers=["CPUExecutionProvider"]
            )
        return self._session

    def predict_rows(self, rows):
        """Predict any number of rows, float32, at one go."""
        session = self.start()
        return session.run(None, {session.get_inputs()[0].name: rows})[0]

    def step_form(self, environment=None):
        """Return the StepForm, in a given environment; a NotSteppableError without one."""
        if environment is not None:
            if self._given is None or not np.array_equal(self._given[0], environment):
                form = form_or_refusal(self.model, environment)
                self._given = np.array(environment), form
            return form_of(self._given[1])
        if self._steps is None:
            self._steps = form_or_refusal(self.model)
        return form_of(self._steps)

    def halved(self):
        """Return this network with its kernels rounded to float16; the ONNX alone.

        Raises
        ------
        ValueError
            Where one is too large for float16.
        """
        import onnx
        from onnx import helper, numpy_helper

        proto = onnx.load_model_from_string(self.model)
        graph, casts = proto.graph, []
        for tensor in graph.initializer:
            values = numpy_helper.to_array(tensor)
            if is_kernel(values):
                half = f"{tensor.name}_half"
                casts.append(
                    helper.make_node("Cast", [half], [tensor.name], to=onnx.TensorProto.FLOAT)
                )
                tensor.CopyFrom(numpy_helper.from_array(in_half(values), half))
        # onnxruntime folds them when it starts.
        nodes = [*casts, *graph.node]
        del graph.node[:]
        graph.node.extend(nodes)
        return OnnxNetwork(
            proto.SerializeToString(), self.weights, self.shapes, self.ends, self.n_threads
        )

    @property
    def settings(self):
        """What a file keeps beside the network and its weights, by the name of the parameter."""
        return {"shapes": self.shapes, "ends": self.ends}

    def to_runtime(self):
        """Return itself, as a network of Keras returns one of these."""
        return self

    def __getstate__(self):
        return {**self.__dict__, "_session": None, "_steps": None, "_given": None}

    def __setstate__(self, state):
        self.__dict__.update({"_steps": None, "_given": None, **state})  # older ones knew of none

    def __repr__(self):
        return f"OnnxNetwork({len(self.model)} bytes)"


def is_kernel(array):
    """Whether an array is one of the few that make a network large, and no list of constants."""
    is_list = array.size == max(array.shape, default=1)
    return array.dtype == np.float32 and not is_list and array.size >= _KERNEL_SIZE


def in_half(array):
    """Round to float16, or raise a ValueError where that is infinite."""
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError("a weight is too large for float16; use half_precision=False.")
    return half


class SavedKerasObject:
    """A loss or an optimizer of a model file, until it is needed to train further.

    Parameters
    ----------
    kind : {"losses", "optimizers"}
        Module of Keras that it belongs to.
    name : str
        Name of one of Keras's classes there, or the name that a user's own
        class or function is registered under.
    config : dict or None
        What the class was configured with; None for a function.
    """

    def __init__(self, kind, name, config):
        self.kind = kind
        self.name = name
        self.config = config

    @classmethod
    def of(cls, value):
        """Describe a loss or an optimizer; None where more than a name and numbers make it."""
        from skse.networks._scikeras import describe_keras_object

        return describe_keras_object(value)

    def to_state(self):
        """Return what a model file keeps of it."""
        return vars(self)

    @classmethod
    def from_state(cls, state):
        """Return what `to_state` told of, unless it is nothing that `of` gives."""
        saved = cls(**state)
        plain = (str, int, float, bool, type(None))
        if (
            saved.kind not in ("losses", "optimizers")
            or not isinstance(saved.name, str)
            or not all(isinstance(value, plain) for value in (saved.config or {}).values())
        ):
            raise TypeError(f"{saved.name!r} is not described plainly")
        return saved

    def build(self):
        """Return the object itself.

        Raises
        ------
        ValueError
            Where it is a user's own and not registered in this process.
        """
        load_tensorflow()
        import keras

        base = {"losses": keras.losses.Loss, "optimizers": keras.optimizers.Optimizer}[self.kind]
        found: Any = keras.saving.get_registered_object(self.name) or getattr(
            getattr(keras, self.kind), self.name, None
        )
        configurable = isinstance(found, type) and issubclass(found, base)
        if configurable and self.config is not None:
            return found.from_config(dict(self.config))
        if isinstance(found, type) or not callable(found) or self.config is not None:
            raise ValueError(
                f"{self!r} of the model file is not known here. Training needs it: import the "
                "module that defines it and decorates it with @skse.networks.register_loss or "
                "@keras.saving.register_keras_serializable, or set the parameter anew."
            )
        return found

    def __repr__(self):
        return f"<{self.kind[:-1].removesuffix('e')} {self.name!r}>"


def built(value):
    """Return a loss or an optimizer itself where it is one of a model file."""
    return value.build() if isinstance(value, SavedKerasObject) else value


def exported(network, form):
    """Return the network of a fitted regressor in an exchange format.

    Parameters
    ----------
    network : BaseNetworkRegressor
        Fitted.
    form : {"litert", "onnx", "onnx-steps"}
        Format.

    Returns
    -------
    content : bytes

    Raises
    ------
    ValueError
        For "onnx-steps" where the network cannot predict frame by frame.
    """
    if form == "onnx-steps":
        return step_form_of(network).model
    if form == "onnx" and isinstance(network.regressor_, OnnxNetwork):
        return _as_written_now(network.regressor_.model)
    from skse.networks._export import to_litert, to_onnx

    return (to_onnx if form == "onnx" else to_litert)(network.keras_model())


def step_form_of(network):
    """Return the StepForm of a fitted regressor, or a ValueError that says what to do instead."""
    try:
        stream = network.open_stream()
    except NotSteppableError as error:
        raise ValueError(f'export: {error} Use format="onnx".') from error
    if not isinstance(stream, StepStream):
        raise ValueError(
            f"export: {type(network.architecture_).__name__} carries a state of its own, which "
            'Keras steps; format="onnx-steps" cannot write it. Use format="onnx".'
        )
    return stream.form


def form_or_refusal(model, environment=None):
    """Return the StepForm of an ONNX model, or the NotSteppableError that says why it has none.

    Parameters
    ----------
    model : bytes
        ONNX.
    environment : ndarray or None, default=None
        Frames of the environment, where rows begin with some.

    Returns
    -------
    form : StepForm or NotSteppableError
    """
    from skse.networks._environment_graph import for_environment
    from skse.networks._step_graph import step_form

    try:
        return step_form(model if environment is None else for_environment(model, environment))
    except NotSteppableError as error:
        return error


def form_of(kept):
    """Return what :func:`form_or_refusal` gave, or raise it."""
    if isinstance(kept, NotSteppableError):
        raise NotSteppableError(str(kept))
    return kept


def _as_written_now(model):
    """Return the ONNX of a model file, which older versions wrote, as it is written now."""
    import onnx

    from skse.networks._explicit_padding import pad_explicitly
    from skse.networks._whole_lengths import compute_lengths_whole

    proto = onnx.load_model_from_string(model)
    changed = compute_lengths_whole(proto.graph) + pad_explicitly(proto)
    return proto.SerializeToString() if changed else model


def check_onnx(model):
    """Raise a ValueError where an ONNX model reaches beyond itself.

    Parameters
    ----------
    model : bytes
        A model as it is in a file.

    Raises
    ------
    ValueError
        For bytes that are no ONNX model, tensors that lie in other files, and
        operators other than the standard's own.
    """
    import onnx

    try:
        proto = onnx.load_model_from_string(model)
    except Exception as error:
        raise ValueError(f"it is no ONNX model ({error})") from error
    if proto.functions or proto.training_info:
        raise ValueError("it defines functions or a training of its own")
    if len(proto.graph.input) != 1 or len(proto.graph.output) != 1:
        raise ValueError("it must have one input and one output")
    for graph in _graphs(proto.graph):
        tensors = [*graph.initializer]
        for sparse in graph.sparse_initializer:
            tensors += [sparse.values, sparse.indices]
        for node in graph.node:
            if node.domain not in ("", "ai.onnx"):
                raise ValueError(f"it uses the operator {node.op_type!r} of {node.domain!r}")
            for attribute in node.attribute:
                tensors += [attribute.t, *attribute.tensors]
                for sparse in [attribute.sparse_tensor, *attribute.sparse_tensors]:
                    tensors += [sparse.values, sparse.indices]
        for tensor in tensors:
            if tensor.external_data or tensor.data_location == onnx.TensorProto.EXTERNAL:
                raise ValueError(f"its tensor {tensor.name!r} lies in another file")


def _graphs(graph):
    """Yield a graph and all graphs inside its nodes."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                if inner.node or inner.initializer or inner.sparse_initializer:
                    yield from _graphs(inner)
