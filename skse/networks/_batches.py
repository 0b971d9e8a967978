"""The batches of a training. Importing this loads TensorFlow: do so inside functions."""

from functools import partial

import keras
import tensorflow as tf

from skse.utils import FileArray

# Batches of rows in a file that are read side by side, and that wait.
_N_READ, _N_WAITING = 2, 4


def shuffled_batches(X, y, batch_size, seed):
    """Give the batches of an epoch in random order.

    Keras shuffles arrays by TensorFlow's global seed, which belongs to the whole process; here
    the seed is the data's own. The order is the one that Keras takes where that is its global
    seed: it draws a permutation of all rows in a graph of its own, as the first random operation
    there, whose seeds are the global one and 0. With a seed it is the same in every epoch.

    Parameters
    ----------
    X, y : ndarray or FileArray of shape (n_samples, ...)
        Rows. Of those in a file, threads read those of the next few batches.
    batch_size : int
        Rows of a batch; the last one may have fewer.
    seed : int or None
        Below 2**31; None takes another order in every epoch.

    Returns
    -------
    batches : tf.data.Dataset
        Of ``(X, y)``.
    """
    # Two zeros ask for a seed drawn at random; for 0 itself TensorFlow takes this instead.
    seeds = {"seed": seed or 0, "seed2": 2**31 - 1 if seed == 0 else 0}

    def permutation(_):
        rows = tf.range(len(X), dtype=tf.int64)
        return tf.raw_ops.RandomShuffle(value=rows, **seeds)

    def pick(rows, data):
        return tuple(tf.gather(array, rows, axis=0) for array in data)

    options = tf.data.Options()
    options.experimental_optimization.apply_default_optimizations = False
    in_batches = partial(_in_batches, n_rows=len(X), batch_size=batch_size)
    batches = tf.data.Dataset.range(1).map(permutation).prefetch(1).flat_map(in_batches)
    n_batches = -(-len(X) // batch_size)
    cardinality = tf.data.experimental.assert_cardinality(n_batches)
    if isinstance(X, FileArray):
        return _read(X, y, batches).apply(cardinality).prefetch(_N_WAITING)
    arrays = tf.data.Dataset.from_tensors((X, y)).repeat()
    batches = tf.data.Dataset.zip((batches, arrays)).map(pick, num_parallel_calls=tf.data.AUTOTUNE)
    return batches.apply(cardinality).with_options(options).prefetch(tf.data.AUTOTUNE)


def ordered_batches(X, y, batch_size):
    """Give batches of rows in a file, in order.

    Parameters
    ----------
    X, y : FileArray of shape (n_samples, ...)
        Rows.
    batch_size : int
        Rows of a batch; the last one may have fewer.

    Returns
    -------
    batches : tf.data.Dataset
        Of ``(X, y)``.
    """
    batches = _in_batches(tf.range(len(X)), len(X), batch_size)
    return _read(X, y, batches).prefetch(_N_WAITING)


def _in_batches(rows, n_rows, batch_size):
    """Cut row numbers into batches at one go, which is faster than row by row."""
    n_full, n_left = divmod(n_rows, batch_size)
    full = tf.reshape(rows[: n_full * batch_size], [n_full, batch_size])
    batches = tf.data.Dataset.from_tensor_slices(full)
    if n_left:
        rest = tf.data.Dataset.from_tensors(rows[n_full * batch_size :])
        batches = batches.concatenate(rest)
    return batches


def _read(X, y, batches):
    """Read the rows that batches of row numbers name."""

    def read(rows):
        arrays = tf.numpy_function(lambda i: (X[i], y[i]), [rows], [X.dtype, y.dtype])
        # As many as are known: the network's graph, and so its rounding, depends on that.
        return tuple(
            tf.ensure_shape(array, (rows.shape[0], *of.shape[1:]))
            for array, of in zip(arrays, (X, y), strict=True)
        )

    return batches.map(read, num_parallel_calls=_N_READ, deterministic=True)


class EndlessBatches(keras.utils.PyDataset):
    """Batches that are made when they are asked for, step after step, epoch after epoch.

    Parameters
    ----------
    make_batch : callable
        ``make_batch(step)`` gives ``(X, y)``.
    count_steps : callable
        ``count_steps()`` gives the steps that the network has made. It is asked when the first
        epoch begins, behind the callbacks that may restore an interrupted training; Keras looks
        at a batch or two before that.
    """

    num_batches = None

    def __init__(self, make_batch, count_steps):
        super().__init__()
        self._make_batch, self._count_steps = make_batch, count_steps
        self._first_step = None

    def on_epoch_begin(self):
        """Begin to count, in the first epoch; those that follow go on."""
        if self._first_step is None:
            self._first_step = self._count_steps()

    def __getitem__(self, index):
        """Batch number `index` of this training."""
        first = self._count_steps() if self._first_step is None else self._first_step
        return self._make_batch(first + index)
