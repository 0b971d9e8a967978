"""Everything that touches scikeras. Importing this loads TensorFlow: do so inside functions."""

# ruff: noqa: E402
from skse.networks._tensorflow import kept_back, load_tensorflow

load_tensorflow()

import math
import random
from collections import defaultdict
from contextlib import contextmanager
from functools import partial

import keras
import numpy as np
from scikeras.wrappers import BaseWrapper, KerasRegressor

from skse.networks import _heads, _layers  # noqa: F401  registers what saved models name
from skse.networks._runtime import SavedKerasObject

OPTIMIZERS = {
    "adam": keras.optimizers.Adam,
    "adamw": keras.optimizers.AdamW,
    "nadam": keras.optimizers.Nadam,
    "rmsprop": keras.optimizers.RMSprop,
    "sgd": keras.optimizers.SGD,
}


class OwnedKerasRegressor(KerasRegressor):
    """A KerasRegressor that leaves checked arrays of any rank as they are.

    scikeras rejects `y` with more than two axes, reshapes such predictions and
    keeps callbacks, which hold the model and break pickling. The estimator that
    owns this one has checked its arrays already.
    """

    target_encoder = BaseWrapper.target_encoder  # the identity

    def fit(self, X, y, callbacks=(), make_batch=None, n_steps=None, **kwargs):
        """Train as scikeras does, with `callbacks` that are let go afterwards.

        Where there is ``make_batch(step)``, what it gives is trained on, `n_steps` batches
        an epoch; `X` and `y` then only show what they are like.
        """
        self._fit_callbacks = list(callbacks)
        self._make_batch = make_batch
        if make_batch is not None:
            kwargs |= {"steps_per_epoch": n_steps, "shuffle": False}
        try:
            return super().fit(X, y, **kwargs)
        finally:
            self._fit_callbacks, self._make_batch = [], None
            for callback in callbacks:
                callback.set_model(None)

    def predict_rows(self, X):
        """Output of the network for a few rows, which may have any number of frames."""
        if not hasattr(self, "_call"):
            import tensorflow as tf

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

    def __getstate__(self):
        return {k: v for k, v in super().__getstate__().items() if k != "_call"}

    def restore(self, weights, row_shape, output_row_shape):
        """Build and compile the network, and give it the weights of a trained one."""
        X, y = (np.zeros((1, *shape), np.float32) for shape in (row_shape, output_row_shape))
        self.initialize(X, y)
        self._ensure_compiled_model()
        self.model_.set_weights(weights)
        self.history_ = defaultdict(list)
        return self

    def _fit_keras_model(self, X, y, **kwargs):
        if self._make_batch is not None:
            # Counted on where training goes on, so that no batch comes twice.
            first = int(self.model_.optimizer.iterations)
            X, y = _EndlessBatches(self._make_batch, first), None
        return super()._fit_keras_model(X, y, **kwargs)

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


class _EndlessBatches(keras.utils.PyDataset):
    """Batches that are made when they are asked for, step after step, epoch after epoch."""

    num_batches = None

    def __init__(self, make_batch, first_step):
        super().__init__()
        self._make_batch, self._first_step = make_batch, first_step

    def __getitem__(self, index):
        return self._make_batch(self._first_step + index)


class CosineDecay(keras.callbacks.Callback):
    """Lower the learning rate from `initial` to 0 along half a cosine, step by step.

    Parameters
    ----------
    initial : float
        Learning rate of the first step.
    n_steps : int
        Steps until it reaches 0.
    """

    def __init__(self, initial, n_steps):
        super().__init__()
        self.initial = initial
        self.n_steps = n_steps
        self.step = 0

    def on_train_batch_begin(self, batch, logs=None):
        """Set the learning rate of this step."""
        phase = math.pi * self.step / self.n_steps
        self.model.optimizer.learning_rate = self.initial * 0.5 * (1 + math.cos(phase))
        self.step += 1


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


@contextmanager
def seeded(seed):
    """Seed Python, NumPy, Keras and TensorFlow inside; restore their state outside.

    Parameters
    ----------
    seed : int or None
        None leaves every generator alone.
    """
    if seed is None:
        yield
        return
    import tensorflow as tf

    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    tensorflow_seed = tf.compat.v1.get_seed(None)[0]
    try:
        keras.utils.set_random_seed(seed)
        yield
    finally:
        random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
        tf.random.set_seed(tensorflow_seed)


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
