"""Everything that touches scikeras, and what is private in Keras.

Importing this loads TensorFlow: do so inside functions. Beside public names it relies on

- scikeras 0.13.0: `_fit_keras_model`, `_initialize_callbacks`, `_ensure_compiled_model` and
  `_validate_data` of its wrappers, all overridden, and their attribute `_fit_callbacks`;
- Keras: `Layer._flatten_layers`, `_fn_kwargs` of losses, and `_all_reduce_sum_gradients` of
  optimizers, overridden (`_optimizers.py` needs `_get_variable_index`, `_momentums` and
  `_velocities` of theirs); a random initialiser or layer without a seed draws it, when it is made,
  by ``random.randint(1, 10**9)``.
"""

# ruff: noqa: E402
from skse.networks._tensorflow import kept_back, load_tensorflow

load_tensorflow()

import random
import threading
from collections import defaultdict
from contextlib import contextmanager, suppress
from copy import deepcopy
from functools import partial

import keras
import numpy as np
import tensorflow as tf
from scikeras.wrappers import BaseWrapper, KerasRegressor

from skse.networks import _conditioning, _layers  # noqa: F401  register what saved models name
from skse.networks._batches import ordered_batches
from skse.networks._heads import build_with_head
from skse.networks._optimizers import Adam, AdamW
from skse.networks._runtime import SavedKerasObject, form_of
from skse.networks._steps import NotSteppableError
from skse.utils import FileArray

OPTIMIZERS = {
    "adam": Adam,
    "adamw": AdamW,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}

# One network is built at a time, so that the state of `random` is put back as it was.
_BUILDING = threading.Lock()


def build_network(input_shape, output_shape, *, architecture, head, ends, seed=0, stateful=False):
    """Build a network with random weights of its own seed.

    Parameters
    ----------
    input_shape, output_shape : tuple
        Of one sample, as `BaseArchitecture.build` takes them.
    architecture : BaseArchitecture
        What lies in between.
    head : dict or None
        As a target's ``network_head`` gives it.
    ends : dict
        ``output_activation``, ``input_statistics`` and ``output_statistics``.
    seed : int, default=0
        Seed of every layer's random numbers, in training too.
    stateful : bool, default=False
        Whether each call goes on where the one before stopped.

    Returns
    -------
    model : keras.Model
        Not compiled.
    """
    build = partial(architecture.build, **ends, stateful=stateful)
    if head is not None:
        options = {
            "make_model": architecture.make_model,
            "batch_size": 1 if stateful else None,
            "n_before": architecture.environment_frames,
        }
        build = partial(build_with_head, build=build, head=head, **options)
    return build_seeded(partial(build, input_shape, output_shape), seed)


def build_seeded(build, seed):
    """Build a model with random weights of its own seed, and leave the global one alone.

    Parameters
    ----------
    build : callable
        Returns the model, all its layers built.
    seed : int
        As for :func:`seed_layers`.

    Returns
    -------
    model : keras.Model
    """
    with _BUILDING, _own_names():
        state = random.getstate()
        try:
            model = build()
        finally:
            random.setstate(state)
        seed_layers(model, seed)
    return model


@contextmanager
def _own_names():
    """Count the names of layers from the beginning, whatever was built before.

    TensorFlow adds some sums up in an order that follows from the names (seen with 2.21): a second
    fit with the same seed would round in another way. Keras keeps the counts for each thread
    (``keras/src/utils/naming.py`` of 3.15).
    """
    from keras.src.backend.common import global_state

    name = "object_name_uids"
    counts = global_state.get_global_attribute(name)
    global_state.set_global_attribute(name, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(name, counts)


def seed_layers(model, seed):
    """Give the layers of a model that is just built the random weights of a seed.

    Whatever has no seed gets one, in the order of the layers, as Keras draws it when they are
    made; only that nothing else can draw in between.

    Parameters
    ----------
    model : keras.Model
        All its layers are built.
    seed : int
    """
    generator = random.Random(seed)

    def visit(layer):
        config = {}
        if not isinstance(layer, keras.Model):
            with suppress(NotImplementedError):  # of a user's own layer
                config = deepcopy(layer.get_config())
        if not _fill_seeds(config, generator):
            for inner in _in_order(layer._flatten_layers(recursive=False, include_self=False)):
                visit(inner)
            return
        twin = type(layer).from_config(config)
        twin.build_from_config(layer.get_build_config())
        for variable, seeded in zip(layer.variables, twin.variables, strict=True):
            variable.assign(seeded)

    visit(model)


def _in_order(layers):
    """Return layers in the order they were made: the model's, unless one says whom it follows."""
    layers = list(layers)
    for layer in list(layers):
        if hasattr(layer, "made_after"):
            layers.remove(layer)
            layers.insert(1 + [other.name for other in layers].index(layer.made_after), layer)
    return layers


def _fill_seeds(config, generator):
    """Fill every seed that a configuration leaves open; return whether there is any."""
    found = False
    entries = config.items() if isinstance(config, dict) else enumerate(config)
    for name, value in list(entries):
        if name == "seed" and value is None:
            config[name], found = generator.randint(1, int(1e9)), True
        elif isinstance(value, (dict, list)):
            found |= _fill_seeds(value, generator)
    return found


class OwnedKerasRegressor(KerasRegressor):
    """A KerasRegressor that leaves checked arrays of any rank as they are.

    scikeras rejects `y` with more than two axes, reshapes such predictions and
    keeps callbacks, which hold the model and break pickling. The estimator that
    owns this one has checked its arrays already.
    """

    target_encoder = BaseWrapper.target_encoder  # the identity

    def fit(self, X, y, *, make_data, callbacks=(), learning_rate=None, **kwargs):
        """Train as scikeras does; where that fails, a trained model stays as it was.

        Parameters
        ----------
        X, y : ndarray of shape (n_samples, ...)
            Rows, or what those that are made while it trains begin with.
        make_data : callable
            ``make_data(count_steps)`` gives the batches, in a form that Keras takes;
            ``count_steps()`` tells how many steps the network has made.
        callbacks : sequence of keras.callbacks.Callback, default=()
            Let go of afterwards.
        learning_rate : float or None, default=None
            Where given, that of a model that is trained further.
        **kwargs : dict
            Of `keras.Model.fit`.

        Returns
        -------
        self : object
        """
        self._fit_callbacks, self._make_data = list(callbacks), make_data
        try:
            with _undone_on_failure(self):
                if learning_rate is not None:
                    self.model_.optimizer.learning_rate = learning_rate
                return super().fit(X, y, shuffle=False, **kwargs)
        finally:
            self._fit_callbacks, self._make_data = [], None
            for callback in callbacks:
                callback.set_model(None)

    @property
    def shapes(self):
        """Shape of a row of input and of output, None where the number of frames is open."""
        return self.model.args

    @property
    def ends(self):
        """What the network was built with beside its architecture."""
        return self.model.keywords["ends"]

    @property
    def weights(self):
        """Weights of the Keras model, in its order."""
        return self.model_.get_weights()

    def predict_rows(self, X):
        """Output of the network for a few rows, which may have any number of frames."""
        if not hasattr(self, "_call"):
            # Open sizes: TensorFlow traces the network once, whatever rows come.
            rows = tf.TensorSpec((None, *self.model_.input_shape[1:]), tf.float32)
            self._call = tf.function(
                partial(self.model_, training=False), input_signature=[rows], autograph=False
            )
        return self._call(X).numpy()

    def to_runtime(self):
        """Return the network as one that predicts without Keras."""
        from skse.networks._export import to_runtime

        return to_runtime(self)

    def step_form(self, environment=None):
        """Return the StepForm of the weights as they are; a NotSteppableError without one."""
        from skse.networks._export import to_step_form

        if environment is not None:
            return self._as_onnx().step_form(environment)
        weights = self.weights
        known, form = getattr(self, "_steps", ((), None))
        if form is None or not all(map(np.array_equal, known, weights)):
            form = to_step_form(self.model_)
            self._steps = weights, form
        return form_of(form)

    def _as_onnx(self):
        """Return the network as it is without Keras, made again where weights have changed."""
        weights = self.weights
        known, network = getattr(self, "_runtime", ((), None))
        if network is None or not all(map(np.array_equal, known, weights)):
            try:
                network = self.to_runtime()
            except (RuntimeError, ValueError) as error:
                raise NotSteppableError(str(error)) from error
            self._runtime = weights, network
        return network

    def __getstate__(self):
        kept = super().__getstate__().items()
        return {k: v for k, v in kept if k not in ("_call", "_steps", "_runtime")}

    def restore(self, weights, row_shape, output_row_shape):
        """Build and compile the network, and give it the weights of a trained one."""
        X, y = (np.zeros((1, *shape), np.float32) for shape in (row_shape, output_row_shape))
        self.initialize(X, y)
        self._ensure_compiled_model()
        self.model_.set_weights(weights)
        self.history_ = defaultdict(list)
        return self

    def _fit_keras_model(self, X, y, **kwargs):
        without_replicas(self.model_.optimizer)  # loading and copying a model make another one
        held_out = kwargs.get("validation_data")
        traced = X.shape[1:], None if held_out is None else held_out[0].shape[1:]
        if getattr(self, "_traced", traced) != traced:
            # Else TensorFlow would make the step for one number of frames into one for any, which
            # fails in dilated convolutions.
            self.model_.make_train_function(force=True)
            self.model_.make_test_function(force=True)
        self._traced = traced
        if held_out is not None and isinstance(held_out[0], FileArray):
            X_held_out, y_held_out = held_out
            batches = ordered_batches(X_held_out, y_held_out, self.batch_size)
            kwargs["validation_data"] = batches
        # Steps are counted on where training goes on, so that no batch comes twice.
        data = self._make_data(lambda: int(self.model_.optimizer.iterations))
        return super()._fit_keras_model(data, None, **kwargs)

    def _initialize_callbacks(self):
        self._predict_callbacks = []

    def _ensure_compiled_model(self):
        super()._ensure_compiled_model()
        # With its variables there before the first step, TensorFlow traces that
        # step once, not twice: 1-2 s less before training starts.
        if not self.model_.optimizer.built:
            self.model_.optimizer.build(self.model_.trainable_variables)

    def _validate_data(self, X=None, y=None, reset=False, y_numeric=False):
        if reset:
            self.n_features_in_ = X.shape[1]
            self.X_shape_, self.X_dtype_ = X.shape, X.dtype
            self.y_ndim_, self.y_dtype_ = y.ndim, y.dtype
            self.target_type_ = "continuous-multioutput"
        return X, y


@contextmanager
def _undone_on_failure(regressor):
    """Put weights, optimizer and history of a trained model back where training it fails."""
    if not hasattr(regressor, "history_"):
        yield
        return
    model, history = regressor.model_, {k: list(v) for k, v in regressor.history_.items()}
    variables = [*model.variables, *model.optimizer.variables]
    values = [variable.numpy() for variable in variables]
    try:
        yield
    except BaseException:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        regressor.history_ = defaultdict(list, history)
        raise


def make_optimizer(optimizer, learning_rate, scale=1.0):
    """Build the optimizer that a parameter names, or copy the one it is.

    Parameters
    ----------
    optimizer : str or keras.optimizers.Optimizer
        Name, or an instance, of which the configuration is used.
    learning_rate : float
        For a name; an instance brings its own.
    scale : float, default=1.0
        Standard deviation of the target. The gradient of a squared error shrinks
        with its square; so does the small number that Adam adds to the gradient's
        norm, or targets far below 1 would never be learned.

    Returns
    -------
    optimizer : keras.optimizers.Optimizer
    """
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return type(optimizer).from_config(optimizer.get_config())
    options = {"learning_rate": learning_rate}
    if optimizer != "sgd":
        options["epsilon"] = 1e-7 * min(1.0, scale**2) if scale > 0 else 1e-7
    return OPTIMIZERS[optimizer](**options)


def without_replicas(optimizer):
    """Let an optimizer add no gradients up over replicas, where there is one.

    Keras 3.15 adds them up however many there are (``keras/src/backend/tensorflow/optimizer.py``),
    by a function with a gradient of its own. TensorFlow 2.21 registers that for as long as the
    process lives (``custom_gradient.py``), and with it the whole graph of the training step: 10 MB
    and more for every fit, which `keras.backend.clear_session` does not give back.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer

    Returns
    -------
    optimizer : keras.optimizers.Optimizer
        The same.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1:
        optimizer._all_reduce_sum_gradients = list
    return optimizer


def reset_states(model):
    """Put the state that layers carry from call to call back to zero."""
    for layer in model._flatten_layers():
        if hasattr(layer, "reset_states"):
            layer.reset_states()


def quiet_tracing():
    """Keep back TensorFlow's warning about many traces: every network is traced once or twice."""
    return kept_back("tensorflow", "triggered tf.function retracing")


def describe_keras_object(value):
    """Describe a loss or an optimizer by name and plain numbers, where that is all there is to it.

    Parameters
    ----------
    value : keras.losses.Loss, keras.optimizers.Optimizer or callable

    Returns
    -------
    described : SavedKerasObject or None
        None where its configuration holds more than numbers and strings.
    """
    kind = "optimizers" if isinstance(value, keras.optimizers.Optimizer) else "losses"
    is_object = kind == "optimizers" or isinstance(value, keras.losses.Loss)
    factory = type(value) if is_object else value
    registered = keras.saving.get_registered_object(keras.saving.get_registered_name(factory))
    name = keras.saving.get_registered_name(factory) if registered else factory.__name__
    if not is_object:
        return SavedKerasObject(kind, name, None)
    # Keras leaves such as Huber's delta out of the configuration.
    config = {**getattr(value, "_fn_kwargs", {}), **value.get_config()}
    plain = (str, int, float, bool, type(None))
    if not all(isinstance(entry, plain) for entry in config.values()):
        return None
    return SavedKerasObject(kind, name, config)
