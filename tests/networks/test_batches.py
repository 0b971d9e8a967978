"""Shuffled rows, and rows that are made while a network trains."""

import numpy as np
import pytest

from skse.utils import FileArray

N_ROWS = 11


@pytest.fixture
def orders():
    """Give the row numbers of some epochs of `shuffled_batches`."""
    from skse.networks._batches import shuffled_batches

    def make(seed, n_epochs=3, batch_size=4):
        numbers = np.arange(N_ROWS, dtype=np.float32)
        batches = shuffled_batches(numbers[:, None], -numbers, batch_size, seed)
        epochs = []
        for _ in range(n_epochs):
            parts = [(np.ravel(x), np.ravel(y)) for x, y in batches]
            assert [len(x) for x, _ in parts] == [4, 4, 3][: len(parts)] or batch_size != 4
            assert all(np.array_equal(x, -y) for x, y in parts)
            epochs.append(np.concatenate([x for x, _ in parts]).astype(int).tolist())
        return epochs

    return make


@pytest.mark.parametrize("seed", [0, 5, 2**31 - 2])
def test_every_row_once_in_an_order_of_the_seed(seed, orders):
    epochs = orders(seed)
    assert sorted(epochs[0]) == list(range(N_ROWS))
    assert epochs == orders(seed) == [epochs[0]] * 3
    assert epochs != orders(seed + 1)


def test_without_a_seed_every_epoch_has_another_order(orders):
    epochs = orders(None)
    assert all(sorted(epoch) == list(range(N_ROWS)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in [*epochs, *orders(None)]}) == 6


def test_order_is_the_one_of_keras(orders):
    """Keras shuffles arrays by TensorFlow's global seed."""
    import keras
    import tensorflow as tf

    seen = []

    class Record(keras.Model):
        def train_step(self, data):
            tf.py_function(lambda x: seen.extend(np.ravel(x).astype(int).tolist()), [data[0]], [])
            return {"loss": tf.zeros(())}

    inputs = keras.Input((1,))
    model = Record(inputs, inputs)
    model.compile("sgd", "mse")
    before = tf.compat.v1.get_seed(None)[0]
    numbers = np.arange(N_ROWS, dtype=np.float32)[:, None]
    try:
        tf.random.set_seed(17)
        model.fit(numbers, numbers, batch_size=4, epochs=3, verbose=0)
    finally:
        tf.random.set_seed(before)
    assert np.reshape(seen, (3, N_ROWS)).tolist() == orders(17)


def test_number_of_batches_is_known():
    from skse.networks._batches import shuffled_batches

    for batch_size, expected in [(1, 11), (4, 3), (11, 1), (99, 1)]:
        rows = np.zeros((N_ROWS, 2), np.float32)
        assert int(shuffled_batches(rows, rows, batch_size, 0).cardinality()) == expected


def in_files(*arrays):
    files = [FileArray(array.shape) for array in arrays]
    for file, array in zip(files, arrays, strict=True):
        file[:] = array
    return files


@pytest.mark.parametrize("batch_size", [1, 4, 11, 99])
@pytest.mark.parametrize("seed", [0, 5])
def test_batches_from_files_are_those_of_arrays(rng, batch_size, seed):
    """Down to what TensorFlow knows of their shapes, which its rounding depends on."""
    from skse.networks._batches import ordered_batches, shuffled_batches

    X = rng.standard_normal((N_ROWS, 3, 2)).astype(np.float32)
    y = rng.standard_normal((N_ROWS, 5)).astype(np.float32)
    rows = in_files(X, y)
    expected, batches = (shuffled_batches(*data, batch_size, seed) for data in ((X, y), rows))
    assert batches.element_spec == expected.element_spec
    assert batches.cardinality() == expected.cardinality()
    for _ in range(2):
        for pair, from_arrays in zip(batches, expected, strict=True):
            for part, array in zip(pair, from_arrays, strict=True):
                np.testing.assert_array_equal(part, array)
    ordered = [[np.asarray(part) for part in pair] for pair in ordered_batches(*rows, batch_size)]
    for parts, array in zip(zip(*ordered, strict=True), (X, y), strict=True):
        assert {len(part) for part in parts[:-1]} <= {batch_size}
        np.testing.assert_array_equal(np.concatenate(parts), array)
    chosen = np.array([7, 0, 3])
    [(some, _)] = ordered_batches(*(file.take(chosen) for file in rows), 99)
    np.testing.assert_array_equal(some, X[chosen])


def test_endless_batches_count_on():
    from skse.networks._batches import EndlessBatches

    n_steps = 0
    batches = EndlessBatches(lambda step: (step, 2 * step), lambda: n_steps)
    assert batches.num_batches is None
    assert [batches[i] for i in range(2)] == [(0, 0), (1, 2)]  # what Keras asks for at first
    for n_steps in (30, 31):  # noqa: B007  the second epoch
        batches.on_epoch_begin()
        assert batches[0] == (30, 60)
    assert batches[7] == (37, 74)
